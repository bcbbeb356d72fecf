"""One line with four parts, and one base for everything raised on purpose."""

from datetime import UTC, datetime

import pytest

from fairplate.core.clock import require_aware
from fairplate.core.errors import (
    EngineError,
    FairplateError,
    HotListError,
    InputError,
    PolicyError,
    SourceError,
)


@pytest.mark.parametrize("kind", [InputError, SourceError, HotListError])
def test_input_errors_tell_where_field_expected_found(kind: type[InputError]) -> None:
    error = kind("a.csv:2", "vehicle", expected="car or bus", found="nothing")
    assert str(error) == "a.csv:2: vehicle: expected car or bus, found nothing"
    assert (error.where, error.field, error.expected, error.found) == (
        "a.csv:2", "vehicle", "car or bus", "nothing",
    )  # fmt: skip
    assert error.retryable is False


def test_an_error_can_say_that_a_retry_helps() -> None:
    error = SourceError("rtsp://x", "stream", expected="frames", found="none", retryable=True)
    assert error.retryable is True


@pytest.mark.parametrize("kind", [InputError, EngineError, PolicyError])
def test_every_error_has_the_one_base(kind: type[Exception]) -> None:
    assert issubclass(kind, FairplateError)


def test_a_moment_must_have_an_offset() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    assert require_aware(moment, where="x", field="now") is moment
    with pytest.raises(InputError, match="x: now: expected a date-time with a UTC offset"):
        require_aware(moment.replace(tzinfo=None), where="x", field="now")
