"""Which entries a read may be: every single difference, and the index against a plain scan."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairplate.core.errors import InputError
from fairplate.core.plates import PLATE_CHARACTERS
from fairplate.core.purposes import Purpose
from fairplate.core.reads import Box, Character, PlateRead
from fairplate.core.regions import regions_contradict
from fairplate.core.vehicles import VehicleType, vehicles_contradict
from fairplate.hotlists.confusions import LOOK_ALIKE_PRIOR, SAME_GLYPH_PRIOR, look_alike
from fairplate.hotlists.entries import Entry
from fairplate.hotlists.match import (
    MIN_SCORE,
    HotListIndex,
    Match,
    MatchKind,
    fits,
    match_fields,
    score_read,
)

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def read_of(plate: str, confidence: float = 0.99, **changes: object) -> PlateRead:
    characters = tuple(Character(char, confidence) for char in plate)
    fields: dict[str, object] = {
        "source": "a.jpg", "plate": plate, "confidence": confidence, "characters": characters,
        "box": Box(0, 0, 100, 20), "region": "us-ca", "vehicle": VehicleType.CAR, "frames": 3,
    }  # fmt: skip
    return PlateRead(**{**fields, **changes})  # type: ignore[arg-type]


def entry_of(plate: str, **changes: object) -> Entry:
    fields: dict[str, object] = {
        "plate": plate, "jurisdiction": "us-ca", "vehicle": VehicleType.CAR,
        "purpose": Purpose.STOLEN_VEHICLE, "reference": "R 1", "source": "l.csv", "line": 2,
    }  # fmt: skip
    return Entry(**{**fields, **changes})  # type: ignore[arg-type]


def match_of(read: PlateRead, *entries: Entry, now: datetime = NOW) -> Match:
    (match,) = HotListIndex(entries).match(read, now=now)
    return match


def told(match: Match) -> tuple[str, ...]:
    return tuple(str(held) for held in match.held_back)


def test_an_exact_match_of_everything_has_no_doubts() -> None:
    match = match_of(read_of("ABC123", confidence=0.9), entry_of("ABC123"))
    assert match.kind is MatchKind.EXACT
    assert match.score == pytest.approx(0.9**6)
    assert (match.doubts, match.held_back) == ((), ())


def test_every_single_difference_matches_exactly_if_the_two_look_alike() -> None:
    for seen, listed in itertools.product(PLATE_CHARACTERS, repeat=2):
        matches = HotListIndex([entry_of(f"X{listed}9")]).match(read_of(f"X{seen}9"), now=NOW)
        if seen == listed:
            assert [match.kind for match in matches] == [MatchKind.EXACT]
        elif look_alike(seen, listed):
            assert [match.kind for match in matches] == [MatchKind.LOOK_ALIKE]
        else:
            assert matches == [], (seen, listed)


@pytest.mark.parametrize(
    ("seen", "listed", "fit"),
    [
        ("8B8", "BB8", True),
        ("8B8", "B88", False),  # two characters
        ("0H0", "OHO", True),  # 0 for O at any number of places
        ("D0DG", "DODG", True),
        ("D0DG", "00DG", True),
        ("D0DG", "0ODG", False),  # a look-alike and a 0 for O are two differences
        ("ABC1", "ABC12", False),
        ("ABC12", "ABC1", False),
        ("ABC", "ACB", False),
    ],
)
def test_what_fits(seen: str, listed: str, fit: bool) -> None:  # noqa: FBT001 - a table
    assert fits(seen, listed) is fit
    assert bool(HotListIndex([entry_of(listed)]).match(read_of(seen), now=NOW)) is fit


# Few characters and short plates make look-alikes frequent.
PLATES = st.text("0OD8B31I7A", min_size=1, max_size=5)


@given(listed=st.lists(PLATES, max_size=30), seen=PLATES)
@settings(max_examples=400, deadline=None)
def test_the_index_finds_what_a_scan_finds(listed: list[str], seen: str) -> None:
    entries = [entry_of(plate, line=line) for line, plate in enumerate(listed, start=2)]
    matches = HotListIndex(entries).match(read_of(seen), now=NOW)
    found = sorted(match.entry.line for match in matches)
    assert found == [entry.line for entry in entries if fits(seen, entry.plate)]
    ranks = [(bool(m.held_back), m.kind is MatchKind.LOOK_ALIKE, -m.score) for m in matches]
    assert ranks == sorted(ranks)


@given(PLATES, PLATES)
def test_fitting_is_symmetrical(one: str, other: str) -> None:
    assert fits(one, other) is fits(other, one)


def characters_of(seen: Character) -> tuple[Character, ...]:
    return (Character("A", 0.9), seen, Character("2", 0.8))


@pytest.mark.parametrize(
    ("seen", "listed", "share"),
    [
        (Character("8", 0.7, "B", 0.2), "8", 0.7),
        (Character("8", 0.7, "B", 0.2), "B", 0.2),
        (Character("8", 0.7, "3", 0.2), "B", LOOK_ALIKE_PRIOR * 0.7),
        (Character("8", 0.7), "B", LOOK_ALIKE_PRIOR * 0.7),
        (Character("8", 0.999, "B", 0.001), "B", LOOK_ALIKE_PRIOR * 0.999),
        (Character("0", 1.0), "O", SAME_GLYPH_PRIOR),
        (Character("0", 0.6, "O", 0.38), "O", 0.38),
    ],
)
def test_the_score_is_the_product_of_the_documented_shares(
    seen: Character, listed: str, share: float
) -> None:
    score = score_read(characters_of(seen), f"A{listed}2")
    assert score == pytest.approx(0.9 * share * 0.8)


@given(st.lists(st.tuples(st.sampled_from("0O8B"), st.floats(0, 1)), min_size=1, max_size=8))
def test_scores_are_shares_and_the_plate_as_read_scores_best(
    spelled: list[tuple[str, float]],
) -> None:
    characters = tuple(
        Character(char, confidence, "O" if char == "0" else None, (1 - confidence) * confidence)
        for char, confidence in spelled
    )
    plate = "".join(char for char, _ in spelled)
    best = score_read(characters, plate)
    assert 0.0 <= best <= 1.0
    assert score_read(characters, plate.replace("8", "B")) <= best


def test_a_look_alike_spells_out_its_doubts() -> None:
    characters = (Character("A", 0.99), Character("0", 0.619, "O", 0.35), Character("8", 0.5))
    read = read_of("A08", characters=characters, region=None, frames=1)
    match = match_of(read, entry_of("AO8", vehicle=VehicleType.UNKNOWN))
    assert match.doubts == (
        "character 2 reads 0 (61 %), the entry has O (runner-up, 35 %)",
        "0 and O are printed or listed alike in places",
        "character 3 reads 8 (50 %)",
        "read in one frame only",
        "jurisdiction of the read is unknown",
        "entry gives no vehicle type",
    )
    assert match.held_back == ()


def test_other_doubts() -> None:
    characters = (Character("A", 0.6, "4", 0.004), Character("8", 1.0))
    read = read_of("A8", characters=characters, vehicle=VehicleType.UNKNOWN)
    match = match_of(read, entry_of("AB", jurisdiction=None))
    assert match.doubts == (
        "character 1 reads A (60 %), runner-up 4 (under 1 %)",
        "character 2 reads 8 (100 %), the entry has B (not the runner-up)",
        "entry gives no jurisdiction",
        "vehicle type of the read is unknown",
    )
    match = match_of(read_of("AB", region="us", vehicle=VehicleType.VAN), entry_of("AB"))
    assert match.doubts == (
        "jurisdiction is only known as us, the entry has us-ca",
        "vehicle looks like a van, the entry has car",
    )


REGIONS = [None, "us", "us-ca", "us-ny", "eu", "de", "fr", "br"]


@pytest.mark.parametrize("seen", REGIONS)
@pytest.mark.parametrize("listed", REGIONS)
def test_a_jurisdiction_that_contradicts_holds_back(seen: str | None, listed: str | None) -> None:
    match = match_of(read_of("AB1", region=seen), entry_of("AB1", jurisdiction=listed))
    contradicts = f"jurisdiction contradicts: read {seen}, entry {listed}"
    assert told(match) == ((contradicts,) if regions_contradict(seen, listed) else ())


@pytest.mark.parametrize("seen", VehicleType)
@pytest.mark.parametrize("listed", VehicleType)
def test_a_vehicle_type_that_contradicts_holds_back(seen: VehicleType, listed: VehicleType) -> None:
    match = match_of(read_of("AB1", vehicle=seen), entry_of("AB1", vehicle=listed))
    contradicts = f"vehicle type contradicts: read {seen}, entry {listed}"
    assert told(match) == ((contradicts,) if vehicles_contradict(seen, listed) else ())


def test_an_entry_out_of_force_holds_back() -> None:
    entry = entry_of("AB1", valid_from=NOW - DAY, valid_until=NOW + DAY)
    read = read_of("AB1")
    assert match_of(read, entry).held_back == ()
    assert told(match_of(read, entry, now=NOW - 2 * DAY)) == (
        "entry begins at 2026-05-31T12:00+00:00",
    )
    assert told(match_of(read, entry, now=NOW + DAY)) == (
        "entry expired at 2026-06-02T12:00+00:00",
    )


def test_a_read_too_unsure_holds_back() -> None:
    read = read_of("AB1", confidence=0.25)
    assert MIN_SCORE > 0.25**3
    match = match_of(read, entry_of("AB1"))
    assert told(match) == (f"score 0.0156 is below {MIN_SCORE}",)
    assert match_of(read_of("AB1", confidence=0.3), entry_of("AB1")).held_back == ()


def test_an_otherwise_sure_read_with_one_look_alike_is_shown() -> None:
    assert match_of(read_of("ABC1238", confidence=0.95), entry_of("ABC123B")).held_back == ()


def test_best_first_and_held_back_last() -> None:
    entries = [
        entry_of("AB8", jurisdiction="br", line=2),  # exact, but held back
        entry_of("ABB", line=3),
        entry_of("AB8", line=4),
        entry_of("AB3", line=5),
        entry_of("AB8", source="a.csv", line=9),
    ]
    characters = (Character("A", 0.9), Character("B", 0.9), Character("8", 0.6, "3", 0.3))
    matches = HotListIndex(entries).match(read_of("AB8", characters=characters), now=NOW)
    assert [(match.entry.source, match.entry.line) for match in matches] == [
        ("a.csv", 9), ("l.csv", 4), ("l.csv", 5), ("l.csv", 3), ("l.csv", 2),
    ]  # fmt: skip


def test_an_empty_index_and_a_naive_now() -> None:
    assert HotListIndex([]).match(read_of("AB1"), now=NOW) == []
    with pytest.raises(InputError, match="now"):
        HotListIndex([]).match(read_of("AB1"), now=NOW.replace(tzinfo=None))


def test_the_fields_of_a_match_are_stable() -> None:
    match = match_of(
        read_of("AB8", confidence=0.9, region="br"), entry_of("ABB", call="desk 5", line=7)
    )
    assert match_fields(match) == {
        "list": "l.csv",
        "line": 7,
        "plate": "ABB",
        "kind": "look-alike",
        "score": 0.0365,
        "purpose": "stolen-vehicle",
        "reference": "R 1",
        "jurisdiction": "us-ca",
        "vehicle": "car",
        "call": "desk 5",
        "doubts": ["character 3 reads 8 (90 %), the entry has B (not the runner-up)"],
        "held_back": ["jurisdiction contradicts: read br, entry us-ca"],
    }
