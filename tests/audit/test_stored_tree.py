"""The tree in the database: however it grows, it is the tree of RFC 6962."""

import hashlib
from collections.abc import Sequence
from itertools import pairwise

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.audit.log_worlds import LogWorld, rolled_back

from fairplate.audit.stored_tree import (
    append_hashes,
    read_entries,
    read_root,
    read_size,
    read_tile,
    tree_hashes,
)
from fairplate.core.errors import StorageError
from fairplate.storage.database import Database
from fairplate.storage.schema import events, log_tiles
from fairplate.verify.tiles import HEIGHT, WIDTH, Tile, split_entries, tiles_of
from fairplate.verify.tree import EMPTY_ROOT, consistency_proof, proves_consistency

MOST = 70_000
LEAVES = [hashlib.sha256(number.to_bytes(4, "big")).digest() for number in range(MOST)]
ON_A_DATABASE = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
# Where tiles of each level become full, and one beside.
EDGES = [0, 1, 2, 255, 256, 257, 511, 512, 513, 65_279, 65_280, 65_535, 65_536, 65_537, MOST]


def naive_roots(sizes: Sequence[int]) -> dict[int, bytes]:
    """Return the roots of the first leaves, from a stack of complete subtrees."""
    wanted, roots = set(sizes), {0: EMPTY_ROOT}
    stack: list[tuple[int, bytes]] = []
    for number, leaf in enumerate(LEAVES[: max(sizes)], start=1):
        height, node = 0, leaf
        while stack and stack[-1][0] == height:
            node = hashlib.sha256(b"\1" + stack.pop()[1] + node).digest()
            height += 1
        stack.append((height, node))
        if number in wanted:
            root = stack[-1][1]
            for _, left in reversed(stack[:-1]):
                root = hashlib.sha256(b"\1" + left + root).digest()
            roots[number] = root
    return roots


def grow(connection: sa.Connection, sizes: Sequence[int]) -> None:
    for before, size in pairwise([0, *sizes]):
        append_hashes(connection, before, LEAVES[before:size])


portions = st.one_of(
    st.lists(st.integers(1, 600), min_size=1, max_size=12).map(
        lambda parts: [sum(parts[: end + 1]) for end in range(len(parts))]
    ),
    st.sets(
        st.one_of(st.integers(1, MOST), st.sampled_from(EDGES[1:])), min_size=1, max_size=6
    ).map(sorted),
)


@given(portions, st.lists(st.integers(0, MOST), max_size=20))
@ON_A_DATABASE
def test_it_is_the_naive_tree_in_whatever_portions_it_grows(
    database: Database, sizes: list[int], asked: list[int]
) -> None:
    looked_at = [*sizes, *(size for size in (*asked, *EDGES) if size <= sizes[-1])]
    expected = naive_roots(looked_at)
    with rolled_back(database) as connection:
        grow(connection, sizes)
        assert {size: read_root(connection, size) for size in looked_at} == {
            size: expected[size] for size in looked_at
        }


@pytest.mark.parametrize("portion", [1, 7, 300])
def test_every_smaller_size_can_be_read(database: Database, portion: int) -> None:
    most = 300 if portion == 1 else 800
    with rolled_back(database) as connection:
        grow(connection, [*range(portion, most, portion), most])
        expected = naive_roots(range(most + 1))
        for size in range(most + 1):
            assert read_root(connection, size) == expected[size], size


def test_proofs_between_sizes_hold(database: Database) -> None:
    sizes = [1, 200, 256, 300, 65_536, 66_000]
    roots = naive_roots(sizes)
    with rolled_back(database) as connection:
        grow(connection, sizes)
        for old in sizes:
            for new in [size for size in sizes if size >= old]:
                proof = consistency_proof(old, new, tree_hashes(connection, new))
                assert proves_consistency(old, roots[old], new, roots[new], proof)


def test_nothing_appended_changes_nothing(database: Database) -> None:
    with rolled_back(database) as connection:
        append_hashes(connection, 0, [])
        assert connection.execute(sa.select(log_tiles)).all() == []


def test_each_tile_is_read_as_wide_as_is_asked(database: Database) -> None:
    with rolled_back(database) as connection:
        grow(connection, [100, 700])
        whole = {
            (tile.level or 0, tile.index): read_tile(connection, tile)
            for tile in tiles_of(700)
            if tile.level is not None
        }
        assert sorted(map(len, whole.values())) == [32 * width for width in (2, 188, 256, 256)]
        for (level, index), data in whole.items():
            for width in range(1, len(data) // 32 + 1):
                assert read_tile(connection, Tile(level, index, width)) == data[: 32 * width]
        for size in (1, 100, 256, 257, 512, 699):
            for tile in tiles_of(size):
                if tile.level is not None:
                    first = tile.index << HEIGHT
                    found = read_tile(connection, tile)
                    assert tile.level or found == b"".join(LEAVES[first : first + tile.width])


def test_a_tile_that_is_not_there_is_told(database: Database) -> None:
    with rolled_back(database) as connection:
        grow(connection, [10])
        for tile in (Tile(0, 0, 11), Tile(0, 1, 1), Tile(1, 0, 1)):
            with pytest.raises(StorageError, match=f"hashes in tile {tile.index} of level"):
                read_tile(connection, tile)
        with pytest.raises(StorageError):
            read_root(connection, 11)


def test_entries_are_read_by_their_place(world: LogWorld) -> None:
    world.act(3)
    world.act_at_once(WIDTH)
    world.publish()
    bodies = [bytes(row.body) for row in world.rows()]
    with world.database.reading() as connection:
        assert read_size(connection) == len(bodies) == WIDTH + 3
        assert read_entries(connection, 2, WIDTH) == bodies[2 : WIDTH + 2]
        assert split_entries(read_tile(connection, Tile(None, 1, 3))) == bodies[WIDTH:]
        assert split_entries(read_tile(connection, Tile(None, 0, 5))) == bodies[:5]
        with pytest.raises(StorageError, match="found a gap"):
            read_entries(connection, WIDTH, 4)


def test_an_event_that_was_altered_is_put_into_no_bundle(world: LogWorld) -> None:
    world.act(5)
    world.publish()
    with world.database.transaction() as connection:
        body = connection.execute(sa.select(events.c.body).where(events.c.position == 3))
        changed = bytes(body.scalar_one()).replace(b"gate-4", b"gate-5")
        connection.execute(sa.update(events).where(events.c.position == 3).values(body=changed))
        assert len(read_tile(connection, Tile(None, 0, 3))) > 0
        with pytest.raises(StorageError, match=r"^audit log: event 3: expected the event that is"):
            read_tile(connection, Tile(None, 0, 5))


def test_an_empty_database_has_an_empty_tree(database: Database) -> None:
    with database.reading() as connection:
        assert read_size(connection) == 0
        assert read_root(connection, 0) == EMPTY_ROOT
