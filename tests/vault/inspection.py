"""What lies in a vault's tables and keyring, past every door: for tests that look what is left."""

import contextlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import TypeAlias

import sqlalchemy as sa
from tests.worlds import READERS, World

from fairplate.audit.events import read_event
from fairplate.core.periods import Period
from fairplate.intake import Arriving
from fairplate.storage.partitions import list_partitions
from fairplate.storage.schema import (
    counts,
    events,
    kept_records,
    receipts,
    sealed_reads,
    vault_keys,
)
from fairplate.vault.errors import KeyUnusableError
from fairplate.vault.health import read_key_statuses
from fairplate.vault.kept_records import Part, open_kept_record
from fairplate.vault.key_names import KeyName, parse_key_name
from fairplate.vault.keyring import EXISTING
from fairplate.vault.payloads import OpenedRead, decode_read
from fairplate.vault.register import RegisteredKey, read_living_keys
from fairplate.vault.seal import SealedRow, derive_row_key, open_row

WITH_ROWS = (sealed_reads, receipts, kept_records)

Identity: TypeAlias = tuple[str, str, str, datetime]  # reader, read id, plate, time of capture


def identity(read: OpenedRead) -> Identity:
    return read.reader_id, read.read_id, read.read.plate, read.captured_at


def sent_identity(one: Arriving) -> Identity:
    return one.reader_id, one.read_id, one.read.plate, one.captured_at


def registered_keys(world: World, *, after: int = 0) -> tuple[RegisteredKey, ...]:
    """Return the keys on the register with an id above `after`, living and destroyed."""
    query = sa.select(vault_keys).where(vault_keys.c.id > after).order_by(vault_keys.c.id)
    with world.database.reading() as connection:
        return tuple(
            RegisteredKey(
                row.id,
                parse_key_name(row.name, where="test"),
                row.made_at,
                row.destroy_by,
                row.destroyed_at,
                row.emptied_at,
            )
            for row in connection.execute(query)
        )


def existing_keys(world: World) -> list[KeyName]:
    """Return the names of what the keyring still has, by spelling."""
    listed = world.keyring.keys()
    return [key.name for key in listed if key.state in EXISTING]


def keys_of_rows(world: World) -> set[int]:
    """Return the ids of the keys that have a row, or in PostgreSQL a partition."""
    with world.database.reading() as connection:
        found = set(list_partitions(connection))
        for table in WITH_ROWS:
            found.update(connection.execute(sa.select(table.c.key_id).distinct()).scalars())
    return found


def count_rows(world: World, table: sa.Table) -> int:
    with world.database.reading() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def read_counts(world: World) -> Counter[str]:
    """Return the counts by outcome, of all days and readers."""
    query = sa.select(counts.c.outcome, sa.func.sum(counts.c.number)).group_by(counts.c.outcome)
    with world.database.reading() as connection:
        return Counter({outcome: int(number) for outcome, number in connection.execute(query)})


def count_key_events(world: World, *, after: int = 0) -> tuple[Counter[tuple[str, str]], int]:
    """Return how often each key is told of, by event type, and the id of the last event."""
    query = sa.select(events.c.id, events.c.body).where(events.c.id > after).order_by(events.c.id)
    found: Counter[tuple[str, str]] = Counter()
    with world.database.reading() as connection:
        for number, body in connection.execute(query):
            after = number
            event = read_event(body, where="events")
            if event.type.value.startswith("key."):
                found[event.type.value, str(event.public["key"])] += 1
    return found, after


def destroy_reasons(world: World) -> dict[str, str]:
    """Return why each key was destroyed, by the events."""
    with world.database.reading() as connection:
        bodies = connection.execute(sa.select(events.c.body)).scalars().all()
    told = [read_event(body, where="events").public for body in bodies]
    return {str(one["key"]): str(one["reason"]) for one in told if "reason" in one}


def event_types(world: World) -> Counter[str]:
    with world.database.reading() as connection:
        bodies = connection.execute(sa.select(events.c.body)).scalars()
        return Counter(read_event(body, where="events").type.value for body in bodies)


def open_records(world: World) -> dict[str, tuple[str, Identity]]:
    """Return each hit and held read that its key still opens, by its id: the key, and the read."""
    opened = {}
    with world.database.reading() as connection:
        ids = connection.execute(sa.select(kept_records.c.id).distinct()).scalars().all()
        for record_id in ids:
            with contextlib.suppress(KeyUnusableError):
                name, parts = open_kept_record(connection, world.keyring, record_id)
                opened[record_id] = str(name), identity(decode_read(parts[Part.READ]))
    return opened


def still_derives(world: World, names: Iterable[KeyName], reader_ids: Collection[str]) -> set[str]:
    """Return which of the keys can still be used for anything."""
    found = set()
    for name in names:
        try:
            if isinstance(name, Period):
                world.keyring.reader_keys(name, list(reader_ids))
            else:
                world.keyring.own_key(name)
        except KeyUnusableError:
            continue
        found.add(str(name))
    return found


def require_nothing_left(world: World) -> None:
    """Fail unless register, keyring and rows agree, as they must after each whole expiry."""
    in_force = world.in_force()
    statuses = read_key_statuses(world.vault, in_force.policy, set_at=in_force.set_at)
    assert [str(key.name) for key in statuses if key.due <= world.clock.now] == []
    assert [str(key.name) for key in statuses if not (key.exists and key.made_at)] == []
    with world.database.reading() as connection:
        living = {key.id: key.name for key in read_living_keys(connection)}
        partitions = set(list_partitions(connection))
    assert keys_of_rows(world) - living.keys() == set()
    if world.database.is_postgresql:
        assert partitions == {number for number in living if isinstance(living[number], Period)}


def open_every_read(
    world: World, periods: Iterable[Period], plates: Sequence[str]
) -> Counter[Identity]:
    """Return how often each read opens to whoever has database and keyring and asks nobody."""
    rows = defaultdict(list)
    with world.database.reading() as connection:
        columns = (sealed_reads.c.token, sealed_reads.c.nonce, sealed_reads.c.ciphertext)
        for token, nonce, ciphertext in connection.execute(sa.select(*columns)):
            rows[token].append((nonce, ciphertext))
    found: Counter[Identity] = Counter()
    for period in periods:
        try:
            reader_keys = world.keyring.reader_keys(period, READERS)
        except KeyUnusableError:
            continue
        row_keys = [derive_row_key(key, plate) for key in reader_keys for plate in plates]
        for row_key in row_keys:
            for nonce, ciphertext in rows[row_key.token]:
                row = SealedRow(period, row_key.token, nonce, ciphertext)
                found[identity(decode_read(open_row(row_key, row)))] += 1
    return found
