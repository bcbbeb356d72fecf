"""What a health check must tell of the vault: keys past their time, register and keyring at odds.

Decides what is wrong; changes nothing. Leaves to `expiry.py` to mend it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from fairplate.policy.rules import Policy
from fairplate.vault.due import due_at
from fairplate.vault.key_names import KeyName
from fairplate.vault.keyring import EXISTING, KeyState
from fairplate.vault.register import read_living_keys, read_unemptied_keys
from fairplate.vault.vault import Vault

GRACE = timedelta(minutes=1)
"""The expiry runs at least once a minute; a key that is past its time by more has been missed."""


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """One key as keyring and register know it together.

    `state` None: the keyring has no such key. `made_at` None: it is not on record. `due` is when it
    must be gone under the policy in force; `emptied` False: rows may be left.
    """

    name: KeyName
    state: KeyState | None
    made_at: datetime | None
    due: datetime
    destroyed_at: datetime | None = None
    emptied: bool = False

    @property
    def exists(self) -> bool:
        """Say whether there is something to destroy."""
        return self.state in EXISTING


def read_key_statuses(vault: Vault, policy: Policy, *, set_at: datetime) -> tuple[KeyStatus, ...]:
    """Return every key that lives, and those destroyed whose rows are left, by spelling."""
    with vault.database.reading() as connection:
        registered = {key.name: key for key in read_living_keys(connection)}
        unemptied = read_unemptied_keys(connection)
    kept_keys = vault.keyring.keys()
    kept = {key.name: key for key in kept_keys if key.state in EXISTING}
    statuses = [
        KeyStatus(key.name, None, key.made_at, key.destroy_by, key.destroyed_at)
        for key in unemptied
    ]
    for name in registered.keys() | kept.keys():
        on_record, in_keyring = registered.get(name), kept.get(name)
        ends = [one.destroy_by for one in (on_record, in_keyring) if one is not None]
        made_at = None if on_record is None else on_record.made_at
        # A key that is not on record yet was made under the policy in force, or is about to go.
        due = due_at(name, min(ends), made_at or set_at, policy, set_at=set_at)
        state = None if in_keyring is None else in_keyring.state
        statuses.append(KeyStatus(name, state, made_at, due))
    return tuple(sorted(statuses, key=lambda status: str(status.name)))


def find_key_problems(
    statuses: tuple[KeyStatus, ...], keyring_problems: tuple[str, ...], *, now: datetime
) -> Iterator[str]:
    """Yield one sentence for each thing that is wrong at `now` (aware)."""
    yield from keyring_problems
    for status in statuses:
        late = now - status.due
        if status.exists and late > GRACE:
            yield f"key {status.name}: expected to be gone since {status.due.isoformat()}, found it"
        elif status.destroyed_at is not None and now - status.destroyed_at > GRACE:
            yield f"key {status.name}: destroyed, but its rows are not dropped yet"
        elif status.state is None and status.destroyed_at is None:
            yield f"key {status.name}: on record as living, but not in the keyring"
        elif status.made_at is None:
            yield f"key {status.name}: in the keyring, but not on record"
