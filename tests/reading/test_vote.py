from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairplate.core.plates import PLATE_CHARACTERS
from fairplate.core.reads import Box, Character, PlateRead
from fairplate.core.vehicles import VehicleType
from fairplate.reading.vote import align, vote


def characters(text: str, confidence: float = 0.9, **seconds: str) -> tuple[Character, ...]:
    """`seconds` names a runner-up by position: characters("ABC", p1="8")."""
    return tuple(
        Character(char, confidence, seconds.get(f"p{n}"), 0.3 if f"p{n}" in seconds else 0.0)
        for n, char in enumerate(text)
    )


def read(text: str, confidence: float = 0.9, *, frame: int = 0, height: int = 20) -> PlateRead:
    box = Box(10, 10, 10 + 5 * height, 10 + height)
    return PlateRead(
        source="clip.mp4",
        plate=text,
        confidence=confidence,
        characters=characters(text, confidence),
        box=box,
        frame=frame,
        time_s=frame / 10,
    )


shares = st.floats(0, 1)
plate_characters = st.sampled_from(PLATE_CHARACTERS)


@st.composite
def any_character(draw: st.DrawFn, char: str | None = None) -> Character:
    first = char or draw(plate_characters)
    second = draw(st.none() | plate_characters.filter(lambda c: c != first))
    return Character(first, draw(shares), second, draw(shares) if second else 0.0)


@st.composite
def any_read(draw: st.DrawFn) -> PlateRead:
    spelt = tuple(draw(st.lists(any_character(), min_size=1, max_size=8)))
    x, y = draw(st.integers(0, 500)), draw(st.integers(0, 500))
    width, height = draw(st.integers(1, 200)), draw(st.integers(1, 60))
    frame = draw(st.integers(0, 50))
    return PlateRead(
        source="clip.mp4",
        plate="".join(c.char for c in spelt),
        confidence=draw(shares),
        characters=spelt,
        box=Box(x, y, x + width, y + height),
        region=draw(st.sampled_from([None, "de", "ro", "us-ny"])),
        vehicle=draw(st.sampled_from(VehicleType)),
        frame=frame,
        time_s=frame / 10,
    )


@given(any_read())
def test_one_read_comes_back_unchanged(only: PlateRead) -> None:
    assert vote([only]) == only


@given(st.lists(any_read(), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_the_reads_does_not_matter(reads: list[PlateRead], random: Random) -> None:
    shuffled = list(reads)
    random.shuffle(shuffled)
    assert vote(shuffled) == vote(reads)


@given(any_read(), st.integers(2, 6))
def test_frames_that_all_say_the_same_give_that_read(only: PlateRead, count: int) -> None:
    result = vote([only] * count)
    assert result.frames == count
    assert result.confidence == pytest.approx(only.confidence)
    same = replace(result, frames=1, confidence=only.confidence, characters=only.characters)
    assert same == only
    for got, given_ in zip(result.characters, only.characters, strict=True):
        assert (got.char, got.second) == (given_.char, given_.second)
        assert got.confidence == pytest.approx(given_.confidence)
        assert got.second_confidence == pytest.approx(given_.second_confidence)


@given(st.lists(any_read(), min_size=1, max_size=6))
def test_every_result_is_a_read_no_surer_than_the_best_frame(reads: list[PlateRead]) -> None:
    result = vote(reads)
    assert "".join(c.char for c in result.characters) == result.plate
    assert len(result.plate) in {len(r.plate) for r in reads}
    assert 0 <= result.confidence <= max(r.confidence for r in reads) + 1e-12
    agreeing = sum(r.plate == result.plate for r in reads)
    assert result.frames == max(1, agreeing)
    assert result.box in {r.box for r in reads}


def test_no_read_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one read"):
        vote([])


def test_the_majority_corrects_a_character() -> None:
    result = vote([read("AB123C"), read("A8123C", frame=1), read("AB123C", frame=2)])
    assert (result.plate, result.frames) == ("AB123C", 2)
    assert result.characters[1].second == "8"
    assert result.characters[1].confidence == pytest.approx(0.6)
    assert result.characters[0].confidence == pytest.approx(0.9)


def test_frames_each_wrong_somewhere_else_make_a_right_plate() -> None:
    reads = [read("X81234"), read("AY1234", frame=1), read("A8Z234", frame=2)]
    result = vote(reads)
    assert result.plate == "A81234"
    assert result.frames == 1  # no frame says it, and a read is of at least one
    assert result.confidence < 0.9


def test_second_choices_decide_between_first_ones() -> None:
    doubtful = [replace(read("AB1"), characters=characters("AB1", 0.4, p1="8")) for _ in range(2)]
    sure = replace(read("A81"), characters=characters("A81", 0.6))
    assert vote([*doubtful, sure]).plate == "A81"


@pytest.mark.parametrize("cut", ["BC1234", "C1234", "ABC123", "ABC12"])
def test_a_read_that_lost_edge_characters_votes_on_the_rest(cut: str) -> None:
    spelt = list(characters("ABC1Z34"))
    spelt[4] = Character("Z", 0.4)
    whole = [replace(read("ABC1Z34", frame=n), characters=tuple(spelt)) for n in (1, 2)]
    others = [read(cut.replace("2", "Q"), 0.8, frame=n) for n in (3, 4)]
    assert vote(whole).plate == "ABC1Z34"
    assert vote([*whole, *others]).plate == "ABC1Q34"


def test_the_heavier_length_wins_and_a_tie_goes_to_the_longer() -> None:
    assert vote([read("BC1234"), read("ABC1234", frame=1)]).plate == "ABC1234"
    assert vote([read("BC1234"), read("BC1234", frame=1), read("ABC1234")]).plate == "BC1234"


def test_a_near_sharp_frame_outweighs_far_ones() -> None:
    far = [read("XY999Z", 0.6, frame=n, height=8) for n in range(4)]
    assert vote([*far, read("AB123C", 0.95, frame=9, height=40)]).plate == "AB123C"


def test_place_and_time_are_those_of_the_most_confident_agreeing_frame() -> None:
    captured = datetime(2026, 11, 23, 12, tzinfo=UTC)
    best = replace(read("AB123C", 0.9, frame=4), captured_at=captured)
    reads = [read("AB123C", 0.7, height=40), best, read("XB123C", 0.99, frame=7, height=21)]
    result = vote(reads)
    assert (result.box, result.frame, result.time_s) == (best.box, 4, 0.4)
    assert result.captured_at == captured


def test_region_and_vehicle_need_most_of_the_weight_that_names_one() -> None:
    def named(region: str | None, vehicle: VehicleType) -> PlateRead:
        return replace(read("AB123C"), region=region, vehicle=vehicle)

    van, car, unknown = VehicleType.VAN, VehicleType.CAR, VehicleType.UNKNOWN
    two_of_three = vote(
        [named("de", van), named("de", van), named("ro", car), named(None, unknown)]
    )
    assert (two_of_three.region, two_of_three.vehicle) == ("de", van)
    split = vote([named("de", van), named("ro", car)])
    assert (split.region, split.vehicle) == (None, unknown)


def test_an_engines_overruled_choice_stays_overruled() -> None:
    spelt = (Character("O", 0.4, "0", 0.5),)
    overruled = replace(read("O"), characters=spelt)
    assert vote([overruled, replace(overruled, frame=1)]).plate == "O"


def texts(places: Sequence[Character | None]) -> str:
    return "".join(c.char if c else "." for c in places)


@pytest.mark.parametrize(
    ("pivot", "other", "expected"),
    [
        ("ABC123", "ABC123", "ABC123"),
        ("ABC123", "BC123", ".BC123"),
        ("ABC123", "ABC12", "ABC12."),
        ("ABC123", "1ABC123", "ABC123"),
        ("ABC123", "ABX123", "ABX123"),
        ("ABC123", "BC1234", ".BC123"),
        ("ABC123", "AC123", "A.C123"),
    ],
)
def test_alignment(pivot: str, other: str, expected: str) -> None:
    assert texts(align(characters(pivot), characters(other)).places) == expected
