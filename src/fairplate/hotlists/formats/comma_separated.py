"""CSV (RFC 4180): a header line, commas, cells in double quotes where needed.

Decides where rows begin and end. Leaves to `batches.py` which columns and texts are right.
"""

import csv
import io
from collections.abc import Iterator

from fairplate.core.errors import HotListError
from fairplate.hotlists.entries import Problem
from fairplate.hotlists.rows import Row, Table, fold_column


def parse_comma_separated(text: str, *, name: str) -> Table:
    """Return the rows of `text`; a row's line is the one it begins on, counted from 1.

    Raises HotListError, here or while rows are taken, when quotes do not close: nothing after
    that can be told apart.
    """
    # newline="" keeps line breaks inside quotes and counts \n, \r\n and \r alike.
    records = _records(text, name)
    header = next(records, None)
    if header is None:
        raise HotListError(f"{name}:1", "list", expected="a header line", found="no text")
    line, cells = header
    columns = tuple(fold_column(cell) for cell in cells)
    return Table(_rows(records, columns, name), columns, line)


def _records(text: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield every line that is not blank with the number of its first line."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
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
        if any(cell.strip() for cell in cells):
            yield line, cells


def _rows(
    records: Iterator[tuple[int, list[str]]], columns: tuple[str, ...], name: str
) -> Iterator[Row]:
    for line, cells in records:
        if len(cells) == len(columns):
            yield Row(line, dict(zip(columns, cells, strict=True)))
        else:
            expected = f"{len(columns)} cells as in the header"
            yield Row(line, None, (Problem(name, line, "row", expected, f"{len(cells)}"),))
