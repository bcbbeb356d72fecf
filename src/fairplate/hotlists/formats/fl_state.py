"""Florida: 15 cells with semicolons. None of its four dates is known to be that of the theft."""

from collections.abc import Iterable

from fairplate.hotlists.codes import region_of_ncic
from fairplate.hotlists.fields import UNKNOWN
from fairplate.hotlists.records import join_words, read_csv_records, table_of_records
from fairplate.hotlists.rows import Table

_COLUMNS = ("plate", "jurisdiction", "vehicle", "purpose", "reference")
_RECORD = "15 cells with semicolons: reason, ORI, agency, case … plate, year, state, type, time"
_CELLS = 15


def parse_fl_state(lines: Iterable[str], *, name: str) -> Table:
    """Return the records that have a plate; the reference is case, ORI and agency."""
    return table_of_records(
        read_csv_records(lines, name, delimiter=";"), _read_record,
        name=name, columns=_COLUMNS, expected=_RECORD,
    )  # fmt: skip


def _read_record(cells: list[str]) -> tuple[str, ...] | None:
    if len(cells) != _CELLS:
        return None
    reason, ori, agency, case = cells[:4]
    return cells[10], region_of_ncic(cells[12]), UNKNOWN, reason, join_words(case, ori, agency)
