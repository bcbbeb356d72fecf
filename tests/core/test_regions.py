"""Which jurisdictions exclude each other: the whole matrix, against a plain statement of it."""

import itertools

import pytest

from fairplate.core.errors import InputError
from fairplate.core.regions import (
    EUROPEAN_COUNTRIES,
    REGIONS,
    parse_region,
    region_covers,
    regions_contradict,
)


@pytest.mark.parametrize(
    ("text", "code"), [("us", "us"), ("US-CA", "us-ca"), (" de ", "de"), ("us_ny", "us-ny")]
)
def test_codes_are_read_in_any_case(text: str, code: str) -> None:
    assert parse_region(text, where="x") == code


@pytest.mark.parametrize("text", ["", "california", "us-zz", "zz", "eu-de", "us ca", "🇩🇪"])
def test_other_words_are_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"list:2: jurisdiction: expected a code such as us"):
        parse_region(text, where="list:2", field="jurisdiction")


def _country(code: str) -> str:
    return code.split("-", maxsplit=1)[0]


def test_contradiction_is_symmetrical_and_as_stated_for_every_pair() -> None:
    for one, other in itertools.product(sorted(REGIONS), repeat=2):
        if "eu" in {one, other}:
            rest = other if one == "eu" else one
            agrees = rest == "eu" or _country(rest) in EUROPEAN_COUNTRIES
        else:
            either_is_whole = "-" not in one or "-" not in other
            agrees = one == other or (_country(one) == _country(other) and either_is_whole)
        assert regions_contradict(one, other) is not agrees, (one, other)
        assert regions_contradict(other, one) is not agrees, (one, other)


@pytest.mark.parametrize("code", [None, "us-ca", "eu"])
def test_unknown_contradicts_nothing(code: str | None) -> None:
    assert not regions_contradict(None, code)
    assert not regions_contradict(code, None)


def test_covering_goes_one_way() -> None:
    assert region_covers("us", "us-ca")
    assert not region_covers("us-ca", "us")
    assert region_covers("eu", "de")
    assert not region_covers("de", "eu")
    assert not region_covers("u", "us")
