"""Rows that come and go by the million: sealed reads, receipts, counts and events.

Decides how they are written, found and dropped with little work for each. Leaves to the vault what
is in them. No function returns sealed reads without being given their tokens.

Works on the driver's own cursor where SQLAlchemy would touch every row.
"""

import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from fairplate.storage.database import Database
from fairplate.storage.partitions import drop_partitions
from fairplate.storage.schema import counts

_AT_ONCE = 500
"""How many tokens or digests one statement looks for; SQLite may be limited to 999."""

_MOST_ROWS = 2_000
_cursor_numbers = itertools.count()

HIT = "hit"
"""The word under which hits are counted, beside the outcomes of the same reads."""

_COPY = "COPY sealed_reads (key_id, token, nonce, ciphertext) FROM STDIN (FORMAT BINARY)"
_INSERT = "INSERT INTO sealed_reads (key_id, token, nonce, ciphertext) VALUES (?, ?, ?, ?)"

# %b: psycopg spells a list as text unless told to send it as it is, which takes six times as long.
_RECEIVE_ALL = (
    "INSERT INTO receipts (key_id, digest) SELECT %b, unnest(%b)"
    " ON CONFLICT DO NOTHING RETURNING digest"
)
_RECEIVE = "INSERT INTO receipts (key_id, digest) VALUES (?, ?) ON CONFLICT DO NOTHING"

_INSERT_EVENT = "INSERT INTO events (body, private) VALUES ({0}, {0}) RETURNING id"

_FIND_RECEIPTS = "SELECT digest FROM receipts WHERE key_id = {} AND digest"
_FIND = "SELECT token, nonce, ciphertext FROM sealed_reads WHERE key_id = {} AND token"

_COUNT = sa.text(
    "INSERT INTO counts (day, reader_id, outcome, number)"
    " VALUES (:day, :reader_id, :outcome, :number)"
    " ON CONFLICT (day, reader_id, outcome) DO UPDATE SET number = counts.number + excluded.number"
).bindparams(sa.bindparam("day", type_=sa.Date))

# A key's rows were stored one after the other, so they are dropped in that order, by blocks of
# row numbers: in the index's order each would be on another page. The `+` keeps from the index.
_BLOCKS = "SELECT DISTINCT rowid / ? FROM sealed_reads WHERE key_id = ? ORDER BY 1"
_DROP_BLOCK = "DELETE FROM sealed_reads WHERE rowid >= ? AND rowid < ? AND +key_id = ?"
_DROP_RECEIPTS = (
    "DELETE FROM receipts WHERE key_id = ?1 AND digest IN"
    " (SELECT digest FROM receipts WHERE key_id = ?1 LIMIT ?2)"
)


def insert_sealed_reads(
    connection: sa.Connection, rows: Sequence[tuple[int, bytes, bytes, bytes]]
) -> None:
    """Store rows of key id, token, nonce and ciphertext; on PostgreSQL the key has partitions."""
    with _cursor(connection) as cursor:
        if connection.dialect.name == "sqlite":
            cursor.executemany(_INSERT, rows)
            return
        with cursor.copy(_COPY) as copy:
            copy.set_types(("int8", "bytea", "bytea", "bytea"))
            for row in rows:
                copy.write_row(row)


def insert_receipts(
    connection: sa.Connection, key_id: int, digests: Sequence[bytes]
) -> frozenset[bytes]:
    """Store the digests, all different, and return those that were not there yet.

    Transactions that do this at once cannot wait for each other in a circle, provided that each
    takes its keys in ascending order.
    """
    if not digests:
        return frozenset()
    in_order = sorted(digests)
    with _cursor(connection) as cursor:
        if connection.dialect.name == "postgresql":
            cursor.execute(_RECEIVE_ALL, (key_id, in_order), binary=True)
            return frozenset(digest for (digest,) in cursor)
        # One by one: quicker here than many rows with RETURNING.
        return frozenset(
            digest for digest in in_order if cursor.execute(_RECEIVE, (key_id, digest)).rowcount
        )


def insert_event(connection: sa.Connection, body: bytes, private: bytes) -> int:
    """Write an event and return its id; what a sealed private part is, `audit/` decides."""
    mark = "?" if connection.dialect.name == "sqlite" else "%b"
    with _cursor(connection) as cursor:
        (event_id,) = cursor.execute(_INSERT_EVENT.format(mark), (body, private)).fetchone()
        return int(event_id)


def find_receipts(
    connection: sa.Connection, key_id: int, digests: Sequence[bytes]
) -> frozenset[bytes]:
    """Return those of the digests that are there."""
    return frozenset(
        digest
        for some in _slices(digests)
        for (digest,) in _fetch(connection, _FIND_RECEIPTS, key_id, some, len(some))
    )


def find_sealed_reads(
    connection: sa.Connection, key_id: int, tokens: Sequence[bytes]
) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Yield token, nonce and ciphertext of the key's rows with one of the tokens, in any order.

    Holds some 2,000 rows at once, however many a token has.
    """
    for some in _slices(tokens):
        rows = _fetch(connection, _FIND, key_id, some, _MOST_ROWS + 1)
        yield from rows if len(rows) <= _MOST_ROWS else _portions(connection, key_id, some)


def _slices(values: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    return (values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE))


def _fetch(
    connection: sa.Connection, find: str, key_id: int, values: Sequence[bytes], most: int
) -> list[Any]:
    """Return at most so many rows of the key that have one of the values."""
    statement, given = _query(connection, find, key_id, values)
    with _cursor(connection, binary=True) as cursor:
        rows: list[Any] = cursor.execute(f"{statement} LIMIT {most}", given).fetchall()
        return rows


def _portions(
    connection: sa.Connection, key_id: int, tokens: Sequence[bytes]
) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Yield rows as the caller takes them; takes more round trips to a server, so only for many."""
    name = f"found_{next(_cursor_numbers)}"  # two may be open at once
    with _cursor(connection, name=name, binary=True) as cursor:
        cursor.execute(*_query(connection, _FIND, key_id, tokens))
        while rows := cursor.fetchmany(_MOST_ROWS):
            yield from rows


def _query(
    connection: sa.Connection, find: str, key_id: int, values: Sequence[bytes]
) -> tuple[str, tuple[Any, ...]]:
    if connection.dialect.name == "sqlite":
        marks = ",".join("?" * len(values))
        return f"{find.format('?')} IN ({marks})", (key_id, *values)
    return f"{find.format('%b')} = ANY(%b)", (key_id, list(values))


def add_counts(
    connection: sa.Connection, day: date, numbers: Mapping[tuple[str, str], int]
) -> None:
    """Add to the day's counts by reader id and outcome; last in a transaction, since others wait.

    In sorted order, so that transactions which do this at once cannot wait in a circle.
    """
    rows = [
        {"day": day, "reader_id": reader_id, "outcome": outcome, "number": number}
        for (reader_id, outcome), number in sorted(numbers.items())
    ]
    if rows:
        connection.execute(_COUNT, rows)


def sum_counts(connection: sa.Connection, outcome: str, *, since: date) -> int:
    """Return how often `outcome` was counted on `since` and later, at all readers."""
    query = sa.select(sa.func.coalesce(sa.func.sum(counts.c.number), 0))
    of_outcome = query.where(counts.c.outcome == outcome, counts.c.day >= since)
    return int(connection.execute(of_outcome).scalar_one())


def count_reads(connection: sa.Connection, *, since: date) -> dict[str, int]:
    """Return how many reads each reader of ours sent on `since` and later, refused ones too."""
    query = (
        sa.select(counts.c.reader_id, sa.func.sum(counts.c.number))
        .where(counts.c.day >= since, counts.c.outcome != HIT, counts.c.reader_id != "")
        .group_by(counts.c.reader_id)
    )
    return {reader_id: int(number) for reader_id, number in connection.execute(query)}


def drop_rows(
    database: Database,
    key_id: int,
    *,
    slice_rows: int = 10_000,
    pause: timedelta = timedelta(milliseconds=100),
    lock_timeout: timedelta = timedelta(seconds=2),
) -> None:
    """Remove the key's sealed reads and receipts; may be repeated wherever it was stopped.

    SQLite: in transactions of less than twice `slice_rows` rows; the `pause` between them is the
    longest that a waiting writer sleeps (sqlite3_busy_timeout), so each gets its turn. PostgreSQL:
    by dropping partitions; raises StorageError, retryable, if others use them for longer than
    `lock_timeout`.
    """
    if database.is_postgresql:
        drop_partitions(database, key_id, lock_timeout=lock_timeout)
        return
    with database.reading() as connection, _cursor(connection) as cursor:
        blocks = [block for (block,) in cursor.execute(_BLOCKS, (slice_rows, key_id))]
    while _drop_slice(database, key_id, blocks, slice_rows):
        time.sleep(pause.total_seconds())


def _drop_slice(database: Database, key_id: int, blocks: list[int], slice_rows: int) -> bool:
    """Drop the rows of some `blocks`, which it shortens, then receipts; say if any may be left."""
    with database.transaction() as connection, _cursor(connection) as cursor:
        dropped = 0
        while blocks and dropped < slice_rows:
            start = blocks.pop() * slice_rows
            dropped += cursor.execute(_DROP_BLOCK, (start, start + slice_rows, key_id)).rowcount
        if blocks or dropped >= slice_rows:
            return True
        found: int = cursor.execute(_DROP_RECEIPTS, (key_id, slice_rows)).rowcount
        return found == slice_rows


def _cursor(connection: sa.Connection, **on_server: Any) -> AbstractContextManager[Any]:
    """Return a cursor of the driver within the connection's transaction."""
    if not connection.in_transaction():  # SQLAlchemy would not know of it, nor commit it
        connection.begin()
    driver: Any = connection.connection.dbapi_connection
    if connection.dialect.name == "sqlite":
        return closing(driver.cursor())
    return closing(driver.cursor(**on_server))
