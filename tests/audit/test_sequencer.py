"""The sequencer: every event that is committed gets one place, without gaps, whoever is at work."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from random import Random

import pytest
import sqlalchemy as sa
from tests.audit.log_worlds import LogWorld, enrol, rolled_back

from fairplate.audit.sequencer import AT_ONCE, count_waiting, sequence_events, sequence_some
from fairplate.audit.stored_tree import read_root, read_size
from fairplate.storage.database import open_database
from fairplate.storage.schema import events
from fairplate.verify.tree import hash_children, hash_leaf, root_hash

PATIENCE_S = 60


def require_sequenced(world: LogWorld) -> list[bytes]:
    """Fail unless all events have places 0, 1, 2, … and the tree is theirs; return the bodies."""
    rows = sorted(world.rows(), key=lambda row: -1 if row.position is None else row.position)
    assert [row.position for row in rows] == list(range(len(rows)))
    leaves = [hash_leaf(bytes(row.body)) for row in rows]

    def read_hash(level: int, index: int) -> bytes:
        found = leaves[index << level : (index + 1) << level]
        while len(found) > 1:
            pairs = zip(found[::2], found[1::2], strict=True)
            found = [hash_children(left, right) for left, right in pairs]
        return found[0]

    with world.database.reading() as connection:
        assert read_size(connection) == len(rows)
        assert read_root(connection, len(rows)) == root_hash(len(rows), read_hash)
        assert count_waiting(connection) == 0
    return [bytes(row.body) for row in rows]


def test_places_are_given_once_in_the_order_of_ids(world: LogWorld) -> None:
    world.act(3)
    assert sequence_events(world.database) == 3
    assert sequence_events(world.database) == 0
    world.act_at_once(4)
    assert sequence_events(world.database) == 4
    rows = world.rows()
    assert [row.position for row in rows] == list(range(7))
    require_sequenced(world)


def test_nothing_to_do_leaves_nothing(world: LogWorld) -> None:
    assert sequence_events(world.database) == 0
    with world.database.reading() as connection:
        assert (read_size(connection), count_waiting(connection)) == (0, 0)


def test_more_events_than_one_transaction_takes(world: LogWorld) -> None:
    bodies = [f"body {number}".encode() for number in range(AT_ONCE + 10)]
    with world.database.transaction() as connection:
        connection.execute(sa.insert(events), [{"body": body} for body in bodies])
    with world.database.transaction() as connection:
        assert sequence_some(connection) == AT_ONCE
        assert count_waiting(connection) == 10
    assert sequence_events(world.database) == 10
    assert require_sequenced(world) == bodies
    with world.database.transaction() as connection:
        connection.execute(sa.insert(events), [{"body": body} for body in bodies])
    assert sequence_events(world.database) == AT_ONCE + 10
    assert require_sequenced(world) == bodies * 2


def test_what_is_rolled_back_is_not_in_the_log(world: LogWorld) -> None:
    with rolled_back(world.database) as connection:
        enrol(connection, world.recorder(), "gate-x")
        assert sequence_some(connection) == 1
    world.act()
    assert sequence_events(world.database) == 1
    assert len(require_sequenced(world)) == 1


@pytest.fixture
def connections(world: LogWorld) -> Iterator[list[sa.Connection]]:
    """Three that have begun a transaction each."""
    made = [world.database.engine.connect() for _ in range(3)]
    for connection in made:
        connection.begin()
    yield made
    for connection in made:
        connection.close()


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_transactions_that_end_in_another_order_and_some_that_are_rolled_back(
    world: LogWorld, connections: list[sa.Connection]
) -> None:
    recorder = world.recorder()
    first, second, third = connections
    ids = [enrol(first, recorder, "first-1"), enrol(second, recorder, "second-1")]
    ids += [enrol(third, recorder, "third-1"), enrol(first, recorder, "first-2")]
    second.commit()
    assert sequence_events(world.database) == 1  # waits for nobody
    third.rollback()
    assert sequence_events(world.database) == 0
    second.begin()
    enrol(second, recorder, "second-2")
    first.commit()
    second.commit()
    assert sequence_events(world.database) == 3
    places = {row.id: row.position for row in world.rows()}
    assert ids[2] not in places
    assert [places[ids[1]], places[ids[0]], places[ids[3]]] == [0, 1, 2]
    require_sequenced(world)


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_one_sequencer_waits_for_another(world: LogWorld) -> None:
    world.act(2)
    with ThreadPoolExecutor(1) as threads:
        with world.database.transaction() as connection:
            assert sequence_some(connection) == 2
            other = threads.submit(sequence_events, world.database)
            _await_lock(world, other)
            with world.database.transaction() as writer:  # nobody who writes events waits
                enrol(writer, world.recorder(), "gate-late")
            assert not other.done()
        assert other.result(PATIENCE_S) == 1
    require_sequenced(world)


def _await_lock(world: LogWorld, other: "Future[int]") -> None:
    waiting = sa.text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    found = 0
    while not found:
        assert not other.done(), "it did not wait"
        with world.database.reading() as connection:
            found = connection.execute(waiting).scalar_one()


def test_writers_and_sequencers_all_at_once(world: LogWorld) -> None:
    kept: list[str] = []
    writing = threading.Event()

    def write(number: int) -> None:
        chance, recorder = Random(number), world.recorder()  # noqa: S311
        database = open_database(world.url)
        for each in range(25):
            names = [f"w{number}-{each}-{part}" for part in range(chance.randint(1, 4))]
            lost = chance.random() < 0.3
            with rolled_back(database) if lost else database.transaction() as connection:
                for name in names:
                    enrol(connection, recorder, name)
            kept.extend([] if lost else names)
        database.close()

    def sequence(_: int) -> int:
        database, total = open_database(world.url), 0
        while not writing.is_set():
            total += sequence_events(database)
        database.close()
        return total

    with ThreadPoolExecutor(6) as threads:
        sequencers = [threads.submit(sequence, number) for number in range(2)]
        list(threads.map(write, range(4)))
        writing.set()
        total = sum(one.result(PATIENCE_S) for one in sequencers)
    total += sequence_events(world.database)
    bodies = require_sequenced(world)
    assert total == len(bodies) == len(kept) == len(set(kept))
    for name in kept:
        assert sum(f'"{name}"'.encode() in body for body in bodies) == 1


def test_a_place_cannot_be_given_twice(world: LogWorld) -> None:
    world.act(2)
    sequence_events(world.database)
    with pytest.raises(sa.exc.IntegrityError), world.database.transaction() as connection:
        connection.execute(sa.update(events).values(position=0))
