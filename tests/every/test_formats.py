"""One suite for every hot-list format that a file's suffix tells: same rows, same entries.

The formats of issuers do not have every column; `hotlists/test_state_formats.py` tries them.
"""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fairplate.core.errors import HotListError
from fairplate.hotlists.batches import build_batch
from fairplate.hotlists.entries import Entry
from fairplate.hotlists.files import load_hot_list
from fairplate.hotlists.formats import FORMATS, SUFFIXES
from fairplate.hotlists.rows import Table

NOW = datetime(2026, 6, 1, tzinfo=UTC)
COLUMNS = ["plate", "jurisdiction", "vehicle", "purpose", "reference", "call", "valid_until"]
ROWS = [
    ["AB-12 CD", "de", "car", "stolen-vehicle", "K 1/26", 'desk "A", room 2', "2026-12-31"],
    ["0042", "unknown", "unknown", "site-access", "permit 9", "two\nlines", ""],
    ["münchen", "de", "van", "test", "ü", "", ""],
]


def _as_csv(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([COLUMNS, *rows])
    return out.getvalue()


def _as_json_lines(rows: list[list[str]]) -> str:
    return "".join(json.dumps(dict(zip(COLUMNS, row, strict=True))) + "\n" for row in rows)


# A new format needs its writer here, or this suite fails.
WRITERS: dict[str, Callable[[list[list[str]]], str]] = {
    "csv": _as_csv,
    "jsonl": _as_json_lines,
    "ndjson": _as_json_lines,
}


def test_every_format_has_a_writer() -> None:
    assert set(WRITERS) == set(SUFFIXES)


def _parse(suffix: str, text: str) -> Table:
    return FORMATS[SUFFIXES[suffix]](io.StringIO(text, newline=""), name="list")


def _entries(suffix: str) -> list[Entry]:
    batch = build_batch("list", _parse(suffix, WRITERS[suffix](ROWS)), now=NOW)
    assert not batch.problems
    return [replace(entry, line=0) for entry in batch.entries]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_same_rows_same_entries(suffix: str) -> None:
    entries = _entries(suffix)
    assert entries == _entries("csv")
    assert [entry.plate for entry in entries] == ["AB12CD", "0042", "MUNCHEN"]
    assert entries[0].call == 'desk "A", room 2'
    assert entries[0].valid_until == datetime(2027, 1, 1, tzinfo=UTC)
    assert entries[1].call == "two lines"
    assert entries[1].jurisdiction is None


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("text", ["", "\n", " \r\n\n"])
def test_no_text_is_a_hot_list_error(suffix: str, text: str) -> None:
    with pytest.raises(HotListError, match=r"list:1: list: expected .*, found no text"):
        _parse(suffix, text)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_bad_row_is_told_by_line_and_field(suffix: str) -> None:
    rows = [ROWS[0], [*ROWS[0][:2], "spaceship", "protesters-in-town", *ROWS[0][4:]]]
    batch = build_batch("list", _parse(suffix, WRITERS[suffix](rows)), now=NOW)
    line = 2 + (suffix == "csv")
    assert batch.refused
    assert batch.entries == ()
    assert [(p.line, p.field) for p in batch.problems] == [(line, "vehicle"), (line, "purpose")]
    assert batch.problems[1].found == "'protesters-in-town'"


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_files_with_either_line_end_and_a_byte_order_mark(
    tmp_path: Path, suffix: str, line_end: str, mark: str
) -> None:
    rows = [[*row[:5], "", ""] for row in ROWS]
    text = WRITERS[suffix](rows).replace("\r\n", "\n").replace("\n", line_end)
    path = tmp_path / f"list.{suffix.upper()}"
    path.write_bytes((mark + text).encode())
    batch = load_hot_list(path, now=NOW)
    assert not batch.problems
    first = 1 + (suffix == "csv")
    assert [entry.line for entry in batch.entries] == [first, first + 1, first + 2]
    assert {entry.source for entry in batch.entries} == {path.name}
