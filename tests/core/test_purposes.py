"""The closed list of purposes is the promise: this file repeats it word by word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairplate.core.errors import InputError
from fairplate.core.purposes import Purpose, parse_purpose

PERMITTED = [
    "stolen-vehicle",
    "stolen-plate",
    "missing-or-endangered-person",
    "court-order",
    "crime-investigation",
    "site-access",
    "toll-or-parking",
    "subject-access",
    "test",
]


def test_the_list_is_exactly_the_promised_one() -> None:
    assert [purpose.value for purpose in Purpose] == PERMITTED


@pytest.mark.parametrize("word", PERMITTED)
def test_permitted_words_are_read(word: str) -> None:
    assert parse_purpose(word, where="x").value == word


@pytest.mark.parametrize(
    "word",
    [
        "immigration", "immigration-enforcement", "health-care", "religion", "protest", "speech",
        "Stolen-Vehicle", "stolen vehicle", "stolen-vehicle ", "STOLEN_VEHICLE", "",
    ],
)  # fmt: skip
def test_any_other_word_is_refused(word: str) -> None:
    with pytest.raises(InputError, match="list:3: purpose: expected one of stolen-vehicle"):
        parse_purpose(word, where="list:3")


@given(st.text())
def test_no_text_but_the_words_themselves_passes(text: str) -> None:
    try:
        assert parse_purpose(text, where="x").value == text
    except InputError:
        assert text not in PERMITTED
