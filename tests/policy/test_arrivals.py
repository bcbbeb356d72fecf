"""Which period a read belongs to, and which reads are refused."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairplate.core.errors import InputError
from fairplate.core.purposes import Purpose
from fairplate.policy.arrivals import (
    FURTHEST_AHEAD,
    RECEIPTS_KEPT,
    Place,
    Reader,
    Refused,
    hits_period,
    place_read,
    read_life,
    read_period,
)
from fairplate.policy.rules import NEVER, HitsKept, KeptFor, Policy, UntilCaseEnds, destroy_by

NOW = datetime(2026, 11, 23, 12, 34, 56, tzinfo=UTC)
DAY = timedelta(days=1)


def policy(kept: timedelta = 30 * DAY, hits: HitsKept | None = None) -> Policy:
    return Policy(
        name="trial",
        title="Trial",
        jurisdiction=None,
        non_hits_kept=kept,
        hits_kept=hits or UntilCaseEnds(),
        purposes=frozenset(Purpose),
        approvals=1,
        longest_look_back=kept,
    )


def refusal(captured_at: datetime, kept: timedelta = 30 * DAY) -> Refused | None:
    placed = place_read(policy(kept), captured_at, Reader.ENROLLED, now=NOW)
    return placed if isinstance(placed, Refused) else None


def test_a_reader_must_be_enrolled() -> None:
    assert place_read(policy(), NOW, Reader.UNKNOWN, now=NOW) is Refused.UNKNOWN_READER
    assert place_read(policy(), NOW, Reader.DISABLED, now=NOW) is Refused.DISABLED_READER
    today = read_period(policy(), NOW)
    expected = Place(today, today.start + 30 * DAY)
    assert place_read(policy(), NOW, Reader.ENROLLED, now=NOW) == expected


def test_a_camera_may_be_two_minutes_ahead_and_no_more() -> None:
    assert refusal(NOW + FURTHEST_AHEAD) is None
    assert refusal(NOW + FURTHEST_AHEAD + timedelta(microseconds=1)) is Refused.IN_FUTURE


def test_a_read_is_too_old_once_the_key_of_its_period_must_be_gone() -> None:
    # Thirty days before, at midnight, began the first day whose key has had to go by now.
    midnight = NOW.replace(hour=0, minute=0, second=0)
    assert refusal(midnight - 30 * DAY) is Refused.TOO_OLD
    assert refusal(midnight - 29 * DAY - timedelta(microseconds=1)) is Refused.TOO_OLD
    assert refusal(midnight - 29 * DAY) is None


def test_where_non_hits_are_never_written_a_read_may_come_three_hours_late() -> None:
    assert read_life(policy(NEVER)) == RECEIPTS_KEPT == timedelta(hours=3)
    assert read_period(policy(NEVER), NOW).length == timedelta(hours=1)
    assert refusal(NOW - timedelta(hours=2, minutes=30), NEVER) is None
    assert refusal(NOW - timedelta(hours=3), NEVER) is Refused.TOO_OLD


@pytest.mark.parametrize(
    ("hits", "length"),
    [
        (KeptFor(DAY), timedelta(hours=1)),
        (KeptFor(3 * DAY), DAY),
        (KeptFor(timedelta(minutes=3)), timedelta(minutes=1)),
        (UntilCaseEnds(), DAY),
    ],
)
def test_hits_have_periods_of_their_own(hits: HitsKept, length: timedelta) -> None:
    period = hits_period(policy(hits=hits), NOW)
    assert period.length == length
    assert period.start <= NOW < period.end


@given(
    minutes=st.integers(3, 90 * 24 * 60),
    age=st.timedeltas(min_value=-timedelta(minutes=2), max_value=100 * DAY),
)
def test_what_is_taken_has_a_key_that_lives_and_ends_in_time(minutes: int, age: timedelta) -> None:
    kept, captured_at = timedelta(minutes=minutes), NOW - age
    refused = refusal(captured_at, kept)
    period = read_period(policy(kept), captured_at)
    ends = destroy_by(period.start, kept)
    assert (refused is None) == (ends > NOW)
    assert ends <= captured_at + kept


def test_a_time_without_an_offset_is_refused() -> None:
    with pytest.raises(InputError, match="captured_at"):
        refusal(NOW.replace(tzinfo=None))
