"""Periods: the spans of capture times that share one key, and their one spelling in ASCII.

Decides which spans there are and how one is written, for ever: the spelling is part of what a
sealed row authenticates. Leaves to policy which length a retention asks for, to the vault the keys.

The spelling is an ISO 8601 interval, start and duration, in UTC and whole minutes:
`2026-11-23T00:00Z/P1D`, `2026-11-23T14:00Z/PT1H`, `2026-11-23T14:20Z/PT10M`, `…T14:21Z/PT1M`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from fairplate.core.clock import require_aware
from fairplate.core.errors import InputError

_DURATIONS = MappingProxyType(
    {
        timedelta(days=1): "P1D",
        timedelta(hours=1): "PT1H",
        timedelta(minutes=10): "PT10M",
        timedelta(minutes=1): "PT1M",
    }
)
PERIOD_LENGTHS = tuple(_DURATIONS)
"""The lengths a period may have, the longest first; each divides a day."""

# Years that have four digits in every spelling, and an end and a time of destruction after them.
_FIRST_YEAR, _LAST_YEAR = 1970, 9998
_START_FORMAT = "%Y-%m-%dT%H:%MZ"


def _in_utc(moment: datetime, field: str) -> datetime:
    require_aware(moment, where="period", field=field)
    expected = f"a year from {_FIRST_YEAR} to {_LAST_YEAR}"
    try:
        in_utc = moment.astimezone(UTC)
    except OverflowError:
        raise InputError("period", field, expected=expected, found="another") from None
    if not _FIRST_YEAR <= in_utc.year <= _LAST_YEAR:
        raise InputError("period", field, expected=expected, found=str(in_utc.year))
    return in_utc


def _require_length(length: timedelta) -> None:
    if length not in _DURATIONS:
        expected = "1 day, 1 hour, 10 minutes or 1 minute"
        raise InputError("period", "length", expected=expected, found=str(length))


def _since_midnight(moment: datetime) -> timedelta:
    return moment - moment.replace(hour=0, minute=0, second=0, microsecond=0)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A span of `length` from `start` (included) to `end` (not included), aligned to UTC midnight.

    `start` may be given in any zone and is kept in UTC. `str` gives the canonical spelling.
    """

    start: datetime
    length: timedelta

    def __post_init__(self) -> None:
        """Refuse a length or a start that no period has."""
        start = _in_utc(self.start, "start")
        _require_length(self.length)
        if _since_midnight(start) % self.length:
            expected = "a whole number of lengths after midnight UTC"
            raise InputError("period", "start", expected=expected, found=start.isoformat())
        object.__setattr__(self, "start", start)

    @property
    def end(self) -> datetime:
        """The first moment after the period."""
        return self.start + self.length

    @property
    def duration(self) -> str:
        """The length as ISO 8601 writes it: P1D, PT1H, PT10M or PT1M."""
        return _DURATIONS[self.length]

    def __str__(self) -> str:
        """Return the canonical spelling."""
        return f"{self.start.strftime(_START_FORMAT)}/{self.duration}"


def period_at(moment: datetime, length: timedelta) -> Period:
    """Return the period of `length` that holds `moment`; raise InputError if none can."""
    in_utc = _in_utc(moment, "moment")
    _require_length(length)
    return Period(in_utc - _since_midnight(in_utc) % length, length)


def parse_period(text: str, *, where: str, field: str = "period") -> Period:
    """Return the period that `text` spells canonically; raise InputError for any other text."""
    start, _, duration = text.partition("/")
    lengths = {written: length for length, written in _DURATIONS.items()}
    try:
        moment = datetime.strptime(start, _START_FORMAT).replace(tzinfo=UTC)
        period = Period(moment, lengths[duration])
    except (ValueError, KeyError, InputError):
        period = None
    if period is None or str(period) != text:
        expected = "a period such as 2026-11-23T00:00Z/P1D"
        raise InputError(where, field, expected=expected, found=repr(text[:40]))
    return period
