"""Every outcome of a read, what is counted, and that a read that is sent again is known."""

from collections import Counter
from datetime import datetime, timedelta, timezone

import pytest
from tests.intake.stored import added_rows, count_rows, everything, outcomes, read_counts
from tests.worlds import NOON, READERS, World, make_entry, make_read, policy_document

from fairplate.core.errors import InputError
from fairplate.core.periods import period_at
from fairplate.deployment.readers import disable_reader, enrol_reader
from fairplate.intake import Arriving, Outcome
from fairplate.intake.arriving import MAX_PICTURE_BYTES
from fairplate.policy.arrivals import FURTHEST_AHEAD, Refused
from fairplate.vault.expiry import destroy_key

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
MOMENT = timedelta(microseconds=1)
PLATE, OTHER = "AB12CDE", "XY98ZWV"
NORTH, SOUTH = READERS
STRICT = policy_document("never", "1 day", name="strict")


def take(world: World, *arriving: Arriving) -> list[str]:
    return outcomes(world.intake.take(arriving))


def opened_ids(world: World, *plates: str) -> list[str]:
    return sorted(read.read_id for read in world.look_back(*plates).reads)


def disable(world: World, reader_id: str) -> None:
    with world.database.transaction() as connection:
        disable_reader(connection, world.vault.recorder, reader_id)


def test_a_read_is_sealed_and_opens(world: World) -> None:
    (taken,) = world.intake.take([world.arriving(PLATE, "1")])
    assert (taken.read_id, taken.outcome, taken.hit) == ("1", Outcome.SEALED, None)
    (read,) = world.look_back(PLATE).reads
    assert (read.read_id, read.reader_id, read.captured_at) == ("1", NORTH, NOON)
    assert (read.read.plate, read.read.box) == (PLATE, make_read(PLATE).box)
    assert read_counts(world) == {(NORTH, "sealed"): 1}


def test_the_answers_are_in_the_order_of_the_batch(world: World) -> None:
    disable(world, SOUTH)
    batch = [
        world.arriving(PLATE, "1"),
        world.arriving(PLATE, "2", SOUTH),
        world.arriving(PLATE, "3", "nobody"),
        world.arriving(PLATE, "1"),
        world.arriving(PLATE, "4", captured_at=NOON + FURTHEST_AHEAD + MOMENT),
        world.arriving(PLATE, "5", captured_at=NOON - 31 * DAY),
        world.arriving(OTHER, "6"),
    ]
    taken = world.intake.take(batch)
    assert [one.read_id for one in taken] == [one.read_id for one in batch]
    assert [one.outcome for one in taken] == [
        Outcome.SEALED,
        Refused.DISABLED_READER,
        Refused.UNKNOWN_READER,
        Outcome.DUPLICATE,
        Refused.IN_FUTURE,
        Refused.TOO_OLD,
        Outcome.SEALED,
    ]
    assert read_counts(world) == {
        (NORTH, "sealed"): 2,
        (NORTH, "duplicate"): 1,
        (NORTH, "in-the-future"): 1,
        (NORTH, "too-old"): 1,
        (SOUTH, "disabled-reader"): 1,
        ("", "unknown-reader"): 1,
    }
    assert opened_ids(world, PLATE) == ["1"]
    assert world.intake.take(batch)[0].outcome is Outcome.DUPLICATE
    assert read_counts(world)[NORTH, "duplicate"] == 4


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("captured_at", "outcome"),
    [
        (NOON + FURTHEST_AHEAD, "sealed"),
        (NOON + FURTHEST_AHEAD + MOMENT, "in-the-future"),
        (datetime(9999, 12, 31, tzinfo=timezone(-HOUR)), "in-the-future"),
        (NOON.replace(hour=0) - 29 * DAY, "sealed"),
        (NOON.replace(hour=0) - 29 * DAY - MOMENT, "too-old"),  # its period began 30 days ago
        (NOON.replace(hour=0) - 30 * DAY, "too-old"),
        (datetime(1969, 12, 31, tzinfo=timezone(HOUR)), "too-old"),
        (datetime(1, 1, 1, tzinfo=timezone(14 * HOUR)), "too-old"),
    ],
    ids=str,
)
def test_times_of_capture(world: World, captured_at: datetime, outcome: str) -> None:
    assert take(world, world.arriving(PLATE, "1", captured_at=captured_at)) == [outcome]
    assert read_counts(world) == {(NORTH, outcome): 1}


def test_a_refused_read_leaves_a_count_and_nothing_else(world: World) -> None:
    disable(world, SOUTH)
    before = count_rows(world)
    world.list_hot(make_entry(PLATE))
    refused = [
        world.arriving(PLATE, "1", SOUTH),
        world.arriving(PLATE, "2", "nobody"),
        world.arriving(PLATE, "3", captured_at=NOON + HOUR),
        world.arriving(PLATE, "4", captured_at=NOON - 300 * DAY),
    ]
    assert all(one.hit is None for one in world.intake.take(refused))
    assert added_rows(world, before) == {"counts": 4}


def test_readers_that_are_none_of_ours_are_one(world: World) -> None:
    names = ["", "a\0b", "\ud800", "x" * 100_000, PLATE, "NORTH", *(f"r{n}" for n in range(50))]
    arriving = [world.arriving(PLATE, str(n), name) for n, name in enumerate(names)]
    assert set(take(world, *arriving)) == {"unknown-reader"}
    assert read_counts(world) == {("", "unknown-reader"): len(names)}
    assert PLATE.encode() not in everything(world)


def test_an_empty_batch_is_nothing(world: World) -> None:
    before = count_rows(world)
    assert world.intake.take([]) == ()
    assert added_rows(world, before) == {}


def test_what_is_stored_says_nothing(world: World) -> None:
    take(world, world.arriving(PLATE, f"cam-{OTHER}-17"), world.arriving(PLATE, "second"))
    stored = everything(world)
    assert not any(word in stored for word in (PLATE.encode(), OTHER.encode(), b"cam-", b"second"))
    assert NORTH.encode() in stored  # so the search finds what is there


def test_a_read_whose_key_is_destroyed_cannot_be_kept(world: World) -> None:
    take(world, world.arriving(PLATE, "1"))
    destroy_key(world.vault, period_at(NOON, DAY))
    again = [world.arriving(PLATE, "1"), world.arriving(PLATE, "2"), world.arriving(PLATE, "2")]
    assert take(world, *again) == ["no-key", "no-key", "duplicate"]
    assert read_counts(world) == {
        (NORTH, "sealed"): 1,
        (NORTH, "no-key"): 2,
        (NORTH, "duplicate"): 1,
    }
    assert opened_ids(world, PLATE) == []


def test_sent_again_in_later_batches_and_after_a_restart(world: World) -> None:
    read = world.arriving(PLATE, "1")
    assert take(world, read) == ["sealed"]
    assert take(world, read, world.arriving(OTHER, "1")) == ["duplicate", "duplicate"]
    world.restart()
    assert take(world, read) == ["duplicate"]
    world.clock.move(20 * DAY)
    assert world.expire().problems == []
    assert take(world, read) == ["duplicate"]
    assert opened_ids(world, PLATE) == ["1"]
    counted = read_counts(world)
    assert counted == {(NORTH, "sealed"): 1, (NORTH, "duplicate"): 4}


def test_sent_to_another_intake(world: World) -> None:
    read = world.arriving(PLATE, "1")
    take(world, read)
    world.list_hot()  # another intake, beside the first
    assert take(world, read) == ["duplicate"]


def test_each_reader_numbers_its_own_reads(world: World) -> None:
    batch = [world.arriving(PLATE, "1", NORTH), world.arriving(PLATE, "1", SOUTH)]
    assert take(world, *batch) == ["sealed", "sealed"]
    assert take(world, *batch) == ["duplicate", "duplicate"]
    assert opened_ids(world, PLATE) == ["1", "1"]


@pytest.mark.parametrize(
    ("first", "then"),
    [("30 days", "20 hours"), ("12 hours", "30 days"), ("2 hours", "12 hours")],
)
def test_sent_again_under_a_policy_of_other_periods(world: World, first: str, then: str) -> None:
    world.set_policy(policy_document(first, first, name="first"))
    read = world.arriving(PLATE, "1")
    world.clock.move(MINUTE)
    assert take(world, read) == ["sealed"]
    world.set_policy(policy_document(then, then, name="then"))
    batch = [read, world.arriving(PLATE, "2"), read]
    assert take(world, *batch) == ["duplicate", "sealed", "duplicate"]
    world.restart()
    assert take(world, *batch) == ["duplicate"] * 3
    assert opened_ids(world, PLATE) == ["1", "2"]


def test_sent_again_when_reads_are_kept_that_were_not(world: World) -> None:
    world.set_policy(STRICT)
    assert take(world, world.arriving(PLATE, "1")) == ["dropped"]
    world.set_policy(policy_document())
    assert take(world, world.arriving(PLATE, "1")) == ["duplicate"]
    assert opened_ids(world, PLATE) == []


def test_strict_writes_receipts_and_counts(world: World) -> None:
    world.set_policy(STRICT)
    take(world, world.arriving(OTHER, "0"))  # makes the key
    before = count_rows(world)
    assert take(world, world.arriving(PLATE, "1"), world.arriving(PLATE, "1")) == [
        "dropped",
        "duplicate",
    ]
    assert added_rows(world, before) == {"receipts": 1, "counts": 1}
    assert read_counts(world) == {(NORTH, "dropped"): 2, (NORTH, "duplicate"): 1}
    assert PLATE.encode() not in everything(world)


def test_counts_are_of_the_day_of_arrival_and_add_up(world: World) -> None:
    total: Counter[tuple[str, str]] = Counter()
    for number in range(6):
        batch = [
            world.arriving(PLATE, f"{number // 2}-{n}", READERS[n % 2], world.clock() - n * HOUR)
            for n in range(4)
        ]
        for arriving, one in zip(batch, world.intake.take(batch), strict=True):
            total[arriving.reader_id, one.outcome.value] += 1
        world.clock.move(5 * HOUR)
    assert read_counts(world) == total
    assert count_rows(world)["counts"] > len(total)  # on two days


def test_a_reader_that_is_enrolled_again_is_heard(world: World) -> None:
    disable(world, NORTH)
    assert take(world, world.arriving(PLATE, "1")) == ["disabled-reader"]
    with world.database.transaction() as connection:
        enrol_reader(connection, world.vault.recorder, NORTH, "again")
    assert take(world, world.arriving(PLATE, "1")) == ["sealed"]


@pytest.mark.parametrize("read_id", ["", "a\0b", "\ud800", "x" * 513, "é" * 257], ids=ascii)
def test_read_ids_that_may_not_be(read_id: str) -> None:
    with pytest.raises(InputError, match=r"^intake: read_id: expected 1 to 512 bytes"):
        Arriving(read_id, NORTH, NOON, make_read(PLATE))


def test_what_arrives_has_a_zone_and_a_picture_of_some_size() -> None:
    with pytest.raises(InputError, match="captured_at"):
        Arriving("1", NORTH, NOON.replace(tzinfo=None), make_read(PLATE))
    whole = bytes(MAX_PICTURE_BYTES)
    assert Arriving("1", NORTH, NOON, make_read(PLATE), whole).picture == whole
    with pytest.raises(InputError, match="picture: expected at most 20971520 bytes"):
        Arriving("1", NORTH, NOON, make_read(PLATE), whole + b"\0")


def test_what_is_shown_of_a_read_says_nothing(world: World) -> None:
    arriving = world.arriving(PLATE, f"cam-{OTHER}")
    (taken,) = world.intake.take([arriving])
    assert not any(plate in f"{arriving}{taken}" for plate in (PLATE, OTHER))
