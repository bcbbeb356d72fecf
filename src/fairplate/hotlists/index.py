"""Which rows of a large list a read may be: two numbers an entry in memory, one search a lookup.

Decides by `packing.py`'s numbers alone: O and 0 are one character here, also beside a look-alike.
That may find a few rows more than `match.fits` permits, never fewer; who has the entries asks it.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fairplate.core.plates import MAX_PLATE_LENGTH, PLATE_CHARACTERS
from fairplate.hotlists.confusions import characters_like
from fairplate.hotlists.entries import UNKNOWN_CHARACTER
from fairplate.hotlists.packing import BASE, DIGITS, UNKNOWN_DIGIT, pack_plate

_WEIGHTS = tuple(BASE**place for place in range(MAX_PLATE_LENGTH))

# No plate's number is as large: it ends the sorted keys, so that every search finds a place.
_END = 2**63 - 1


def _changes(char: str) -> tuple[int, ...]:
    """Return what to add to the last character's digit to have each that looks alike."""
    own = DIGITS[char]
    # The other of O and 0 has the same look-alikes in the table; folded they are one character.
    folded = "O0" if char in "O0" else char
    others = {DIGITS[other] for each in folded for other in characters_like(each)}
    return tuple(sorted(other - own for other in others - {own}))


# By place from the right, then by character: a few hundred small tuples.
_CHANGES = tuple(
    {char: tuple(change * weight for change in _changes(char)) for char in PLATE_CHARACTERS}
    for weight in _WEIGHTS
)

# The same for having an unknown character there.
_UNKNOWN_STEPS = tuple(
    {char: (UNKNOWN_DIGIT - DIGITS[char]) * weight for char in PLATE_CHARACTERS}
    for weight in _WEIGHTS
)


class PlateIndex:
    """Rows by plate: 12 bytes a row. Never changes; a new batch makes a new one."""

    def __init__(self, keys: NDArray[np.uint64], patterns: Sequence[tuple[str, int]] = ()) -> None:
        """Take each row's `pack_plate`, and for the rows that hold patterns the pattern and row.

        What `keys` has for such a row does not matter.
        """
        packed = keys.astype(np.int64)
        places: dict[int, set[tuple[int, ...]]] = {}  # of the unknown characters, by length
        for pattern, row in patterns:
            packed[row] = pack_plate(pattern)
            unknown = tuple(at for at, char in enumerate(pattern) if char == UNKNOWN_CHARACTER)
            places.setdefault(len(pattern), set()).add(unknown)
        self._unknown = {
            length: [[(at, _UNKNOWN_STEPS[length - 1 - at]) for at in each] for each in some]
            for length, some in places.items()
        }
        # Stable: rows of one plate stay in the order they came.
        order = np.argsort(packed, kind="stable")
        self._rows = order.astype(np.uint32)
        self._keys = np.append(packed[order], _END)

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self._rows)

    @property
    def bytes_held(self) -> int:
        """How much memory the rows take."""
        return self._keys.nbytes + self._rows.nbytes

    def rows_like(self, plate: str, *, look_alikes: bool) -> list[int]:
        """Return the rows that a read of `plate` may be, ascending.

        Those are the rows of the same plate, O and 0 taken as one; with `look_alikes` also those
        that differ in exactly one character that looks alike; and the patterns that the plate fits.
        """
        steps = self._steps(plate, look_alikes=look_alikes)
        wanted = np.array(steps, dtype=np.int64) + pack_plate(plate)
        places = self._keys.searchsorted(wanted)
        found = self._keys.take(places) == wanted
        if not np.count_nonzero(found):
            return []
        ends = self._keys.searchsorted(wanted[found], side="right")
        rows: list[int] = []
        for start, end in zip(places[found].tolist(), ends.tolist(), strict=True):
            rows += self._rows[start:end].tolist()
        return sorted(rows)

    def _steps(self, plate: str, *, look_alikes: bool) -> list[int]:
        """Return how far a fitting row's number may be from the plate's own, each once."""
        steps = [0]
        if look_alikes:
            for changes, char in zip(_CHANGES, reversed(plate), strict=False):
                steps += changes[char]
        for unknown in self._unknown.get(len(plate), ()):
            steps.append(sum([table[plate[at]] for at, table in unknown]))
        return steps
