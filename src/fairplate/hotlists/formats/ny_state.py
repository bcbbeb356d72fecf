"""New York: plate 0-10, state 10-12, class of plate 12-15, make 16-20, colour 20-22; no date."""

from collections.abc import Iterable

from fairplate.hotlists.codes import region_of_ncic
from fairplate.hotlists.fields import UNKNOWN
from fairplate.hotlists.records import read_lines, table_of_records
from fairplate.hotlists.rows import Table

_COLUMNS = ("plate", "jurisdiction", "vehicle", "make", "colour")
_RECORD = "a record of fixed width with plate, state and class"
_SHORTEST, _LONGEST = 15, 40


def parse_ny_state(lines: Iterable[str], *, name: str) -> Table:
    """Return the records that have a plate; they say neither purpose nor reference."""
    return table_of_records(
        read_lines(lines), _read_record, name=name, columns=_COLUMNS, expected=_RECORD
    )


def _read_record(text: str) -> tuple[str, ...] | None:
    if not _SHORTEST <= len(text) <= _LONGEST:
        return None
    region = region_of_ncic(text[10:12])
    return text[:10], region, UNKNOWN, text[16:20].strip(), text[20:].strip()
