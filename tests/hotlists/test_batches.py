"""Which rows become entries: all or nothing, every bad field told, no plate in any message."""

from datetime import UTC, datetime, timedelta

import pytest

from fairplate.core.errors import HotListError, InputError
from fairplate.core.purposes import Purpose
from fairplate.core.vehicles import VehicleType
from fairplate.hotlists.batches import MAX_ENTRIES, Batch, build_batch
from fairplate.hotlists.entries import Entry, Problem
from fairplate.hotlists.rows import COLUMNS, REQUIRED_COLUMNS, Row, Table

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
GOOD = {
    "plate": "AB-123",
    "jurisdiction": "us-ca",
    "vehicle": "car",
    "purpose": "stolen-vehicle",
    "reference": "R 1",
}


def batch_of(*rows: dict[str, str], now: datetime = NOW) -> Batch:
    cells = [{**GOOD, **row} for row in rows]
    numbered = [Row(line, row) for line, row in enumerate(cells, start=2)]
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
        ({"plate": "A?B1"}, "expected a whole plate (patterns are not supported), found the wild"),
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
    batch = batch_of({}, {"plate": "?", "purpose": "spying-on-people"}, {"vehicle": ""}, {})
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


KNOWN = f"one of the columns {', '.join(COLUMNS)}"


def header_problems(*columns: str) -> list[str]:
    batch = build_batch("l.csv", Table([Row(2, GOOD)], columns), now=NOW)
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
    rows = [Row(1, GOOD), Row(2, {**GOOD, "state": "x"}), Row(3, {"plate": "AB1"})]
    batch = build_batch("l.jsonl", Table(rows), now=NOW)
    assert [(problem.line, problem.field) for problem in batch.problems] == [
        (2, "'state'"), (3, "jurisdiction"), (3, "vehicle"), (3, "purpose"), (3, "reference"),
    ]  # fmt: skip


def test_now_must_be_aware() -> None:
    with pytest.raises(InputError, match="now"):
        batch_of({}, now=datetime(2026, 1, 1))  # noqa: DTZ001 - the point


@pytest.mark.parametrize(
    "change",
    [{"plate": "ab"}, {"reference": ""}, {"valid_from": datetime(2026, 1, 1)}],  # noqa: DTZ001
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
