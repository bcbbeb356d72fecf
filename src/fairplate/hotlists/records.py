"""Lines and records of text, as several list formats share them.

Decides where a record begins and ends and how long it may be. Leaves to `formats/` what stands
where in it. Everything is taken line by line: a list may be larger than the memory.
"""

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

from fairplate.core.errors import HotListError
from fairplate.hotlists.entries import Problem
from fairplate.hotlists.rows import MAX_ROW_CHARACTERS, Row, Table

_Record = TypeVar("_Record")


def read_lines(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Yield every line that is not blank, without its end, and its number from 1."""
    for number, line in enumerate(lines, start=1):
        text = line.rstrip("\r\n")
        if text.strip(" \t"):
            yield number, text


def read_csv_records(
    lines: Iterable[str], name: str, *, delimiter: str = ","
) -> Iterator[tuple[int, list[str]]]:
    """Yield every record that is not blank with the number of its first line (RFC 4180).

    Raises HotListError when quotes do not close: nothing after that can be told apart.
    """
    start = _Start()
    reader = csv.reader(_feed(lines, name, start), strict=True, delimiter=delimiter)
    while True:
        start.line = line = reader.line_num + 1
        start.left = MAX_ROW_CHARACTERS
        try:
            cells = next(reader, None)
        except csv.Error as error:
            expected = "cells in closed quotes, separated by commas"
            # The csv module's messages name characters of the format, never the text.
            raise HotListError(
                f"{name}:{line}", "row", expected=expected, found=str(error)
            ) from None
        if cells is None:
            return
        if cells and (cells[0].strip() or any(cell.strip() for cell in cells)):
            yield line, cells


@dataclass(slots=True)
class _Start:
    """Where the record being read begins, and how many characters it may still have."""

    line: int = 1
    left: int = MAX_ROW_CHARACTERS


def _feed(lines: Iterable[str], name: str, start: _Start) -> Iterator[str]:
    """Hand lines to the csv module and stop a record that goes on and on."""
    for line in lines:
        start.left -= len(line)
        if start.left < 0:
            expected = f"at most {MAX_ROW_CHARACTERS} characters (are all quotes closed?)"
            raise HotListError(f"{name}:{start.line}", "row", expected=expected, found="more")
        yield line


def require_text(
    records: Iterator[tuple[int, _Record]], name: str, *, expected: str
) -> Iterator[tuple[int, _Record]]:
    """Return the records; raise HotListError if there is none."""
    first = next(records, None)
    if first is None:
        raise HotListError(f"{name}:1", "list", expected=expected, found="no text")
    return chain((first,), records)


def table_of_records(
    records: Iterator[tuple[int, _Record]],
    read: Callable[[_Record], tuple[str, ...] | None],
    *,
    name: str,
    columns: tuple[str, ...],
    expected: str,
) -> Table:
    """Return the table of records that `read` splits into `columns`, the plate first.

    `read` returns None for what is not as `expected`. Raises HotListError if there is no record.
    """
    records = require_text(records, name, expected=expected)
    rows = (row_of_record(name, line, read(record), expected) for line, record in records)
    return Table(rows, columns, has_header=False)


def row_of_record(name: str, line: int, cells: tuple[str, ...] | None, expected: str) -> Row:
    """Return a row of cells, the plate first; one without a plate is to be left out.

    Such lists hold vehicles known by their number alone, and nobody can correct them here.
    """
    if cells is None:
        return Row(line, None, faults=(Problem(name, line, "row", expected, "other text"),))
    if not cells[0].strip():
        found = "none: left out"
        notice = Problem(name, line, "plate", "a plate", found, refuses=False)
        return Row(line, None, faults=(notice,))
    return Row(line, cells)


def join_words(*words: str) -> str:
    """Return the words that are not empty, with blanks between them."""
    return " ".join(word for word in map(str.strip, words) if word)
