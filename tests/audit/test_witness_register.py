"""The register of witnesses: what may stand in it, and the events of its changes."""

from datetime import timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa
from tests.audit.conftest import CopyDatabase
from tests.audit.log_worlds import LogWorld

from fairplate.audit.event_types import EventType
from fairplate.audit.witness_register import (
    LOST_URL,
    add_witness,
    note_sizes,
    parse_witness_key,
    read_quorum,
    read_witnesses,
    remove_witness,
    require_outsider,
)
from fairplate.audit.witnesses import Witness
from fairplate.core.errors import InputError
from fairplate.storage.schema import witnesses
from fairplate.verify.notes import KeyType, VerifierKey, make_signing_key


def make(name: str, seed: int = 1) -> Witness:
    key = make_signing_key(name, KeyType.COSIGNATURE, lambda number: bytes([seed]) * number)
    return Witness(key.verifier, f"http://{name.partition('/')[0]}")


ONE, TWO, THREE = (make(f"w{number}.example/witness", number) for number in (1, 2, 3))


def add(world: LogWorld, witness: Witness, quorum: int) -> None:
    with world.database.transaction() as connection:
        add_witness(connection, world.recorder(), witness, quorum)


def remove(world: LogWorld, witness: Witness, quorum: int) -> None:
    with world.database.transaction() as connection:
        remove_witness(connection, world.recorder(), str(witness.key), quorum)


def state(world: LogWorld) -> tuple[list[Witness], int, int]:
    """Return who is asked, the quorum, and how many events there are."""
    with world.database.reading() as connection:
        asked = [each.witness for each in read_witnesses(connection)]
        quorum = read_quorum(connection)
    return asked, quorum, len(world.rows())


def test_at_first_there_is_none(world: LogWorld) -> None:
    assert state(world) == ([], 0, 0)


def test_witnesses_come_and_go_with_events(world: LogWorld) -> None:
    add(world, ONE, 1)
    add(world, TWO, 2)
    assert state(world) == ([ONE, TWO], 2, 2)
    remove(world, ONE, 1)
    assert state(world) == ([TWO], 1, 3)
    add(world, ONE, 1)  # once more
    remove(world, ONE, 1)
    remove(world, TWO, 0)
    assert state(world) == ([], 0, 6)
    world.publish()
    world.require_whole()
    told = [(event.type, event.public["key"], event.public["quorum"]) for event in world.in_log()]
    added, removed = EventType.WITNESS_ADDED, EventType.WITNESS_REMOVED
    one, two = str(ONE.key), str(TWO.key)
    assert told == [
        (added, one, 1),
        (added, two, 2),
        (removed, one, 1),
        (added, one, 1),
        (removed, one, 1),
        (removed, two, 0),
    ]
    private = [
        world.keys.private_parts.open(bytes(row.body), bytes(row.private)).private
        for row in world.rows()
    ]
    assert private[0] == b'{"url":"http://w1.example"}'


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("quorum", range(-1, 5))
def test_a_quorum_is_one_that_can_be_reached(world: LogWorld, number: int, quorum: int) -> None:
    for each in (ONE, TWO)[:number]:
        add(world, each, 1)
    before = state(world)
    if 1 <= quorum <= number + 1:
        add(world, THREE, quorum)
        assert state(world)[1] == quorum
    else:
        with pytest.raises(InputError, match=f"expected 1 to {number + 1}, the number of"):
            add(world, THREE, quorum)
        assert state(world) == before


@pytest.mark.parametrize(("number", "quorum"), [(1, 1), (1, -1), (2, 0), (2, 2), (3, 3)])
def test_a_quorum_can_be_reached_by_those_that_are_left(
    world: LogWorld, number: int, quorum: int
) -> None:
    for each in (ONE, TWO, THREE)[:number]:
        add(world, each, 1)
    before = state(world)
    with pytest.raises(InputError, match="witness: quorum: expected"):
        remove(world, ONE, quorum)
    assert state(world) == before


def test_one_is_not_added_twice_nor_removed_twice(world: LogWorld) -> None:
    add(world, ONE, 1)
    before = state(world)
    with pytest.raises(InputError, match="one that is not asked yet"):
        add(world, ONE, 1)
    with pytest.raises(InputError, match="one that is asked"):
        remove(world, TWO, 1)
    assert state(world) == before
    remove(world, ONE, 0)
    with pytest.raises(InputError, match="one that is asked"):
        remove(world, ONE, 0)


def test_sizes_are_remembered_and_forgotten_with_the_witness(world: LogWorld) -> None:
    add(world, ONE, 1)
    add(world, TWO, 1)
    with world.database.transaction() as connection:
        note_sizes(connection, {str(ONE.key): 17, str(THREE.key): 3})
    with world.database.reading() as connection:
        assert [each.size for each in read_witnesses(connection)] == [17, 0]
        times = connection.execute(sa.select(witnesses.c.added_at)).scalars().all()
    assert set(times) == {world.clock.now}
    remove(world, ONE, 1)
    world.clock.move(timedelta(days=1))
    add(world, ONE, 1)
    with world.database.reading() as connection:
        assert [each.size for each in read_witnesses(connection)] == [0, 0]


def test_they_are_read_by_key(world: LogWorld) -> None:
    for each in (THREE, ONE, TWO):
        add(world, each, 1)
    keys = [str(each.key) for each in state(world)[0]]
    assert all(one < other for one, other in pairwise(keys))


def test_every_single_wrong_sign_in_a_key_is_refused() -> None:
    spelled = str(ONE.key)
    assert parse_witness_key(spelled) == ONE.key
    for at in range(len(spelled)):
        for sign in "Aa0/ ":
            if sign != spelled[at]:
                with pytest.raises(InputError, match=r"^witness: key: expected"):
                    parse_witness_key(spelled[:at] + sign + spelled[at + 1 :])


@pytest.mark.parametrize("name", ["City", "city_1", "stadt-münchen", "c" * 129])
def test_a_name_that_no_event_may_hold_is_refused(name: str) -> None:
    key = VerifierKey(name, KeyType.COSIGNATURE, bytes(32))
    with pytest.raises(InputError, match="found another name"):
        parse_witness_key(str(key))


def test_a_restored_database_knows_the_witnesses_that_the_log_names(
    world: LogWorld, copy_database: CopyDatabase
) -> None:
    """Their addresses were sealed in events that it lost: they are to be added again."""
    one, other = make("a.example"), make("b.example", 2)
    add(world, one, 1)
    world.publish(patience=timedelta(0))
    put_back = copy_database(world)
    world.restart()
    add(world, other, 2)
    remove(world, one, 1)
    world.publish(patience=timedelta(0))
    put_back()
    world.publish(patience=timedelta(0))
    asked, quorum, told = state(world)
    assert (asked, quorum) == ([Witness(other.key, LOST_URL)], 1)
    add(world, other, 1)
    assert state(world) == ([other], 1, told)  # told already


def test_the_log_is_no_witness_of_itself() -> None:
    log_key = make("log.example").key.as_type(KeyType.NOTE)
    require_outsider(make("a.example", 2).key, log_key)
    for own in (make("a.example"), make("log.example", 2)):
        with pytest.raises(InputError, match="expected an outsider's"):
            require_outsider(own.key, log_key)
