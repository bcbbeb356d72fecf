"""CSV (RFC 4180) with a header line: commas, cells in double quotes where needed.

Leaves to `records.py` where records end and to `batches.py` which columns and texts are right.
"""

from collections.abc import Iterable

from fairplate.core.errors import HotListError
from fairplate.hotlists.records import read_csv_records
from fairplate.hotlists.rows import Row, Table, fold_column


def parse_comma_separated(lines: Iterable[str], *, name: str) -> Table:
    """Return the rows; a row's line is the one it begins on, counted from 1."""
    records = read_csv_records(lines, name)
    header = next(records, None)
    if header is None:
        raise HotListError(f"{name}:1", "list", expected="a header line", found="no text")
    line, cells = header
    columns = tuple(fold_column(cell) for cell in cells)
    return Table((Row(line, cells) for line, cells in records), columns, line)
