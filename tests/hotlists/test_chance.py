"""Chances keep their bounds and move the way the circumstances push them."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairplate.core.errors import InputError
from fairplate.core.purposes import Purpose
from fairplate.core.reads import Box, Character, PlateRead
from fairplate.core.vehicles import VehicleType
from fairplate.hotlists.chance import (
    DEFAULT_MISREAD_RATE,
    LEAST_DOUBT,
    MOST_CERTAIN,
    PLATES_ALIKE,
    Circumstances,
    chance_right,
    expected_false_alerts,
    measured_circumstances,
    posterior_rate,
)
from fairplate.hotlists.confusions import LOOK_ALIKE_SHARE
from fairplate.hotlists.entries import Entry
from fairplate.hotlists.match import MatchKind, match_entry
from fairplate.hotlists.plate_spaces import DEFAULT_PLATE_SPACE, plate_space

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SHARES = st.floats(1e-9, 0.5)
SURE = st.floats(0, 1)


def read_of(plate: str, *confidences: float) -> PlateRead:
    given_ = confidences or (0.99,) * len(plate)
    characters = tuple(Character(char, sure) for char, sure in zip(plate, given_, strict=True))
    return PlateRead("a.jpg", plate, 0.9, characters, Box(0, 0, 9, 9))


def chance(read: PlateRead, plate: str, circumstances: Circumstances) -> float:
    entry = Entry(plate, "us", VehicleType.CAR, Purpose.STOLEN_VEHICLE, "R 1")
    kind = match_entry(read, entry, now=NOW).kind
    return chance_right(read, entry, kind, circumstances)


circumstances_drawn = st.builds(
    Circumstances, st.integers(1, 10**6), st.floats(10**3, 10**10), SHARES, st.floats(0.001, 0.5)
)
# An exact text, a look-alike, one glyph, a pattern.
PLATES = st.sampled_from(["ABC1238", "ABC123B", "ABCI238", "ABC12?8", "A?C123?"])
READ = "ABC1238"


@given(circumstances_drawn, PLATES, st.lists(SURE, min_size=7, max_size=7))
def test_a_chance_is_never_certain(
    circumstances: Circumstances, plate: str, sure: list[float]
) -> None:
    assert 0 <= chance(read_of(READ, *sure), plate, circumstances) <= MOST_CERTAIN < 1


@given(circumstances_drawn, PLATES, st.integers(1, 10**6), SHARES, st.floats(1, 10**10))
def test_it_falls_with_the_list_and_rises_with_what_passes(
    known: Circumstances, plate: str, entries: int, share: float, space: float
) -> None:
    read = read_of(READ)
    before = chance(read, plate, known)
    longer = replace(known, entries=known.entries + entries)
    assert chance(read, plate, longer) <= before
    more = replace(known, listed_share=min(known.listed_share + share, 0.9))
    assert chance(read, plate, more) >= before
    wider = replace(known, plate_space=known.plate_space + space)
    assert chance(read, plate, wider) >= before


@given(circumstances_drawn, st.floats(0.001, 0.4))
def test_a_worse_reader_makes_exact_ones_less_likely_and_look_alikes_more(
    known: Circumstances, by: float
) -> None:
    worse = replace(known, misread_rate=known.misread_rate + by)
    for plate, sign in ((READ, -1), ("ABC12?8", -1), ("ABC123B", 1)):
        after, before = (chance(read_of(READ), plate, known_) for known_ in (worse, known))
        assert (after - before) * sign >= -1e-12


@given(circumstances_drawn, SURE, SURE, PLATES, st.integers(0, 6))
def test_it_rises_with_the_confidence_in_a_character_they_share(
    known: Circumstances, one: float, other: float, plate: str, at: int
) -> None:
    if plate[at] != READ[at]:
        return
    chances = []
    for sure in sorted((one, other)):
        confidences = [0.9] * 7
        confidences[at] = sure
        chances.append(chance(read_of(READ, *confidences), plate, known))
    assert chances[0] <= chances[1] + 1e-12


def test_where_nothing_is_known_it_is_the_reading_alone() -> None:
    """A read as good as claimed, of a plate as likely as any: the share of the crops read right."""
    for entries in (1, 1_000_000):
        unknown = Circumstances(entries, misread_rate=0.12)
        assert chance(read_of("A", 0.8), "A", unknown) == pytest.approx(0.8)
        # Claims above what was ever checked count as much as was.
        assert chance(read_of("A", 1.0), "A", unknown) == pytest.approx(1 / (1 + LEAST_DOUBT))


def test_a_look_alike_the_reader_did_not_name_is_as_likely_as_it_was_measured() -> None:
    assert chance(read_of("8", 1.0), "B", Circumstances(5)) == pytest.approx(
        LOOK_ALIKE_SHARE, rel=0.02
    )
    # One glyph: heads or tails, whatever the reader's record.
    for rate in (0.01, DEFAULT_MISREAD_RATE, 0.5):
        assert chance(read_of("0", 1.0), "O", Circumstances(5, misread_rate=rate)) == 0.5


def test_a_pattern_is_one_of_all_plates_that_fit() -> None:
    known = Circumstances(1, misread_rate=1e-6)
    assert chance(read_of("ABC123"), "ABC12?", known) == pytest.approx(1 / 11, rel=1e-3)
    assert chance(read_of("ABC123"), "A?C12?", known) == pytest.approx(1 / 261, rel=1e-3)


def test_kind_is_asked_not_guessed() -> None:
    entry = Entry("ABC123B", "us", VehicleType.CAR, Purpose.STOLEN_VEHICLE, "R 1")
    exact = chance_right(read_of(READ), entry, MatchKind.EXACT, Circumstances(1))
    assert exact > chance_right(read_of(READ), entry, MatchKind.LOOK_ALIKE, Circumstances(1))


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.floats(1e-9, 0.99), st.floats(1, 1e9))
def test_a_posterior_lies_between_prior_and_share(
    count: int, others: int, prior: float, weight: float
) -> None:
    rate = posterior_rate(count, count + others, prior=prior, weight=weight)
    assert 0 < rate < 1
    if count + others:
        share = count / (count + others)
        assert min(prior, share) - 1e-9 <= rate <= max(prior, share) + 1e-9


def test_without_decisions_nothing_is_known() -> None:
    assert posterior_rate(0, 0) == 0.5
    assert posterior_rate(1, 1) == pytest.approx(2 / 3)
    fresh = measured_circumstances(
        entries=1000, plate_space=DEFAULT_PLATE_SPACE, reads=0, right=0, wrong=0
    )
    assert fresh.misread_rate == pytest.approx(DEFAULT_MISREAD_RATE)
    assert fresh.entry_odds == pytest.approx(1, rel=1e-4)


def test_outcomes_move_what_is_known() -> None:
    def after(**changes: int) -> Circumstances:
        outcomes: dict[str, Any] = {"reads": 1_000_000, "right": 7, "wrong": 1, **changes}
        return measured_circumstances(entries=1000, plate_space=DEFAULT_PLATE_SPACE, **outcomes)

    known = after()
    assert after(right=50).entry_odds > known.entry_odds > 1 > after(right=0).entry_odds
    assert after(wrong=9).misread_rate > known.misread_rate > after(wrong=0).misread_rate
    assert after(right=0, reads=10_000_000).entry_odds < after(right=0).entry_odds


def false_alerts(**changes: Any) -> float:
    fields: dict[str, Any] = {
        "entries": 1000, "reads_per_day": 10_000.0, "misread_rate": 0.05, "look_alikes": False,
        "plate_space": 1e6,
    }  # fmt: skip
    return expected_false_alerts(**{**fields, **changes})


def test_expected_false_alerts_are_the_product_of_the_documented_shares() -> None:
    assert false_alerts() == pytest.approx(0.5)
    assert false_alerts(look_alikes=True) == pytest.approx(10 * (0.05 + PLATES_ALIKE))
    one_letter = false_alerts(patterns=10, plates_per_pattern=26)
    assert one_letter == pytest.approx(10_000 * (990 * 0.05 + 260) / 1e6)
    assert false_alerts(patterns=10) == pytest.approx(10_000 * (990 * 0.05 + 6760) / 1e6)
    assert false_alerts(entries=0) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"entries": 0},
        {"plate_space": 0.5},
        {"listed_share": 1.0},
        {"listed_share": -0.1},
        {"misread_rate": 0.0},
        {"misread_rate": 1.0},
    ],
)
def test_circumstances_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="chance"):
        Circumstances(**{"entries": 1, **wrong})


@pytest.mark.parametrize(
    ("jurisdiction", "plates"),
    [
        (None, 26**3 * 10**4),
        ("xx", 26**3 * 10**4),
        ("us", 26**3 * 10**4),
        ("us-ny", 26**3 * 10**4),
        ("us-ca", 26**3 * 10**4),
        ("es", 20**3 * 10**4),
        ("br", 26**4 * 10**3 + 26**3 * 10**4),
        ("fr", 23**4 * 10**3),
    ],
)
def test_plate_spaces(jurisdiction: str | None, plates: int) -> None:
    assert plate_space(jurisdiction) == plates
