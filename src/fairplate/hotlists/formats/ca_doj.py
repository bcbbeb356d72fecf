"""California DOJ tables: a `DATE…` line, records, and `TOTAL RECORD n` at the end.

The field of the plate is 7 wide in some files and 8 in others, so a record is cut from its end:
date 8, county 2, state 2, and the plate is all that stands before.
"""

from collections.abc import Iterable, Iterator

from fairplate.hotlists.codes import day_of_digits, region_of_ncic
from fairplate.hotlists.entries import Problem
from fairplate.hotlists.fields import UNKNOWN
from fairplate.hotlists.records import read_lines, require_text, row_of_record
from fairplate.hotlists.rows import Row, Table

_COLUMNS = ("plate", "jurisdiction", "vehicle", "listed_on")
_RECORD = "a plate, then a state of two letters, a county of two digits and a date of eight"
_DATE, _TOTAL = "DATE", "TOTAL RECORD"
_TAIL = 12
_LONGEST_PLATE = 8


def parse_ca_doj(lines: Iterable[str], *, name: str) -> Table:
    """Return the records; a total that is missing or another is told, and they still count."""
    records = require_text(read_lines(lines), name, expected="a DATE line and records")
    return Table(_rows(records, name), _COLUMNS, has_header=False)


def _rows(records: Iterator[tuple[int, str]], name: str) -> Iterator[Row | Problem]:
    count, total, line = 0, None, 1
    for position, (line, text) in enumerate(records):
        if total is not None:
            yield Row(line, None, faults=(_misfit(name, line, "nothing after TOTAL RECORD"),))
        elif text.startswith(_TOTAL):
            total = text.removeprefix(_TOTAL).strip()
            if not total.isascii() or not total.isdigit() or int(total[:18]) != count:
                yield _other_total(name, line, count, total)
        elif position > 0 or not text.startswith(_DATE):
            count += 1
            yield row_of_record(name, line, _read_record(text), _RECORD)
    if total is None:
        yield _other_total(name, line, count, "")


def _read_record(text: str) -> tuple[str, ...] | None:
    plate, tail = text[:-_TAIL].strip(), text[-_TAIL:]
    is_tail = len(tail) == _TAIL and tail.isascii() and tail[2:].isdigit()
    if not is_tail or len(plate) > _LONGEST_PLATE:
        return None
    return plate, region_of_ncic(tail[:2]), UNKNOWN, day_of_digits(tail[4:])


def _misfit(name: str, line: int, expected: str) -> Problem:
    return Problem(name, line, "row", expected, "another line")


def _other_total(name: str, line: int, count: int, total: str) -> Problem:
    found = "another number" if total else "no TOTAL RECORD line: the file may be cut off"
    expected = f"TOTAL RECORD {count}, the number of records"
    return Problem(name, line, "list", expected, found, refuses=False)
