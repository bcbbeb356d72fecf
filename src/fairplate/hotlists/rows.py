"""What every list format hands over: the columns, and rows of text under them.

Decides the closed set of columns and how a column may be named in a message. Leaves to
`formats/` how a file spells rows and to `fields.py` what the text means.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from fairplate.hotlists.entries import Problem
from fairplate.hotlists.options import IGNORE

REQUIRED_COLUMNS = ("plate", "jurisdiction", "vehicle", "purpose", "reference")
OPTIONAL_COLUMNS = ("call", "valid_from", "valid_until", "listed_on", "make", "colour")
COLUMNS = REQUIRED_COLUMNS + OPTIONAL_COLUMNS
_KNOWN_NAMES = frozenset({*COLUMNS, IGNORE})

# A list that is one line, or one row over all its lines, must not fill the memory.
MAX_ROW_CHARACTERS = 65_536
MAX_COLUMNS = 200

# So many known names prove that a line holds names: a list without a header line would otherwise
# have its first plate quoted as the name of an unknown column.
_NAMES_THAT_PROVE_A_HEADER = 2


class Row(NamedTuple):
    """The cells of one row, and what the format found wrong.

    A tuple, as a list has a million of them.

    `cells` None: there are none to read, and the faults say why; if none of them refuses, the row
    is left out. `columns` are the row's own, None where the table's count.
    """

    line: int
    cells: Sequence[str] | None
    columns: tuple[str, ...] | None = None
    faults: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A list as rows; a Problem among them is about the list as a whole.

    `columns` (folded) are the header line's, or the format's own if not `has_header`; None where
    every row names its own or the list's definition names them.
    """

    rows: Iterable[Row | Problem]
    columns: tuple[str, ...] | None = None
    columns_line: int = 1
    has_header: bool = True


def fold_column(name: str) -> str:
    """Return a column's name as it is compared: no outer blanks, lower case."""
    return name.strip().lower()


def are_column_names(names: Sequence[str]) -> bool:
    """Say whether `names` (folded) hold enough known columns to be names and not data."""
    return len(set(names) & _KNOWN_NAMES) >= min(_NAMES_THAT_PROVE_A_HEADER, len(names))


def column_label(position: int, names: Sequence[str]) -> str:
    """Return how a message may call column `position` (from 0): by name unless that may be data."""
    return _label(position, names, proven=are_column_names(names))


def _label(position: int, names: Sequence[str], *, proven: bool) -> str:
    name = names[position]
    if name in COLUMNS:
        return name
    # A name with a digit may hold a plate, where a line end was lost.
    is_quotable = proven and not any(c.isnumeric() for c in name)
    return repr(name[:40]) if is_quotable else f"column {position + 1}"


def column_faults(name: str, line: int, names: Sequence[str]) -> list[Problem]:
    """Return a Problem for every column that is unknown or named twice (`names` folded)."""
    if len(names) > MAX_COLUMNS:
        return [Problem(name, line, "header", f"at most {MAX_COLUMNS} columns", f"{len(names)}")]
    faults = []
    proven = are_column_names(names)
    for position, column in enumerate(names):
        if column not in _KNOWN_NAMES:
            label = _label(position, names, proven=proven)
            expected = f"one of the columns {', '.join(COLUMNS)}"
            faults.append(Problem(name, line, label, expected, "an unknown column"))
        elif column != IGNORE and column in names[:position]:
            label = _label(position, names, proven=proven)
            faults.append(Problem(name, line, label, "the column once", "it twice"))
    return faults
