"""CSV (RFC 4180) without a header line; the list's definition says which column is which.

Leaves to `records.py` where records end and to `batches.py` which columns and texts are right.
"""

from collections.abc import Iterable

from fairplate.hotlists.records import read_csv_records, require_text
from fairplate.hotlists.rows import Row, Table


def parse_headerless_csv(lines: Iterable[str], *, name: str) -> Table:
    """Return the rows; a row's line is the one it begins on, counted from 1."""
    records = require_text(read_csv_records(lines, name), name, expected="a row")
    return Table((Row(line, cells) for line, cells in records), has_header=False)
