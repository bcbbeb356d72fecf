"""What text folds to which plate, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairplate.core.errors import InputError
from fairplate.core.plates import MAX_PLATE_LENGTH, PLATE_CHARACTERS, is_plate, normalise_plate


@pytest.mark.parametrize(
    ("text", "plate"),
    [
        ("abc123", "ABC123"),
        (" AB-12·CD ", "AB12CD"),
        ("B•MW 4711", "BMW4711"),
        ("AB\u00a012\u2009CD\u200b", "AB12CD"),
        ("\ufeffAB12", "AB12"),
        ("\uff21\uff22\uff11\uff12", "AB12"),  # full-width
        ("А123ВС77", "A123BC77"),  # noqa: RUF001 - Cyrillic twins are the point
        ("ΙΚΑ1234", "IKA1234"),  # noqa: RUF001 - Greek twins
        ("MÜ-LL 1", "MULL1"),
        ("weiß1", "WEISS1"),  # upper case of ß is SS
        ("'0042", "0042"),  # a spreadsheet's mark for text
        ("1", "1"),
        ("ABCDEFGHIJKL", "ABCDEFGHIJKL"),
    ],
)
def test_spellings_fold(text: str, plate: str) -> None:
    assert normalise_plate(text) == plate


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "none"),
        (" - ", "none"),
        ("ABCDEFGHIJKLM", "13"),
        ("AB12\U0001f697", "U+1F697 AUTOMOBILE"),
        ("=AB12", "U+003D EQUALS SIGN"),
        ("AB?12", "U+003F QUESTION MARK"),
        ("AB\n12", "U+000A no name"),
        ("Ж123", "U+0416 CYRILLIC CAPITAL LETTER ZHE"),
        ("京A12345", "U+4EAC CJK UNIFIED IDEOGRAPH-4EAC"),
    ],
)
def test_other_text_is_refused_without_quoting_it(text: str, found: str) -> None:
    with pytest.raises(InputError) as caught:
        normalise_plate(text, where="list.csv:7", field="plate")
    assert caught.value.found == found
    assert str(caught.value).startswith("list.csv:7: plate: expected 1 to 12 letters or digits")
    assert not text.strip(" -") or text not in str(caught.value)


def test_exactly_the_36_characters_are_plate_characters() -> None:
    assert {chr(c) for c in range(0x3000) if is_plate(chr(c))} == set(PLATE_CHARACTERS)
    assert len(PLATE_CHARACTERS) == 36
    assert not is_plate("")
    assert is_plate("A" * MAX_PLATE_LENGTH)
    assert not is_plate("A" * (MAX_PLATE_LENGTH + 1))


@given(st.text())
def test_any_text_is_a_plate_or_an_input_error(text: str) -> None:
    try:
        plate = normalise_plate(text)
    except InputError:
        return
    assert is_plate(plate)
    assert normalise_plate(plate) == plate


@given(st.text(PLATE_CHARACTERS, min_size=1, max_size=MAX_PLATE_LENGTH), st.sampled_from(" -.·"))
def test_separators_and_case_never_change_a_plate(plate: str, separator: str) -> None:
    assert normalise_plate(separator.join(plate.lower())) == plate
