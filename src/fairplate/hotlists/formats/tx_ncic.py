"""Texas NCIC: CSV without a header line, 11 cells, a zero keyed for every O of a code (`0H`)."""

from collections.abc import Iterable

from fairplate.hotlists.codes import day_of_digits, letter_o_for_zero, region_of_ncic
from fairplate.hotlists.fixed_width import vehicle_of_style
from fairplate.hotlists.records import join_words, read_csv_records, table_of_records
from fairplate.hotlists.rows import Table

_COLUMNS = ("plate", "jurisdiction", "vehicle", "reference", "listed_on", "make", "colour")
_RECORD = (
    "11 cells: number, ORI, date, plate, state, year of plate, year, make, model, style, colour"
)
_CELLS = 11


def parse_tx_ncic(lines: Iterable[str], *, name: str) -> Table:
    """Return the records that have a plate; plates stay as they are keyed."""
    return table_of_records(
        read_csv_records(lines, name), _read_record, name=name, columns=_COLUMNS, expected=_RECORD
    )


def _read_record(cells: list[str]) -> tuple[str, ...] | None:
    if len(cells) != _CELLS:
        return None
    number, ori, day, plate, state, _, year, make, model, style, colour = cells
    return (
        plate,
        region_of_ncic(state),
        vehicle_of_style(style),
        join_words(number, ori),
        day_of_digits(day),
        join_words(letter_o_for_zero(make), model, year),
        letter_o_for_zero(colour),
    )
