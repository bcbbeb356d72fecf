"""NCIC vehicle and plate files of fixed width; a first line `HEADER …` says nothing about a car."""

from collections.abc import Iterable, Iterator

from fairplate.hotlists.fixed_width import NCIC_COLUMNS, NCIC_RECORD, read_ncic_record
from fairplate.hotlists.records import read_lines, table_of_records
from fairplate.hotlists.rows import Table

_HEADER = "HEADER"


def parse_ncic(lines: Iterable[str], *, name: str) -> Table:
    """Return the records that have a plate."""
    return table_of_records(
        _without_header(read_lines(lines)), read_ncic_record,
        name=name, columns=NCIC_COLUMNS, expected=NCIC_RECORD,
    )  # fmt: skip


def _without_header(records: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    for position, (line, text) in enumerate(records):
        if position > 0 or not text.startswith(_HEADER):
            yield line, text
