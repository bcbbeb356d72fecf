"""One delivery of entries: all or nothing, read row by row however large it is.

Decides which rows become entries: a bad row refuses the whole batch; an expired, repeated or
skipped row is only left out, with a notice. Leaves to `formats/` how rows are spelled, to
`row_reader.py` what a row comes to and to `files.py` where the text is.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter

from fairplate.core.clock import require_aware
from fairplate.hotlists.entries import Entry, Problem
from fairplate.hotlists.options import ListOptions
from fairplate.hotlists.row_reader import RowReader
from fairplate.hotlists.rows import (
    COLUMNS,
    REQUIRED_COLUMNS,
    Row,
    Table,
    are_column_names,
    column_faults,
)

# DESIGN.md section 6: more entries need a configured source, not somebody's file.
MAX_ENTRIES = 2500

# So many are kept to be told, and no more than half of them notices: they must not crowd out the
# reason why a batch is refused.
MAX_PROBLEMS = 1000
_MAX_NOTICES = 500

# After so many bad rows the file is of another kind; the rest would say nothing new.
MAX_BAD_ROWS = 10_000

# JSON rows name their own columns, nearly always the same ones.
_MAX_LAYOUTS = 64

PLAIN = ListOptions()


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


def build_batch(
    name: str,
    table: Table,
    *,
    now: datetime,
    options: ListOptions = PLAIN,
    most: int = MAX_ENTRIES,
) -> Batch:
    """Return the batch that `table` makes at `now` (aware); `name` is the list's, for messages.

    Raises HotListError only where the rows themselves do: when the rest cannot be read.
    """
    reader = read_entries(name, table, now=now, options=options, most=most)
    entries = tuple(reader)
    return Batch(name, () if reader.refused else entries, tuple(reader.problems))


def read_entries(
    name: str,
    table: Table,
    *,
    now: datetime,
    options: ListOptions = PLAIN,
    most: int = MAX_ENTRIES,
) -> "BatchReader":
    """Return the reader of the batch that `table` makes at `now` (aware)."""
    require_aware(now, where=name, field="now")
    return BatchReader(name, table, now=now, options=options, most=most)


@dataclass(frozen=True, slots=True)
class _Layout:
    """How to take our columns from a row of `width` cells and an empty one after them."""

    width: int
    take: Callable[[tuple[str, ...]], tuple[str, ...]]
    columns: tuple[str, ...]
    has_faults: bool


class BatchReader:
    """Iterate once for the entries; what they amount to is known when the last one is taken.

    Entries come before it is known whether a later row refuses the batch: they count only if
    `refused` is False afterwards. It is True until every row is read, also when reading raises
    HotListError. After the first row that refuses the batch no more entries come.

    `problems`: the first 1,000, of which at most 500 are notices; `untold` counts the others.
    `rows` counts every row, `bad_rows` those that refuse the batch and `left_out` those that are
    left out with a notice.
    """

    def __init__(
        self, name: str, table: Table, *, now: datetime, options: ListOptions, most: int
    ) -> None:
        """Take what `read_entries` was given."""
        self.problems: list[Problem] = []
        self.untold = 0
        self.rows = 0
        self.bad_rows = 0
        self.left_out = 0
        self.refused = True
        self._notices = 0
        self._has_refusal = False
        self._name = name
        self._table = table
        self._now = now
        self._options = options
        self._most = most
        self._reader = RowReader(name, options)
        self._layouts: dict[tuple[str, ...], _Layout] = {}
        # The hash stands for the plate, the jurisdiction, the purpose and the reference: 8 bytes
        # for each of a million rows. Two rows of 5,000,000 share one by chance in one list of a
        # million, and nobody can make them: Python salts the hash of texts in every process.
        self._seen: dict[int, int] = {}
        self._entries = self._read()

    def __iter__(self) -> Iterator[Entry]:
        """Return the entries, which come only once."""
        return self._entries

    def _read(self) -> Iterator[Entry]:
        table_layout = self._layout_of_table()
        line = self._table.columns_line
        for item in () if self._has_refusal else self._table.rows:
            if isinstance(item, Problem):
                self._note(item)
                continue
            line = item.line
            self.rows += 1
            if self.rows > self._most or self.bad_rows >= MAX_BAD_ROWS:
                self._stop(line)
                break
            layout = table_layout or self._layout_of_row(item)
            entry = self._read_row(item, layout)
            if entry is not None and not self._is_left_out(entry) and not self._has_refusal:
                yield entry
        if self.rows == 0 and not self._has_refusal:
            self._note(Problem(self._name, line, "list", "at least one entry", "none"))
        self.refused = self._has_refusal

    def _read_row(self, row: Row, layout: _Layout) -> Entry | None:
        entry: Entry | None = None
        problems = [*row.faults]
        if row.cells is not None and len(row.cells) != layout.width:
            expected = f"{layout.width} cells{' as in the header' * self._table.has_header}"
            problems.append(Problem(self._name, row.line, "row", expected, f"{len(row.cells)}"))
        elif row.cells is not None:
            texts = self._reader.fill(layout.take((*row.cells, "")))
            if not row.faults and not layout.has_faults:
                entry = self._reader.read_faultless(row.line, texts)
                if entry is not None:
                    return entry
            entry, problems = self._reader.read(row, texts)
            if layout.has_faults:
                problems += column_faults(self._name, row.line, layout.columns)
        for problem in problems:
            self._note(problem)
        is_bad = any(problem.refuses for problem in problems)
        self.bad_rows += is_bad
        self.left_out += entry is None and not is_bad
        return None if is_bad else entry

    def _is_left_out(self, entry: Entry) -> bool:
        """Note it if the entry has expired or stands further up; remember it if not."""
        if entry.valid_until is not None and entry.has_expired(self._now):
            expected = f"a time after {self._now.isoformat(timespec='minutes')}"
            found = f"{entry.valid_until.isoformat(timespec='minutes')}: expired, left out"
            field = "valid_until"
        else:
            # A purpose is one object; its own hash is slow.
            purpose = id(entry.purpose)
            key = hash((entry.plate, entry.jurisdiction, purpose, entry.reference))
            first = self._seen.setdefault(key, entry.line)
            if first == entry.line:
                return False
            expected = "the same plate, jurisdiction, purpose and reference once"
            found, field = f"it again: line {first} counts", "row"
        self._note(Problem(self._name, entry.line, field, expected, found, refuses=False))
        self.left_out += 1
        return True

    def _stop(self, line: int) -> None:
        """Note why reading stops at this row."""
        expected, found = f"at most {self._most} entries", "more"
        if self.rows <= self._most:
            expected, found = f"fewer than {MAX_BAD_ROWS} bad rows", "more: the rest was not read"
        self._note(Problem(self._name, line, "list", expected, found), must_be_told=True)

    def _note(self, problem: Problem, *, must_be_told: bool = False) -> None:
        self._has_refusal = self._has_refusal or problem.refuses
        self._notices += not problem.refuses
        is_kept = problem.refuses or self._notices <= _MAX_NOTICES
        if must_be_told or (is_kept and len(self.problems) < MAX_PROBLEMS):
            self.problems.append(problem)
        else:
            self.untold += 1

    def _layout_of_table(self) -> _Layout | None:
        """Return the layout of every row, None where each has its own; note what is wrong."""
        table, line = self._table, self._table.columns_line
        columns = self._options.header if table.columns is None else table.columns
        if columns is None:
            if not table.has_header:
                expected = "the names of the columns in the list's definition"
                self._note(Problem(self._name, line, "header", expected, "none"))
            return None
        layout = self._layout_of(columns)
        if table.has_header and not are_column_names(layout.columns):
            expected = f"a first line naming the columns {', '.join(REQUIRED_COLUMNS)}, with commas"
            first = columns[0]
            found = "semicolons" if ";" in first else "tabs" if "\t" in first else "others"
            self._note(Problem(self._name, line, "header", expected, found))
            return layout
        expected = "a column of this name" if table.has_header else "a default for this column"
        missing = [
            Problem(self._name, line, column, expected, "none")
            for column in REQUIRED_COLUMNS
            if column not in layout.columns and column not in self._options.defaults
        ]
        for problem in [*column_faults(self._name, line, layout.columns), *missing]:
            self._note(problem)
        return layout

    def _layout_of_row(self, row: Row) -> _Layout:
        columns = row.columns or ()
        layout = self._layouts.get(columns)
        if layout is None:
            if len(self._layouts) >= _MAX_LAYOUTS:
                self._layouts.clear()
            layout = self._layouts[columns] = self._layout_of(columns)
        return layout

    def _layout_of(self, theirs: tuple[str, ...]) -> _Layout:
        ours = tuple(self._options.columns.get(column, column) for column in theirs)
        width = len(ours)
        positions = tuple(ours.index(c) if c in ours else width for c in COLUMNS)
        has_faults = bool(column_faults(self._name, 0, ours))
        return _Layout(width, itemgetter(*positions), ours, has_faults)
