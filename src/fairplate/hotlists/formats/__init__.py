"""The list formats by name. To add one: a file here and a line in `FORMATS`."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from fairplate.hotlists.formats.ca_doj import parse_ca_doj
from fairplate.hotlists.formats.comma_separated import parse_comma_separated
from fairplate.hotlists.formats.fl_dmv import parse_fl_dmv
from fairplate.hotlists.formats.fl_state import parse_fl_state
from fairplate.hotlists.formats.headerless_csv import parse_headerless_csv
from fairplate.hotlists.formats.il_leads import parse_il_leads
from fairplate.hotlists.formats.json_lines import parse_json_lines
from fairplate.hotlists.formats.mi_state import parse_mi_state
from fairplate.hotlists.formats.ncic import parse_ncic
from fairplate.hotlists.formats.nj_mvc import parse_nj_mvc
from fairplate.hotlists.formats.ny_state import parse_ny_state
from fairplate.hotlists.formats.tx_ncic import parse_tx_ncic
from fairplate.hotlists.formats.tx_tcic import parse_tx_tcic
from fairplate.hotlists.rows import Table


class Format(Protocol):
    """Turns the lines of a list into rows; pure, and never holds more than a row."""

    def __call__(self, lines: Iterable[str], *, name: str) -> Table:
        """Return the rows; `lines` keep their ends (newline="").

        Raises HotListError, here or while rows are taken, if they cannot be told apart.
        """
        ...


HEADERLESS = "headerless-csv"

FORMATS: Mapping[str, Format] = {
    "csv": parse_comma_separated,
    HEADERLESS: parse_headerless_csv,
    "jsonl": parse_json_lines,
    "ncic": parse_ncic,
    "ca-doj": parse_ca_doj,
    "fl-dmv": parse_fl_dmv,
    "fl-state": parse_fl_state,
    "il-leads": parse_il_leads,
    "mi-state": parse_mi_state,
    "nj-mvc": parse_nj_mvc,
    "ny-state": parse_ny_state,
    "tx-ncic": parse_tx_ncic,
    "tx-tcic": parse_tx_tcic,
}

# The formats that a file's suffix tells; every other needs a definition of its list.
SUFFIXES: Mapping[str, str] = {"csv": "csv", "jsonl": "jsonl", "ndjson": "jsonl"}
