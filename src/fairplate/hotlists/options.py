"""How the rows of one list are to be understood: its columns, its words and what it leaves unsaid.

Values only. Leaves to `definition.py` how a person writes them and to `batches.py` what they do.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fairplate.core.purposes import Purpose

IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class ListOptions:
    """What a list's definition says about its rows; without one, every list is read plainly.

    `columns`: a column's name in the list, folded, to ours or `ignore`. `header`: the columns of a
    list without a header line. `meanings`: the text of the purpose's cell, folded, to the purpose,
    None where such rows are to be left out. `defaults`: our column to the text where a row has
    none. `states_of`: the country whose states the jurisdiction's cells name without it.
    `no_plate`: the texts, folded, that say in the plate's cell that the vehicle has none.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    header: tuple[str, ...] | None = None
    meanings: Mapping[str, Purpose | None] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    purposes: frozenset[Purpose] = frozenset(Purpose)
    states_of: str | None = None
    no_plate: frozenset[str] = frozenset()


def fold_text(text: str) -> str:
    """Return a cell's text as it is looked up: one blank between words, lower case."""
    return " ".join(text.split()).lower()
