"""When a message that was not accepted is tried again, and when that is given up."""

from datetime import datetime, timedelta

WAITS = tuple(
    timedelta(seconds=seconds) for seconds in (2, 5, 15, 60, 5 * 60, 15 * 60, 30 * 60, 60 * 60)
)
LONGEST = timedelta(hours=24)
"""An alert that reached nobody for a day is for the page and the statistics, not for a phone."""


def next_try(
    attempts: int, created_at: datetime, now: datetime, retry_after: timedelta | None = None
) -> datetime | None:
    """Return when to try again after so many failed attempts (from 1); None: never.

    `created_at` is when it was first to be told. `retry_after` is what the other side asked for; it
    is not tried sooner.
    """
    wait = max(WAITS[min(attempts, len(WAITS)) - 1], retry_after or timedelta(0))
    # The other side may ask for more time than a calendar has.
    return now + wait if wait < LONGEST - (now - created_at) else None
