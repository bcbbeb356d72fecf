"""What every list format hands over: the columns, and rows of text under them.

Decides the closed set of columns and how a column may be named in a message. Leaves to
`formats/` how a file spells rows and to `fields.py` what the text means.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fairplate.hotlists.entries import Problem

REQUIRED_COLUMNS = ("plate", "jurisdiction", "vehicle", "purpose", "reference")
OPTIONAL_COLUMNS = ("call", "valid_from", "valid_until", "make", "colour")
COLUMNS = REQUIRED_COLUMNS + OPTIONAL_COLUMNS

# So many known names prove that a line holds names: a list without a header line would otherwise
# have its first plate quoted as the name of an unknown column.
_NAMES_THAT_PROVE_A_HEADER = 2


@dataclass(frozen=True, slots=True)
class Row:
    """Text by column name, and what the format found wrong; `cells` None: it cannot be read."""

    line: int
    cells: Mapping[str, str] | None
    faults: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A list as rows. `columns` is the header line's, or None where every row names its own."""

    rows: Iterable[Row]
    columns: tuple[str, ...] | None = None
    columns_line: int = 1


def fold_column(name: str) -> str:
    """Return a column's name as it is compared: no outer blanks, lower case."""
    return name.strip().lower()


def are_column_names(names: Sequence[str]) -> bool:
    """Say whether `names` (folded) hold enough known columns to be names and not data."""
    return len(set(names) & set(COLUMNS)) >= _NAMES_THAT_PROVE_A_HEADER


def column_label(position: int, names: Sequence[str]) -> str:
    """Return how a message may call column `position` (from 0): by name unless that may be data."""
    name = names[position]
    if name in COLUMNS:
        return name
    return repr(name[:40]) if are_column_names(names) else f"column {position + 1}"


def column_faults(name: str, line: int, names: Sequence[str]) -> list[Problem]:
    """Return a Problem for every column that is unknown or named twice (`names` folded)."""
    faults = []
    for position, column in enumerate(names):
        label = column_label(position, names)
        if column not in COLUMNS:
            expected = f"one of the columns {', '.join(COLUMNS)}"
            faults.append(Problem(name, line, label, expected, "an unknown column"))
        elif column in names[:position]:
            faults.append(Problem(name, line, label, "the column once", "it twice"))
    return faults
