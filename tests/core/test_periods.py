from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairplate.core.errors import InputError
from fairplate.core.periods import PERIOD_LENGTHS, Period, parse_period, period_at

MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)
moments = st.datetimes(
    datetime(1971, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    datetime(9998, 12, 1),  # noqa: DTZ001
    timezones=st.builds(timezone, st.timedeltas(timedelta(hours=-14), timedelta(hours=14))),
)


@given(moments, st.sampled_from(PERIOD_LENGTHS))
def test_every_moment_lies_in_one_period_with_one_spelling(
    moment: datetime, length: timedelta
) -> None:
    period = period_at(moment, length)
    assert period.start <= moment < period.end
    assert period_at(period.end, length).start == period.end
    assert parse_period(str(period), where="test") == period
    assert str(period).isascii()


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(days=1), "2026-11-23T00:00Z/P1D"),
        (timedelta(hours=1), "2026-11-23T14:00Z/PT1H"),
        (timedelta(minutes=10), "2026-11-23T14:20Z/PT10M"),
        (timedelta(minutes=1), "2026-11-23T14:21Z/PT1M"),
    ],
)
def test_spelling(length: timedelta, text: str) -> None:
    in_berlin = datetime(2026, 11, 23, 15, 21, 59, 999_999, timezone(timedelta(hours=1)))
    assert str(period_at(in_berlin, length)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-23",
        "2026-11-23T00:00Z",
        "2026-11-23T00:00Z/P2D",
        "2026-11-23T00:00Z/p1d",
        "2026-11-23T00:00+00:00/P1D",
        "2026-11-23T00:00:00Z/P1D",
        "2026-11-23T01:00Z/P1D",
        "2026-11-23T00:05Z/PT10M",
        "2026-11-23T00:00Z/P1D ",
        "2026-1-23T00:00Z/P1D",
        "2026-02-30T00:00Z/P1D",
        "1969-12-31T00:00Z/P1D",
        "9999-12-31T00:00Z/P1D",
        "٢٠٢٦-11-23T00:00Z/P1D",
    ],
)
def test_other_spellings_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="here: period: expected a period such as"):
        parse_period(text, where="here")


def test_what_is_no_period_is_refused() -> None:
    with pytest.raises(InputError, match="start: expected a date-time with a UTC offset"):
        Period(MIDNIGHT.replace(tzinfo=None), timedelta(days=1))
    with pytest.raises(InputError, match="length: expected 1 day"):
        Period(MIDNIGHT, timedelta(hours=2))
    with pytest.raises(InputError, match="start: expected a whole number of lengths"):
        Period(MIDNIGHT + timedelta(seconds=1), timedelta(minutes=1))
    with pytest.raises(InputError, match="moment: expected a year from 1970 to 9998"):
        period_at(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5))), timedelta(days=1))
    with pytest.raises(InputError, match="length: expected 1 day"):
        period_at(MIDNIGHT, timedelta(0))
