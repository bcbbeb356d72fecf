"""One delivery of entries: all or nothing.

Decides which rows become entries: a bad row refuses the whole batch and every bad field of every
bad row is told; an expired or repeated row is only left out, with a notice. Leaves to `formats/`
how rows are spelled, to `fields.py` what a cell means and to `files.py` where the text is.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from fairplate.core.clock import require_aware
from fairplate.core.errors import HotListError
from fairplate.hotlists import fields
from fairplate.hotlists.entries import Entry, Problem
from fairplate.hotlists.rows import (
    REQUIRED_COLUMNS,
    Row,
    Table,
    are_column_names,
    column_faults,
)

# DESIGN.md section 6: more entries need a configured source, not somebody's file.
MAX_ENTRIES = 2500

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Batch:
    """What a list came to: its entries, or none if `refused`, and what is to be told."""

    name: str
    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...] = ()

    @property
    def refused(self) -> bool:
        """Say whether the whole list was turned down."""
        return any(problem.refuses for problem in self.problems)


def build_batch(name: str, table: Table, *, now: datetime) -> Batch:
    """Return the batch that `table` makes at `now` (aware); `name` is the list's, for messages.

    Raises HotListError only where the rows themselves do: when the rest cannot be read.
    """
    require_aware(now, where=name, field="now")
    faults = _header_faults(name, table)
    if faults:
        return Batch(name, (), tuple(faults))
    entries: list[Entry] = []
    problems: list[Problem] = []
    seen: dict[tuple[str, str | None, str, str], int] = {}
    line, count = table.columns_line, 0
    for count, row in enumerate(table.rows, start=1):
        line = row.line
        if count > MAX_ENTRIES:
            expected = f"at most {MAX_ENTRIES} entries"
            problems.append(Problem(name, line, "list", expected, "more"))
            break
        entry, row_problems = _read_row(name, row, own_columns=table.columns is None)
        problems += row_problems
        if entry is None:
            continue
        notice = _reason_to_leave_out(entry, seen, now)
        if notice is None:
            entries.append(entry)
        else:
            problems.append(notice)
    if count == 0:
        problems.append(Problem(name, line, "list", "at least one entry", "none"))
    batch = Batch(name, tuple(entries), tuple(problems))
    return Batch(name, (), batch.problems) if batch.refused else batch


def _header_faults(name: str, table: Table) -> list[Problem]:
    columns, line = table.columns, table.columns_line
    if columns is None:
        return []
    if not are_column_names(columns):
        expected = f"a first line naming the columns {', '.join(REQUIRED_COLUMNS)}, with commas"
        found = "semicolons" if ";" in columns[0] else "tabs" if "\t" in columns[0] else "others"
        return [Problem(name, line, "header", expected, found)]
    missing = [column for column in REQUIRED_COLUMNS if column not in columns]
    return column_faults(name, line, columns) + [
        Problem(name, line, column, "a column of this name", "none") for column in missing
    ]


def _reason_to_leave_out(
    entry: Entry, seen: dict[tuple[str, str | None, str, str], int], now: datetime
) -> Problem | None:
    """Return the notice if the entry has expired or stands further up; note it in `seen` if not."""
    if entry.valid_until is not None and entry.has_expired(now):
        expected = f"a time after {now.isoformat(timespec='minutes')}"
        found = f"{entry.valid_until.isoformat(timespec='minutes')}: expired, left out"
        return Problem(entry.source, entry.line, "valid_until", expected, found, refuses=False)
    key = (entry.plate, entry.jurisdiction, entry.purpose, entry.reference)
    first = seen.setdefault(key, entry.line)
    if first == entry.line:
        return None
    found = f"it again: line {first} counts"
    expected = "the same plate, jurisdiction, purpose and reference once"
    return Problem(entry.source, entry.line, "row", expected, found, refuses=False)


@dataclass(slots=True)
class _RowReader:
    """Collects the problems of one row while its fields are read."""

    name: str
    row: Row
    problems: list[Problem] = field(default_factory=list)

    @property
    def where(self) -> str:
        return f"{self.name}:{self.row.line}"

    def attempt(self, column: str, read: Callable[[str], _Value]) -> _Value | None:
        """Return what `read` makes of the column's text, or None after noting the problem."""
        if any(fault.field == column for fault in self.row.faults):
            return None  # the format has told it already
        try:
            return read((self.row.cells or {}).get(column, ""))
        except HotListError as error:
            self.note(column, error.expected, error.found)
            return None

    def note(self, column: str, expected: str, found: str) -> None:
        self.problems.append(Problem(self.name, self.row.line, column, expected, found))


def _read_row(name: str, row: Row, *, own_columns: bool) -> tuple[Entry | None, list[Problem]]:
    """Return the row's entry, or None and every problem it has."""
    reader = _RowReader(name, row, list(row.faults))
    if row.cells is None:
        return None, reader.problems
    if own_columns:
        reader.problems += column_faults(name, row.line, list(row.cells))
    where, plate_cell = reader.where, row.cells.get("plate", "")
    plate = reader.attempt("plate", lambda t: fields.read_plate(t, where=where))
    jurisdiction = reader.attempt(
        "jurisdiction", lambda t: fields.read_jurisdiction(t, where=where, plate_cell=plate_cell)
    )
    vehicle = reader.attempt(
        "vehicle", lambda t: fields.read_vehicle(t, where=where, plate_cell=plate_cell)
    )
    purpose = reader.attempt(
        "purpose", lambda t: fields.read_purpose(t, where=where, plate_cell=plate_cell)
    )
    reference = reader.attempt(
        "reference", lambda t: fields.read_reference(t, purpose, where=where)
    )
    valid_from, valid_until = _read_validity(reader)
    texts = {column: _read_text(reader, column) for column in ("call", "make", "colour")}
    if reader.problems or plate is None or vehicle is None or purpose is None or reference is None:
        return None, reader.problems
    entry = Entry(
        plate, jurisdiction, vehicle, purpose, reference,
        valid_from=valid_from, valid_until=valid_until, source=name, line=row.line, **texts,
    )  # fmt: skip
    return entry, []


def _read_text(reader: _RowReader, column: str) -> str:
    read = reader.attempt(
        column, lambda text: fields.read_text(text, where=reader.where, field=column)
    )
    return read or ""


def _read_validity(reader: _RowReader) -> tuple[datetime | None, datetime | None]:
    where = reader.where
    start = reader.attempt(
        "valid_from", lambda t: fields.read_moment(t, where=where, field="valid_from")
    )
    end = reader.attempt(
        "valid_until",
        lambda t: fields.read_moment(t, where=where, field="valid_until", end_of_day=True),
    )
    if start is not None and end is not None and end <= start:
        reader.note("valid_until", "a time after valid_from", "one that is not")
    return start, end
