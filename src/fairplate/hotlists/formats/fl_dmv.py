"""Florida DMV: CSV without a header line, 13 cells, six of them about the driver.

The driver's number, sex, race, height and what stands between them (cells 3 to 8, from 0) are never
loaded: they are not needed to find a vehicle. So nothing is left that a reference could be made of.
"""

from collections.abc import Iterable

from fairplate.hotlists.codes import region_of_ncic
from fairplate.hotlists.fields import UNKNOWN
from fairplate.hotlists.records import join_words, read_csv_records, table_of_records
from fairplate.hotlists.rows import Table

_COLUMNS = ("plate", "jurisdiction", "vehicle", "purpose", "make", "colour")
_RECORD = "13 cells: plate, state, reason, six about the driver, year, colour, make, time"
_CELLS = 13


def parse_fl_dmv(lines: Iterable[str], *, name: str) -> Table:
    """Return the records that have a plate, without anything about the driver."""
    return table_of_records(
        read_csv_records(lines, name), _read_record, name=name, columns=_COLUMNS, expected=_RECORD
    )


def _read_record(cells: list[str]) -> tuple[str, ...] | None:
    if len(cells) != _CELLS:
        return None
    plate, state, reason = cells[:3]
    year, colour, make = cells[9:12]
    # The reason ends in " - ", for a remark that is not there.
    return (
        plate, region_of_ncic(state), UNKNOWN, reason.rstrip(" -"), join_words(make, year), colour,
    )  # fmt: skip
