from datetime import UTC, datetime, timedelta
from itertools import product
from string import ascii_lowercase, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairplate.core.errors import FairplateError, InputError
from fairplate.core.periods import PERIOD_LENGTHS, Period, period_at
from fairplate.vault.key_names import (
    LONGEST_CASE_LIFE,
    LONGEST_LIFE,
    CaseKeyName,
    HitsKeyName,
    KeyName,
    latest_end,
    parse_key_name,
    period_of,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = period_at(NOON, timedelta(days=1))

moments = st.datetimes(
    datetime(1971, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    datetime(9998, 12, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
periods = st.builds(period_at, moments, st.sampled_from(PERIOD_LENGTHS))
case_ids = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?", fullmatch=True)
key_names = periods | periods.map(HitsKeyName) | case_ids.map(CaseKeyName)


@pytest.mark.parametrize(
    ("name", "spelling"),
    [
        (DAY, "2026-11-23T00:00Z/P1D"),
        (HitsKeyName(DAY), "hits/2026-11-23T00:00Z/P1D"),
        (CaseKeyName("theft-2026-17"), "case/theft-2026-17"),
    ],
)
def test_the_spelling_never_changes(name: KeyName, spelling: str) -> None:
    assert str(name) == spelling
    assert parse_key_name(spelling, where="x") == name


@given(key_names, key_names)
def test_each_name_has_one_spelling_in_printable_ascii(one: KeyName, other: KeyName) -> None:
    assert parse_key_name(str(one), where="x") == one
    assert (str(one) == str(other)) is (one == other)
    assert str(one).isascii()
    assert str(one).isprintable()


@given(st.text(max_size=80) | key_names.map(str) | st.from_regex(r"(case|hits)/[a-z0-9T:Z/-]*"))
def test_what_parses_is_spelled_as_it_was(text: str) -> None:
    try:
        name = parse_key_name(text, where="x")
    except FairplateError as error:
        assert isinstance(error, InputError)  # noqa: PT017 - both ways are right
    else:
        assert str(name) == text


def test_case_ids_of_up_to_three_characters() -> None:
    for size in range(4):
        for characters in product("a9-A/.é\n", repeat=size):
            case_id = "".join(characters)
            right = (
                size > 0
                and set(case_id) <= {*ascii_lowercase, *digits, "-"}
                and "-" not in (case_id[0], case_id[-1])
            )
            if right:
                assert parse_key_name(f"case/{case_id}", where="x") == CaseKeyName(case_id)
                continue
            with pytest.raises(InputError, match="key: case id: expected a case id: 1 to 64 of"):
                CaseKeyName(case_id)
            with pytest.raises(InputError, match=r"^settings: key: expected a case id: 1 to 64 of"):
                parse_key_name(f"case/{case_id}", where="settings")


def test_a_case_id_has_at_most_64_characters_and_a_wrong_one_is_not_quoted() -> None:
    assert str(CaseKeyName("a" * 64)) == "case/" + "a" * 64
    for case_id in ("a" * 65, "ABC1234"):
        with pytest.raises(InputError) as told:
            parse_key_name(f"case/{case_id}", where="x")
        assert case_id not in str(told.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hits/",
        "case/",
        "case",
        "/",
        "hits/case/a",
        "case/hits/2026-11-23T00:00Z/P1D",
        "hits/hits/2026-11-23T00:00Z/P1D",
        "Hits/2026-11-23T00:00Z/P1D",
        "hits/2026-11-23T00:30Z/P1D",
        "hits/2026-11-23T00:00Z/P2D",
        " hits/2026-11-23T00:00Z/P1D",
        "2026-11-23T00:00Z/P1D\n",
        "other/2026-11-23T00:00Z/P1D",
    ],
)
def test_other_texts_are_refused_where_they_stand(text: str) -> None:
    with pytest.raises(InputError, match=r"^settings: key: expected "):
        parse_key_name(text, where="settings")


@given(periods)
def test_keys_of_a_period_live_by_its_start(period: Period) -> None:
    for name in (period, HitsKeyName(period)):
        assert period_of(name) == period
        for now in (NOON, period.end):
            assert latest_end(name, now) == period.start + LONGEST_LIFE


@given(case_ids)
def test_a_case_key_lives_by_when_it_is_made(case_id: str) -> None:
    name = CaseKeyName(case_id)
    assert period_of(name) is None
    assert latest_end(name, NOON) == NOON + LONGEST_CASE_LIFE


def test_the_longest_lives() -> None:
    assert timedelta(days=90) == LONGEST_LIFE
    assert timedelta(days=366) == LONGEST_CASE_LIFE
