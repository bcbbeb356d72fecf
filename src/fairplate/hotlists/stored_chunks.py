"""The chunks of a list's batch in force as the database holds them: put, read, taken off.

Decides to what place each is sealed: its list, its batch, its number and how many there are. So
none can be moved, left out or given to another list without being told. Leaves to `chunks.py` the
bytes, to `kept_batches.py` when a batch comes into force.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import sqlalchemy as sa

from fairplate.core.errors import StorageError
from fairplate.hotlists.chunks import (
    ENTRIES_IN_CHUNK,
    Chunk,
    ListsKey,
    Marks,
    decode_chunk,
    encode_chunk,
    join_marks,
)
from fairplate.hotlists.entries import Entry
from fairplate.hotlists.register import KeptList
from fairplate.storage.schema import list_chunks

_ROWS_AT_ONCE = 100


def insert_chunks(
    connection: sa.Connection,
    key: ListsKey,
    list_id: str,
    batch_id: str,
    chunks: Sequence[Chunk],
    *,
    random_bytes: Callable[[int], bytes],
) -> None:
    """Store the chunks of a batch, sealed."""
    for start in range(0, len(chunks), _ROWS_AT_ONCE):
        rows = []
        for number, chunk in enumerate(chunks[start : start + _ROWS_AT_ONCE], start):
            place = _place(list_id, batch_id, number, len(chunks))
            sealed = key.seal(place, encode_chunk(chunk), random_bytes)
            rows.append({"batch_id": batch_id, "number": number, "sealed": sealed})
        connection.execute(sa.insert(list_chunks), rows)


def delete_chunks(connection: sa.Connection, batch_id: str | None) -> None:
    """Take off the chunks of a batch; of none for None."""
    if batch_id is not None:
        connection.execute(sa.delete(list_chunks).where(list_chunks.c.batch_id == batch_id))


def read_chunks(connection: sa.Connection, key: ListsKey, kept: KeptList) -> Iterator[Chunk]:
    """Yield the chunks of the list's batch in force in their order; none if there is none.

    Raises StorageError for one that was altered or moved, and at the end if one is missing.
    """
    if kept.batch_id is None:
        return
    query = (
        sa.select(list_chunks.c.number, list_chunks.c.sealed)
        .where(list_chunks.c.batch_id == kept.batch_id)
        .order_by(list_chunks.c.number)
        .execution_options(yield_per=_ROWS_AT_ONCE)
    )
    entries = 0
    with connection.execute(query) as rows:  # closed though a chunk is refused
        for row in rows:
            chunk = _open(key, kept, row.number, row.sealed)
            entries += len(chunk.marks.keys)
            yield chunk
    if entries != kept.entries:
        raise _damaged(kept, f"{kept.entries} entries", f"{entries}")


def read_marks(connection: sa.Connection, key: ListsKey, kept: KeptList) -> Marks:
    """Return the marks of the list's batch in force; of none if there is none."""
    return join_marks([chunk.marks for chunk in read_chunks(connection, key, kept)])


def read_entries_at(
    connection: sa.Connection, key: ListsKey, kept: KeptList, rows: Sequence[int]
) -> Iterator[Entry]:
    """Yield the entries in force at the rows, which rise."""
    if kept.batch_id is None:
        return
    wanted = np.asarray(rows, np.intp)
    for number in np.unique(wanted // ENTRIES_IN_CHUNK).tolist():
        sealed = connection.execute(
            sa.select(list_chunks.c.sealed).where(
                list_chunks.c.batch_id == kept.batch_id, list_chunks.c.number == number
            )
        ).scalar_one_or_none()
        if sealed is None:
            raise _damaged(kept, f"a chunk {number}", "none")
        entries = _open(key, kept, number, sealed).entries(kept.id)
        for row in wanted[wanted // ENTRIES_IN_CHUNK == number].tolist():
            yield entries[row % ENTRIES_IN_CHUNK]


def _open(key: ListsKey, kept: KeptList, number: int, sealed: bytes) -> Chunk:
    of = -(-kept.entries // ENTRIES_IN_CHUNK)
    place = _place(kept.id, kept.batch_id or "", number, of)
    try:
        return decode_chunk(key.open(place, sealed))
    except StorageError:
        raise _damaged(kept, "what this deployment's key sealed for it", "another") from None


def _damaged(kept: KeptList, expected: str, found: str) -> StorageError:
    """Return the error of a list that was altered, which says how it is mended."""
    return StorageError(
        f"hot list {kept.id}",
        expected=expected,
        found=f"{found}: it raises no alerts until another batch is imported",
    )


def _place(list_id: str, batch_id: str, number: int, of: int) -> str:
    return f"{list_id}/{batch_id}/{number}/{of}"
