"""What a new batch changes: which entries are new, changed or gone, by their marks alone.

Entries of one identity that stand twice in a batch are one: batches leave repeats out.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fairplate.hotlists.chunks import Marks, Words


@dataclass(frozen=True, slots=True)
class Difference:
    """Row numbers: of the new batch for what was added or changed, of the old for what is gone."""

    added: NDArray[np.intp]
    changed: NDArray[np.intp]
    removed: NDArray[np.intp]

    @property
    def is_empty(self) -> bool:
        """Say whether the new batch says what the old one said."""
        return not (len(self.added) or len(self.changed) or len(self.removed))


def compare_batches(old: Marks, new: Marks) -> Difference:
    """Return what `new` changes of `old`."""
    at, known = _find(old.identities, new.identities)
    differs = np.zeros(len(new.identities), bool)
    differs[known] = old.contents[at[known]] != new.contents[known]
    _, kept = _find(new.identities, old.identities)
    return Difference(np.flatnonzero(~known), np.flatnonzero(differs), np.flatnonzero(~kept))


def replace_all(entries: int, new: Marks) -> Difference:
    """Return the difference between so many unknown entries and `new`: nothing is as it was."""
    none = np.empty(0, np.intp)
    return Difference(np.arange(len(new.identities)), none, np.arange(entries))


def carry_first_seen(old: Marks, new: Marks) -> Marks:
    """Return `new` with the times at which its entries first came."""
    at, known = _find(old.identities, new.identities)
    first_seen = new.first_seen.copy()
    first_seen[known] = np.minimum(first_seen[known], old.first_seen[at[known]])
    return replace(new, first_seen=first_seen)


def _find(within: Words, wanted: Words) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return for each of `wanted` its row in `within`, and whether there is one."""
    if not len(within):
        return np.zeros(len(wanted), np.intp), np.zeros(len(wanted), bool)
    order = np.argsort(within, kind="stable")
    found = np.searchsorted(within, wanted, sorter=order)
    rows = order[np.minimum(found, len(within) - 1)]
    return rows, within[rows] == wanted
