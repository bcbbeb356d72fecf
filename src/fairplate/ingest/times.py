"""The notations of time that payloads use.

A time with an offset becomes an instant, one without stays local; which zone it is in decides
`arrival.py`. Fractions are cut, not rounded. What cannot be read, or lies before 2000 or after 2100
(a clock that was never set), is None.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation

from fairplate.ingest.vendor import LocalTime

_YEARS = range(2000, 2101)
_MICROSECONDS_A_DAY = 86_400_000_000
_FRACTION = r"(?:[.,:](?P<fraction>\d{1,12}))?"
_ZONE = r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?"
_CLOCK = r"(?P<hour>\d{1,2})[:h-](?P<minute>\d{2})(?:[:m-](?P<second>\d{2}))?"
_NOTATIONS = (
    # 2024-05-01T10:11:12.345+02:00, 2024/5/1 10:11:12
    re.compile(
        rf"(?P<year>\d{{4}})[-/.](?P<month>\d{{1,2}})[-/.](?P<day>\d{{1,2}})"
        rf"(?:[T _]+{_CLOCK}{_FRACTION}{_ZONE})?",
        re.IGNORECASE,
    ),
    # 20240501T101112, 20210611 130538252; four digits more are no fraction (Hikvision, see there)
    re.compile(
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})[T _-]?"
        r"(?P<hour>\d{2}):?(?P<minute>\d{2}):?(?P<second>\d{2})"
        rf"(?:[.,]?(?P<fraction>\d{{6}}|\d{{3}})|\d{{4}})?{_ZONE}",
        re.IGNORECASE,
    ),
    # 10/24/2024 8:29:26 PM, 24.10.2024 20:29:26
    re.compile(
        rf"(?P<first>\d{{1,2}})(?P<sign>[/.-])(?P<other>\d{{1,2}})[/.-](?P<year>\d{{4}})"
        rf"(?:[T ,]+{_CLOCK}{_FRACTION}\s*(?P<half>[AP]M)?{_ZONE})?",
        re.IGNORECASE,
    ),
)
# 1e8 s is in 1973 and 1e11 s in 5138: no two units can be meant.
_FEWEST_SECONDS = 10**8
_UNITS = ((10**11, "1e-6"), (10**14, "1e-3"), (10**17, "1"), (10**20, "1e3"))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_time(text: str | None) -> datetime | LocalTime | None:
    """Return the time that `text` tells: of a clock, or seconds to nanoseconds since 1970."""
    if text is None:
        return None
    plain = text.strip()
    instant = from_epoch(plain)
    if instant is not None:
        return instant
    for notation in _NOTATIONS:
        found = notation.fullmatch(plain)
        if found:
            return _from_parts(found.groupdict())
    return None


def parse_utc(text: str | None) -> datetime | None:
    """Return the time that `text` tells; one without an offset is UTC, as its vendor says."""
    moment = parse_time(text)
    return moment.clock.replace(tzinfo=UTC) if isinstance(moment, LocalTime) else moment


def from_epoch(text: str | None) -> datetime | None:
    """Return the instant that many seconds, milli-, micro- or nanoseconds after 1970 began."""
    try:
        count = Decimal(text or "")
    except InvalidOperation:
        return None
    if not count.is_finite():
        return None
    if count < _FEWEST_SECONDS:
        return None
    for ceiling, per_microsecond in _UNITS:
        if count < ceiling:
            return _after_epoch(int(count / Decimal(per_microsecond)))
    return None


def wall_clock(instant: datetime | None) -> LocalTime | None:
    """Return what stands in an epoch into which a camera wrote its local time."""
    return None if instant is None else LocalTime(instant.astimezone(UTC).replace(tzinfo=None))


def _after_epoch(microseconds: int) -> datetime | None:
    days, rest = divmod(microseconds, _MICROSECONDS_A_DAY)
    moment = _EPOCH + timedelta(days=days, microseconds=rest)
    return moment if moment.year in _YEARS else None


def _from_parts(parts: dict[str, str | None]) -> datetime | LocalTime | None:
    def whole(name: str) -> int:
        return int(parts.get(name) or 0)

    month, day = whole("month"), whole("day")
    if parts.get("first"):
        month, day = whole("first"), whole("other")
        if parts["sign"] == "." or month > 12:  # noqa: PLR2004 - 24.10. and 24/10 name the day first
            month, day = day, month
    hour = whole("hour")
    if parts.get("half"):
        hour = hour % 12 + (12 if (parts["half"] or "").upper() == "PM" else 0)
    fraction = int((parts.get("fraction") or "").ljust(6, "0")[:6])
    try:
        clock = datetime(  # noqa: DTZ001 - its zone is the next question
            whole("year"), month, day, hour, whole("minute"), min(whole("second"), 59), fraction
        )
    except ValueError:
        return None
    if clock.year not in _YEARS:
        return None
    zone = _zone(parts.get("zone"))
    return LocalTime(clock) if zone is None else clock.replace(tzinfo=zone)


def _zone(text: str | None) -> timezone | None:
    if not text:
        return None
    if text.upper() in {"Z", "UTC", "GMT"}:
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    if offset >= timedelta(hours=24):
        return None
    return timezone(-offset if text[0] == "-" else offset)
