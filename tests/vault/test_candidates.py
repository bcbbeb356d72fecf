"""Patterns and what they stand for, held against the hot lists' own rule of what fits."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairplate.core.errors import InputError
from fairplate.core.plates import MAX_PLATE_LENGTH, PLATE_CHARACTERS, is_plate
from fairplate.hotlists.confusions import characters_like
from fairplate.hotlists.match import fits
from fairplate.vault.candidates import (
    FEWEST_KNOWN,
    MAX_CANDIDATES,
    MOST_UNKNOWN,
    Candidates,
    expand_plate,
    parse_pattern,
)

plates = st.text(PLATE_CHARACTERS, min_size=1, max_size=MAX_PLATE_LENGTH)


@st.composite
def patterns(draw: st.DrawFn) -> str:
    """Patterns that are allowed, rich in what looks alike."""
    known = draw(st.lists(st.sampled_from("O0D1I8BAX"), min_size=FEWEST_KNOWN, max_size=8))
    for _ in range(draw(st.integers(0, MOST_UNKNOWN))):
        known.insert(draw(st.integers(0, len(known))), "?")
    return "".join(known)


def fillings(pattern: str) -> list[str]:
    """The pattern with every character at every unknown place, by counting upwards."""
    if "?" not in pattern:
        return [pattern]
    return [filled for c in PLATE_CHARACTERS for filled in fillings(pattern.replace("?", c, 1))]


# --- parsing -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("abc123", "ABC123"),
        ("ab-c 1?3", "ABC1?3"),
        ("?ABC", "?ABC"),
        ("A?B?C", "A?B?C"),
        ("ABC ??", "ABC??"),
        ("? - ABC", "?ABC"),
        ("M\u00dc?LL", "MU?LL"),
        ("A", "A"),  # short, but nothing about it is unknown
        ("ABCDEFGHIJ??", "ABCDEFGHIJ??"),
        ("ABCDEFGHIJKL", "ABCDEFGHIJKL"),
    ],
)
def test_patterns_are_normalised_like_plates(text: str, pattern: str) -> None:
    assert parse_pattern(text) == pattern
    assert parse_pattern(pattern) == pattern


@pytest.mark.parametrize(
    "text",
    [
        "",
        " - ",
        "?",
        "??",
        "? ?",
        "AB?",  # two known characters are a sweep: every third plate of a district has them
        "A?",
        "?A?B",
        "A???BC",
        "ABC???",
        "ABC12*",
        "ABC12%",
        "ABC12\uff1f",  # a full-width question mark
        "ABC[12]",
        "ABCDEFGHIJK??",
        "ABCDEFGHIJKLM",
        "XKQZ7\U0001f697",
    ],
    ids=ascii,
)
def test_sweeps_and_what_is_no_plate_are_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_pattern(text, where="case 7", field_name="plates")
    assert (caught.value.where, caught.value.field) == ("case 7", "plates")
    with pytest.raises(InputError):
        expand_plate(text)


@settings(max_examples=200)
@given(st.text(PLATE_CHARACTERS + "?*- \u00dc\u0416", max_size=16))
def test_any_text_is_a_pattern_or_refused_without_being_quoted(text: str) -> None:
    try:
        pattern = parse_pattern(text)
    except InputError as error:
        pattern, message = None, str(error)
    if pattern is None:
        # Words of the message may hold short texts by chance.
        long = [part for part in text.replace("?", " ").split() if len(part) > 5]
        assert not any(part in message for part in long)
        return
    known = pattern.replace("?", "")
    assert is_plate(known)
    assert pattern.count("?") == text.count("?") <= MOST_UNKNOWN
    assert len(pattern) <= MAX_PLATE_LENGTH
    assert len(known) >= FEWEST_KNOWN or "?" not in pattern


@pytest.mark.parametrize("text", ["abc123", "ABC-123", "ABC 1?3"])
def test_only_a_parsed_pattern_is_expanded(text: str) -> None:
    with pytest.raises(InputError):
        expand_plate(text)


# --- expanding -----------------------------------------------------------------------------------


def test_every_pattern_of_five_places_is_filled_exactly() -> None:
    letters = "AB012"
    for places in product("0?", repeat=5):
        pattern = "".join("?" if place == "?" else letters[at] for at, place in enumerate(places))
        if pattern.count("?") > MOST_UNKNOWN:
            with pytest.raises(InputError):
                expand_plate(pattern)
            continue
        found = expand_plate(pattern)
        assert found.plates == tuple(fillings(pattern))
        assert len(set(found.plates)) == len(found.plates) == 36 ** pattern.count("?")
        assert found.complete


def test_all_short_plates_have_the_look_alikes_that_fit() -> None:
    spaces = {1: PLATE_CHARACTERS, 2: "O0D1I7A8", 3: "O0D"}
    for length, letters in spaces.items():
        others = PLATE_CHARACTERS if length < 3 else "O0DQ18BAX"
        readings = ["".join(chars) for chars in product(others, repeat=length)]
        for plate in ("".join(chars) for chars in product(letters, repeat=length)):
            found = expand_plate(plate, look_alikes=characters_like)
            assert found.complete
            assert found.plates[0] == plate
            assert len(set(found.plates)) == len(found.plates)
            fitting = {reading for reading in readings if fits(reading, plate)}
            assert fitting == {one for one in found.plates if set(one) <= set(others)}


@settings(max_examples=60, deadline=None)
@given(patterns())
def test_candidates_are_the_fillings_and_then_what_fits_one(pattern: str) -> None:
    found = expand_plate(pattern, look_alikes=characters_like)
    exact = fillings(pattern)
    assert found.plates[: len(exact)] == tuple(exact)
    assert len(set(found.plates)) == len(found.plates) <= MAX_CANDIDATES
    known = [at for at, char in enumerate(pattern) if char != "?"]
    for plate in found.plates[len(exact) :: 7]:
        # Any character may stand at an unknown place: only the known ones have to fit.
        read, wanted = ("".join(text[at] for at in known) for text in (plate, pattern))
        assert is_plate(plate)
        assert fits(read, wanted)


@settings(max_examples=60, deadline=None)
@given(patterns(), st.data())
def test_a_complete_answer_leaves_no_look_alike_out(pattern: str, data: st.DataObject) -> None:
    found = expand_plate(pattern, look_alikes=characters_like)
    filling = data.draw(st.sampled_from(fillings(pattern)))
    at = data.draw(st.integers(0, len(filling) - 1))
    like = data.draw(st.sampled_from([filling[at], *characters_like(filling[at])]))
    swapped = f"{filling[:at]}{like}{filling[at + 1 :]}"
    folded = "".join(data.draw(st.sampled_from("O0")) if char in "O0" else char for char in filling)
    if found.complete:
        assert {swapped, folded} <= set(found.plates)
    else:
        assert len(found.plates) == MAX_CANDIDATES
        assert filling in found.plates


def test_what_does_not_fit_in_is_said() -> None:
    one_unknown = expand_plate("ABC12?", look_alikes=characters_like)
    assert one_unknown.complete
    assert len(one_unknown.plates) < MAX_CANDIDATES
    two_unknown = expand_plate("ABC1??", look_alikes=characters_like)
    assert not two_unknown.complete
    assert len(two_unknown.plates) == MAX_CANDIDATES
    assert expand_plate("ABC1??").complete
    assert len(expand_plate("O" * 11, look_alikes=characters_like).plates) == MAX_CANDIDATES


def test_the_limit_is_where_it_is_said_to_be() -> None:
    alike = {"B": PLATE_CHARACTERS[:11] + PLATE_CHARACTERS[12:28]}
    assert len(alike["B"]) == 27
    below = expand_plate("BBC?", look_alikes=lambda char: alike.get(char, ""))
    assert (len(below.plates), below.complete) == (36 * 55, True)
    alike["C"] = "Z"
    above = expand_plate("BBC?", look_alikes=lambda char: alike.get(char, ""))
    assert (len(above.plates), above.complete) == (MAX_CANDIDATES, False)
    assert MAX_CANDIDATES == 2000 < 36 * 56


@given(plates)
def test_a_plate_without_look_alikes_is_itself(plate: str) -> None:
    assert expand_plate(plate) == Candidates((plate,), complete=True)


def test_candidates_do_not_show_in_a_log() -> None:
    assert "ABC" not in repr(expand_plate("ABC123"))
