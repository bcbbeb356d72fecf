"""The vault as a whole: a database, the keyring that is never in it, and a recorder of events.

Decides how a key comes to be: in the keyring first, then on record. Leaves sealing, opening and
destroying to their own files.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from fairplate.audit.log import Recorder
from fairplate.policy.rules import is_past
from fairplate.storage.database import Database
from fairplate.vault.errors import KeyDueError
from fairplate.vault.key_names import KeyName, period_of
from fairplate.vault.keyring import Keyring, KeyState
from fairplate.vault.register import RegisteredKey, register_key, shorten_life


@dataclass(frozen=True, slots=True)
class Vault:
    """What sealing and opening need; `recorder` brings the clock and the randomness."""

    database: Database
    keyring: Keyring
    recorder: Recorder

    def ensure_key(self, name: KeyName, destroy_by: datetime) -> RegisteredKey:
        """Return the key called `name`, made and put on record if it is new.

        One of a period that was made for longer must be gone by `destroy_by` from now on. A crash
        in between leaves a key that is not on record; the next call, or the next start of the
        expiry, puts it there. Raises KeyUnusableError, KeyringStorageError, StorageError, and what
        `check_life` raises.
        """
        kept = self.keyring.make_key(name, destroy_by)
        if kept.state is KeyState.DUE:
            raise KeyDueError(name)
        with self.database.transaction() as connection:
            key = register_key(connection, self.recorder, kept)
            if period_of(name) is not None and key.destroy_by > destroy_by:
                shorten_life(connection, key, destroy_by)
                key = replace(key, destroy_by=destroy_by)
        if key.ending is not None or is_past(key.destroy_by, self.recorder.clock()):
            raise KeyDueError(name)
        return key
