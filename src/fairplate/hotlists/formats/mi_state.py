"""Michigan: NCIC's columns and the reason in words; type M is a missing person, no thief."""

from collections.abc import Iterable

from fairplate.hotlists.fixed_width import NCIC_COLUMNS, NCIC_RECORD, read_ncic_record
from fairplate.hotlists.records import read_lines, table_of_records
from fairplate.hotlists.rows import Table


def parse_mi_state(lines: Iterable[str], *, name: str) -> Table:
    """Return the records that have a plate; the reason in words is part of the reference."""
    return table_of_records(
        read_lines(lines), read_ncic_record, name=name, columns=NCIC_COLUMNS, expected=NCIC_RECORD
    )
