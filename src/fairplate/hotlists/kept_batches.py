"""Batches in the database: one comes in whole or not at all, and what it changes is known before.

Decides when a batch comes into force. Leaves to `batches.py` which rows are entries, to `chunks.py`
the bytes. A batch of a million entries is held packed, never as a million entries.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import sqlalchemy as sa

from fairplate.audit.event_types import EventType
from fairplate.audit.kinds import spell_time
from fairplate.audit.log import Recorder
from fairplate.core.errors import StorageError
from fairplate.core.purposes import Purpose
from fairplate.hotlists.batches import BatchReader
from fairplate.hotlists.chunks import (
    ENTRIES_IN_CHUNK,
    NO_KEY,
    Chunk,
    ListsKey,
    Marks,
    join_marks,
    pack_entries,
)
from fairplate.hotlists.difference import Difference, carry_first_seen, compare_batches, replace_all
from fairplate.hotlists.entries import Entry
from fairplate.hotlists.register import KeptList, note_refused, put_batch, require_list
from fairplate.hotlists.stored_chunks import delete_chunks, insert_chunks, read_marks
from fairplate.policy.hot_lists import entry_ends, list_fresh_until
from fairplate.policy.rules import Policy

_ID_BYTES = 10


@dataclass(frozen=True, slots=True)
class PreparedBatch:
    """A batch that may come into force: its chunks, and what it changes of the one that is.

    `damaged`: that one cannot be read, so every entry counts as added, and all of it as removed.
    """

    chunks: tuple[Chunk, ...] = field(repr=False)
    marks: Marks = field(repr=False)
    difference: Difference = field(repr=False)
    replaces: str | None
    purposes: frozenset[Purpose]
    damaged: bool = False

    @property
    def entries(self) -> int:
        """How many entries it has."""
        return len(self.marks.identities)

    def entries_at(self, rows: Sequence[int]) -> Iterator[Entry]:
        """Yield the entries at the rows, which rise; `source` is empty."""
        number, entries = -1, tuple[Entry, ...]()
        for row in rows:
            if row // ENTRIES_IN_CHUNK != number:
                number = row // ENTRIES_IN_CHUNK
                entries = self.chunks[number].entries("")
            yield entries[row % ENTRIES_IN_CHUNK]

    def patterns(self) -> tuple[str, ...]:
        """Return the patterns among the entries."""
        rows = np.flatnonzero(self.marks.keys == NO_KEY).tolist()
        return tuple(entry.plate for entry in self.entries_at(rows))


@dataclass(frozen=True, slots=True)
class Imported:
    """A batch that came into force."""

    batch_id: str
    entries: int
    added: int
    changed: int
    removed: int


def prepare_batch(
    connection: sa.Connection,
    key: ListsKey,
    kept: KeptList,
    reader: BatchReader,
    policy: Policy,
    *,
    now: datetime,
) -> PreparedBatch | None:
    """Return what the batch comes to, or None if it is refused (see `reader.problems`).

    Raises HotListError if its rows cannot be told apart.
    """
    # Nearly every entry has one of these ends, and lists have millions of entries.
    longest: dict[Purpose, datetime] = {}

    def ends(entry: Entry) -> datetime:
        if entry.purpose not in longest:
            longest[entry.purpose] = entry_ends(policy, entry.purpose, now, None)
        if entry.valid_until is None:
            return longest[entry.purpose]
        return entry_ends(policy, entry.purpose, now, entry.valid_until)

    chunks = list(pack_entries(reader, ends=ends, now=now))
    if reader.refused:
        return None
    new = join_marks([chunk.marks for chunk in chunks])
    old = _read_old(connection, key, kept)
    marks = new if old is None else carry_first_seen(old, new)
    return PreparedBatch(
        tuple(_carried(chunks, marks)),
        marks,
        replace_all(kept.entries, marks) if old is None else compare_batches(old, marks),
        kept.batch_id,
        frozenset(longest),
        damaged=old is None,
    )


def _read_old(connection: sa.Connection, key: ListsKey, kept: KeptList) -> Marks | None:
    """Return the marks in force; None if they are damaged: the new batch is what mends them."""
    try:
        return read_marks(connection, key, kept)
    except StorageError:
        return None


def import_batch(
    connection: sa.Connection,
    recorder: Recorder,
    key: ListsKey,
    kept: KeptList,
    prepared: PreparedBatch,
    *,
    policy: Policy,
    source: str,
) -> Imported:
    """Put the batch in force in place of the one before, with its event.

    Raises StorageError, retryable, if another batch or definition came meanwhile, or a policy that
    does not permit it any more: what was looked at is not what would come into force.
    """
    now = recorder.clock()
    _require_as_looked_at(connection, kept, prepared, policy)
    batch_id = f"b-{recorder.random_bytes(_ID_BYTES).hex()}"
    delete_chunks(connection, prepared.replaces)
    random_bytes = recorder.random_bytes
    insert_chunks(connection, key, kept.id, batch_id, prepared.chunks, random_bytes=random_bytes)
    fresh_until = list_fresh_until(policy, kept.definition.refresh, now)
    put_batch(
        connection,
        kept.id,
        batch_id,
        entries=prepared.entries,
        imported_at=now,
        fresh_until=fresh_until,
    )
    difference = prepared.difference
    added, changed = len(difference.added), len(difference.changed)
    imported = Imported(batch_id, prepared.entries, added, changed, len(difference.removed))
    recorder.record(
        connection,
        EventType.BATCH_IMPORTED,
        public={
            "list": kept.id,
            "batch": batch_id,
            "format": kept.definition.format,
            "entries": imported.entries,
            "added": imported.added,
            "changed": imported.changed,
            "removed": imported.removed,
            "purposes": sorted(purpose.value for purpose in prepared.purposes),
            "fresh_until": None if fresh_until is None else spell_time(fresh_until),
        },
        private={"source": source},
    )
    return imported


def _require_as_looked_at(
    connection: sa.Connection, kept: KeptList, prepared: PreparedBatch, policy: Policy
) -> None:
    current = require_list(connection, kept.id)
    if current.batch_id != prepared.replaces or current.definition != kept.definition:
        expected = "the batch and definition that this one was compared with"
        raise StorageError(f"hot list {kept.id}", expected=expected, found="others", retryable=True)
    if not prepared.purposes <= policy.purposes:
        expected = "the policy that the batch was read under"
        raise StorageError(
            f"hot list {kept.id}", expected=expected, found="another", retryable=True
        )


def reject_batch(
    connection: sa.Connection,
    recorder: Recorder,
    kept: KeptList,
    *,
    rows: int,
    bad_rows: int,
    source: str,
) -> None:
    """Put on record that a batch was refused; the one in force stays.

    Raises InputError if the list was retired meanwhile.
    """
    require_list(connection, kept.id)
    note_refused(connection, kept.id, recorder.clock())
    recorder.record(
        connection,
        EventType.BATCH_REJECTED,
        public={
            "list": kept.id,
            "format": kept.definition.format,
            "rows": rows,
            "bad_rows": bad_rows,
        },
        private={"source": source},
    )


def _carried(chunks: Sequence[Chunk], marks: Marks) -> Iterator[Chunk]:
    """Yield the chunks with the times at which their entries first came."""
    for number, chunk in enumerate(chunks):
        start = number * ENTRIES_IN_CHUNK
        first_seen = marks.first_seen[start : start + ENTRIES_IN_CHUNK]
        one = chunk.marks
        kept = Marks(one.keys, one.identities, one.contents, first_seen, one.ends)
        yield Chunk(kept, chunk.texts)
