"""New Jersey: NCIC's columns with blanks for number, ORI and date."""

from collections.abc import Iterable

from fairplate.hotlists.fixed_width import NCIC_COLUMNS, NCIC_RECORD, read_ncic_record
from fairplate.hotlists.records import read_lines, table_of_records
from fairplate.hotlists.rows import Table

# Without the two that New Jersey leaves blank: the list's definition must give a reference.
_COLUMNS = tuple(column for column in NCIC_COLUMNS if column not in ("reference", "listed_on"))


def parse_nj_mvc(lines: Iterable[str], *, name: str) -> Table:
    """Return the records that have a plate."""
    return table_of_records(
        read_lines(lines), _read_record, name=name, columns=_COLUMNS, expected=NCIC_RECORD
    )


def _read_record(text: str) -> tuple[str, ...] | None:
    cells = read_ncic_record(text)
    if cells is None:
        return None
    given = dict(zip(NCIC_COLUMNS, cells, strict=True))
    return tuple(given[column] for column in _COLUMNS)
