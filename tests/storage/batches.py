"""Batches as intake stores them, and a look at whether all of each is there."""

from datetime import date
from random import Random

import sqlalchemy as sa

from fairplate.storage.database import Database
from fairplate.storage.partitions import make_partitions
from fairplate.storage.rows import (
    add_counts,
    find_sealed_reads,
    insert_receipts,
    insert_sealed_reads,
    sum_counts,
)
from fairplate.storage.schema import receipts, sealed_reads

DAY = date(2026, 11, 23)
KEY = 1
random_bytes = Random(5).randbytes  # noqa: S311 - a test's rows

Row = tuple[int, bytes, bytes, bytes]


def make_rows(number: int, key_id: int = KEY) -> list[Row]:
    return [(key_id, random_bytes(16), random_bytes(12), random_bytes(528)) for _ in range(number)]


def make_digests(number: int) -> list[bytes]:
    return [random_bytes(16) for _ in range(number)]


def prepare(database: Database, *key_ids: int) -> None:
    with database.transaction() as connection:
        for key_id in key_ids or (KEY,):
            make_partitions(connection, key_id)


def take(database: Database, rows: list[Row]) -> None:
    """Do as intake does: receipts, rows and counts in one transaction."""
    with database.transaction() as connection:
        insert_receipts(connection, KEY, [row[1] for row in rows])
        insert_sealed_reads(connection, rows)
        add_counts(connection, DAY, {("north", "sealed"): len(rows)})


def require_exactly(database: Database, rows: list[Row]) -> None:
    """Look that these rows are there, and of everything else as much as belongs to them."""
    assert found(database, KEY, [row[1] for row in rows]) == sorted(rows)
    assert count(database, sealed_reads, KEY) == count(database, receipts, KEY) == len(rows)
    with database.reading() as connection:
        assert sum_counts(connection, "sealed", since=DAY) == len(rows)


def store(database: Database, stored: list[Row]) -> None:
    with database.transaction() as connection:
        insert_sealed_reads(connection, stored)


def found(database: Database, key_id: int, tokens: list[bytes]) -> list[Row]:
    with database.reading() as connection:
        return sorted((key_id, *row) for row in find_sealed_reads(connection, key_id, tokens))


def count(database: Database, table: sa.Table, key_id: int) -> int:
    query = sa.select(sa.func.count()).select_from(table).where(table.c.key_id == key_id)
    with database.reading() as connection:
        return int(connection.execute(query).scalar_one())
