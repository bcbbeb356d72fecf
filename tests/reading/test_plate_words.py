import pytest

from fairplate.core.regions import REGIONS
from fairplate.reading import plate_words
from fairplate.reading.plate_words import is_word, region_named

STATES = {
    "ALABAMA": "us-al",
    "CALIFORNIA": "us-ca",
    "IOWA": "us-ia",
    "NEWYORK": "us-ny",
    "NORTHCAROLINA": "us-nc",
    "SOUTHCAROLINA": "us-sc",
    "TEXAS": "us-tx",
    "VIRGINIA": "us-va",
    "WESTVIRGINIA": "us-wv",
    "WASHINGTON": "us-wa",
    "WASHINGTONDC": "us-dc",
    "BRASIL": "br",
    "ONTARIO": "ca-on",
}


@pytest.mark.parametrize(("word", "region"), STATES.items())
def test_a_states_name_is_a_word_and_names_its_region(word: str, region: str) -> None:
    assert is_word(word)
    assert region_named(word) == region


@pytest.mark.parametrize(
    ("word", "region"),
    [("EMPIRESTATE", "us-ny"), ("LIVEFREEORDIE", "us-nh"), ("YOURSTODISCOVER", "ca-on")],
)
def test_a_slogan_names_its_region(word: str, region: str) -> None:
    assert is_word(word)
    assert region_named(word) == region


@pytest.mark.parametrize("word", ["FORD", "VOLKSWAGEN", "TAXI", "POLICE", "DEALER", "STOP"])
def test_makers_dealers_and_signs_are_words_of_no_region(word: str) -> None:
    assert is_word(word)
    assert region_named(word) is None


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("CALIFORNA", "us-ca"),  # one letter missing
        ("CALIF0RNIA", "us-ca"),  # one that looks alike
        ("CALIFORMIA", "us-ca"),  # one wrong
        ("CALIFORNIAA", "us-ca"),  # one too many
        ("ALIFORNIA", "us-ca"),
        ("PENSYLVANIA", "us-pa"),
    ],
)
def test_a_long_word_with_one_wrong_letter_is_that_word(text: str, region: str) -> None:
    assert is_word(text)
    assert region_named(text) == region


def test_zeros_and_ones_in_a_word_are_letters() -> None:
    assert is_word("F0RD")
    assert is_word("F1AT")
    assert region_named("0H10") == "us-oh"


@pytest.mark.parametrize("text", ["CALFORNA", "CALIFXXNIA", "KALIFORNIEN"])
def test_two_wrong_letters_are_too_many(text: str) -> None:
    assert not is_word(text)
    assert region_named(text) is None


@pytest.mark.parametrize("text", ["FORT", "FOR", "TEXA", "TEXAN", "IOWB", "KIAS"])
def test_a_short_word_must_be_exact(text: str) -> None:
    assert not is_word(text)
    assert region_named(text) is None


@pytest.mark.parametrize(
    "text", ["", "KDR4827", "MFP1038", "GZ614T", "LB21FKP", "7ABC123", "GWAGEN", "M5XSX", "1"]
)
def test_plates_are_no_words(text: str) -> None:
    assert not is_word(text)
    assert region_named(text) is None


def test_a_slogan_with_digits_is_a_word() -> None:
    assert is_word("10000LAKES")
    assert region_named("10000LAKES") == "us-mn"


@pytest.mark.parametrize(("word", "region"), plate_words._WORDS.items())
def test_every_listed_word_names_a_region_that_exists(word: str, region: str) -> None:
    assert region in REGIONS
    assert word.isalnum()
    if word.isalpha():
        assert region_named(word) == region


@pytest.mark.parametrize("plate", ["SATUR9", "NISS4N", "ESCAP3", "LEGEND5"])
def test_a_digit_that_is_no_misread_letter_makes_a_plate_of_a_word(plate: str) -> None:
    assert not is_word(plate)
