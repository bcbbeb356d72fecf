"""Live lists follow the database: batches, retirements, policies, staleness, damage."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.databases import MakeDatabase
from tests.list_worlds import ListWorld, list_policy, row_of
from tests.worlds import NOON, READERS, make_read

from fairplate.alerts.gate import GateHold, Listed, Passing, judge
from fairplate.alerts.ledger import lift, suspend
from fairplate.alerts.live_lists import DAMAGED_EVERY, LEDGER_EVERY, LiveLists
from fairplate.alerts.rounds import run_round
from fairplate.audit.words import Suspended, SuspendReason
from fairplate.core.errors import InputError, PolicyError, StorageError
from fairplate.core.purposes import Purpose
from fairplate.deployment.policy_in_force import read_policy_in_force
from fairplate.hotlists.chunks import ENTRIES_IN_CHUNK
from fairplate.hotlists.plate_spaces import DEFAULT_PLATE_SPACE, plate_space
from fairplate.policy.rules import Policy
from fairplate.storage.schema import hot_lists, list_chunks

GATE = READERS[0]
SECOND = timedelta(seconds=1)
SQLITE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture
def world(make_database: MakeDatabase, tmp_path: Path) -> Iterator[ListWorld]:
    """Return a deployment with the list `stolen`, of one entry."""
    made = ListWorld(make_database(migrated=True), tmp_path)
    made.set()
    made.bring([row_of("ABC123")])
    yield made
    made.close()


def matched(world: ListWorld, live: LiveLists, plate: str = "ABC123") -> list[Listed]:
    return live.match(make_read(plate), GATE, now=world.clock())


def has(world: ListWorld, live: LiveLists, plate: str) -> bool:
    return any(one.match.entry.plate == plate for one in matched(world, live, plate))


def policy_of(world: ListWorld) -> Policy:
    with world.database.reading() as connection:
        return read_policy_in_force(connection).policy


def holds(world: ListWorld, live: LiveLists, plate: str = "ABC123") -> set[str]:
    """Return why the best match with the plate raises no alert; nothing: it may."""
    listed = matched(world, live, plate)[0]
    passing = Passing(read=make_read(plate), reader_suspended=live.is_suspended(GATE))
    verdict = judge(passing, listed, policy_of(world), now=world.clock())
    return {str(held.reason) for held in verdict.held_back}


def round_of(world: ListWorld, live: LiveLists) -> None:
    """Do what the worker does: refresh, then a round."""
    live.refresh()
    run_round(world.database, world.log.recorder(), live, (), policy_of(world))


def test_a_new_batch_is_known_after_a_refresh(world: ListWorld) -> None:
    live = world.live()
    assert holds(world, live) == set()
    world.bring([row_of("XYZ789")])
    assert len(matched(world, live)) == 1  # a read in between sees the list as it was, whole
    live.refresh()
    assert matched(world, live) == []
    assert holds(world, live, "XYZ789") == set()


def test_only_a_list_whose_batch_is_another_is_loaded_again(world: ListWorld) -> None:
    world.set("other")
    world.bring([row_of("DEF456")], "other")
    live = world.live()
    before = {one.kept.id: one for one in live.lists}
    live.refresh()
    assert {one.kept.id: one for one in live.lists} == before
    assert all(one is before[one.kept.id] for one in live.lists)
    world.bring([row_of("XYZ789")])
    live.refresh()
    after = {one.kept.id: one for one in live.lists}
    assert after["other"] is before["other"]
    assert after["stolen"] is not before["stolen"]


def test_a_retired_list_raises_no_alerts(world: ListWorld) -> None:
    live = world.live()
    world.lists.retire("stolen", "no more")
    live.refresh()
    assert live.lists == ()
    assert matched(world, live) == []
    world.set()  # it begins anew
    live.refresh()
    assert live.lists == ()


def test_another_definition_counts_at_once(world: ListWorld) -> None:
    world.set("stolen", ("stolen-vehicle", "court-order"))
    world.bring([row_of("ABC123"), row_of("XYZ789", purpose="court-order")])
    live = world.live()
    assert holds(world, live, "XYZ789") == holds(world, live, "A8C123") == set()
    world.set("stolen", look_alikes="false")
    live.refresh()
    assert holds(world, live, "XYZ789") == {GateHold.PURPOSE}
    assert holds(world, live, "A8C123") == {GateHold.LOOK_ALIKE}
    assert holds(world, live) == set()


def test_only_the_lists_that_are_asked_for(world: ListWorld) -> None:
    world.set("other")
    world.bring([row_of("ABC123")], "other")
    assert {one.standing.id for one in matched(world, world.live())} == {"stolen", "other"}
    only = world.live(frozenset({"other"}))
    assert [one.standing.id for one in matched(world, only)] == ["other"]


def test_the_plates_of_the_policys_place_and_a_change_of_it(world: ListWorld) -> None:
    live = world.live()
    assert matched(world, live)[0].circumstances.plate_space == DEFAULT_PLATE_SPACE
    for jurisdiction in ("fr", "nl", "us-nh"):
        world.set_policy(list_policy(jurisdiction=jurisdiction))
        live.refresh()
        known = matched(world, live)[0].circumstances
        assert known.plate_space == plate_space(jurisdiction)
        assert matched(world, live)[0].circumstances is known  # worked out once
    assert len({plate_space("fr"), plate_space("nl"), plate_space("us-nh")}) == 3


def test_a_purpose_that_the_policy_takes_away_raises_nothing_more(world: ListWorld) -> None:
    live = world.live()
    world.set_policy(list_policy(without=Purpose.STOLEN_VEHICLE))
    round_of(world, live)
    assert holds(world, live) == {GateHold.PURPOSE}
    with pytest.raises(PolicyError, match=r"hot list stolen: purposes: expected .*, found none"):
        world.preview([row_of("ABC123")])
    with pytest.raises(PolicyError, match="found stolen-vehicle"):
        world.set()
    world.set_policy(list_policy())
    live.refresh()
    assert holds(world, live) == set()


def test_a_stale_list_stops_alerting_says_so_and_comes_back(world: ListWorld) -> None:
    world.set("stolen", refresh='"1 hour"')
    world.bring([row_of("ABC123")])
    live = world.live()
    world.clock.now = NOON + timedelta(hours=1) - SECOND
    round_of(world, live)
    assert holds(world, live) == set()
    world.move(seconds=1)
    assert holds(world, live) == {GateHold.LIST_STALE}  # to the second, before any round
    for _ in range(3):
        round_of(world, live)  # the worker's rounds are ten seconds apart
        world.move(seconds=10)
    assert holds(world, live) == {GateHold.LIST_STALE}
    assert world.require_sound_log().count("list.stale") == 1
    event = world.log.in_log()[-1]
    assert event.public == {"list": "stolen", "due": "2026-11-23T13:00:00.000Z"}
    world.bring([row_of("ABC123")])
    round_of(world, live)
    assert holds(world, live) == set()
    assert world.require_sound_log()[-1] == "batch.imported"


def test_a_policy_that_asks_for_sooner_batches_holds_at_once(world: ListWorld) -> None:
    live = world.live()
    world.move(hours=2)
    round_of(world, live)
    assert holds(world, live) == set()  # the list is always fresh
    world.set_policy(list_policy(refreshed="1 hour"))
    round_of(world, live)
    assert holds(world, live) == {GateHold.LIST_STALE}
    world.set_policy(list_policy())
    round_of(world, live)
    assert holds(world, live) == {GateHold.LIST_STALE}  # it was told; only a batch ends it
    assert world.require_sound_log().count("list.stale") == 1
    world.bring([row_of("ABC123")])
    round_of(world, live)
    assert holds(world, live) == set()
    assert world.require_sound_log()[-1] == "batch.imported"


def test_a_batch_without_entries_gets_stale_too(world: ListWorld) -> None:
    world.set("stolen", refresh='"1 hour"')
    world.bring([row_of("ABC123", valid_until="2020-01-01")])
    live = world.live()
    assert matched(world, live) == []
    world.move(hours=1)
    round_of(world, live)
    assert world.require_sound_log()[-1] == "list.stale"


def test_suspended_lists_and_readers(world: ListWorld) -> None:
    live = world.live()
    recorder, asked = world.recorder, SuspendReason.ASKED
    for what, of, hold in (
        (Suspended.LIST, "stolen", GateHold.LIST_SUSPENDED),
        (Suspended.READER, GATE, GateHold.READER_SUSPENDED),
    ):
        with world.database.transaction() as connection:
            suspend(connection, recorder, what, of, asked)
        live.refresh()
        assert holds(world, live) == {hold}
        with world.database.transaction() as connection:
            lift(connection, recorder, what, of, "looked at")
        live.refresh()
        assert holds(world, live) == set()


@pytest.fixture
def half(world: ListWorld) -> ListWorld:
    """Return the world with a second batch of `stolen` and a list beside it."""
    world.set("other")
    world.bring([row_of("DEF456")], "other")
    world.bring([row_of(f"A{at}") for at in range(ENTRIES_IN_CHUNK + 1)])
    return world


def damage(world: ListWorld) -> None:
    world.alter_chunk(1, sealed=bytes(100))


def refuse(live: LiveLists) -> str:
    with pytest.raises(StorageError) as raised:
        live.refresh()
    return str(raised.value)


def test_a_damaged_list_is_left_out_and_the_others_go_on(half: ListWorld) -> None:
    damage(half)
    live = half.live()  # no run is kept from beginning
    for plate in ("A1", f"A{ENTRIES_IN_CHUNK}"):
        assert matched(half, live, plate) == []  # nothing of half a list
    assert holds(half, live, "DEF456") == set()
    assert refuse(live).startswith("hot list stolen: expected what this deployment's key sealed")
    half.bring([row_of("XYZ789")], "other")
    live.refresh()  # told once a minute, not every second
    assert holds(half, live, "XYZ789") == set()
    half.clock.move(DAMAGED_EVERY)
    half.lists.retire("other", "no more")
    refuse(live)
    assert live.lists == ()
    half.bring([row_of("A1")])
    live.refresh()
    assert holds(half, live, "A1") == set()
    half.clock.move(DAMAGED_EVERY)
    live.refresh()


def test_a_batch_that_is_damaged_ends_the_one_before(half: ListWorld) -> None:
    """Entries that the damaged batch took off may not alert: the car was found, perhaps."""
    live = half.live()
    assert has(half, live, "A1")
    half.bring([row_of(f"B{at}") for at in range(ENTRIES_IN_CHUNK + 1)])
    damage(half)
    live.refresh()
    assert matched(half, live, "A1") == matched(half, live, "B1") == []
    refuse(live)


def test_what_is_loaded_stays_when_the_disk_goes_bad(half: ListWorld) -> None:
    live = half.live()
    damage(half)
    live.refresh()
    half.clock.move(LEDGER_EVERY)
    live.refresh()
    assert has(half, live, "A1")


def test_a_list_that_can_be_read_again_is_taken_back(half: ListWorld) -> None:
    with half.database.reading() as connection:
        query = sa.select(list_chunks.c.sealed).where(list_chunks.c.number == 1)
        whole = connection.execute(query).scalar_one()
    damage(half)
    live = half.live()
    half.alter_chunk(1, sealed=whole)
    refuse(live)
    half.clock.move(DAMAGED_EVERY)
    live.refresh()
    assert holds(half, live, "A1") == set()


@SQLITE
def test_a_definition_that_was_altered_ends_that_list_alone(half: ListWorld) -> None:
    live = half.live()
    with half.database.transaction() as connection:
        altered = sa.update(hot_lists).where(hot_lists.c.id == "stolen")
        connection.execute(altered.values(document="no list"))
    live.refresh()
    assert [one.kept.id for one in live.lists] == ["other"]
    with pytest.raises(InputError, match="hot list stolen"):
        live.refresh()
    live.refresh()
    with half.database.transaction() as connection:
        connection.execute(altered.values(document='name = "x"'))
    live.refresh()
    half.set()
    half.clock.move(DAMAGED_EVERY)
    live.refresh()
    assert [one.kept.id for one in live.lists] == ["other", "stolen"]


@SQLITE
def test_a_database_that_is_gone_leaves_what_was_known(world: ListWorld) -> None:
    live = world.live()
    world.move(minutes=1)
    with world.database.transaction() as connection:
        connection.exec_driver_sql("ALTER TABLE policies RENAME TO gone")
        connection.exec_driver_sql("CREATE TABLE policies (id, name, document, set_at)")
    with pytest.raises(StorageError, match="policy: expected one in force"):
        live.refresh()
    assert len(live.lists) == 1
    assert len(matched(world, live)) == 1


def test_reads_are_matched_with_whole_lists_while_batches_come(world: ListWorld) -> None:
    """Each batch lists the even plates or the odd ones; no read ever finds both, or none."""
    live, over, faults = world.live(), threading.Event(), list[str]()
    batches = [[row_of(f"A{at}B") for at in range(start, 1060, 2)] for start in (0, 1)]
    world.bring(batches[0])
    live.refresh()

    def ask() -> None:
        while not over.is_set():
            (one,) = live.lists
            found = {
                match.entry.plate
                for plate in ("A12B", "A1053B")
                for match, _ in one.match(make_read(plate), now=NOON)
            }
            if len(found & {"A12B", "A1053B"}) != 1:
                faults.append(str(found))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for turn in range(4):
        world.bring(batches[(turn + 1) % 2])
        live.refresh()
    over.set()
    for thread in threads:
        thread.join()
    assert faults == []
