"""What the intake gets of a vendor's read: its time, its characters, its picture, its id."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ingest.payloads import SAMPLES, Sample, jpeg

from fairplate.core.errors import InputError
from fairplate.core.plates import PLATE_CHARACTERS
from fairplate.core.reads import Box
from fairplate.core.vehicles import VehicleType
from fairplate.ingest.arrival import (
    NO_BOX,
    Arrival,
    ReaderSettings,
    TimeFrom,
    Unread,
    Untaken,
    make_arrivals,
    settle_time,
)
from fairplate.ingest.understanding import understand
from fairplate.ingest.vehicle_words import vehicle_of
from fairplate.ingest.vendor import (
    Candidate,
    CharacterShare,
    Kind,
    LocalTime,
    Passage,
    Picture,
    Shows,
    Understood,
    VendorRead,
)
from fairplate.intake.arriving import Arriving

NOW = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
BERLIN = ReaderSettings(zone=ZoneInfo("Europe/Berlin"))
READ = VendorRead("AB12", 0.81, captured_at=NOW, event_id="event-0123456789abc")


def local(*parts: int) -> LocalTime:
    return LocalTime(datetime(*parts))  # noqa: DTZ001 - that is what it is


def arrivals(*reads: VendorRead, **more: object) -> list[Arrival | Unread]:
    understood = Understood(Kind.READS, reads)
    return make_arrivals(understood, **{"reader_id": "gate", "received_at": NOW, **more})


def arrival(read: VendorRead, **more: object) -> Arrival:
    (made,) = arrivals(read, **more)
    assert isinstance(made, Arrival)
    return made


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda one: one.vendor)
def test_every_payload_can_arrive_at_the_intake(sample: Sample) -> None:
    understood = understand(sample.vendor, sample.payload)
    made = make_arrivals(understood, reader_id="gate", received_at=NOW)
    assert len(made) == len(sample.plates)
    for one, plate in zip(made, sample.plates, strict=True):
        assert isinstance(one, Arrival)
        assert one.read.plate == plate
        Arriving(
            read_id=one.read_id,
            reader_id=one.reader_id,
            captured_at=one.captured_at,
            read=one.read,
            picture=one.picture,
            other_boxes=one.other_boxes,
            direction=one.direction,
        )


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda one: one.vendor)
def test_the_same_payload_sent_again_has_the_same_ids(sample: Sample) -> None:
    understood = understand(sample.vendor, sample.payload)
    first = make_arrivals(understood, reader_id="gate", received_at=NOW)
    again = make_arrivals(understood, reader_id="gate", received_at=NOW + timedelta(minutes=1))
    other = make_arrivals(understood, reader_id="exit", received_at=NOW)
    timed = [read.captured_at is not None or read.passage for read in understood.reads]
    ids = [[one.read_id for one in each] for each in (first, again, other)]
    assert all(len(one) == 64 for one in ids[0])
    assert len({*ids[0]}) == len(ids[0])
    assert not {*ids[0]} & {*ids[2]}
    if all(timed):
        assert ids[0] == ids[1]


def test_a_vehicle_without_plate_does_not_arrive() -> None:
    assert arrivals(VendorRead(None)) == [Unread(Untaken.NO_PLATE, "gate")]
    assert arrivals(VendorRead("鄂A00000")) == [Unread(Untaken.NOT_LATIN, "gate")]


def test_received_at_must_be_aware() -> None:
    with pytest.raises(InputError, match="received_at"):
        arrival(READ, received_at=NOW.replace(tzinfo=None))


def test_an_instant_is_taken_as_it_is() -> None:
    offset = timezone(timedelta(hours=8))
    told = datetime(2026, 10, 25, 9, 0, tzinfo=offset)
    moment = datetime(2026, 10, 25, 1, 0, tzinfo=UTC)
    assert settle_time(told, NOW, BERLIN) == (moment, TimeFrom.CAMERA)


def test_the_factory_offset_can_be_ignored() -> None:
    told = datetime(2026, 10, 25, 9, 0, tzinfo=timezone(timedelta(hours=8)))
    ignoring = replace(BERLIN, ignores_offset=True)
    moment = datetime(2026, 10, 25, 8, 0, tzinfo=UTC)
    assert settle_time(told, NOW, ignoring) == (moment, TimeFrom.CAMERA)
    without_zone = ReaderSettings(ignores_offset=True)
    assert settle_time(told, NOW, without_zone) == (NOW, TimeFrom.RECEIVED)


def test_a_local_time_needs_the_zone() -> None:
    told = local(2026, 7, 1, 12)
    moment = datetime(2026, 7, 1, 10, tzinfo=UTC)
    assert settle_time(told, NOW, BERLIN) == (moment, TimeFrom.CAMERA)
    assert settle_time(told, NOW, ReaderSettings()) == (NOW, TimeFrom.RECEIVED)
    assert settle_time(None, NOW, BERLIN) == (NOW, TimeFrom.RECEIVED)


@pytest.mark.parametrize(("received_hour", "hour"), [(0, 0), (1, 1)])
def test_an_hour_that_comes_twice_is_the_nearer_one(received_hour: int, hour: int) -> None:
    # On 25 October 2026 at 01:00 UTC clocks in Berlin go from 03:00 back to 02:00.
    received = datetime(2026, 10, 25, received_hour, 31, tzinfo=UTC)
    found, _ = settle_time(local(2026, 10, 25, 2, 30), received, BERLIN)
    assert found == datetime(2026, 10, 25, hour, 30, tzinfo=UTC)


def test_an_hour_that_is_skipped_is_near_the_time_received() -> None:
    received = datetime(2026, 3, 29, 1, 31, tzinfo=UTC)
    found, _ = settle_time(local(2026, 3, 29, 2, 30), received, BERLIN)
    assert found == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@given(st.floats(0.0, 1.0), st.text(PLATE_CHARACTERS, min_size=1, max_size=12))
def test_one_confidence_is_spread_so_that_its_product_is_kept(share: float, plate: str) -> None:
    read = arrival(VendorRead(plate, share)).read
    product = 1.0
    for character in read.characters:
        product *= character.confidence
    assert product == pytest.approx(share)
    assert read.confidence == share


def test_no_confidence_is_a_half_or_what_the_reader_is_set_to() -> None:
    assert arrival(VendorRead("AB12")).read.confidence == 0.5
    settings = ReaderSettings(assumed_confidence=0.9)
    assert arrival(VendorRead("AB12"), settings=settings).read.confidence == 0.9


def test_characters_that_are_told_are_kept() -> None:
    shares = tuple(CharacterShare(c, s) for c, s in zip("AB", (0.9, 0.6), strict=True))
    read = arrival(VendorRead("AB", None, shares)).read
    assert [one.confidence for one in read.characters] == [0.9, 0.6]
    assert read.confidence == 0.6


def test_a_candidate_that_differs_in_one_place_is_its_runner_up() -> None:
    candidates = (
        Candidate("AB12", 0.81),
        Candidate("A812", 0.2),
        Candidate("AR12", 0.405),
        Candidate("AB1", 0.9),  # shorter: nobody knows which place
        Candidate("C8I2", 0.9),
        Candidate("AB1Z", None),
    )
    read = arrival(replace(READ, candidates=candidates)).read
    a, b, one, two = read.characters
    assert (a.second, one.second) == (None, None)
    assert b.second == "R"
    assert b.second_confidence == pytest.approx(min(0.81**0.25 * 0.5, 1 - 0.81**0.25))
    assert (two.second, two.second_confidence) == ("Z", 0.0)


def test_region_vehicle_and_direction_arrive() -> None:
    read = replace(READ, region_code="us-ca", vehicle_type="Big Truck", direction=210)
    made = arrival(read)
    assert (made.read.region, made.read.vehicle) == ("us-ca", VehicleType.TRUCK)
    assert made.direction == "210"
    assert made.read.captured_at == made.captured_at == NOW


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("SUVMPV", VehicleType.CAR),
        ("sedan-standard", VehicleType.CAR),
        ("SaloonCar", VehicleType.CAR),
        ("bus", VehicleType.BUS),
        ("Light Van", VehicleType.VAN),
        ("NoMannedConvertibleTricycle", VehicleType.MOTORCYCLE),
        ("Pickup", VehicleType.TRUCK),
        ("caravan", VehicleType.TRAILER),
        ("Cargo", VehicleType.UNKNOWN),
        ("vehicle", VehicleType.UNKNOWN),
        (None, VehicleType.UNKNOWN),
    ],
)
def test_words_for_vehicles(words: str | None, kind: VehicleType) -> None:
    assert vehicle_of(words) is kind


SCENE, CROP = Picture(Shows.SCENE, jpeg(400, 200)), Picture(Shows.CROP, jpeg(40, 10))
BOX = Box(100, 50, 150, 70)


def test_the_scene_arrives_with_the_box_in_it() -> None:
    made = arrival(replace(READ, box=BOX, pictures=(CROP, SCENE)))
    assert (made.picture, made.read.box) == (SCENE.data, BOX)


def test_a_box_in_a_grid_is_scaled_to_the_scene() -> None:
    read = replace(READ, box=Box(250, 500, 500, 750), grid=(1000, 1000), pictures=(SCENE,))
    assert arrival(read).read.box == Box(100, 100, 200, 150)


@pytest.mark.parametrize("box", [None, Box(390, 0, 401, 10), Box(-1, 0, 9, 9)])
def test_a_scene_without_the_plates_place_is_not_kept(box: Box | None) -> None:
    made = arrival(replace(READ, box=box, pictures=(SCENE, CROP)))
    assert (made.picture, made.read.box) == (CROP.data, Box(0, 0, 40, 10))
    made = arrival(replace(READ, box=box, pictures=(SCENE,)))
    assert (made.picture, made.read.box) == (None, box or NO_BOX)


def test_other_plates_of_the_same_scene_are_to_be_covered() -> None:
    other = Box(200, 50, 250, 70)
    one = replace(READ, box=BOX, pictures=(SCENE,))
    unread = replace(one, plate=None, box=other)
    first, second = arrivals(one, unread)
    assert isinstance(first, Arrival)
    assert first.other_boxes == (other,)
    assert isinstance(second, Unread)


def test_an_event_with_two_plates_has_two_ids() -> None:
    one, two = arrivals(READ, replace(READ, plate="CD34"))
    assert isinstance(one, Arrival)
    assert isinstance(two, Arrival)
    assert one.read_id != two.read_id


def test_a_retransmission_has_the_id_of_the_first() -> None:
    later = NOW + timedelta(hours=1)
    again = arrival(replace(READ, is_retransmission=True), received_at=later)
    assert again.read_id == arrival(READ).read_id
    assert again.is_retransmission


def test_a_short_event_id_is_a_counter() -> None:
    one = replace(READ, event_id="7")
    ids = {
        arrival(read).read_id
        for read in (
            one,
            replace(one, captured_at=NOW + timedelta(seconds=1)),
            replace(one, plate="CD34"),
            replace(one, event_id="8"),
            replace(one, event_id=None),
        )
    }
    assert len(ids) == 5
    assert arrival(one).read_id in ids


def test_a_long_passage_id_stands_alone_and_a_short_one_does_not() -> None:
    def ids(passage: str) -> set[str]:
        read = replace(READ, passage=Passage(passage))
        later = replace(read, plate="CD34", captured_at=NOW + timedelta(seconds=1))
        return {arrival(read).read_id, arrival(later).read_id}

    assert len(ids("1772359200.123456-abcdef")) == 1
    assert len(ids("7")) == 2


def test_a_read_id_hides_the_plate() -> None:
    made = arrival(replace(READ, event_id="AB12"))
    assert "AB12" not in made.read_id
    assert "AB12" not in repr(made)
    assert made.read_id not in repr(made)
