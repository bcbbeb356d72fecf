"""What a keyring is: it makes secrets, derives keys from them, and destroys them.

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
from fairplate.vault.key_names import KeyName, OwnKeyName, latest_end, period_of
from fairplate.vault.seal import OwnKey, ReaderKey

RandomBytes: TypeAlias = Callable[[int], bytes]


class KeyState(StrEnum):
    """What a keyring knows of one key."""

    LIVE = "live"  # derives
    DUE = "due"  # its time is over: derives nothing, waits to be destroyed
    DAMAGED = "damaged"  # not whole: derives nothing, can be destroyed, is never replaced
    HALF_DESTROYED = "half-destroyed"  # derives nothing; the next change or opening finishes it
    DESTROYED = "destroyed"  # gone before its time was over; told until then


EXISTING = frozenset({KeyState.LIVE, KeyState.DUE, KeyState.DAMAGED})
"""States in which there is something to destroy."""


@dataclass(frozen=True, slots=True)
class KeptKey:
    """One key as listed: its name, the moment by which it must be gone, and its state."""

    name: KeyName
    destroy_by: datetime
    state: KeyState


@dataclass(frozen=True, slots=True)
class TokenOptions:
    """Which token the pkcs11 keyring uses.

    `module` is the shared library of its maker; `label` was given when the token was initialised;
    `pin_file` is a private file that holds the user PIN and nothing else.
    """

    module: Path
    label: str
    pin_file: Path


@dataclass(frozen=True, slots=True)
class KeyringOptions:
    """Where a keyring keeps its keys, and the clock and the randomness it may use.

    `key_file` wraps the secrets of the file keyring; None is `keyring.key` in `directory`. `token`
    is for the pkcs11 keyring, which keeps its lock and no key in `directory`.
    """

    directory: Path
    clock: Clock
    random_bytes: RandomBytes
    key_file: Path | None = None
    token: TokenOptions | None = None


class Keyring(Protocol):
    """Keeps one secret a name. Safe for several threads and processes at once."""

    name: str

    def make_key(self, name: KeyName, destroy_by: datetime) -> KeptKey:
        """Make the secret called `name` unless it exists, and return what is now in force.

        A key that exists stays as it is, also if its `destroy_by` is another; it may be due.
        When this returns the key survives a crash. Raises KeyDestroyedError if there was one,
        KeyDamagedError, what `check_life` raises, and KeyringStorageError.
        """
        ...

    def reader_keys(self, period: Period, reader_ids: Sequence[str]) -> Sequence[ReaderKey]:
        """Return the keys of `reader_ids` in `period`, in their order.

        Raises KeyUnknownError, KeyDueError, KeyDestroyedError, KeyDamagedError,
        KeyringStorageError, and InputError for an id that cannot be one.
        """
        ...

    def own_key(self, name: OwnKeyName) -> OwnKey:
        """Return what seals under the hits or case key called `name`; raises as `reader_keys`."""
        ...

    def destroy_key(self, name: KeyName) -> bool:
        """Destroy the secret called `name` for ever and return whether there was one.

        When this returns nobody can have it again, whether it existed or not, and a period's is
        not made anew. Calling it again does nothing. Raises KeyringStorageError; the key derives
        nothing from then on if the error came half-way, and the next call or opening goes on.
        """
        ...

    def keys(self) -> Sequence[KeptKey]:
        """Return what is known of each key, by spelling; destroyed ones only before their time."""
        ...

    def problems(self) -> Sequence[str]:
        """Return one sentence for each thing a health check must tell; none if all is well."""
        ...


def check_life(name: KeyName, destroy_by: datetime, now: datetime) -> None:
    """Refuse a key that would live too long, die before its period ends, or be due at once.

    Raises PolicyError if `destroy_by` is after `latest_end`, and InputError if it is naive, or not
    after both `now` and the end of the key's period.
    """
    require_aware(destroy_by, where=f"key {name}", field="destroy_by")
    latest, period = latest_end(name, now), period_of(name)
    if destroy_by > latest:
        over = (destroy_by - latest) / timedelta(days=1)
        raise PolicyError(
            f"key {name}: destroy_by: expected {latest.isoformat()} at the latest, "
            f"found {over:.3f} days more"
        )
    earliest = now if period is None else max(period.end, now)
    if destroy_by <= earliest:
        raise InputError(
            f"key {name}",
            "destroy_by",
            expected=f"a moment after {earliest.isoformat()}",
            found=destroy_by.isoformat(),
        )
