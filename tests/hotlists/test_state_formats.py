"""Every sampled list of an issuer against what must be loaded from it, and its format's traps."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fairplate.core.errors import HotListError
from fairplate.core.purposes import Purpose
from fairplate.core.vehicles import VehicleType
from fairplate.hotlists.batches import Batch, build_batch
from fairplate.hotlists.definition import check_definition
from fairplate.hotlists.entries import Entry
from fairplate.hotlists.files import read_batch_file
from fairplate.hotlists.formats import FORMATS, SUFFIXES
from fairplate.hotlists.options import ListOptions

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SAMPLES = Path(__file__).parents[3] / "shared" / "data" / "payloads" / "hotlists"
HEAD = """
name = "sample"
title = "Sample"
purposes = ["stolen-vehicle", "stolen-plate", "missing-or-endangered-person", "crime-investigation"]
no_plate = ["unknown", ""]
"""
BOTH = '[defaults]\npurpose = "stolen-vehicle"\nreference = "R"\n'
REPEATED = "expected the same plate, jurisdiction, purpose and reference once"
REFERENCE = '[defaults]\nreference = "R"\n'


@dataclass(frozen=True)
class Sample:
    """How a sample's list is defined, its notices, and the lines that refuse it."""

    definition: str
    notices: tuple[str, ...] = ()
    refused: tuple[int, ...] = ()


DEFINITIONS = {
    "ca_doj_sfr.tbl": Sample(
        'format = "ca-doj"\n' + BOTH,
        ("4: list: expected TOTAL RECORD 2, the number of records, found another number",),
    ),
    "ca_doj_svs.tbl": Sample('format = "ca-doj"\n' + BOTH),
    "ncic_fixed_width.txt": Sample(
        'format = "ncic"\n[meanings]\nV = "stolen-vehicle"\nP = "stolen-plate"',
        ("5: plate: expected a plate, found none: left out",),
    ),
    "ny_state.txt": Sample('format = "ny-state"\n' + BOTH),
    "tx_ncic.csv": Sample('format = "tx-ncic"\n' + BOTH.replace('reference = "R"\n', "")),
    "tx_tcic.csv": Sample('format = "tx-tcic"\n' + BOTH.replace('reference = "R"\n', "")),
    "fl_state_semicolon.txt": Sample(
        'format = "fl-state"\n[meanings]\n"STOLEN LICENSE PLATE" = "stolen-plate"'
    ),
    "il_leads.txt": Sample('format = "il-leads"\n[meanings]\nSTOLEN = "stolen-vehicle"'),
    "generic_bom_headers.csv": Sample(
        'format = "csv"\nstates_of = "us"\n[columns]\nState = "jurisdiction"\nReason = "purpose"\n'
        'Model = "ignore"\nColor = "colour"\nExpires = "valid_until"\nNotes = "ignore"\n'
        '[meanings]\nStolen = "stolen-vehicle"\nBOLO = "crime-investigation"\n'
        '[defaults]\nvehicle = "unknown"\nreference = "R"\njurisdiction = "unknown"\n',
        (
            f"6: row: {REPEATED}, found it again: line 2 counts",
            "7: plate: expected a plate, found a text that says there is none: left out",
            "8: plate: expected a plate, found a text that says there is none: left out",
        ),
        refused=(5,),
    ),
    "vigilant_clientportal.csv": Sample(
        'format = "csv"\nstates_of = "us"\n[columns]\n"Hot Plate" = "plate"\n'
        'State = "jurisdiction"\nAlert = "purpose"\n[meanings]\n'
        '"Stolen Vehicle" = "stolen-vehicle"\n"Felony Vehicle" = "crime-investigation"\n'
        '[defaults]\nvehicle = "unknown"\nreference = "R"\n'
    ),
    "axis_list_wildcards.csv": Sample(
        'format = "headerless-csv"\nheader = ["plate", "ignore"]\n'
        + BOTH
        + 'vehicle = "unknown"\njurisdiction = "unknown"\n',
        refused=(1, 2),
    ),
    "mi_state.txt": Sample(
        'format = "mi-state"\n[meanings]\nM = "missing-or-endangered-person"\nV = "stolen-vehicle"'
    ),
    "nj_mvc.txt": Sample('format = "nj-mvc"\n[meanings]\nS = "stolen-vehicle"\n' + REFERENCE),
    # No permitted purpose is an expired licence. This one only shows that the cells are right.
    "fl_dmv.csv": Sample(
        'format = "fl-dmv"\n[meanings]\n"expired driver licenses" = "crime-investigation"\n'
        + REFERENCE
    ),
}
PURPOSES = {
    "V": Purpose.STOLEN_VEHICLE, "S": Purpose.STOLEN_VEHICLE, "P": Purpose.STOLEN_PLATE,
    "M": Purpose.MISSING_OR_ENDANGERED_PERSON, "STOLEN": Purpose.STOLEN_VEHICLE,
    "Stolen": Purpose.STOLEN_VEHICLE, "STOLEN LICENSE PLATE": Purpose.STOLEN_PLATE,
    "BOLO": Purpose.CRIME_INVESTIGATION, "Stolen Vehicle": Purpose.STOLEN_VEHICLE,
    "Felony Vehicle": Purpose.CRIME_INVESTIGATION, None: Purpose.STOLEN_VEHICLE,
    "EXPIRED DRIVER LICENSES": Purpose.CRIME_INVESTIGATION,
}  # fmt: skip


def expected_lists() -> dict[str, list[dict[str, Any]]]:
    if not SAMPLES.is_dir():
        pytest.skip("the shared payload samples are not beside this checkout")
    told = json.loads((SAMPLES / "expected.json").read_text(encoding="utf-8"))
    return {sample["file"]: sample["entries"] for sample in told}


def load(path: Path, sample: Sample) -> tuple[list[Entry], list[str], bool]:
    definition = check_definition(HEAD + sample.definition, where="sample.toml")
    with read_batch_file(path, definition, now=NOW) as reader:
        entries = list(reader)
    told = [str(problem).removeprefix(f"{path.name}:") for problem in reader.problems]
    return entries, told, reader.refused


def test_every_sample_is_tried() -> None:
    assert set(expected_lists()) == set(DEFINITIONS)


@pytest.mark.parametrize("file", DEFINITIONS)
def test_a_sample_comes_to_what_must_be_loaded(tmp_path: Path, file: str) -> None:
    expected, sample = expected_lists()[file], DEFINITIONS[file]
    path = SAMPLES / file
    if sample.refused:
        entries, told, refused = load(path, sample)
        assert refused
        assert {int(t.split(":")[0]) for t in told if t not in sample.notices} == {*sample.refused}
        # All or nothing: without the lines that refuse it, the rest is what must be loaded.
        lines = path.read_bytes().split(b"\n")
        expected = [entry for entry in expected if "pattern" not in entry]
        kept = [line for n, line in enumerate(lines, start=1) if n not in sample.refused]
        path = tmp_path / file
        path.write_bytes(b"\n".join(kept))
        entries, told, refused = load(path, sample)
    else:
        entries, told, refused = load(path, sample)
        assert told == list(sample.notices)
    assert not refused
    assert [entry.plate for entry in entries] == [entry["plate"] for entry in expected]
    for entry, wanted in zip(entries, expected, strict=True):
        _require_same(entry, wanted)


def _require_same(entry: Entry, wanted: Mapping[str, Any]) -> None:
    state = wanted["state"]
    assert entry.jurisdiction == (None if state is None else f"us-{state.lower()}")
    assert entry.purpose is PURPOSES[wanted.get("type") or wanted.get("reason")]
    assert entry.colour == wanted.get("colour", "")
    day = wanted.get("date")
    assert entry.listed_on == (None if day is None else datetime.fromisoformat(f"{day}T00:00Z"))
    if "expires" in wanted:
        assert entry.valid_until is not None
        assert entry.valid_until.date().isoformat() == "2027-01-01"
    words = [wanted[key] for key in ("make", "model", "vehicle_year") if key in wanted]
    # A header mapping takes the make alone; Texas TCIC has a word between make and year.
    assert entry.make == wanted.get("make", "") or set(entry.make.split()) >= set(words)
    is_motorcycle = wanted.get("style") == "MC"
    assert entry.vehicle is (VehicleType.MOTORCYCLE if is_motorcycle else VehicleType.UNKNOWN)


def parse(format_name: str, text: str, **defaults: str) -> Batch:
    lines = io.StringIO(text, newline="")
    options = ListOptions(
        meanings={
            "v": Purpose.STOLEN_VEHICLE, "m": Purpose.MISSING_OR_ENDANGERED_PERSON,
            "stolen": Purpose.STOLEN_VEHICLE, "expired driver licenses": None,
        },
        defaults={"purpose": "stolen-vehicle", "reference": "R", **defaults},
    )  # fmt: skip
    table = FORMATS[format_name](lines, name="l")
    return build_batch("l", table, now=NOW, options=options)


NCIC = "V123456789LA057020020190509{plate:<10}{state}2009MC2009YAMACYLMCBLK"


def test_ncic_tells_number_and_office_as_the_reference() -> None:
    (entry,) = parse("ncic", NCIC.format(plate="AB123456", state="CA")).entries
    assert entry.reference == "V123456789 LA0570200"
    assert entry.vehicle is VehicleType.MOTORCYCLE


def test_a_missing_person_is_no_stolen_vehicle_and_an_unknown_type_refuses() -> None:
    text = "M" + NCIC.format(plate="AB1", state="MI")[1:] + "    MISSING PERSON NCIC"
    (entry,) = parse("mi-state", text).entries
    assert entry.purpose is Purpose.MISSING_OR_ENDANGERED_PERSON
    assert entry.reference == "M123456789 LA0570200 MISSING PERSON NCIC"
    batch = parse("mi-state", "X" + text[1:])
    assert [problem.field for problem in batch.problems] == ["purpose"]
    assert batch.refused


@pytest.mark.parametrize(
    ("state", "region"),
    [("CA", "us-ca"), ("0H", "us-oh"), ("N0", None), ("ON", "ca-on"), ("0N", "ca-on"), ("MX", "mx"),
     ("US", "us"), ("NB", None), ("ZZ", None), ("  ", None), ("PR", "us-pr"), ("DE", "us-de")],
)  # fmt: skip
def test_a_state_is_never_guessed(state: str, region: str | None) -> None:
    (entry,) = parse("ncic", NCIC.format(plate="AB1", state=state)).entries
    assert entry.jurisdiction == region


@pytest.mark.parametrize("state", ["1A", "A ", "C-", "Ö1"])
def test_what_is_no_code_of_a_state_refuses_the_list(state: str) -> None:
    (problem,) = parse("ncic", NCIC.format(plate="AB1", state=state)).problems
    assert problem.field == "jurisdiction"
    assert problem.refuses


def test_a_header_counts_only_on_the_first_line() -> None:
    record = NCIC.format(plate="AB1", state="CA")
    assert not parse("ncic", f"HEADER NCIC\n{record}").refused
    batch = parse("ncic", f"{record}\nHEADER NCIC\n")
    assert [(p.line, p.field) for p in batch.problems] == [(2, "row")]


@pytest.mark.parametrize(
    "text",
    ["AB1", NCIC.format(plate="AB1", state="CA").replace("20190509", "2019-05-"), "1" * 61],
)
def test_what_is_no_ncic_record_refuses_the_list(text: str) -> None:
    batch = parse("ncic", text)
    assert [problem.field for problem in batch.problems] == ["row"]
    assert batch.refused


@pytest.mark.parametrize("day", ["20190230", "20191301"])
def test_a_day_that_is_none_refuses_the_list(day: str) -> None:
    text = NCIC.format(plate="AB1", state="CA").replace("20190509", day)
    (problem,) = parse("ncic", text).problems
    assert str(problem).endswith("listed_on: expected an ISO 8601 date, or a date-time with a UTC "
                                 "offset, found no such date")  # fmt: skip


DOJ = "DATE07/02/2018 09:00\nABC123 CA0120180627\n12345678NV0120180627\n"


@pytest.mark.parametrize("end", ["TOTAL RECORD 0000002\n", "TOTAL RECORD 2"])
def test_the_total_of_california(end: str) -> None:
    batch = parse("ca-doj", DOJ + end)
    assert not batch.problems
    # The second plate fills its field: no blank stands before the state.
    assert [(e.plate, e.jurisdiction) for e in batch.entries] == [
        ("ABC123", "us-ca"), ("12345678", "us-nv"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("end", "found"),
    [
        ("", "no TOTAL RECORD line: the file may be cut off"),
        ("TOTAL RECORD 0000003", "another number"),
        ("TOTAL RECORD", "no TOTAL RECORD line: the file may be cut off"),
        ("TOTAL RECORD " + "9" * 5000, "another number"),
        ("TOTAL RECORD \uff12", "another number"),
    ],
)
def test_a_total_that_is_missing_or_another_is_told(end: str, found: str) -> None:
    batch = parse("ca-doj", DOJ + end)
    assert len(batch.entries) == 2
    assert [(p.field, p.found, p.refuses) for p in batch.problems] == [("list", found, False)]


def test_a_record_after_the_total_refuses_the_list() -> None:
    batch = parse("ca-doj", DOJ + "TOTAL RECORD 2\nABC124 CA0120180627")
    assert [(p.line, p.field) for p in batch.problems] == [(5, "row")]
    assert batch.refused


def test_texas_keys_a_zero_for_the_letter_but_plates_stay() -> None:
    (entry,) = parse(
        "tx-ncic", "C000000077,0H0000000,20200124,Z0Z0O08,0H,2021,2009,D0DG,300,4D,0RG"
    ).entries
    assert entry.plate == "Z0Z0O08"
    assert entry.jurisdiction == "us-oh"
    assert (entry.make, entry.colour) == ("DODG 300 2009", "ORG")
    assert entry.reference == "C000000077 0H0000000"


def test_illinois_has_two_digit_years_and_colours_with_a_slash() -> None:
    line = "600ZZZ  WIPCSTOLEN VYR/{} VMA/DODG VMO/MAG VST/MC VCO/RED/WHI DOT/{} LDS/X00X0"
    (entry,) = parse("il-leads", line.format("85", "123199")).entries
    assert entry.colour == "RED/WHI"
    assert entry.make == "DODG MAG 1985"
    assert entry.vehicle is VehicleType.MOTORCYCLE
    assert entry.listed_on == datetime(1999, 12, 31, tzinfo=UTC)
    assert entry.reference == "X00X0"
    batch = parse("il-leads", line.format("05", "31/12/99"))
    assert [problem.field for problem in batch.problems] == ["listed_on"]


def test_nothing_about_the_driver_is_loaded() -> None:
    text = "Z00ZZZ,FL,STOLEN - ,Z111,05/14/2018,SEX,RACE,HEIGHT,WEIGHT,2016,WHI,NISS,7/9/2020"
    (entry,) = parse("fl-dmv", text).entries
    for personal in ("Z111", "05/14", "SEX", "RACE", "HEIGHT", "WEIGHT", "7/9"):
        assert personal not in repr(entry)
    assert entry.purpose is Purpose.STOLEN_VEHICLE


def test_an_expired_licence_is_left_out_or_refused() -> None:
    text = "Z00ZZZ,FL,{} - ,Z111,,,,,,2016,WHI,NISS,"
    batch = parse("fl-dmv", text.format("EXPIRED DRIVER LICENSES"))
    assert batch.entries == ()
    assert not batch.refused
    assert parse("fl-dmv", text.format("EXPIRED TAG")).refused


@pytest.mark.parametrize("format_name", sorted(set(FORMATS) - set(SUFFIXES.values())))
@pytest.mark.parametrize("text", ["", "\n", " \r\n\n"])
def test_no_text_is_a_hot_list_error(format_name: str, text: str) -> None:
    with pytest.raises(HotListError, match=r"l:1: list: expected .*, found no text"):
        FORMATS[format_name](io.StringIO(text, newline=""), name="l")


@pytest.mark.parametrize("format_name", ["ca-doj", "ny-state", "nj-mvc", "tx-ncic", "fl-dmv"])
def test_what_a_format_does_not_give_must_have_a_default(format_name: str) -> None:
    table = FORMATS[format_name](io.StringIO("x"), name="l")
    batch = build_batch("l", table, now=NOW)
    assert batch.refused
    assert {problem.expected for problem in batch.problems} == {"a default for this column"}
