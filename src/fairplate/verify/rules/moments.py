"""Moments as whole milliseconds since 1970, so that no time in an event can overflow a sum."""

from datetime import UTC, datetime

SECOND_MS = 1000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS

SLACK_MS = 10 * MINUTE_MS
"""How far the times of two events may contradict their order.

Events stand in the order of their commits, and several machines write them, each by its own clock.
"""


def millis(moment: datetime) -> int:
    """Return `moment` (aware) in milliseconds."""
    return round(moment.timestamp() * SECOND_MS)


def millis_of(text: str) -> int:
    """Return the moment that `text` spells as events do, in milliseconds."""
    return millis(datetime.fromisoformat(text))


def spell(moment_ms: int) -> str:
    """Return the moment for a message, to the second."""
    try:
        moment = datetime.fromtimestamp(moment_ms / SECOND_MS, UTC)
    except (OverflowError, ValueError):
        return "a moment beyond the calendar"
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
