"""The register of keys in the database: which were made, until when, and what became of them.

Decides nothing: the keyring is the authority on whether a key exists. The register holds what the
keyring cannot: when the key's making and end were put on record, and whether its rows are gone.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from fairplate.audit.event_types import EventType
from fairplate.audit.kinds import spell_time
from fairplate.audit.log import Recorder
from fairplate.audit.words import DestroyReason
from fairplate.core.periods import Period
from fairplate.policy.rules import Policy
from fairplate.storage.partitions import make_partitions
from fairplate.storage.schema import vault_keys
from fairplate.vault.due import due_at
from fairplate.vault.errors import KeyDestroyedError
from fairplate.vault.kept_records import list_record_ids
from fairplate.vault.key_names import CaseKeyName, KeyName, parse_key_name
from fairplate.vault.keyring import KeptKey

_SHORT_WAIT = "SET LOCAL lock_timeout = '2s'"


@dataclass(frozen=True, slots=True)
class RegisteredKey:
    """One key as registered. `destroyed_at` None: no end of it is on record yet.

    `ending` is why it is to go before its time, noted before it goes, and `ended_by` who asked.
    """

    id: int
    name: KeyName
    made_at: datetime
    destroy_by: datetime
    destroyed_at: datetime | None = None
    emptied_at: datetime | None = None
    ending: DestroyReason | None = None
    ended_by: str | None = None


def register_key(connection: sa.Connection, recorder: Recorder, kept: KeptKey) -> RegisteredKey:
    """Put a key that the keyring made on record, with its event, unless it is, and return it."""
    known = find_living_key(connection, kept.name)
    if known is not None:
        return known
    made_at = recorder.clock()
    # Two workers may come here at once in PostgreSQL: the later one finds the row of the earlier.
    key_id = connection.execute(
        _insert(connection)
        .values(name=str(kept.name), made_at=made_at, destroy_by=kept.destroy_by)
        .on_conflict_do_nothing()
        .returning(vault_keys.c.id)
    ).scalar()
    if key_id is None:
        known = find_living_key(connection, kept.name)
        if known is None:
            raise KeyDestroyedError(kept.name)  # meanwhile, by another worker
        return known
    if isinstance(kept.name, Period):  # nothing that is partitioned lies under the others
        make_partitions(connection, key_id)
    recorder.record(
        connection,
        EventType.KEY_MADE,
        public={"key": str(kept.name), "destroy_by": _spelled(kept.destroy_by)},
        private={},
    )
    return RegisteredKey(key_id, kept.name, made_at, kept.destroy_by)


def find_living_key(connection: sa.Connection, name: KeyName) -> RegisteredKey | None:
    """Return the key called `name` unless its end is on record."""
    query = sa.select(vault_keys).where(
        vault_keys.c.name == str(name), vault_keys.c.destroyed_at.is_(None)
    )
    row = connection.execute(query).first()
    return None if row is None else _registered(row)


def read_living_keys(connection: sa.Connection) -> tuple[RegisteredKey, ...]:
    """Return every key whose end is not on record."""
    return _read(connection, vault_keys.c.destroyed_at.is_(None))


def read_living_ids(connection: sa.Connection, among: Collection[int]) -> frozenset[int]:
    """Return which ids `among` those given are of keys whose end is not on record."""
    query = sa.select(vault_keys.c.id).where(
        vault_keys.c.id.in_(among), vault_keys.c.destroyed_at.is_(None)
    )
    return frozenset(connection.execute(query).scalars())


def read_unemptied_keys(connection: sa.Connection) -> tuple[RegisteredKey, ...]:
    """Return every key whose end is on record while its rows may not be gone."""
    return _read(
        connection, vault_keys.c.destroyed_at.is_not(None), vault_keys.c.emptied_at.is_(None)
    )


def read_all_keys(connection: sa.Connection) -> tuple[RegisteredKey, ...]:
    """Return every key that is on record."""
    return _read(connection)


def lock_living_keys(connection: sa.Connection, keys: Collection[RegisteredKey]) -> bool:
    """Say whether all of `keys` live, and none is about to end before its time.

    None can be recorded as destroyed, or as about to be, before the commit.
    """
    names = {key.id: str(key.name) for key in keys}
    query = (
        sa.select(vault_keys.c.id, vault_keys.c.name)
        .where(
            vault_keys.c.id.in_(names),
            vault_keys.c.destroyed_at.is_(None),
            vault_keys.c.ending.is_(None),
        )
        .with_for_update(read=True)  # FOR SHARE; in SQLite the transaction holds everything
    )
    # The names too: in a database that was restored meanwhile an id may be another key's.
    return {row.id: row.name for row in connection.execute(query)} == names


def shorten_life(connection: sa.Connection, key: RegisteredKey, destroy_by: datetime) -> None:
    """Put on record that `key` must be gone sooner than promised, whatever policies come later."""
    connection.execute(
        sa.update(vault_keys)
        .where(vault_keys.c.id == key.id, vault_keys.c.destroy_by > destroy_by)
        .values(destroy_by=destroy_by)
    )


def due_now(key: RegisteredKey, policy: Policy) -> datetime:
    """Return when `key` must be gone, for whoever is about to open something under it.

    Whatever the keyring still has, and whether or not the expiry has come to it: the end that is on
    record counts, and that of the policy in force. Under a policy that writes no non-hits nobody
    opens any, so there it does not matter since when.
    """
    if key.ending is not None:
        return key.made_at  # somebody asked for its end, and only that may have failed so far
    return due_at(key.name, key.destroy_by, key.made_at, policy, set_at=key.made_at)


def note_ending(
    connection: sa.Connection, recorder: Recorder, key: RegisteredKey, reason: DestroyReason
) -> None:
    """Note why `key` is about to be destroyed before its time; the first note stays.

    A crash, or whoever stops the process, then hides neither the reason nor who asked.
    """
    connection.execute(
        sa.update(vault_keys)
        .where(vault_keys.c.id == key.id, vault_keys.c.ending.is_(None))
        .values(ending=reason.value, ended_by=recorder.actor)
    )


def record_destruction(
    connection: sa.Connection, recorder: Recorder, key: RegisteredKey, reason: DestroyReason
) -> None:
    """Put on record, with its events, that the keyring has destroyed `key`; once.

    What was noted of its ending goes before `reason` and before the recorder's actor. The end of a
    case's key is the end of its hold.

    Raises StorageError, retryable, if others hold the key for long: it must not hold up the rest.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_SHORT_WAIT)
    changed = connection.execute(
        sa.update(vault_keys)
        .where(vault_keys.c.id == key.id, vault_keys.c.destroyed_at.is_(None))
        .values(destroyed_at=recorder.clock())
    ).rowcount
    if changed:
        recorder = replace(recorder, actor=key.ended_by or recorder.actor)
        if isinstance(key.name, CaseKeyName):
            _record_lifting(connection, recorder, key.id, key.name.case_id)
        recorder.record(
            connection,
            EventType.KEY_DESTROYED,
            public={
                "key": str(key.name),
                "made_at": _spelled(key.made_at),
                "destroy_by": _spelled(key.destroy_by),
                "reason": (key.ending or reason).value,
            },
            private={},
        )


def record_emptied(connection: sa.Connection, recorder: Recorder, key: RegisteredKey) -> None:
    """Put on record that no row of `key` is left."""
    connection.execute(
        sa.update(vault_keys).where(vault_keys.c.id == key.id).values(emptied_at=recorder.clock())
    )


def forget_keys_before(connection: sa.Connection, moment: datetime) -> None:
    """Take keys off the register that were emptied before `moment`; the events stay."""
    connection.execute(sa.delete(vault_keys).where(vault_keys.c.emptied_at < moment))


def _record_lifting(
    connection: sa.Connection, recorder: Recorder, key_id: int, case_id: str
) -> None:
    ids = list_record_ids(connection, key_id)
    recorder.record(
        connection,
        EventType.HOLD_LIFTED,
        public={"case": case_id, "records": len(ids)},
        private={"records": list(ids)},
    )


def _spelled(moment: datetime) -> str:
    return spell_time(moment, where="key", field_name="time")


def _insert(connection: sa.Connection) -> Any:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return dialect.insert(vault_keys)


def _read(connection: sa.Connection, *conditions: Any) -> tuple[RegisteredKey, ...]:
    query = sa.select(vault_keys).where(*conditions).order_by(vault_keys.c.id)
    return tuple(_registered(row) for row in connection.execute(query))


def _registered(row: Any) -> RegisteredKey:
    name = parse_key_name(row.name, where="vault_keys")
    return RegisteredKey(
        id=row.id,
        name=name,
        made_at=row.made_at,
        destroy_by=row.destroy_by,
        destroyed_at=row.destroyed_at,
        emptied_at=row.emptied_at,
        ending=None if row.ending is None else DestroyReason(row.ending),
        ended_by=row.ended_by,
    )
