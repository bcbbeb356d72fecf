"""The index of numbers against the rule written out, on few characters and over all pairs."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairplate.core.errors import InputError
from fairplate.core.plates import MAX_PLATE_LENGTH, PLATE_CHARACTERS
from fairplate.hotlists.confusions import look_alike
from fairplate.hotlists.index import PlateIndex
from fairplate.hotlists.match import fits
from fairplate.hotlists.packing import fold_zero, pack_plate


def index_of(plates: list[str]) -> PlateIndex:
    """Index `plates`; the rows of patterns have a number that is no plate's."""
    keys = np.array([0 if "?" in plate else pack_plate(plate) for plate in plates], np.uint64)
    return PlateIndex(keys, [(plate, row) for row, plate in enumerate(plates) if "?" in plate])


def is_found(read: str, listed: str, *, look_alikes: bool) -> bool:
    """Say what the index should find: the rule with O and 0 as one character throughout."""
    if len(read) != len(listed):
        return False
    pairs = [
        (seen, char)
        for seen, char in zip(fold_zero(read), fold_zero(listed), strict=True)
        if char not in (seen, "?")
    ]
    if "?" in listed or not look_alikes:
        return not pairs
    alike = [look_alike(*pair) for pair in pairs]
    return not pairs or alike == [True]


def test_every_pair_of_characters_in_each_place() -> None:
    plates = [f"{other}7" for other in PLATE_CHARACTERS] + [f"7{c}" for c in PLATE_CHARACTERS]
    index = index_of(plates)
    for seen, exactly in product(PLATE_CHARACTERS, (True, False)):
        for read in (f"{seen}7", f"7{seen}"):
            rows = index.rows_like(read, look_alikes=not exactly)
            wanted = [
                row
                for row, plate in enumerate(plates)
                if is_found(read, plate, look_alikes=not exactly)
            ]
            assert rows == wanted, read


PLATES = st.text("0OD8B31I7A", min_size=1, max_size=5)


@st.composite
def patterns(draw: st.DrawFn) -> str:
    plate = draw(st.text("0OD8B", min_size=3, max_size=5))
    places = draw(st.sets(st.integers(0, len(plate) - 1), min_size=1, max_size=2))
    return "".join("?" if at in places else char for at, char in enumerate(plate))


@given(st.lists(PLATES | patterns(), max_size=30), PLATES, st.booleans())
@settings(max_examples=400, deadline=None)
def test_the_index_finds_what_the_rule_finds(
    listed: list[str],
    seen: str,
    look_alikes: bool,  # noqa: FBT001 - drawn
) -> None:
    found = index_of(listed).rows_like(seen, look_alikes=look_alikes)
    rows = range(len(listed))
    assert found == [r for r in rows if is_found(seen, listed[r], look_alikes=look_alikes)]
    # What matching permits is among them: asking `fits` afterwards loses nothing.
    permitted = [r for r in rows if fits(seen, listed[r], look_alikes=look_alikes)]
    assert set(permitted) <= set(found)
    # And without a zero there is no difference.
    if "0" not in fold_zero(seen + "".join(listed)):
        assert permitted == found


def test_rows_come_in_order_of_delivery_and_doubles_all() -> None:
    index = index_of(["AB1", "AB7", "AB1", "A?1", "CD1", "ABI", "AB1"])
    assert index.rows_like("AB1", look_alikes=True) == [0, 1, 2, 3, 5, 6]
    assert index.rows_like("AB1", look_alikes=False) == [0, 2, 3, 6]
    assert index.rows_like("CD2", look_alikes=True) == []


def test_an_empty_index_and_the_longest_plates() -> None:
    assert index_of([]).rows_like("A" * 12, look_alikes=True) == []
    longest = ["Z" * 12, "0" * 12, "2" + "Z" * 11, "?" + "Z" * 10 + "?"]
    index = index_of(longest)
    assert index.rows_like("Z" * 12, look_alikes=True) == [0, 2, 3]
    assert index.rows_like("O" * 12, look_alikes=False) == [1]
    assert (len(index), index.bytes_held <= 16 * len(longest) + 8) == (4, True)


def test_the_given_keys_are_left_alone() -> None:
    keys = np.array([pack_plate("B1"), 0, pack_plate("A1")], np.uint64)
    before = keys.copy()
    PlateIndex(keys, [("??A1", 1)])
    assert (keys == before).all()


@given(st.text(PLATE_CHARACTERS, min_size=1, max_size=12))
def test_a_number_is_positive_and_fits_a_signed_integer(plate: str) -> None:
    assert 0 < pack_plate(plate) < 2**63 - 1


def test_numbers_are_those_of_the_folded_texts_and_of_no_other() -> None:
    texts = ["".join(c) for n in (1, 2, 3) for c in product("0O1DZ?", repeat=n)]
    by_number: dict[int, set[str]] = {}
    for text in texts:
        by_number.setdefault(pack_plate(text), set()).add(fold_zero(text))
    assert all(len(folded) == 1 for folded in by_number.values())
    assert len(by_number) == len({fold_zero(text) for text in texts})
    assert pack_plate("Z" * MAX_PLATE_LENGTH) > pack_plate("Z" * (MAX_PLATE_LENGTH - 1))


@pytest.mark.parametrize("text", ["", "a1", "A 1", "A_1", "A" * 13, "Ä1", "\u0661"])
def test_what_is_no_plate_has_no_number(text: str) -> None:
    with pytest.raises(InputError, match="expected a normalised plate, found another text"):
        pack_plate(text)
