"""Which period an arriving read belongs to, and why one is refused before anybody looks at it.

Decides from the policy, the clock and what is known of the reader. Leaves to `intake.py` to act, to
the vault whether the period's key still exists.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from fairplate.core.clock import require_aware
from fairplate.core.periods import Period, period_at
from fairplate.policy.rules import Policy, destroy_by, is_past, period_length

FURTHEST_AHEAD = timedelta(minutes=2)
"""A camera's clock may be this much ahead of ours; beyond it the read's time means nothing."""

RECEIPTS_KEPT = timedelta(hours=3)
"""Where non-hits are never written: how long a read that is sent again is known, and how late one
may come. Nothing but its receipt is written (docs/sealing.md)."""


class Reader(StrEnum):
    """What the deployment knows of a reader."""

    ENROLLED = "enrolled"
    DISABLED = "disabled"
    UNKNOWN = "unknown"


class Refused(StrEnum):
    """Why a read is refused; the value is the word in answers and counts."""

    UNKNOWN_READER = "unknown-reader"
    DISABLED_READER = "disabled-reader"
    IN_FUTURE = "in-the-future"
    TOO_OLD = "too-old"


@dataclass(frozen=True, slots=True)
class Place:
    """The period a read belongs to, and when that period's key must be gone."""

    period: Period
    destroy_by: datetime


def read_life(policy: Policy) -> timedelta:
    """Return how long after a period's start its key lives: the retention, or the receipts'."""
    return policy.non_hits_kept or RECEIPTS_KEPT


def read_period(policy: Policy, captured_at: datetime) -> Period:
    """Return the period whose key a read captured at `captured_at` comes under."""
    return _period(captured_at, read_life(policy))


def hits_period(policy: Policy, captured_at: datetime) -> Period:
    """Return the period whose hits key a hit captured at `captured_at` comes under."""
    return _period(captured_at, policy.lone_hit_kept)


def place_read(
    policy: Policy, captured_at: datetime, reader: Reader, *, now: datetime
) -> Place | Refused:
    """Return where a read captured at `captured_at` belongs at `now`, or why it is refused."""
    if reader is not Reader.ENROLLED:
        unknown = reader is Reader.UNKNOWN
        return Refused.UNKNOWN_READER if unknown else Refused.DISABLED_READER
    require_aware(captured_at, where="intake", field="captured_at")
    if captured_at > now + FURTHEST_AHEAD:
        return Refused.IN_FUTURE
    life = read_life(policy)
    period = _period(captured_at, life)
    due = destroy_by(period.start, life)
    return Refused.TOO_OLD if is_past(due, now) else Place(period, due)


def _period(captured_at: datetime, life: timedelta) -> Period:
    length = period_length(life)
    assert length is not None  # noqa: S101 - no policy has a life of zero here
    return period_at(captured_at, length)
