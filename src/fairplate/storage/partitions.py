"""Partitions of `sealed_reads` and `receipts` in PostgreSQL: one of each for every key.

Decides their names and which locks making and dropping them may take, so that intake and searches
go on meanwhile. Leaves to others which keys get them, and when. SQLite has no partitions.

PostgreSQL's manual, "ALTER TABLE": ATTACH PARTITION locks the parent SHARE UPDATE EXCLUSIVE, which
reads and writes do not mind; CREATE TABLE … PARTITION OF would lock it ACCESS EXCLUSIVE. So would
DETACH PARTITION, unless CONCURRENTLY: that marks the partition in one transaction, waits for all
others that use the table, and takes it off in a second one. Stopped in between it leaves a mark
that FINALIZE carries out.
"""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from fairplate.storage.database import Database

PARTITIONED = ("sealed_reads", "receipts")

_DROPPING = 0x66_61_69_72_70_64  # "fairpd": the advisory lock of whoever drops partitions

_IS_ATTACHED = sa.text(
    "SELECT EXISTS (SELECT FROM pg_inherits WHERE inhparent = CAST(:table AS regclass)"
    " AND inhrelid = to_regclass(:partition) AND NOT inhdetachpending)"
)
_MARKED = sa.text(
    "SELECT CAST(CAST(inhrelid AS regclass) AS text) FROM pg_inherits"
    " WHERE inhparent = CAST(:table AS regclass) AND inhdetachpending"
)
# Tables taken off but not dropped count too: a stop in between leaves them.
_ALL = sa.text(
    "SELECT DISTINCT CAST(substring(relname FROM '[0-9]+$') AS bigint) AS key_id FROM pg_class"
    " WHERE relkind = 'r' AND relname ~ '^(sealed_reads|receipts)_k[0-9]+$' AND relnamespace ="
    " (SELECT relnamespace FROM pg_class WHERE oid = CAST('sealed_reads' AS regclass))"
    " ORDER BY key_id"
)
# Jumps from one key to the next through the index, however many rows each has.
_ALL_IN_FILE = """
WITH RECURSIVE jump(key_id) AS (
    SELECT min(key_id) FROM {table}
    UNION ALL
    SELECT (SELECT min(key_id) FROM {table} WHERE key_id > jump.key_id)
    FROM jump WHERE jump.key_id IS NOT NULL
)
SELECT key_id FROM jump WHERE key_id IS NOT NULL
"""


def make_partitions(connection: sa.Connection, key_id: int) -> None:
    """Make the two partitions of a key, unless they are there; nothing on SQLite."""
    if connection.dialect.name == "sqlite" or _are_attached(connection, key_id):
        return
    for table in PARTITIONED:  # one maker at a time; ONLY: not the partitions there are already
        _run(connection, f"LOCK TABLE ONLY {table} IN SHARE UPDATE EXCLUSIVE MODE")
    for table in PARTITIONED:
        if not _is_attached(connection, table, key_id):
            name = _partition(table, key_id)
            _run(connection, f"CREATE TABLE IF NOT EXISTS {name} (LIKE {table} INCLUDING ALL)")
            _run(
                connection, f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES IN ({key_id})"
            )


def list_partitions(connection: sa.Connection) -> tuple[int, ...]:
    """Return the ids of the keys that have a partition, or on SQLite a row, in ascending order."""
    if connection.dialect.name == "postgresql":
        return tuple(connection.execute(_ALL).scalars())
    found: set[int] = set()
    for table in PARTITIONED:
        found.update(connection.execute(sa.text(_ALL_IN_FILE.format(table=table))).scalars())
    return tuple(sorted(found))


def drop_partitions(database: Database, key_id: int, *, lock_timeout: timedelta) -> None:
    """Drop the two partitions of a key, or what an attempt that was stopped left of them.

    Raises StorageError, retryable, if others use the tables, or the partitions, for longer than
    `lock_timeout`; none of those who come meanwhile has to wait.
    """
    with database.without_transaction() as connection:
        _run(connection, f"SET lock_timeout = '{round(lock_timeout.total_seconds() * 1000)}ms'")
        connection.execute(sa.select(sa.func.pg_advisory_lock(_DROPPING)))
        for table in PARTITIONED:
            # Of any key: PostgreSQL has room for one mark a table.
            for marked in connection.execute(_MARKED, {"table": table}).scalars().all():
                _run(connection, f"ALTER TABLE {table} DETACH PARTITION {marked} FINALIZE")
            name = _partition(table, key_id)
            if _is_attached(connection, table, key_id):
                _run(connection, f"ALTER TABLE {table} DETACH PARTITION {name} CONCURRENTLY")
            _run(connection, f"DROP TABLE IF EXISTS {name}")


def _partition(table: str, key_id: int) -> str:
    return f"{table}_k{key_id:d}"


def _are_attached(connection: sa.Connection, key_id: int) -> bool:
    return all(_is_attached(connection, table, key_id) for table in PARTITIONED)


def _is_attached(connection: sa.Connection, table: str, key_id: int) -> bool:
    names = {"table": table, "partition": _partition(table, key_id)}
    found: Any = connection.execute(_IS_ATTACHED, names).scalar_one()
    return bool(found)


def _run(connection: sa.Connection, statement: str) -> None:
    """Run what takes no parameters; every part is a name of ours or a number."""
    connection.exec_driver_sql(statement)
