"""The register of keys in the database: which were made, until when, and what became of them.

Decides nothing: the keyring is the authority on whether a key exists. The register holds what the
keyring cannot: when the key's making and end were put on record, and whether its rows are gone.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from fairplate.audit.event_types import EventType
from fairplate.audit.kinds import DestroyReason, spell_time
from fairplate.audit.log import Recorder
from fairplate.core.periods import Period
from fairplate.storage.partitions import make_partitions
from fairplate.storage.schema import vault_keys
from fairplate.vault.key_names import KeyName, parse_key_name
from fairplate.vault.keyring import KeptKey


@dataclass(frozen=True, slots=True)
class RegisteredKey:
    """One key as registered. `destroyed_at` None: no end of it is on record yet."""

    id: int
    name: KeyName
    made_at: datetime
    destroy_by: datetime
    destroyed_at: datetime | None = None
    emptied_at: datetime | None = None


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
        assert known is not None  # noqa: S101 - the row that was in the way
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


def read_unemptied_keys(connection: sa.Connection) -> tuple[RegisteredKey, ...]:
    """Return every key whose end is on record while its rows may not be gone."""
    return _read(
        connection, vault_keys.c.destroyed_at.is_not(None), vault_keys.c.emptied_at.is_(None)
    )


def read_all_keys(connection: sa.Connection) -> tuple[RegisteredKey, ...]:
    """Return every key that is on record."""
    return _read(connection)


def hold_living_keys(connection: sa.Connection, keys: Collection[RegisteredKey]) -> bool:
    """Say whether all of `keys` live; none can be recorded as destroyed before the commit."""
    names = {key.id: str(key.name) for key in keys}
    query = (
        sa.select(vault_keys.c.id, vault_keys.c.name)
        .where(vault_keys.c.id.in_(names), vault_keys.c.destroyed_at.is_(None))
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


def record_destruction(
    connection: sa.Connection, recorder: Recorder, key: RegisteredKey, reason: DestroyReason
) -> None:
    """Put on record, with its event, that the keyring has destroyed `key`; once."""
    changed = connection.execute(
        sa.update(vault_keys)
        .where(vault_keys.c.id == key.id, vault_keys.c.destroyed_at.is_(None))
        .values(destroyed_at=recorder.clock())
    ).rowcount
    if changed:
        recorder.record(
            connection,
            EventType.KEY_DESTROYED,
            public={
                "key": str(key.name),
                "made_at": _spelled(key.made_at),
                "destroy_by": _spelled(key.destroy_by),
                "reason": reason.value,
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
        row.id, name, row.made_at, row.destroy_by, row.destroyed_at, row.emptied_at
    )
