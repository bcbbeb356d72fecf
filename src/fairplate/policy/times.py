"""Spans of time as policy files and people write them: `never`, `10 minutes`, `21 days`."""

import re
from datetime import timedelta

_SPAN = re.compile(r"([1-9][0-9]{0,5}) (minute|hour|day)s?", re.ASCII)
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)
_UNITS = {"minute": _MINUTE, "hour": _HOUR, "day": _DAY}
# Laws say "72 hours" and "24 hours"; above that they count days.
_MOST_HOURS = 72


def parse_span(text: str) -> timedelta | None:
    """Return the span that `text` is (`never` is zero), or None if it is none."""
    if text == "never":
        return timedelta(0)
    found = _SPAN.fullmatch(text)
    return None if found is None else int(found[1]) * _UNITS[found[2]]


def format_span(span: timedelta) -> str:
    """Return a span of whole minutes as `parse_span` reads it."""
    if not span:
        return "never"
    whole_days = span % _DAY == timedelta(0)
    if whole_days and span > _MOST_HOURS * _HOUR:
        return _count(span // _DAY, "day")
    if span % _HOUR == timedelta(0):
        return _count(span // _HOUR, "hour")
    return _count(span // _MINUTE, "minute")


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"
