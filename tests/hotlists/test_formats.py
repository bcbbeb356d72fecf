"""Traps of each format: line numbers, quotes, repeated keys, values that are no text."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from fairplate.core.errors import HotListError
from fairplate.hotlists.batches import build_batch
from fairplate.hotlists.formats.comma_separated import parse_comma_separated
from fairplate.hotlists.formats.headerless_csv import parse_headerless_csv
from fairplate.hotlists.formats.json_lines import parse_json_lines
from fairplate.hotlists.options import ListOptions
from fairplate.hotlists.rows import COLUMNS, Row, Table

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DEFAULTS = {
    "jurisdiction": "us-ca", "vehicle": "car", "purpose": "test", "reference": "R", "call": "desk",
}  # fmt: skip


def lines_of(text: str) -> Iterator[str]:
    return iter(io.StringIO(text, newline=""))


def parse_csv(text: str) -> Table:
    return parse_comma_separated(lines_of(text), name="l.csv")


def parse_json(text: str) -> Table:
    return parse_json_lines(lines_of(text), name="l.jsonl")


def csv_lines(text: str) -> list[tuple[int, int | None]]:
    rows = [row for row in parse_csv(text).rows if isinstance(row, Row)]
    return [(row.line, None if row.cells is None else len(row.cells)) for row in rows]


def test_the_header_is_folded() -> None:
    table = parse_csv("\n Plate ,VEHICLE,\n")
    assert table.columns == ("plate", "vehicle", "")
    assert table.columns_line == 2


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_csv_rows_are_numbered_by_the_line_they_begin_on(end: str) -> None:
    text = end.join(["a,b", "1,2", '3,"two', 'lines"', "", " , ", "5,6", ""])
    assert csv_lines(text) == [(2, 2), (3, 2), (7, 2)]


def test_other_separators_of_unicode_do_not_end_a_csv_line() -> None:
    assert csv_lines("a,b\n1\u2028x,2\x0by\n3,4") == [(2, 2), (3, 2)]


@pytest.mark.parametrize(("row", "count"), [("1", "1"), ("1,2,3", "3"), ("1,2,", "3")])
def test_a_row_with_another_number_of_cells_is_told_and_the_next_still_read(
    row: str, count: str
) -> None:
    table = parse_csv(f"plate,vehicle\nAB1,x\n{row}\nAB2,y")
    batch = build_batch("l.csv", table, now=NOW, options=ListOptions(defaults=DEFAULTS))
    assert [str(p) for p in batch.problems if p.field == "row"] == [
        f"l.csv:3: row: expected 2 cells as in the header, found {count}"
    ]
    assert [p.line for p in batch.problems] == [2, 3, 4]


@pytest.mark.parametrize("text", ['a,b\n1,"2', 'a,b\n1,"2"x'])
def test_quotes_that_do_not_close_are_an_error_with_the_line(text: str) -> None:
    with pytest.raises(HotListError, match=r"l\.csv:2: row: expected cells in closed quotes"):
        list(parse_csv(text).rows)


@pytest.mark.parametrize("cell", ['"' + "2" * 140_000 + '"', '"2\n","",' * 20_000])
def test_a_row_that_goes_on_and_on_is_not_kept_in_memory(cell: str) -> None:
    taken = 0

    def lines() -> Iterator[str]:
        nonlocal taken
        yield "a,b\n"
        for _ in range(100):
            for line in lines_of(cell):
                taken += len(line)
                yield line

    with pytest.raises(HotListError, match=r"l:2: row: expected at most 65536 characters"):
        list(parse_comma_separated(lines(), name="l").rows)
    assert taken <= len(cell)


def test_a_row_has_few_columns() -> None:
    table = parse_json("{" + ",".join(f'"a{n}": "x"' for n in range(201)) + "}")
    batch = build_batch("l", table, now=NOW)
    assert str(batch.problems[0]).endswith("expected a flat JSON object, found 201 keys")
    columns = ",".join([*COLUMNS, *(f"c{n}" for n in range(190))])
    batch = build_batch("l", parse_csv(f"{columns}\nAB1"), now=NOW)
    assert str(batch.problems[0]) == "l:1: header: expected at most 200 columns, found 201"


def test_headerless_csv_takes_its_columns_from_the_definition() -> None:
    text = "AB1,x,R 1\n\nAB2,y\n"
    options = ListOptions(header=("plate", "ignore", "case"), columns={"case": "reference"},
                          defaults=DEFAULTS)  # fmt: skip
    table = parse_headerless_csv(lines_of(text), name="l")
    batch = build_batch("l", table, now=NOW, options=options)
    assert [str(p) for p in batch.problems] == ["l:3: row: expected 3 cells, found 2"]
    table = parse_headerless_csv(lines_of("AB1,x,R 1\n"), name="l")
    (entry,) = build_batch("l", table, now=NOW, options=options).entries
    assert (entry.plate, entry.reference, entry.line) == ("AB1", "R 1", 1)
    table = parse_headerless_csv(lines_of(text), name="l")
    (problem,) = build_batch("l", table, now=NOW).problems
    assert str(problem).startswith("l:1: header: expected the names of the columns in the list's d")


def faults(line: str) -> list[str]:
    (row,) = parse_json(line).rows
    assert isinstance(row, Row)
    return [str(fault) for fault in row.faults]


ROW = '"plate": "AB1", "vehicle": "car"'


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("[]", "a list"),
        ('"AB1"', "a string"),
        ("7", "a number"),
        ("null", "null"),
        ("true", "true or false"),
        ("NaN", "a number that JSON does not have or that is too long"),
        ('{"plate": -Infinity}', "a number that JSON does not have or that is too long"),
        ('{"plate": ' + "1" * 5000 + "}", "a number that JSON does not have or that is too long"),
        ("{" + ROW, "no JSON at character"),
        ("{" + ROW + "} {}", "no JSON at character"),
        ("{'plate': 'AB1'}", "no JSON at character"),
        ("[" * 200_000, "nesting too deep"),
        ('{"a":' * 200_000, "nesting too deep"),
    ],
)
def test_a_line_that_is_no_flat_object(line: str, found: str) -> None:
    (fault,) = faults(line)
    assert fault.startswith(f"l.jsonl:1: row: expected a flat JSON object, found {found}")
    assert "AB1" not in fault


@pytest.mark.parametrize(
    ("value", "found"),
    [("1234567", "a number"), ("1e5", "a number"), ("null", "null"), ("false", "true or false"),
     ("[]", "a list"), ("{}", "an object"), ('{"x": "y"}', "an object")],
)  # fmt: skip
def test_values_must_be_strings(value: str, found: str) -> None:
    told = faults('{"vehicle": "car", "plate": %s}' % value)  # noqa: UP031 - braces
    assert told == [f"l.jsonl:1: plate: expected a string, found {found}"]


@pytest.mark.parametrize("key", ["plate", "Plate", " plate "])
def test_a_repeated_key_is_refused(key: str) -> None:
    told = faults(f'{{{ROW}, "{key}": "AB2"}}')
    assert told == ["l.jsonl:1: plate: expected the key once, found it twice"]


def test_an_object_keyed_by_plate_does_not_quote_it() -> None:
    table = parse_json('{"AB1234": {"purpose": "test"}}')
    batch = build_batch("l.jsonl", table, now=NOW)
    assert batch.refused
    assert batch.problems[0].field == "column 1"
    assert not any("ab1234" in str(problem).lower() for problem in batch.problems)


def test_every_bad_line_and_field_is_told() -> None:
    text = '{"plate": 1, "vehicle": "car", "purpose": "x"}\n\nnope\n{"plate": "?"}\n'
    batch = build_batch("l.jsonl", parse_json(text), now=NOW)
    assert [(problem.line, problem.field) for problem in batch.problems] == [
        (1, "plate"), (1, "jurisdiction"), (1, "purpose"), (1, "reference"), (3, "row"),
        (4, "plate"), (4, "jurisdiction"), (4, "vehicle"), (4, "purpose"), (4, "reference"),
    ]  # fmt: skip


def test_line_separators_inside_a_json_string_are_no_line_ends() -> None:
    one, two = parse_json('{"call": "a\u2028b\u0085c"}\r\n{"call": "d"}').rows
    assert isinstance(one, Row)
    assert (one.line, two.line) == (1, 2)
    assert one.cells == ("a\u2028b\u0085c",)
