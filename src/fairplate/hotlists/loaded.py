"""A kept list in memory, ready to be asked: packed plates to find rows, packed texts to read them.

Decides which of its entries a read may be. Some 20 bytes an entry are numbers; texts stay packed
until a row is found.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import sqlalchemy as sa

from fairplate.core.reads import PlateRead
from fairplate.hotlists.chunks import (
    ENTRIES_IN_CHUNK,
    NO_KEY,
    ListsKey,
    Marks,
    Seconds,
    join_marks,
    moment_of,
    unpack_texts,
)
from fairplate.hotlists.entries import Entry
from fairplate.hotlists.index import PlateIndex
from fairplate.hotlists.match import Match, fits, match_entry
from fairplate.hotlists.register import KeptList
from fairplate.hotlists.stored_chunks import read_chunks

_UNPACKED_CHUNKS = 16
"""So many chunks of a list stay unpacked: a car park's list is matched by every second read."""


@dataclass(slots=True)
class LoadedList:
    """One list as it was loaded. Any number of threads may ask: the worst is to unpack twice."""

    kept: KeptList
    _texts: tuple[bytes, ...] = field(repr=False)
    _first_seen: Seconds = field(repr=False)
    _ends: Seconds = field(repr=False)
    _index: PlateIndex = field(repr=False)
    _unpacked: OrderedDict[int, tuple[Entry, ...]] = field(default_factory=OrderedDict, repr=False)

    def match(self, read: PlateRead, *, now: datetime) -> Iterator[tuple[Match, datetime]]:
        """Yield the entries that the read may be, each with when it first came."""
        for row in self._index.rows_like(read.plate, look_alikes=True):
            number, place = divmod(row, ENTRIES_IN_CHUNK)
            entry = self._entries(number)[place]
            if not fits(read.plate, entry.plate):
                continue
            first = moment_of(self._first_seen[row])
            yield match_entry(read, entry, now=now), first or self.kept.set_at

    def kept_as(self, kept: KeptList) -> "LoadedList":
        """Return the same entries of the list as it is kept now: it was suspended, or set anew."""
        return LoadedList(kept, self._texts, self._first_seen, self._ends, self._index)

    def ended(self, now: datetime) -> int:
        """Return how many entries are over at `now`."""
        return int((self._ends <= now.timestamp()).sum())

    def next_end(self, now: datetime) -> datetime | None:
        """Return when the next entry ends after `now`; None if none does."""
        later = self._ends[self._ends > now.timestamp()]
        return moment_of(later.min()) if len(later) else None

    def _entries(self, number: int) -> tuple[Entry, ...]:
        known = self._unpacked.pop(number, None)
        if known is None:
            known = unpack_texts(self._texts[number], self.kept.id)
        self._unpacked[number] = known
        if len(self._unpacked) > _UNPACKED_CHUNKS:
            self._unpacked.popitem(last=False)
        return known


def load_list(connection: sa.Connection, key: ListsKey, kept: KeptList) -> LoadedList:
    """Return the list with the entries of its batch in force; StorageError if it is damaged."""
    texts: list[bytes] = []
    some: list[Marks] = []
    for chunk in read_chunks(connection, key, kept):
        texts.append(chunk.texts)
        some.append(chunk.marks)
    marks = join_marks(some)
    index = PlateIndex(marks.keys, tuple(_patterns(texts, marks, kept.id)))
    return LoadedList(kept, tuple(texts), marks.first_seen, marks.ends, index)


def _patterns(texts: list[bytes], marks: Marks, source: str) -> Iterator[tuple[str, int]]:
    rows = np.flatnonzero(marks.keys == NO_KEY)
    for number in np.unique(rows // ENTRIES_IN_CHUNK).tolist():
        entries = unpack_texts(texts[number], source)
        for row in rows[rows // ENTRIES_IN_CHUNK == number].tolist():
            yield entries[row % ENTRIES_IN_CHUNK].plate, row
