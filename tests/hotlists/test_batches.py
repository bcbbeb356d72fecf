"""Which rows become entries: all or nothing, every bad field told, no plate in any message."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from fairplate.core.errors import HotListError, InputError
from fairplate.core.plates import normalise_plate
from fairplate.core.purposes import Purpose
from fairplate.core.vehicles import VehicleType
from fairplate.hotlists.batches import (
    MAX_BAD_ROWS,
    MAX_ENTRIES,
    MAX_PROBLEMS,
    Batch,
    BatchReader,
    build_batch,
    read_entries,
)
from fairplate.hotlists.entries import Entry, Problem
from fairplate.hotlists.fields import read_plate
from fairplate.hotlists.options import ListOptions
from fairplate.hotlists.rows import COLUMNS, REQUIRED_COLUMNS, Row, Table

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
GOOD = {
    "plate": "AB-123",
    "jurisdiction": "us-ca",
    "vehicle": "car",
    "purpose": "stolen-vehicle",
    "reference": "R 1",
}


def cells_of(**cells: str) -> list[str]:
    return [{**GOOD, **cells}.get(column, "") for column in COLUMNS]


def batch_of(*rows: dict[str, str], now: datetime = NOW) -> Batch:
    numbered = [Row(line, cells_of(**row)) for line, row in enumerate(rows, start=2)]
    return build_batch("l.csv", Table(numbered, COLUMNS), now=now)


def entry_of(**cells: str) -> Entry:
    batch = batch_of(cells)
    assert not batch.problems
    return batch.entries[0]


def problem_of(**cells: str) -> str:
    batch = batch_of(cells)
    assert batch.refused
    assert batch.entries == ()
    (problem,) = batch.problems
    return str(problem)


def test_a_full_row_becomes_an_entry() -> None:
    entry = entry_of(
        call=" desk  5 ", make="Ford", colour="blue", valid_from="2026-01-01",
        valid_until="2026-12-31T10:00:00+02:00",
    )  # fmt: skip
    assert entry == Entry(
        plate="AB123",
        jurisdiction="us-ca",
        vehicle=VehicleType.CAR,
        purpose=Purpose.STOLEN_VEHICLE,
        reference="R 1",
        call="desk 5",
        valid_from=datetime(2026, 1, 1, tzinfo=UTC),
        valid_until=datetime(2026, 12, 31, 8, tzinfo=UTC),
        make="Ford",
        colour="blue",
        source="l.csv",
        line=2,
    )


@pytest.mark.parametrize("word", ["unknown", " Unknown ", "UNKNOWN"])
def test_jurisdiction_and_vehicle_may_say_unknown(word: str) -> None:
    entry = entry_of(jurisdiction=word, vehicle=word)
    assert entry.jurisdiction is None
    assert entry.vehicle is VehicleType.UNKNOWN


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("reference", ["", "  ", "\t\n"])
def test_no_purpose_goes_without_a_reference(purpose: Purpose, reference: str) -> None:
    assert problem_of(purpose=purpose, reference=reference).endswith("found nothing")
    assert entry_of(purpose=purpose).purpose is purpose


def test_a_crime_investigation_asks_for_its_case_number() -> None:
    text = problem_of(purpose="crime-investigation", reference="")
    assert text == "l.csv:2: reference: expected a case number, found nothing"


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"plate": "=1+1"}, "plate: expected 1 to 12 letters or digits, found U+003D EQUALS SIGN"),
        ({"plate": "@SUM(A1)"}, "found U+0040 COMMERCIAL AT"),
        ({"plate": "A?B?1?"}, "may be unknown (?) and at least 3 must be known, found 3 unknown"),
        ({"plate": "A?B?"}, "at least 3 must be known, found 2 known and 2 unknown"),
        ({"plate": "ABC123DEF45??"}, "found 11 known and 2 unknown"),
        ({"plate": "??"}, "at least 3 must be known, found none"),
        ({"plate": "AB1?%"}, "at least 3 must be known, found U+0025 PERCENT SIGN"),
        ({"plate": "AB*"}, "found the wildcard *"),
        ({"plate": ""}, "plate: expected 1 to 12 letters or digits, found none"),
        ({"plate": "no plate"}, "plate: expected a plate, found a placeholder word"),
        ({"plate": "unknown"}, "found a placeholder word"),
        ({"plate": "A" * 201}, "plate: expected at most 200 characters, found 201"),
        ({"jurisdiction": ""}, "or unknown, found nothing"),
        ({"jurisdiction": "California"}, "or unknown, found 'California'"),
        ({"vehicle": ""}, "vehicle: expected one of car, "),
        ({"vehicle": "hovercraft"}, "found 'hovercraft'"),
        ({"purpose": "immigration"}, "found 'immigration'"),
        ({"purpose": "Stolen-Vehicle"}, "found 'Stolen-Vehicle'"),
        ({"purpose": ""}, "purpose: expected one of stolen-vehicle, "),
        ({"call": "x" * 201}, "call: expected at most 200 characters, found 201"),
        ({"make": "\x1b[31mFord"}, "make: expected printable characters, found U+001B"),
        ({"colour": "blue\u202e"}, "colour: expected printable characters, found U+202E"),
        ({"reference": "=cmd|' /C calc'!A0"}, "reference: expected a text, found a formula"),
        ({"call": "@SUM(A1)"}, "call: expected a text, found a formula"),
        ({"listed_on": "yesterday"}, "listed_on: expected an ISO 8601 date"),
        ({"reference": "\ud800"}, "reference: expected printable characters, found U+D800"),
        ({"valid_from": "31/12/2026"}, "found a text like '##/##/####'"),
        ({"valid_from": "2026-13-01"}, "found no such date"),
        ({"valid_from": "2026-02-30"}, "found no such date"),
        ({"valid_until": "2026-12-31T10:00"}, "found a time without an offset"),
        ({"valid_until": "2026-12-31 10:00:00"}, "found a time without an offset"),
        ({"valid_until": "2026-12-31T25:00Z"}, "found no such date"),
        ({"valid_until": "0001-01-01T00:00+14:00"}, "found no such date"),
        ({"valid_until": "2026-W05-1"}, "valid_until: expected an ISO 8601 date"),
        ({"valid_until": "٢٠٢٦-١٢-٣١"}, "valid_until: expected an ISO 8601 date"),
        (
            {"valid_from": "2026-12-02", "valid_until": "2026-12-01"},
            "valid_until: expected a time after valid_from",
        ),
        (
            {"valid_from": "2026-12-02T00:00Z", "valid_until": "2026-12-01"},
            "valid_until: expected a time after valid_from",
        ),
    ],
)
def test_bad_cells_refuse_the_batch(cells: dict[str, str], message: str) -> None:
    text = problem_of(**cells)
    assert text.startswith("l.csv:2: ")
    assert message in text
    assert "\n" not in text


def test_every_bad_field_of_every_bad_row_is_told() -> None:
    batch = batch_of({}, {"plate": "*", "purpose": "spying-on-people"}, {"vehicle": ""}, {})
    told = [(problem.line, problem.field) for problem in batch.problems if problem.refuses]
    assert told == [(3, "plate"), (3, "purpose"), (4, "vehicle")]
    assert batch.refused
    assert batch.entries == ()


@pytest.mark.parametrize("field", ["jurisdiction", "vehicle", "purpose", "valid_from"])
@pytest.mark.parametrize("plate", ["AB1234", "GRUMPY", "1234567", "12-34-56"])
def test_a_plate_in_a_shifted_column_is_not_quoted(field: str, plate: str) -> None:
    batch = batch_of({"plate": "us-ny", field: plate})
    assert batch.refused
    assert not any(plate in str(problem) for problem in batch.problems)


def test_dates_without_a_time_are_whole_days_in_utc() -> None:
    entry = entry_of(valid_from="2026-12-31", valid_until="2026-12-31")
    assert entry.valid_from == datetime(2026, 12, 31, tzinfo=UTC)
    assert entry.valid_until == datetime(2027, 1, 1, tzinfo=UTC)


def test_the_last_day_there_is_means_for_ever() -> None:
    assert entry_of(valid_until="9999-12-31").valid_until == datetime.max.replace(tzinfo=UTC)


def test_an_expired_entry_is_left_out_with_a_notice() -> None:
    batch = batch_of({"valid_until": "2026-05-31"}, {"plate": "XY1"})
    assert not batch.refused
    assert [entry.plate for entry in batch.entries] == ["XY1"]
    (notice,) = batch.problems
    assert not notice.refuses
    assert str(notice) == (
        "l.csv:2: valid_until: expected a time after 2026-06-01T12:00+00:00, "
        "found 2026-06-01T00:00+00:00: expired, left out"
    )


def test_an_entry_is_in_force_until_just_before_its_end() -> None:
    row = {"valid_until": "2026-06-01T12:00Z"}
    assert batch_of(row, now=NOW - timedelta(seconds=1)).entries
    assert not batch_of(row, now=NOW).entries


def test_an_entry_that_begins_later_is_kept() -> None:
    batch = batch_of({"valid_from": "2027-01-01"})
    assert not batch.problems
    assert batch.entries[0].is_yet_to_begin(NOW)
    assert not batch.entries[0].is_yet_to_begin(datetime(2027, 1, 1, tzinfo=UTC))


def test_a_repeated_row_counts_once() -> None:
    batch = batch_of({}, {"plate": "XY1"}, {"plate": "ab 123", "make": "other"})
    assert [entry.line for entry in batch.entries] == [2, 3]
    assert str(batch.problems[0]) == (
        "l.csv:4: row: expected the same plate, jurisdiction, purpose and reference once, "
        "found it again: line 2 counts"
    )
    assert not batch.refused


@pytest.mark.parametrize(
    "change", [{"jurisdiction": "us-ny"}, {"purpose": "test"}, {"reference": "R 2"}]
)
def test_the_same_plate_for_another_reason_is_no_repetition(change: dict[str, str]) -> None:
    batch = batch_of({}, change)
    assert len(batch.entries) == 2
    assert not batch.problems


def test_an_expired_row_does_not_hide_its_renewal() -> None:
    batch = batch_of({"valid_until": "2026-01-01"}, {"valid_until": "2027-01-01"})
    assert [entry.line for entry in batch.entries] == [3]


def test_more_rows_than_a_file_may_have() -> None:
    rows = [{"reference": f"R {number}"} for number in range(MAX_ENTRIES + 1)]
    batch = batch_of(*rows)
    assert [str(p) for p in batch.problems] == [
        f"l.csv:{MAX_ENTRIES + 2}: list: expected at most 2500 entries, found more"
    ]
    assert len(batch_of(*rows[:-1]).entries) == MAX_ENTRIES


def reader_of(count: int, *, most: int = 100_000, **cells: str) -> BatchReader:
    """Return the reader of as many rows; `{}` in a cell is the row's number."""
    rows = (
        Row(n + 2, [cell.format(n) for cell in cells_of(**{"reference": "R {}", **cells})])
        for n in range(count)
    )
    return read_entries("l.csv", Table(rows, COLUMNS), now=NOW, most=most)


def test_a_source_may_have_more_rows_and_they_come_one_by_one() -> None:
    reader = reader_of(MAX_ENTRIES + 1)
    assert reader.refused  # until the last row is read
    assert next(iter(reader)).line == 2
    assert reader.rows == 1
    assert sum(1 for _ in reader) == MAX_ENTRIES
    assert (reader.rows, reader.bad_rows, reader.left_out) == (MAX_ENTRIES + 1, 0, 0)
    assert not reader.refused
    assert reader.problems == []
    assert list(reader) == []


def test_reading_stops_when_a_list_has_too_many_bad_rows() -> None:
    reader = reader_of(100_000, plate="=1+{}")
    assert list(reader) == []
    assert reader.refused
    assert reader.bad_rows == MAX_BAD_ROWS
    assert reader.rows == MAX_BAD_ROWS + 1
    assert len(reader.problems) == MAX_PROBLEMS + 1
    assert reader.untold == MAX_BAD_ROWS - MAX_PROBLEMS
    assert str(reader.problems[-1]) == (
        "l.csv:10002: list: expected fewer than 10000 bad rows, found more: the rest was not read"
    )


def test_notices_do_not_crowd_out_why_a_batch_is_refused() -> None:
    rows = [Row(n, cells_of(valid_until="2020-01-01")) for n in range(2, 3000)]
    rows.append(Row(3000, cells_of(vehicle="hovercraft")))
    reader = read_entries("l.csv", Table(rows, COLUMNS), now=NOW, most=5000)
    assert list(reader) == []
    assert reader.refused
    assert reader.problems[-1].line == 3000
    assert len(reader.problems) == 501
    assert (reader.left_out, reader.bad_rows, reader.untold) == (2998, 1, 2498)


def test_no_entry_comes_after_a_bad_row() -> None:
    rows = [
        Row(line, cells_of(plate=plate)) for line, plate in enumerate(["A1", "*", "A3"], start=2)
    ]
    assert [e.plate for e in read_entries("l.csv", Table(rows, COLUMNS), now=NOW)] == ["A1"]


def test_a_reader_whose_rows_break_off_is_refused() -> None:
    def rows() -> Iterator[Row]:
        yield Row(2, cells_of())
        raise HotListError("l.csv:3", "row", expected="a row", found="another")

    reader = read_entries("l.csv", Table(rows(), COLUMNS), now=NOW)
    with pytest.raises(HotListError):
        list(reader)
    assert reader.refused


def test_a_problem_about_the_list_as_a_whole_is_no_row() -> None:
    notice = Problem("l.csv", 9, "list", "TOTAL 1", "another number", refuses=False)
    reader = read_entries("l.csv", Table([Row(2, cells_of()), notice], COLUMNS), now=NOW)
    assert len(list(reader)) == 1
    assert reader.problems == [notice]
    assert (reader.rows, reader.left_out, reader.refused) == (1, 0, False)


@pytest.mark.parametrize(
    ("text", "plate"),
    [("ab?-12", "AB?12"), ("?b?c1", "?B?C1"), (" ÜB1? ", "UB1?"), ("A-B-1-?", "AB1?"),
     ("ABCDE12345??", "ABCDE12345??"), ("K-?-\u042012", "K?P12")],
)  # fmt: skip
def test_a_plate_may_have_one_or_two_unknown_characters(text: str, plate: str) -> None:
    entry = entry_of(plate=text)
    assert entry.plate == plate
    assert entry.is_pattern
    assert not entry_of().is_pattern


@pytest.mark.parametrize("code", sorted({*range(128)} - {ord("?"), ord("*")}))
def test_the_short_way_to_a_plate_is_the_long_way(code: int) -> None:
    """Every ASCII character inside a plate: what `normalise_plate` says, `read_plate` says."""
    text = f"Ab{chr(code)}12"
    try:
        expected = normalise_plate(text)
    except InputError:
        with pytest.raises(HotListError):
            read_plate(text, where="l:1")
    else:
        assert read_plate(text, where="l:1") == expected


def with_options(options: ListOptions, *rows: dict[str, str]) -> Batch:
    numbered = [Row(line, cells_of(**row)) for line, row in enumerate(rows, start=2)]
    return build_batch("l", Table(numbered, COLUMNS), now=NOW, options=options)


def test_a_definition_maps_names_and_words() -> None:
    options = ListOptions(
        columns={"hot plate": "plate", "st": "jurisdiction", "why": "purpose", "x": "ignore"},
        meanings={"stolen vehicle": Purpose.STOLEN_VEHICLE, "expired tag": None},
        defaults={"vehicle": "unknown", "reference": "sheriff's list", "call": "desk 5"},
        states_of="us",
        no_plate=frozenset({"", "none"}),
    )
    names = ("hot plate", "st", "why", "x")
    texts = [
        ("A1", "CA", " Stolen  VEHICLE", "1"), ("A2", "NY", "Expired tag", ""),
        ("None", "CA", "stolen vehicle", ""), ("A4", "mx", "test", "=1+1"),
        ("", "", "nonsense", ""),
    ]  # fmt: skip
    rows = [Row(line, cells) for line, cells in enumerate(texts, start=2)]
    reader = read_entries("l", Table(rows, names), now=NOW, options=options)
    one, four = reader
    assert (one.plate, one.jurisdiction, one.purpose, one.call, one.reference) == (
        "A1", "us-ca", Purpose.STOLEN_VEHICLE, "desk 5", "sheriff's list",
    )  # fmt: skip
    assert (four.jurisdiction, four.purpose) == ("mx", Purpose.TEST)
    assert not reader.refused
    assert reader.left_out == 3
    assert [(p.line, p.field, p.refuses) for p in reader.problems] == [
        (3, "purpose", False), (4, "plate", False), (6, "plate", False),
    ]  # fmt: skip


def test_a_list_takes_only_its_own_purposes() -> None:
    options = ListOptions(
        purposes=frozenset({Purpose.STOLEN_VEHICLE}), meanings={"gone": Purpose.STOLEN_VEHICLE}
    )
    batch = with_options(options, {}, {"purpose": "test"}, {"purpose": "vanished"})
    assert batch.refused
    assert [str(problem) for problem in batch.problems] == [
        "l:3: purpose: expected one of stolen-vehicle, or a text with a meaning, found test",
        "l:4: purpose: expected one of stolen-vehicle, or a text with a meaning, found 'vanished'",
    ]


@pytest.mark.parametrize("word", ["immigration", "protest", "religion"])
def test_no_definition_lets_another_purpose_in(word: str) -> None:
    batch = with_options(ListOptions(meanings={"x": Purpose.TEST}), {"purpose": word})
    assert batch.refused
    assert batch.entries == ()


def test_a_column_with_a_default_may_be_missing() -> None:
    options = ListOptions(defaults={"vehicle": "car", "jurisdiction": "de", "purpose": "test"})
    table = Table([Row(2, ("A1", "R"))], ("plate", "reference"))
    (entry,) = build_batch("l", table, now=NOW, options=options).entries
    assert entry.jurisdiction == "de"
    table = Table([Row(2, ("A1",))], ("plate",))
    (problem,) = build_batch("l", table, now=NOW, options=options).problems
    assert str(problem) == "l:1: reference: expected a column of this name, found none"


KNOWN = f"one of the columns {', '.join(COLUMNS)}"


def header_problems(*columns: str) -> list[str]:
    batch = build_batch(
        "l.csv", Table([Row(2, [GOOD.get(c, "") for c in columns])], columns), now=NOW
    )
    assert batch.refused == bool(batch.problems)
    return [str(problem) for problem in batch.problems]


def test_an_unknown_a_repeated_and_a_missing_column_are_told_on_line_1() -> None:
    assert header_problems("plate", "state", "vehicle", "purpose", "purpose", "reference") == [
        f"l.csv:1: 'state': expected {KNOWN}, found an unknown column",
        "l.csv:1: purpose: expected the column once, found it twice",
        "l.csv:1: jurisdiction: expected a column of this name, found none",
    ]
    assert header_problems(*REQUIRED_COLUMNS) == []


def test_a_list_without_a_header_does_not_quote_its_first_plate() -> None:
    (text,) = header_problems("ab123", "us-ca", "car", "test", "r 1")
    assert text.startswith("l.csv:1: header: expected a first line naming the columns plate, ")
    assert "ab123" not in text


@pytest.mark.parametrize(("separator", "found"), [(";", "semicolons"), ("\t", "tabs")])
def test_another_separator_is_named(separator: str, found: str) -> None:
    (text,) = header_problems(separator.join(REQUIRED_COLUMNS))
    assert text.endswith(f"with commas, found {found}")


def test_a_list_without_rows_is_refused() -> None:
    batch = build_batch("l.csv", Table([], COLUMNS), now=NOW)
    assert str(batch.problems[0]) == "l.csv:1: list: expected at least one entry, found none"
    assert batch.refused


def test_rows_that_name_their_own_columns() -> None:
    columns, cells = tuple(GOOD), tuple(GOOD.values())
    rows = [
        Row(1, cells, columns),
        Row(2, (*cells, "x"), (*columns, "state")),
        Row(3, ("AB1",), ("plate",)),
    ]
    batch = build_batch("l.jsonl", Table(rows), now=NOW)
    assert [(problem.line, problem.field) for problem in batch.problems] == [
        (2, "'state'"), (3, "jurisdiction"), (3, "vehicle"), (3, "purpose"), (3, "reference"),
    ]  # fmt: skip


def test_now_must_be_aware() -> None:
    with pytest.raises(InputError, match="now"):
        batch_of({}, now=datetime(2026, 1, 1))  # noqa: DTZ001 - the point


@pytest.mark.parametrize(
    "change",
    [
        {"plate": "ab"},
        {"plate": "A?1"},
        {"plate": "AB1???"},
        {"plate": "ab1?"},
        {"reference": ""},
        {"valid_from": NOW.replace(tzinfo=None)},
        {"listed_on": NOW.replace(tzinfo=None)},
    ],
)
def test_an_entry_checks_itself(change: dict[str, object]) -> None:
    fields: dict[str, object] = {
        "plate": "AB1", "jurisdiction": None, "vehicle": VehicleType.CAR, "purpose": Purpose.TEST,
        "reference": "R",
    }  # fmt: skip
    Entry(**fields)  # type: ignore[arg-type]
    with pytest.raises(InputError):
        Entry(**{**fields, **change})  # type: ignore[arg-type]


def test_a_problem_is_one_line() -> None:
    problem = Problem("l.csv", 3, "vehicle", "a car", "nothing")
    assert str(problem) == "l.csv:3: vehicle: expected a car, found nothing"
    assert problem.refuses
    assert issubclass(HotListError, InputError)
