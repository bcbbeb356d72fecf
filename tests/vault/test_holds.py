"""A case holds reads and hits past their time, within its approval, and until it ends."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.databases import MakeDatabase
from tests.vault.granting import (
    APPROVAL,
    DAY,
    GRANT,
    MOMENT,
    MONTH,
    NORTH,
    OTHER,
    PLATE,
    SOUTH,
    count_kept,
    read_events,
    until_of,
)
from tests.worlds import NOON, TestApproval, World, make_entry, policy_document

from fairplate.core.errors import InputError, PolicyError
from fairplate.core.purposes import Purpose
from fairplate.policy.document import check_policy
from fairplate.vault.errors import KeyDestroyedError, KeyUnusableError
from fairplate.vault.holds import hold_hits, hold_reads, lift_hold
from fairplate.vault.kept_records import Part, open_kept_record
from fairplate.vault.key_names import LONGEST_CASE_LIFE, CaseKeyName, HitsKeyName, OwnKeyName
from fairplate.vault.keyring import KeptKey
from fairplate.vault.payloads import decode_read

HOT = "HOT100"
STRICT_DOCUMENT = policy_document("never", "1 day", name="strict")
STRICT = check_policy(STRICT_DOCUMENT, where="test").require()
OF_HITS = TestApproval(plates=frozenset({HOT}))
CASE = CaseKeyName("theft-17")
UNTIL = NOON + 200 * DAY


@pytest.fixture
def world(make_database: MakeDatabase, tmp_path: Path) -> Iterator[World]:
    """A vault with two reads of a plate and one of another, and a hot list."""
    made = World(make_database(migrated=True), tmp_path / "keys")
    made.set_up()
    made.list_hot(make_entry(HOT))
    made.intake.take(
        [
            made.arriving(PLATE, "1", NORTH, NOON - DAY),
            made.arriving(PLATE, "2", SOUTH, NOON),
            made.arriving(OTHER, "3", NORTH, NOON),
        ]
    )
    yield made
    made.close()


def take_hit(world: World, read_id: str = "hit", plate: str = HOT) -> str:
    (taken,) = world.intake.take([world.arriving(plate, read_id, picture=None)])
    assert taken.hit is not None
    return taken.hit.record_id


def open_record(world: World, record_id: str) -> tuple[OwnKeyName, dict[Part, bytes]]:
    with world.database.reading() as connection:
        return open_kept_record(connection, world.keyring, record_id)


def read_id_of(world: World, record_id: str) -> str:
    name, parts = open_record(world, record_id)
    assert name == CASE
    return decode_read(parts[Part.READ]).read_id


def hold(world: World, approval: TestApproval = APPROVAL) -> tuple[str, ...]:
    return hold_reads(world.vault, GRANT, approval, MONTH, until=UNTIL).record_ids


def list_keys(world: World) -> list[KeptKey]:
    return list(world.keyring.keys())


def require_nothing_held(world: World, kept: int = 0) -> None:
    """Fail if a case has a key, or anything is kept beside what was."""
    assert CASE not in [key.name for key in list_keys(world)]
    assert count_kept(world) == kept
    assert read_events(world, "hold.placed") == []


def test_held_reads_outlive_their_time_and_end_with_the_hold(world: World) -> None:
    ids = hold(world)
    assert [read_id_of(world, one) for one in ids] == ["1", "2"]
    assert len(world.look_back(PLATE).reads) == 2  # they stay where they are, too
    world.clock.move(31 * DAY)
    assert world.expire().problems == []
    assert world.look_back(PLATE).reads == ()
    assert [read_id_of(world, one) for one in ids] == ["1", "2"]
    assert open_record(world, ids[0])[1].keys() == {Part.READ}
    world.clock.now = UNTIL - MOMENT
    world.restart()
    assert world.expire().problems == []
    assert read_id_of(world, ids[1]) == "2"
    world.clock.now = UNTIL
    with pytest.raises(KeyUnusableError):
        open_record(world, ids[0])
    assert world.expire().problems == []
    assert count_kept(world) == 0
    (told,) = (one for one in read_events(world, "key.destroyed") if "case" in str(one.event))
    assert (told.event.public["key"], told.event.public["reason"]) == (str(CASE), "case-ended")


def test_a_hold_is_on_record(world: World) -> None:
    ids = hold(world)
    (told,) = read_events(world, "hold.placed")
    assert told.event.actor == "officer-1"
    assert (told.event.public["case"], told.event.public["records"]) == ("theft-17", 2)
    assert until_of(told) == UNTIL
    assert json.loads(told.private) == {"records": list(ids)}
    assert len(read_events(world, "grant.used")) == 1


def test_a_hold_is_lifted_at_once_and_for_ever(world: World) -> None:
    ids = hold(world)
    assert lift_hold(world.vault, "theft-17")
    assert count_kept(world) == 0
    with pytest.raises(InputError, match="found none"):
        open_record(world, ids[0])
    assert CASE not in [key.name for key in list_keys(world) if key.state == "live"]
    (lifted,) = read_events(world, "hold.lifted")
    assert lifted.event.public == {"case": "theft-17", "records": 2}
    assert json.loads(lifted.private) == {"records": sorted(ids)}
    with pytest.raises(KeyDestroyedError):
        hold(world)
    assert not lift_hold(world.vault, "theft-17")
    assert len(read_events(world, "hold.lifted")) == 1


def test_lifting_what_was_never_held_is_nothing(world: World) -> None:
    assert not lift_hold(world.vault, "theft-99")
    assert read_events(world, "hold.lifted", "key.destroyed") == []
    with pytest.raises(InputError):
        lift_hold(world.vault, "Theft 99")


class StoppedError(Exception):
    """What stops a process."""


def test_the_two_events_of_a_lifted_hold_come_together(world: World) -> None:
    ids = hold(world)
    calls: list[int] = []

    def random_bytes(size: int) -> bytes:
        """Stop at the second event."""
        calls.append(size)
        if len(calls) == 2:
            raise StoppedError
        return bytes(size)

    recorder = replace(world.vault.recorder, random_bytes=random_bytes, actor="supervisor-1")
    with pytest.raises(StoppedError):
        lift_hold(replace(world.vault, recorder=recorder), "theft-17")
    assert read_events(world, "hold.lifted", "key.destroyed") == []
    with pytest.raises(KeyDestroyedError):  # the key is gone all the same
        open_record(world, ids[0])
    assert world.expire().problems == []
    told = read_events(world, "hold.lifted", "key.destroyed")
    assert {one.event.type.value for one in told} == {"hold.lifted", "key.destroyed"}
    assert {one.event.actor for one in told} == {"supervisor-1"}  # who asked for it
    assert count_kept(world) == 0


def test_held_hits_move_and_end_with_the_case(world: World) -> None:
    record_id = take_hit(world)
    before, parts = open_record(world, record_id)
    assert isinstance(before, HitsKeyName)
    assert hold_hits(world.vault, [record_id, record_id], OF_HITS, MONTH, until=UNTIL) == (
        record_id,
    )
    assert open_record(world, record_id) == (CASE, parts)
    assert count_kept(world) == len(parts)
    world.clock.move(20 * DAY)
    assert world.expire().problems == []
    assert open_record(world, record_id) == (CASE, parts)
    world.clock.now = UNTIL
    assert world.expire().problems == []
    assert count_kept(world) == 0


def test_hits_are_held_where_no_read_is_kept(world: World) -> None:
    world.set_policy(STRICT_DOCUMENT)
    record_id = take_hit(world)
    assert hold_hits(world.vault, [record_id], OF_HITS, STRICT, until=UNTIL) == (record_id,)
    assert read_id_of(world, record_id) == "hit"
    test = replace(OF_HITS, purpose=Purpose.TEST)
    with pytest.raises(PolicyError, match="nothing-is-kept"):
        hold_hits(world.vault, [record_id], test, STRICT, until=UNTIL)


def test_another_case_gets_a_copy(world: World) -> None:
    record_id = take_hit(world)
    hold_hits(world.vault, [record_id], OF_HITS, MONTH, until=UNTIL)
    second = replace(OF_HITS, case_id="theft-18")
    (copy,) = hold_hits(world.vault, [record_id], second, MONTH, until=UNTIL)
    assert copy != record_id
    assert open_record(world, copy) == (CaseKeyName("theft-18"), open_record(world, record_id)[1])
    lift_hold(world.vault, "theft-18")
    assert read_id_of(world, record_id) == "hit"


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "outside",
    [
        {"plates": frozenset({PLATE})},
        {"reader_ids": frozenset({SOUTH})},
        {"captured_from": NOON + MOMENT},
        {"captured_until": NOON},
        {"expires_at": NOON},
        {"approved_by": frozenset({"officer-1"})},
        {"reference": ""},
    ],
    ids=lambda outside: next(iter(outside)),
)
def test_what_is_outside_the_approval_is_not_held(world: World, outside: dict[str, object]) -> None:
    record_id = take_hit(world)
    kept = count_kept(world)
    approval = replace(OF_HITS, **outside)  # type: ignore[arg-type]  # fields of several types
    with pytest.raises(PolicyError) as caught:
        hold_hits(world.vault, [record_id], approval, MONTH, until=UNTIL)
    assert HOT not in str(caught.value)
    require_nothing_held(world, kept)
    of_reads = replace(approval, plates=frozenset({HOT if "plates" in outside else PLATE}))
    with pytest.raises(PolicyError):
        hold_reads(world.vault, GRANT, of_reads, MONTH, until=UNTIL)
    require_nothing_held(world, kept)


def test_one_hit_outside_the_approval_holds_back_all(world: World) -> None:
    world.list_hot(make_entry(HOT), make_entry(OTHER))
    ids = [take_hit(world, "1"), take_hit(world, "2b", OTHER)]
    kept = count_kept(world)
    with pytest.raises(PolicyError, match="found another"):
        hold_hits(world.vault, ids, OF_HITS, MONTH, until=UNTIL)
    require_nothing_held(world, kept)


def test_nothing_to_hold_holds_nothing(world: World) -> None:
    of_none = replace(APPROVAL, plates=frozenset({"NONE1"}))
    grant = replace(GRANT, plates=("NONE1",))
    held = hold_reads(world.vault, grant, of_none, MONTH, until=UNTIL)
    assert (held.record_ids, held.opened.reads) == ((), ())
    with pytest.raises(InputError, match="at least one"):
        hold_hits(world.vault, [], OF_HITS, MONTH, until=UNTIL)
    with pytest.raises(InputError, match="one that is kept"):
        hold_hits(world.vault, ["0" * 32], OF_HITS, MONTH, until=UNTIL)
    require_nothing_held(world)


def test_a_hit_whose_time_is_over_is_not_held(world: World) -> None:
    record_id = take_hit(world)
    kept = count_kept(world)
    world.clock.move(DAY)
    with pytest.raises(KeyUnusableError):
        hold_hits(world.vault, [record_id], OF_HITS, MONTH, until=UNTIL)
    require_nothing_held(world, kept)


def test_no_hold_lasts_longer_than_a_case_key(world: World) -> None:
    record_id = take_hit(world)
    kept = count_kept(world)
    longest = NOON + LONGEST_CASE_LIFE
    for until, error in ((longest + MOMENT, PolicyError), (NOON, InputError)):
        with pytest.raises(error):
            hold_reads(world.vault, GRANT, APPROVAL, MONTH, until=until)
        with pytest.raises(error):
            hold_hits(world.vault, [record_id], OF_HITS, MONTH, until=until)
        require_nothing_held(world, kept)
    assert hold_hits(world.vault, [record_id], OF_HITS, MONTH, until=longest) == (record_id,)


def test_no_hold_lasts_longer_than_is_approved(world: World) -> None:
    record_id = take_hit(world)
    kept = count_kept(world)
    for approved in (None, UNTIL - MOMENT):
        of_reads = replace(APPROVAL, hold_until=approved)
        with pytest.raises(PolicyError, match="hold: until"):
            hold_reads(world.vault, GRANT, of_reads, MONTH, until=UNTIL)
        of_hits = replace(OF_HITS, hold_until=approved)
        with pytest.raises(PolicyError, match="hold: until"):
            hold_hits(world.vault, [record_id], of_hits, MONTH, until=UNTIL)
    assert read_events(world, "grant.used") == []
    require_nothing_held(world, kept)


def test_what_is_held_already_gets_no_second_record(world: World) -> None:
    ids = hold(world)
    again = hold_reads(world.vault, GRANT, APPROVAL, MONTH, until=UNTIL)
    assert again.record_ids == ()
    assert [read.read_id for read in again.opened.reads] == ["1", "2"]
    assert count_kept(world) == len(ids) == 2


def test_a_hold_does_not_outlive_its_approval_by_joining_an_earlier_one(world: World) -> None:
    hold(world)
    record_id = take_hit(world)
    with pytest.raises(PolicyError, match="first hold"):
        hold_hits(world.vault, [record_id], OF_HITS, MONTH, until=UNTIL - DAY)
    assert isinstance(open_record(world, record_id)[0], HitsKeyName)


def test_a_hold_is_not_prolonged(world: World) -> None:
    hold(world)
    record_id = take_hit(world)
    hold_hits(world.vault, [record_id], OF_HITS, MONTH, until=UNTIL + 100 * DAY)
    assert [until_of(told) for told in read_events(world, "hold.placed")] == [UNTIL, UNTIL]
    world.clock.now = UNTIL
    assert world.expire().problems == []
    assert count_kept(world) == 0
