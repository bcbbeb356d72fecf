"""Stored chunks: what was altered is refused, the next batch mends it, a thief learns nothing."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from tests.hotlists.test_kept_batches import MANY, counts, many, plates
from tests.list_worlds import ListWorld, row_of

from fairplate.core.errors import StorageError
from fairplate.hotlists.chunks import ENTRIES_IN_CHUNK
from fairplate.hotlists.stored_chunks import read_entries_at
from fairplate.storage.schema import list_chunks, metadata

SQLITE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


def flip(world: ListWorld) -> None:
    _, number, sealed = world.chunks()[1]
    world.alter_chunk(number, sealed=sealed[:-1] + bytes([sealed[-1] ^ 1]))


def swap(world: ListWorld) -> None:
    (_, _, first), (_, _, second), _ = world.chunks()
    world.alter_chunk(0, sealed=second)
    world.alter_chunk(1, sealed=first)


def lose_last(world: ListWorld) -> None:
    with world.database.transaction() as connection:
        connection.execute(sa.delete(list_chunks).where(list_chunks.c.number == 2))


def shorten(world: ListWorld) -> None:
    """Leave the last chunk out, and say that there were fewer entries."""
    lose_last(world)
    world.alter(entries=2 * ENTRIES_IN_CHUNK)


def miscount(world: ListWorld) -> None:
    world.alter(entries=MANY - 1)


def lend(world: ListWorld) -> None:
    """Give the batch of another list to this one."""
    world.set("other")
    world.bring(many(), "other")
    world.alter(batch_id=world.kept("other").batch_id)


def rename(world: ListWorld) -> None:
    with world.database.transaction() as connection:
        connection.execute(sa.update(list_chunks).values(batch_id="b-other"))
    world.alter(batch_id="b-other")


def lose_all(world: ListWorld) -> None:
    with world.database.transaction() as connection:
        connection.execute(sa.delete(list_chunks))


ALTERATIONS = (flip, swap, lose_last, shorten, miscount, lend, rename, lose_all)


@pytest.mark.parametrize("alter", ALTERATIONS)
@SQLITE
def test_a_batch_that_was_altered_is_refused_and_the_next_mends_it(
    lists_world: ListWorld, alter: Callable[[ListWorld], None]
) -> None:
    lists_world.set()
    lists_world.bring(many())
    alter(lists_world)
    with pytest.raises(StorageError, match=r"hot list stolen: expected .* until another batch is"):
        plates(lists_world)
    entries = lists_world.kept().entries
    found = lists_world.preview(many(2))
    assert found.prepared is not None
    assert found.prepared.damaged
    assert (len(found.added), found.removed) == (2, ())
    assert counts(lists_world.lists.commit(found, "whole.csv")) == (2, 2, 0, entries)
    assert plates(lists_world) == ["A0", "A1"]
    assert lists_world.require_sound_log()[-1] == "batch.imported"


@SQLITE
def test_entries_of_a_chunk_that_is_gone_are_not_shown(lists_world: ListWorld) -> None:
    lists_world.set()
    lists_world.bring(many())
    lose_last(lists_world)
    with lists_world.database.reading() as connection:
        entries = read_entries_at(connection, lists_world.key, lists_world.kept(), [0, MANY - 1])
        assert next(entries).plate == "A0"
        with pytest.raises(StorageError, match="expected a chunk 2, found none"):
            next(entries)


def test_a_stolen_database_names_nobody(lists_world: ListWorld) -> None:
    """Every value of every table, and on SQLite every byte of its files."""
    secrets = ("SECRET7", "S?CRET8", "REF-4711", "RETIRED9", "BEFORE5", "REJECT3")
    lists_world.set()
    lists_world.set("gone")
    lists_world.bring([row_of("BEFORE5")])
    lists_world.bring([row_of("SECRET7", "REF-4711"), row_of("S?CRET8", "REF-4711")])
    lists_world.bring([row_of("RETIRED9")], "gone")
    lists_world.lists.retire("gone", "RETIRED9 was found")
    assert lists_world.bring([row_of("REJECT3"), row_of("*")]) is None
    lists_world.require_sound_log()
    with lists_world.database.reading() as connection:
        stolen = b"".join(
            value if isinstance(value, bytes) else str(value).encode()
            for table in metadata.sorted_tables
            for row in connection.execute(sa.select(table))
            for value in row
        )
    assert b"list.retired" in stolen  # what is public is there
    stolen += b"".join(path.read_bytes() for path in lists_world.database.files() if path.exists())
    folder = lists_world.log.folder
    stolen += b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    for secret in secrets:
        for spelled in (secret, secret.lower(), secret.replace("-", "")):
            assert spelled.encode() not in stolen, secret
            assert spelled.encode("utf-16-le") not in stolen, secret
    assert plates(lists_world) == ["SECRET7", "S?CRET8"]  # they are there, sealed
