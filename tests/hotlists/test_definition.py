"""What a list's definition may say: every key right, and every way to get one wrong."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairplate.core.errors import InputError
from fairplate.core.purposes import Purpose
from fairplate.hotlists.definition import KEYS, ListDefinition, check_definition

HEAD = """
name = "state-stolen"
title = "Stolen vehicles of the state"
format = "csv"
purposes = ["stolen-vehicle", "missing-or-endangered-person"]
"""
FULL = """
look_alikes = false
refresh = "12 hours"
folder = "/srv/drop/state"
most_entries = 1000000
call = "desk 555 0100"
states_of = "us"
no_plate = ["Unknown", "NO  PLATE", ""]
[columns]
"Hot Plate" = "plate"
Notes = "ignore"
[meanings]
"Stolen  Vehicle" = "stolen-vehicle"
EXPIRED = "skip"
[defaults]
jurisdiction = "us-ca"
vehicle = "unknown"
purpose = "stolen-vehicle"
reference = "sheriff's list"
"""


def test_every_key() -> None:
    assert check_definition(HEAD + FULL, where="l.toml") == ListDefinition(
        name="state-stolen",
        title="Stolen vehicles of the state",
        format="csv",
        purposes=(Purpose.STOLEN_VEHICLE, Purpose.MISSING_OR_ENDANGERED_PERSON),
        look_alikes=False,
        refresh=timedelta(hours=12),
        folder="/srv/drop/state",
        most_entries=1_000_000,
        call="desk 555 0100",
        states_of="us",
        no_plate=("unknown", "no plate", ""),
        columns={"hot plate": "plate", "notes": "ignore"},
        meanings={"stolen vehicle": Purpose.STOLEN_VEHICLE, "expired": None},
        defaults={
            "jurisdiction": "us-ca", "vehicle": "unknown", "purpose": "stolen-vehicle",
            "reference": "sheriff's list",
        },
    )  # fmt: skip


def test_what_need_not_be_said() -> None:
    definition = check_definition(HEAD, where="l.toml")
    assert definition.look_alikes
    assert definition.refresh is None
    assert definition.folder is None
    assert definition.most_entries == 2500
    options = definition.to_options()
    assert options.purposes == frozenset(definition.purposes)
    assert options.defaults == {}


def test_the_call_is_a_default_of_the_rows() -> None:
    options = check_definition(HEAD + FULL, where="l.toml").to_options()
    assert options.defaults["call"] == "desk 555 0100"
    options = check_definition(HEAD + '[defaults]\ncall = "x"', where="l").to_options()
    assert options.defaults == {"call": "x"}


def test_columns_by_position_are_for_csv_without_a_header() -> None:
    text = HEAD.replace('"csv"', '"headerless-csv"')
    definition = check_definition(text + 'header = [" Plate", "x"]', where="l")
    assert definition.header == ("plate", "x")
    with pytest.raises(InputError, match="l: header: expected the names of the 1 to 200 columns"):
        check_definition(text, where="l")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("colour = 1", "colour: expected one of the keys name, title, "),
        ("header = []", "header: expected no such key unless format is headerless-csv"),
        ("look_alikes = 1", "look_alikes: expected true or false, found a number"),
        ("refresh = '0 hours'", "refresh: expected `N minutes`, `N hours` or `N days`"),
        ("refresh = 'never'", "refresh: expected `N minutes`, `N hours` or `N days`, found 'ne"),
        ("refresh = 12", "refresh: expected `N minutes`, `N hours` or `N days`, found a number"),
        ("folder = 'drop'", "folder: expected an absolute path, found 'drop'"),
        ("folder = '/a/../etc'", "folder: expected the path of a folder, without .."),
        ("folder = '/'", "folder: expected the path of a folder"),
        ('folder = "/a\\u0000"', "folder: expected an absolute path"),
        ("most_entries = 5000", "most_entries: expected no such key without folder"),
        ("folder = '/a'\nmost_entries = 5000001", "expected a whole number from 1 to 5000000"),
        ("folder = '/a'\nmost_entries = 0", "expected a whole number from 1 to 5000000"),
        ("folder = '/a'\nmost_entries = true", "found true"),
        ("call = ''", "call: expected a line of 1 to 200 printable characters"),
        ("call = 'a'\n[defaults]\ncall = 'b'", "defaults.call: expected the call once"),
        ("states_of = 'de'", "states_of: expected one of au, ca, us, found 'de'"),
        ("no_plate = 'x'", "no_plate: expected a list of texts"),
        (f"no_plate = {['x'] * 501}", "no_plate: expected at most 500 texts, found 501"),
        ("columns = 1", "columns: expected a table of texts"),
        ("[columns]\nA = 'colur'", "columns.A: expected one of plate, "),
        ("[columns]\nA = 'plate'\n'a ' = 'make'", "columns.'a ': expected the column once"),
        ("[columns]\nA = 1", "columns.A: expected a text, found a number"),
        ("[meanings]\nA = 'immigration'", "meanings.A: expected one of stolen-vehicle, "),
        ("[meanings]\nA = 'test'", "meanings.A: expected skip, or a purpose that stands under"),
        ("[meanings]\nA = 'skip'\na = 'skip'", "meanings.a: expected the text once"),
        ("[defaults]\nmake = 'Ford'", "defaults.make: expected one of jurisdiction, "),
        ("[defaults]\njurisdiction = 'California'", "defaults.jurisdiction: expected a code such"),
        ("[defaults]\nvehicle = 'tank'", "defaults.vehicle: expected one of car"),
        ("[defaults]\npurpose = 'test'", "defaults.purpose: expected a purpose that stands under"),
        ("[defaults]\npurpose = 'spying'", "defaults.purpose: expected one of stolen-vehicle"),
        ("[defaults]\nreference = ''", "defaults.reference: expected a reference, found nothing"),
        ("[defaults]\ncall = '=1'", "defaults.call: expected a text, found a formula"),
        ("a = ", "file: expected TOML, found other text"),
        ("a = " + "[" * 5000, "file: expected TOML"),
        ("a = " + "9" * 5000, "file: expected TOML, found no TOML"),
        ("# " + "x" * 1_000_000, "file: expected at most 1000000 characters"),
    ],
)
def test_every_wrong_key_is_named(line: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        check_definition(HEAD + line, where="l.toml")
    assert str(caught.value).startswith("l.toml: ")
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"state-stolen"', '"State"', "name: expected 1 to 64 of a-z, 0-9 and inner hyphens"),
        ('"state-stolen"', '"-a"', "name: expected 1 to 64"),
        ('"state-stolen"', '"123"', "name: expected 1 to 64"),
        ('"state-stolen"', f'"{"a" * 65}"', "name: expected 1 to 64"),
        ('"Stolen vehicles of the state"', '"a\\nb"', "title: expected a line of 1 to 100 print"),
        ('"Stolen vehicles of the state"', f'"{"a" * 101}"', "title: expected a line of 1 to 100"),
        ('format = "csv"', "", "format: expected one of ca-doj, csv, "),
        ('"csv"', '"xlsx"', "found 'xlsx'"),
        ('"stolen-vehicle"', '"immigration"', "purposes: expected one of stolen-vehicle, "),
        ('"stolen-vehicle", "missing-or-endangered-person"', "", "at least one purpose"),
        ('"stolen-vehicle"', '"missing-or-endangered-person"', "purposes: expected each purpose "),
    ],
)
def test_every_wrong_head_is_named(old: str, new: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        check_definition(HEAD.replace(old, new), where="l.toml")
    assert message in str(caught.value)


VALUES = st.recursive(
    st.sampled_from(["''", "'csv'", "'plate'", "'test'", "1", "true", "1.5", "2026-01-01", "'/a'"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda v: f"[{', '.join(v)}]"),
        st.lists(inner, max_size=1).map(lambda v: f"{{{', '.join('a = ' + x for x in v)}}}"),
    ),
    max_leaves=5,
)
LINES = st.lists(st.tuples(st.sampled_from(KEYS), VALUES).map(" = ".join), max_size=4)


@given(text=st.one_of(st.text(), LINES.map("\n".join), LINES.map(lambda v: HEAD + "\n".join(v))))
@settings(max_examples=400, deadline=None)
def test_any_text_is_a_definition_or_an_input_error(text: str) -> None:
    try:
        check_definition(text, where="l")
    except InputError as error:
        told = str(error)
    else:
        told = "l: fine"
    assert len(told.splitlines()) == 1
    told.encode()
