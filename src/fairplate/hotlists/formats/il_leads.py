"""Illinois LEADS: plate 0-8, state 8-10, type of plate 10-12, reason, then words `KEY/value`.

Years have two digits. A colour may hold a slash of its own (`VCO/RED/WHI`).
"""

import re
from collections.abc import Iterable

from fairplate.hotlists.codes import day_of_short_digits, full_year, region_of_ncic
from fairplate.hotlists.fixed_width import vehicle_of_style
from fairplate.hotlists.records import join_words, read_lines, table_of_records
from fairplate.hotlists.rows import Table

_COLUMNS = (
    "plate", "jurisdiction", "vehicle", "purpose", "reference", "listed_on", "make", "colour",
)  # fmt: skip
_RECORD = "a record with plate, state, type of plate, reason and words such as VMA/FORD"
_SHORTEST = 13
_KEY = re.compile(r" ([A-Z]{3})/", re.ASCII)


def parse_il_leads(lines: Iterable[str], *, name: str) -> Table:
    """Return the records that have a plate."""
    return table_of_records(
        read_lines(lines), _read_record, name=name, columns=_COLUMNS, expected=_RECORD
    )


def _read_record(text: str) -> tuple[str, ...] | None:
    if len(text) < _SHORTEST:
        return None
    # The reason, then key and value by turns.
    reason, *words = _KEY.split(text[12:])
    given = dict(zip(words[::2], map(str.strip, words[1::2]), strict=True))
    year = full_year(given.get("VYR", ""))
    return (
        text[:8],
        region_of_ncic(text[8:10]),
        vehicle_of_style(given.get("VST", "")),
        reason.strip(),
        given.get("LDS", ""),
        day_of_short_digits(given.get("DOT", "")),
        join_words(given.get("VMA", ""), given.get("VMO", ""), year),
        given.get("VCO", ""),
    )
