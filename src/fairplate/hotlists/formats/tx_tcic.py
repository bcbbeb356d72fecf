"""Texas TCIC: CSV without a header line, 8 cells, a zero keyed for every O of a code."""

from collections.abc import Iterable

from fairplate.hotlists.codes import letter_o_for_zero, region_of_ncic
from fairplate.hotlists.fixed_width import vehicle_of_style
from fairplate.hotlists.records import join_words, read_csv_records, table_of_records
from fairplate.hotlists.rows import Table

_COLUMNS = ("plate", "jurisdiction", "vehicle", "reference", "make", "colour")
_RECORD = "8 cells: number, plate, state, year, make, model, style, colour"
_CELLS = 8


def parse_tx_tcic(lines: Iterable[str], *, name: str) -> Table:
    """Return the records that have a plate; plates stay as they are keyed."""
    return table_of_records(
        read_csv_records(lines, name), _read_record, name=name, columns=_COLUMNS, expected=_RECORD
    )


def _read_record(cells: list[str]) -> tuple[str, ...] | None:
    if len(cells) != _CELLS:
        return None
    number, plate, state, year, make, model, style, colour = cells
    return (
        plate,
        region_of_ncic(state),
        vehicle_of_style(style),
        number,
        join_words(letter_o_for_zero(make), model, year),
        letter_o_for_zero(colour),
    )
