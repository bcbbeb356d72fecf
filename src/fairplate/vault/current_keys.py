"""The keys an intake process holds: those of the periods it seals under now, and no longer.

Decides when a held key is let go. A key that was destroyed meanwhile is noticed by the register,
inside the transaction that would store under it.
"""

from datetime import datetime

import sqlalchemy as sa

from fairplate.core.errors import InputError
from fairplate.core.periods import Period
from fairplate.policy.rules import is_past
from fairplate.vault.errors import KeyUnusableError
from fairplate.vault.key_names import KeyName, OwnKeyName
from fairplate.vault.register import RegisteredKey, read_living_ids
from fairplate.vault.seal import OwnKey, ReaderKey
from fairplate.vault.vault import Vault

MOST_READER_KEYS = 20_000
"""Beyond this all are let go and derived again: readers times periods in use are far fewer."""


class CurrentKeys:
    """Keys by name, asked of the vault once. Not for several threads at once."""

    def __init__(self, vault: Vault) -> None:
        """Hold nothing yet."""
        self._vault = vault
        self._registered: dict[KeyName, RegisteredKey] = {}
        self._readers: dict[tuple[Period, str], ReaderKey] = {}
        self._own: dict[OwnKeyName, OwnKey] = {}

    def registered(self, name: KeyName, destroy_by: datetime) -> RegisteredKey | None:
        """Return the key called `name`, made if it is new, or None if it cannot be used."""
        if name not in self._registered:
            try:
                self._registered[name] = self._vault.ensure_key(name, destroy_by)
            except KeyUnusableError:
                return None
            except InputError:
                if is_past(destroy_by, self._vault.recorder.clock()):
                    return None  # its time ended since the batch began
                raise
        return self._registered[name]

    def reader_key(
        self, period: Period, reader_id: str, registered: RegisteredKey
    ) -> ReaderKey | None:
        """Return the key of one reader in one period, or None if it cannot be used.

        It is let go with `registered`, the period's key.
        """
        if (period, reader_id) not in self._readers:
            try:
                (key,) = self._vault.keyring.reader_keys(period, [reader_id])
            except KeyUnusableError:
                return None
            if len(self._readers) >= MOST_READER_KEYS:
                self._readers.clear()
            self._registered.setdefault(period, registered)
            self._readers[period, reader_id] = key
        return self._readers[period, reader_id]

    def own_key(self, name: OwnKeyName) -> OwnKey | None:
        """Return what seals under the hits key called `name`, or None if it cannot be used."""
        if name not in self._own:
            try:
                self._own[name] = self._vault.keyring.own_key(name)
            except KeyUnusableError:
                return None
        return self._own[name]

    def let_go_of_due(self, now: datetime) -> None:
        """Forget every key whose time is over at `now`."""
        for name, key in list(self._registered.items()):
            if is_past(key.destroy_by, now):
                self.let_go(name)

    def let_go_of_ended(self, connection: sa.Connection) -> None:
        """Forget every key whose end is on record."""
        held = {key.id: name for name, key in self._registered.items()}
        for key_id in held.keys() - read_living_ids(connection, held):
            self.let_go(held[key_id])

    def let_go(self, name: KeyName) -> None:
        """Forget the key called `name` and all that was derived from it."""
        self._registered.pop(name, None)
        if isinstance(name, Period):
            for period, reader_id in [held for held in self._readers if held[0] == name]:
                del self._readers[period, reader_id]
        else:
            self._own.pop(name, None)

    def let_go_of_all(self) -> None:
        """Forget every key."""
        self._registered.clear()
        self._readers.clear()
        self._own.clear()
