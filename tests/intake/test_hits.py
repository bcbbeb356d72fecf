"""Hits: which reads are one, and what is kept of them, sealed, beside or without the read."""

import io
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from PIL import Image
from tests.intake.stored import (
    added_rows,
    count_rows,
    everything,
    make_picture,
    open_hit,
    outcomes,
    read_counts,
)
from tests.worlds import NOON, READERS, World, make_entry, policy_document

from fairplate.core.purposes import Purpose
from fairplate.core.reads import Box
from fairplate.core.vehicles import VehicleType
from fairplate.hotlists.entries import Entry
from fairplate.hotlists.match import match_fields
from fairplate.intake import Hit, Taken
from fairplate.vault.errors import KeyUnusableError
from fairplate.vault.kept_records import Part
from fairplate.vault.key_names import HitsKeyName
from fairplate.vault.payloads import decode_read

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
PLATE, OTHER, LOOKS_ALIKE = "AB12CDE", "XY98ZWV", "A812CDE"
NORTH, SOUTH = READERS
STRICT = policy_document("never", "1 day", name="strict")
ONLY_TOLL = policy_document().replace(
    str([purpose.value for purpose in Purpose]).replace("'", '"'), '["toll-or-parking", "test"]'
)
TEST = Purpose.TEST


def hit_of(taken: Sequence[Taken]) -> Hit:
    (one,) = taken
    assert one.hit is not None
    return one.hit


def test_a_hit_is_kept_beside_the_sealed_read(world: World) -> None:
    entry = make_entry(PLATE)
    world.list_hot(entry)
    taken = world.intake.take([world.arriving(PLATE, "1"), world.arriving(OTHER, "2")])
    assert outcomes(taken) == ["sealed", "sealed"]
    assert taken[1].hit is None
    hit = hit_of(taken[:1])
    assert [match.entry for match in hit.matches] == [entry]
    name, parts = open_hit(world, hit.record_id)
    assert isinstance(name, HitsKeyName)
    assert parts.keys() == {Part.READ, Part.MATCHES}
    opened = decode_read(parts[Part.READ])
    assert (opened.read_id, opened.reader_id, opened.captured_at) == ("1", NORTH, NOON)
    assert opened.read.plate == PLATE
    assert json.loads(parts[Part.MATCHES]) == [match_fields(match) for match in hit.matches]
    assert len(world.look_back(PLATE).reads) == 1
    assert read_counts(world) == {(NORTH, "sealed"): 2, (NORTH, "hit"): 1}


def test_a_hit_sent_again_is_no_other_hit(world: World) -> None:
    world.list_hot(make_entry(PLATE))
    read = world.arriving(PLATE, "1")
    first, second = world.intake.take([read, read])
    assert first.hit is not None
    assert second.hit is None
    (third,) = world.intake.take([read])
    assert third.hit is None
    assert count_rows(world)["kept_records"] == 2  # two parts of one
    assert read_counts(world)[NORTH, "hit"] == 1


def test_a_hit_is_kept_where_nothing_else_is(world: World) -> None:
    world.set_policy(STRICT)
    world.list_hot(make_entry(PLATE))
    world.intake.take([world.arriving(PLATE, "0")])  # makes the keys
    before = count_rows(world)
    taken = world.intake.take([world.arriving(PLATE, "1")])
    assert outcomes(taken) == ["dropped"]
    assert added_rows(world, before) == {"receipts": 1, "kept_records": 2}
    _, parts = open_hit(world, hit_of(taken).record_id)
    assert decode_read(parts[Part.READ]).read.plate == PLATE
    assert read_counts(world) == {(NORTH, "dropped"): 2, (NORTH, "hit"): 2}


def test_of_a_picture_the_crop_and_the_blurred_rest_are_kept_sealed(world: World) -> None:
    world.list_hot(make_entry(PLATE))
    picture = make_picture()
    taken = world.intake.take([world.arriving(PLATE, f"cam-{OTHER}", picture=picture)])
    _, parts = open_hit(world, hit_of(taken).record_id)
    assert parts.keys() == set(Part)
    crop = Image.open(io.BytesIO(parts[Part.CROP]))
    whole = Image.open(io.BytesIO(parts[Part.BLURRED]))
    assert (crop.size, whole.size) == ((88, 32), (640, 480))  # the plate and its margin
    stored = everything(world)
    assert PLATE.encode() not in stored
    assert OTHER.encode() not in stored
    for told in (b"2026/17", b"look-alike", b"JFIF", parts[Part.CROP], picture[-99:]):
        assert told not in stored


def test_of_a_picture_without_a_hit_nothing_is_kept(world: World) -> None:
    world.list_hot(make_entry(PLATE))
    world.intake.take([world.arriving(OTHER, "1", picture=make_picture())])
    assert "kept_records" not in count_rows(world)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "picture", [b"", b"no picture", make_picture()[:300], make_picture()[:-200]], ids=len
)
def test_a_hit_with_a_damaged_picture_is_kept_without(world: World, picture: bytes) -> None:
    world.list_hot(make_entry(PLATE))
    taken = world.intake.take([world.arriving(PLATE, "1", picture=picture)])
    _, parts = open_hit(world, hit_of(taken).record_id)
    assert parts.keys() == {Part.READ, Part.MATCHES}


def test_a_hit_whose_box_lies_outside_its_picture_is_kept_without(world: World) -> None:
    world.list_hot(make_entry(PLATE))
    arriving = world.arriving(PLATE, "1", picture=make_picture())
    strange = replace(arriving, read=replace(arriving.read, box=Box(600, 400, 700, 440)))
    _, parts = open_hit(world, hit_of(world.intake.take([strange])).record_id)
    assert parts.keys() == {Part.READ, Part.MATCHES}


def test_the_other_plates_of_a_picture_are_covered(world: World) -> None:
    world.list_hot(make_entry(PLATE))
    arriving = world.arriving(PLATE, "1", picture=make_picture())
    batch = [arriving, replace(arriving, read_id="2", other_boxes=(Box(300, 100, 600, 400),))]
    kept = [open_hit(world, hit_of([one]).record_id)[1] for one in world.intake.take(batch)]
    assert kept[0][Part.CROP] == kept[1][Part.CROP]
    assert all(one.keys() == set(Part) for one in kept)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "entry",
    [
        replace(make_entry(PLATE), valid_until=NOON),
        replace(make_entry(PLATE), valid_from=NOON + HOUR),
        replace(make_entry(PLATE), vehicle=VehicleType.MOTORCYCLE),
    ],
    ids=["expired", "yet-to-begin", "another-vehicle"],
)
def test_what_is_held_back_is_no_hit(world: World, entry: Entry) -> None:
    world.list_hot(entry)
    arriving = world.arriving(PLATE, "1")
    arriving = replace(arriving, read=replace(arriving.read, vehicle=VehicleType.CAR))
    (taken,) = world.intake.take([arriving])
    assert (taken.outcome, taken.hit) == ("sealed", None)
    assert read_counts(world) == {(NORTH, "sealed"): 1}


def test_only_what_counts_is_in_the_record(world: World) -> None:
    held_back = replace(make_entry(PLATE), valid_until=NOON)
    world.list_hot(held_back, make_entry(PLATE), make_entry(PLATE, TEST), make_entry(LOOKS_ALIKE))
    hit = hit_of(world.intake.take([world.arriving(PLATE, "1")]))
    assert [match.entry.plate for match in hit.matches] == [PLATE, LOOKS_ALIKE]
    _, parts = open_hit(world, hit.record_id)
    assert [match["plate"] for match in json.loads(parts[Part.MATCHES])] == [PLATE, LOOKS_ALIKE]


def test_a_purpose_that_the_policy_does_not_permit_is_no_hit(world: World) -> None:
    world.set_policy(ONLY_TOLL)
    world.list_hot(make_entry(PLATE), make_entry(OTHER, Purpose.TOLL_OR_PARKING))
    taken = world.intake.take([world.arriving(PLATE, "1"), world.arriving(OTHER, "2")])
    assert outcomes(taken) == ["sealed", "sealed"]
    assert [one.hit is not None for one in taken] == [False, True]
    assert read_counts(world) == {(NORTH, "sealed"): 2, (NORTH, "hit"): 1}


@pytest.mark.parametrize("non_hits", ["30 days", "never"])
def test_the_plate_of_a_test_is_never_kept(world: World, non_hits: str) -> None:
    world.set_policy(policy_document(non_hits, "1 day"))
    world.list_hot(make_entry(PLATE, TEST))
    batch = [
        world.arriving(PLATE, "1", picture=make_picture()),
        world.arriving(PLATE, "2", SOUTH),
        world.arriving(LOOKS_ALIKE, "3"),
    ]
    taken = world.intake.take(batch)
    assert outcomes(taken) == ["dropped"] * 3
    assert all(one.hit is None for one in taken)
    assert not {"sealed_reads", "kept_records"} & count_rows(world).keys()
    assert outcomes(world.intake.take(batch)) == ["duplicate"] * 3


def test_the_plate_of_a_test_is_never_kept_though_its_purpose_is_not_permitted(
    world: World,
) -> None:
    world.set_policy(ONLY_TOLL.replace(', "test"', ""))
    world.list_hot(make_entry(PLATE, TEST))
    assert outcomes(world.intake.take([world.arriving(PLATE, "1")])) == ["dropped"]


def test_a_plate_that_is_a_test_and_stolen_is_a_hit(world: World) -> None:
    world.list_hot(make_entry(PLATE, TEST), make_entry(PLATE))
    taken = world.intake.take([world.arriving(PLATE, "1")])
    assert outcomes(taken) == ["sealed"]
    assert [match.entry.purpose for match in hit_of(taken).matches] == [Purpose.STOLEN_VEHICLE]


def test_a_late_hit_whose_time_is_over_is_only_a_read(world: World) -> None:
    world.set_policy(policy_document("30 days", "12 hours"))
    world.list_hot(make_entry(PLATE))
    # Periods of an hour: the one that began twelve hours ago ends now.
    late = world.arriving(PLATE, "1", captured_at=NOON - 12 * HOUR + timedelta(minutes=59))
    in_time = world.arriving(PLATE, "2", captured_at=NOON - 11 * HOUR)
    taken = world.intake.take([late, in_time])
    assert outcomes(taken) == ["sealed", "sealed"]
    assert [one.hit is not None for one in taken] == [False, True]
    assert read_counts(world) == {(NORTH, "sealed"): 2, (NORTH, "hit"): 1}


def test_a_hit_ends_with_its_time(world: World) -> None:
    world.list_hot(make_entry(PLATE))
    record_id = hit_of(world.intake.take([world.arriving(PLATE, "1")])).record_id
    world.clock.move(DAY)  # its period of eight hours at most began at noon or before
    with pytest.raises(KeyUnusableError):
        open_hit(world, record_id)
    assert world.expire().problems == []
    assert "kept_records" not in count_rows(world)
    assert len(world.look_back(PLATE).reads) == 1
