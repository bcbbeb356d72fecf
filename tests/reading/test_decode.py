from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fairplate.core.plates import PLATE_CHARACTERS
from fairplate.reading.decode import FIRST, NOTHING, OTHER, Decoded, Slot, decode, slots_of
from fairplate.reading.syntaxes import Syntax, fits, syntaxes

Steps = NDArray[np.float32]
COLUMNS = OTHER + 1
EUROPEAN = (Syntax("LLDDDLL", 0.9, frozenset({"fr", "it"})),)
GAP = ""
SIGN = "*"  # a sign that no plate has


def column_of(sign: str) -> int:
    named = {GAP: NOTHING, SIGN: OTHER}
    return named[sign] if sign in named else FIRST + PLATE_CHARACTERS.index(sign)


def step(sign: str, sure: float = 0.97, **others: float) -> NDArray[np.float64]:
    """One step: `sign` with chance `sure`, others as B=0.3 or _8=0.3; the rest is nothing."""
    chances = np.zeros(COLUMNS)
    chances[column_of(sign)] += sure
    for name, chance in others.items():
        chances[column_of(name.removeprefix("_"))] += chance
    chances[NOTHING] += 1.0 - chances.sum()
    return chances


def steps_of(*signs: str | NDArray[np.float64]) -> Steps:
    """One step for each sign, no gaps but those written as GAP."""
    rows = [step(sign) if isinstance(sign, str) else sign for sign in signs]
    return np.array(rows, dtype=np.float32).reshape(-1, COLUMNS)


def written(text: str, *, sure: float = 0.97, doubts: dict[int, NDArray[np.float64]]) -> Steps:
    """`text` with a gap after each character; `doubts` replaces the steps at these places."""
    rows = [step(GAP)]
    for place, char in enumerate(text):
        rows += [doubts.get(place, step(char, sure)), step(GAP)]
    return steps_of(*rows)


def text_of(slots: Sequence[Slot]) -> str:
    return "".join(slot.most_likely for slot in slots)


def decoded(steps: Steps, expected: Sequence[Syntax] = EUROPEAN) -> Decoded:
    result = decode(slots_of(steps), expected)
    assert result is not None
    return result


# --- slots ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("signs", "text"),
    [
        (["A", "A", "B"], "AB"),
        (["A", GAP, "A", "B"], "AAB"),
        (["7", GAP, GAP, "7", GAP, "7"], "777"),
        (["A", "B"], "AB"),
        (["A", "B", "A"], "ABA"),
        ([GAP, "A", GAP], "A"),
        ([GAP, GAP], ""),
    ],
)
def test_a_gap_parts_two_equal_characters_and_nothing_else_does(
    signs: list[str], text: str
) -> None:
    assert text_of(slots_of(steps_of(*signs))) == text


@pytest.mark.parametrize("signs", ["O0", "0O0", "QO", "D0", "I1", "1I1"])
def test_wavering_between_two_looks_of_one_shape_is_one_slot(signs: str) -> None:
    assert len(slots_of(steps_of(GAP, *signs, GAP))) == 1


@pytest.mark.parametrize("signs", ["OO", "O0", "I1"])
def test_look_alikes_with_a_gap_between_are_two_slots(signs: str) -> None:
    assert len(slots_of(steps_of(signs[0], GAP, signs[1]))) == 2


def test_other_signs_vanish() -> None:
    assert text_of(slots_of(steps_of(SIGN, "A", SIGN, "B", SIGN, SIGN, "C"))) == "ABC"
    assert slots_of(steps_of(SIGN, SIGN, GAP, SIGN)) == []


def test_another_sign_between_equal_characters_parts_them() -> None:
    assert text_of(slots_of(steps_of("A", SIGN, "A"))) == "AA"


def test_weak_ink_away_from_others_is_a_doubtful_slot() -> None:
    faint = slots_of(steps_of(GAP, "A", GAP, GAP, step("B", 0.3), GAP))
    assert text_of(faint) == "AB"
    assert faint[1].nothing == pytest.approx(0.7, abs=0.01)
    assert faint[0].nothing < 0.1


def test_weak_ink_beside_a_character_is_that_characters_edge() -> None:
    assert text_of(slots_of(steps_of(GAP, "A", step("B", 0.3), GAP, GAP))) == "A"


def test_a_trace_of_ink_is_no_slot() -> None:
    assert slots_of(steps_of(GAP, step("B", 0.02), GAP)) == []


def test_no_steps_are_no_slots() -> None:
    assert slots_of(np.zeros((0, COLUMNS), dtype=np.float32)) == []


def test_a_slot_keeps_what_else_was_seen() -> None:
    (slot,) = slots_of(steps_of(GAP, step("8", 0.6, B=0.35), GAP))
    runner_up = PLATE_CHARACTERS[int(slot.chances.argsort()[-2])]
    assert (slot.most_likely, runner_up) == ("8", "B")


# --- decoding ------------------------------------------------------------------------------------


def test_no_slots_are_no_plate() -> None:
    assert decode([], EUROPEAN) is None
    assert decode([], []) is None


@pytest.mark.parametrize(
    ("seen", "plate"),
    [
        ("AB1O3CD", "AB103CD"),  # a digit's place
        ("AB023CD", "AB023CD"),
        ("A0123CD", "AO123CD"),  # a letter's place
        ("ABI23CD", "AB123CD"),
        ("AB1231D", "AB123ID"),
    ],
)
def test_the_pattern_decides_between_look_alikes(seen: str, plate: str) -> None:
    result = decoded(written(seen, doubts={}))
    assert result.plate == plate
    assert result.syntax == EUROPEAN[0]


def test_without_patterns_look_alikes_stay_as_seen() -> None:
    for seen in ("AB123CD", "ABC1234", "7XYZ88", "M5XSX"):
        result = decoded(written(seen, doubts={}), [])
        assert result.plate == seen
        assert result.syntax is None


def test_weak_evidence_follows_the_pattern() -> None:
    doubt = step("B", 0.5, _8=0.4)
    in_a_digits_place = written("AB1B3CD", doubts={3: doubt})
    assert decoded(in_a_digits_place).plate == "AB183CD"
    assert decoded(in_a_digits_place, []).plate == "AB1B3CD"


@pytest.mark.parametrize("plate", ["GWAGEN", "M5XSX", "FAST4ME", "ABCDEFG", "12ABC34"])
def test_strong_evidence_overrules_the_pattern(plate: str) -> None:
    result = decoded(written(plate, sure=0.999, doubts={}))
    assert result.plate == plate
    assert result.syntax is None


@pytest.mark.parametrize("stray", ["I", "E", "D", "1"])
@pytest.mark.parametrize("place", [0, 7])
def test_a_stray_sign_at_the_edge_is_dropped_where_the_pattern_then_fits(
    stray: str, place: int
) -> None:
    seen = "AB123CD" + stray if place else stray + "AB123CD"
    assert decoded(written(seen, doubts={place: step(stray, 0.6)})).plate == "AB123CD"
    assert decoded(written(seen, doubts={}), []).plate == seen


def test_no_sign_is_stray_where_the_pattern_needs_it() -> None:
    steps = written("AB123CD", doubts={0: step("A", 0.6), 6: step("D", 0.6)})
    assert decoded(steps).plate == "AB123CD"


def test_the_commoner_of_two_patterns_wins_where_the_evidence_is_even() -> None:
    common = Syntax("LLLDDDD", 0.7, frozenset({"us-ny"}))
    rare = Syntax("LLLLDDD", 0.1, frozenset({"ca"}))
    steps = written("ABCO123", doubts={})
    assert decoded(steps, (common, rare)).plate == "ABC0123"
    swapped = (Syntax("LLLDDDD", 0.1, common.regions), Syntax("LLLLDDD", 0.7, rare.regions))
    result = decoded(steps, swapped)
    assert result.plate == "ABCO123"
    assert result.syntax == swapped[1]


def test_doubt_lowers_the_confidence_and_names_the_runner_up() -> None:
    sure = decoded(written("AB123CD", doubts={}))
    doubtful = decoded(written("AB123CD", doubts={4: step("3", 0.5, _8=0.45)}))
    assert doubtful.plate == sure.plate == "AB123CD"
    assert doubtful.confidence < sure.confidence
    assert doubtful.characters[4].second == "8"
    assert doubtful.characters[4].confidence < sure.characters[4].confidence


def test_a_plate_scores_above_ink_without_shape() -> None:
    flat = np.full(COLUMNS, 1 / COLUMNS)
    mush = steps_of(*[flat, step(GAP)] * 7)
    assert decoded(written("AB123CD", doubts={})).log_odds > 0
    assert decoded(written("AB123CD", doubts={})).log_odds > decoded(mush).log_odds + 5


def test_more_signs_than_any_plate_has_still_decode() -> None:
    result = decoded(written("ABCDEFGHJKLMNPRSTUVWXYZ0123456789", doubts={}))
    assert 1 <= len(result.plate) <= 12


# --- anything a network may say ------------------------------------------------------------------

PATTERN_SETS = (EUROPEAN, (), syntaxes(("us",)), syntaxes(("br",)))


@st.composite
def any_steps(draw: st.DrawFn) -> Steps:
    """Rows that sum to 1: a few columns with weights, over a floor that may be exactly zero."""
    rows = []
    for _ in range(draw(st.integers(0, 14))):
        row = np.full(COLUMNS, draw(st.sampled_from([0.0, 1e-6, 0.02, 1.0])))
        peaks = st.tuples(st.integers(0, COLUMNS - 1), st.floats(0.01, 1.0))
        for column, weight in draw(st.lists(peaks, min_size=1, max_size=3)):
            row[column] += weight
        rows.append(row / row.sum())
    return steps_of(*rows)


@given(any_steps())
def test_slots_are_chances(steps: Steps) -> None:
    slots = slots_of(steps)
    assert len(slots) <= len(steps)
    for slot in slots:
        assert slot.chances.shape == (len(PLATE_CHARACTERS),)
        assert slot.chances.sum() == pytest.approx(1.0)
        assert slot.chances.min() >= 0.0
        assert 0.0 <= slot.nothing <= 1.0


@given(any_steps(), st.sampled_from(PATTERN_SETS))
def test_what_is_decoded_makes_sense(steps: Steps, expected: Sequence[Syntax]) -> None:
    slots = slots_of(steps)
    result = decode(slots, expected)
    if result is None:
        assert not slots
        return
    assert result.plate == "".join(c.char for c in result.characters)
    assert 1 <= len(result.plate) <= min(len(slots), 12)
    assert 0.0 <= result.confidence <= min(c.confidence for c in result.characters)
    assert np.isfinite(result.log_odds)
    for character in result.characters:
        assert 0.0 <= character.second_confidence <= character.confidence <= 1.0
        assert character.second != character.char
    if result.syntax is not None:
        assert result.syntax in expected
        assert fits(result.plate, result.syntax.pattern)
    assert result == decode(slots_of(steps.copy()), expected)
