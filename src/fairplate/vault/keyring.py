"""What a keyring is: it makes period secrets, derives reader keys from them, and destroys them.

A secret never leaves its keyring: no operation returns one. Every keyring holds to the limits
decided here, whatever its caller's policy says. Leaves to `expiry.py` when to destroy, to policy
which retention a place allows; an earlier destruction than first said is always possible.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Protocol, TypeAlias

from fairplate.core.clock import Clock, require_aware
from fairplate.core.errors import InputError, PolicyError
from fairplate.core.periods import Period
from fairplate.vault.seal import ReaderKey

LONGEST_LIFE = timedelta(days=90)
"""No key lives longer after its period's start; policy says the same, and this does not ask it."""

RandomBytes: TypeAlias = Callable[[int], bytes]


class PeriodState(StrEnum):
    """What a keyring knows of one period's key."""

    LIVE = "live"  # derives reader keys
    DUE = "due"  # its time is over: derives nothing, waits to be destroyed
    DAMAGED = "damaged"  # not whole: derives nothing, can be destroyed, is never replaced
    HALF_DESTROYED = "half-destroyed"  # derives nothing; the next change or opening finishes it
    DESTROYED = "destroyed"  # gone before its time was over; told until then


@dataclass(frozen=True, slots=True)
class PeriodKey:
    """One period's key as listed: the moment by which it must be gone, and its state."""

    period: Period
    destroy_by: datetime
    state: PeriodState


@dataclass(frozen=True, slots=True)
class KeyringOptions:
    """Where a keyring keeps its keys, and the clock and the randomness it may use.

    `key_file` wraps the period secrets of the file keyring; None is `keyring.key` in `directory`.
    """

    directory: Path
    clock: Clock
    random_bytes: RandomBytes
    key_file: Path | None = None


class Keyring(Protocol):
    """Keeps one secret a period. Safe for several threads and processes at once."""

    name: str

    def make_period(self, period: Period, destroy_by: datetime) -> PeriodKey:
        """Make the secret of `period` unless it exists, and return what is now in force.

        A key that exists stays as it is, also if its `destroy_by` is another; it may be due.
        When this returns the key survives a crash. Raises PeriodDestroyedError if there was one,
        PeriodDamagedError, what `check_life` raises, and KeyringStorageError.
        """
        ...

    def reader_key(self, period: Period, reader_id: str) -> ReaderKey:
        """Return the key of `reader_id` in `period`.

        Raises PeriodUnknownError, PeriodDueError, PeriodDestroyedError, PeriodDamagedError,
        KeyringStorageError, and InputError for an id that cannot be one.
        """
        ...

    def destroy_period(self, period: Period) -> bool:
        """Destroy the secret of `period` for ever and return whether there was one.

        When this returns nobody can have or make it again, whether it existed or not. Calling it
        again does nothing. Raises KeyringStorageError; the key derives nothing from then on if the
        error came half-way, and the next call or opening goes on with it.
        """
        ...

    def periods(self) -> Sequence[PeriodKey]:
        """Return what is known of each period, by start; destroyed ones only before their time."""
        ...

    def problems(self) -> Sequence[str]:
        """Return one sentence for each thing a health check must tell; none if all is well."""
        ...


def check_life(period: Period, destroy_by: datetime, now: datetime) -> None:
    """Refuse a key that would live too long, die before its period ends, or be due at once.

    Raises PolicyError if `destroy_by` is more than `LONGEST_LIFE` after the period's start, and
    InputError if it is naive, or not after both the period's end and `now`.
    """
    require_aware(destroy_by, where=f"period {period}", field="destroy_by")
    if destroy_by > ceiling(period):
        raise PolicyError(
            f"period {period}: destroy_by: expected at most {LONGEST_LIFE.days} days after the "
            f"period's start, found {(destroy_by - period.start) / timedelta(days=1):.3f}"
        )
    earliest = max(period.end, now)
    if destroy_by <= earliest:
        raise InputError(
            f"period {period}",
            "destroy_by",
            expected=f"a moment after {earliest.isoformat()}",
            found=destroy_by.isoformat(),
        )


def ceiling(period: Period) -> datetime:
    """Return the moment by which any key of `period` is gone, whatever else is not known of it."""
    return period.start + LONGEST_LIFE
