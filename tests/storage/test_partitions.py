"""Partitions of PostgreSQL come and go beside intake and searches, and after every stop."""

# What a transaction does before its error is part of what must raise.
# ruff: noqa: PT012

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.postgresql_server import PostgresqlServer
from tests.storage.batches import prepare

from fairplate.core.errors import StorageError
from fairplate.storage.addresses import ServerAddress
from fairplate.storage.database import Database, open_database
from fairplate.storage.partitions import PARTITIONED, list_partitions, make_partitions
from fairplate.storage.rows import (
    drop_rows,
    find_receipts,
    find_sealed_reads,
    insert_sealed_reads,
)
from fairplate.storage.schema import sealed_reads

ON_POSTGRESQL = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
SHORT = timedelta(milliseconds=50)
KEY = 5
ROW = (KEY, b"t" * 16, b"n" * 12, b"c" * 528)


def listed(database: Database) -> tuple[int, ...]:
    with database.reading() as connection:
        return list_partitions(connection)


def tables(database: Database) -> list[str]:
    query = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '_k[0-9]' ORDER BY 1"
    with database.reading() as connection:
        return list(connection.execute(sa.text(query)).scalars())


@pytest.fixture
def other(migrated_url: str) -> Iterator[Database]:
    opened = open_database(migrated_url)
    yield opened
    opened.close()


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_sqlite_lists_the_keys_that_have_rows(database: Database) -> None:
    assert listed(database) == ()
    prepare(database, 1, 2)
    assert listed(database) == ()
    with database.transaction() as connection:
        insert_sealed_reads(connection, [(key, b"t", b"n", b"c") for key in (9, 3, 9, 2**40, 3)])
        connection.exec_driver_sql("INSERT INTO receipts VALUES (3, x'00'), (11, x'00')")
    assert listed(database) == (3, 9, 11, 2**40)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("table", PARTITIONED)
def test_sqlite_looks_only_at_one_entry_of_each_key(database: Database, table: str) -> None:
    with database.reading() as connection:
        plan = connection.exec_driver_sql(
            f"EXPLAIN QUERY PLAN SELECT min(key_id) FROM {table} WHERE key_id > 7"  # noqa: S608
        ).all()
    assert len(plan) == 1
    assert plan[0][3].startswith(f"SEARCH {table} USING")
    assert "key_id>?" in plan[0][3]


@ON_POSTGRESQL
def test_partitions_are_made_once_and_listed(database: Database) -> None:
    assert listed(database) == ()
    prepare(database, 12, 3)
    prepare(database, 3, 12, 2**40)
    assert listed(database) == (3, 12, 2**40)
    names = [f"{table}_k{key}" for table in sorted(PARTITIONED) for key in (2**40, 12, 3)]
    assert tables(database) == names


@ON_POSTGRESQL
def test_a_partition_has_what_its_parent_has(database: Database) -> None:
    prepare(database, KEY)
    query = sa.text(
        "SELECT (SELECT count(*) FROM pg_index WHERE indrelid = i.inhrelid AND indisvalid),"
        " (SELECT count(*) FROM pg_attribute WHERE attrelid = i.inhrelid AND attnotnull"
        "  AND attnum > 0), pg_get_expr(c.relpartbound, c.oid), i.inhrelid::regclass::text"
        " FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE c.relkind = 'r'"
        " ORDER BY 4"
    )
    with database.reading() as connection:
        assert connection.execute(query).all() == [
            (1, 2, f"FOR VALUES IN ('{KEY}')", f"receipts_k{KEY}"),
            (1, 4, f"FOR VALUES IN ('{KEY}')", f"sealed_reads_k{KEY}"),
        ]
        assert not connection.execute(  # the partitions' indexes hang on the parents'
            sa.text(
                "SELECT relname FROM pg_class WHERE relkind = 'i' AND NOT relispartition"
                " AND relname ~ '_k[0-9]'"
            )
        ).all()


@ON_POSTGRESQL
def test_making_partitions_waits_for_nobody_and_holds_nobody_up(
    database: Database, other: Database
) -> None:
    prepare(database, KEY)
    with other.transaction() as storing, other.reading() as searching:
        insert_sealed_reads(storing, [ROW])
        assert list(find_sealed_reads(searching, KEY, [ROW[1]])) == []
        with database.transaction() as connection:
            connection.execute(sa.text("SET LOCAL lock_timeout = '50ms'"))
            make_partitions(connection, 6)
            insert_sealed_reads(connection, [(6, *ROW[1:])])
            storing.execute(sa.text("SET LOCAL lock_timeout = '50ms'"))
            insert_sealed_reads(storing, [ROW])
            assert list(find_sealed_reads(searching, KEY, [ROW[1]])) == []
    with database.reading() as connection:
        assert len(list(find_sealed_reads(connection, KEY, [ROW[1]]))) == 2
        assert len(list(find_sealed_reads(connection, 6, [ROW[1]]))) == 1


@ON_POSTGRESQL
def test_many_may_make_the_same_partitions_at_once(database: Database) -> None:
    at_once = threading.Barrier(6)

    def make_all(_: int) -> None:
        with database.transaction() as connection:
            connection.execute(sa.text("SELECT 1"))
            at_once.wait()
            for key_id in range(1, 4):
                make_partitions(connection, key_id)

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(make_all, range(6)))
    assert listed(database) == (1, 2, 3)


@ON_POSTGRESQL
def test_partitions_of_a_failed_transaction_are_gone(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as connection:
        make_partitions(connection, KEY)
        raise ZeroDivisionError
    assert tables(database) == []


@ON_POSTGRESQL
@pytest.mark.parametrize("what", ["searches", "stores"])
def test_dropping_gives_up_where_others_hold_the_tables(
    database: Database, other: Database, what: str
) -> None:
    prepare(database, KEY, 6)
    with database.transaction() as connection:
        insert_sealed_reads(connection, [ROW, (6, *ROW[1:])])
    with other.reading() if what == "searches" else other.transaction() as holding:
        if what == "searches":
            assert len(list(find_sealed_reads(holding, KEY, [ROW[1]]))) == 1
        else:
            insert_sealed_reads(holding, [ROW])
        for _ in range(2):
            with pytest.raises(StorageError, match="lock") as raised:
                drop_rows(database, KEY, lock_timeout=SHORT)
            assert raised.value.retryable
        with pytest.raises(StorageError) as raised:  # another key: the first is finished first
            drop_rows(database, 6, lock_timeout=SHORT)
        assert raised.value.retryable
        assert listed(database) == (KEY, 6)
    drop_rows(database, KEY, lock_timeout=SHORT)
    assert listed(database) == (6,)
    drop_rows(database, 6, lock_timeout=SHORT)
    assert tables(database) == []


@ON_POSTGRESQL
def test_nobody_waits_behind_a_drop_that_waits(database: Database, other: Database) -> None:
    prepare(database, KEY, 6)
    with database.transaction() as connection:
        insert_sealed_reads(connection, [ROW, (6, *ROW[1:])])
    with other.reading() as searching, ThreadPoolExecutor(1) as threads:
        assert len(list(find_sealed_reads(searching, KEY, [ROW[1]]))) == 1
        dropping = threads.submit(drop_rows, database, KEY, lock_timeout=timedelta(seconds=60))
        _wait_until_one_waits(other)
        with other.transaction() as connection:
            connection.execute(sa.text("SET LOCAL lock_timeout = '50ms'"))
            insert_sealed_reads(connection, [(6, *ROW[1:])])
            make_partitions(connection, 7)
            assert len(list(find_sealed_reads(connection, 6, [ROW[1]]))) == 2
        assert not dropping.done()
        searching.rollback()
        dropping.result(timeout=60)
    assert listed(database) == (6, 7)


def _wait_until_one_waits(database: Database) -> None:
    waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    number = 0
    while not number:
        with database.reading() as connection:
            number = connection.execute(waiting).scalar_one()


@ON_POSTGRESQL
@pytest.mark.parametrize("done", range(5))
def test_dropping_goes_on_wherever_it_was_stopped(database: Database, done: int) -> None:
    prepare(database, KEY, 6)
    with database.transaction() as connection:
        insert_sealed_reads(connection, [ROW])
    steps = [
        f"ALTER TABLE sealed_reads DETACH PARTITION sealed_reads_k{KEY} CONCURRENTLY",
        f"DROP TABLE sealed_reads_k{KEY}",
        f"ALTER TABLE receipts DETACH PARTITION receipts_k{KEY} CONCURRENTLY",
        f"DROP TABLE receipts_k{KEY}",
    ]
    with database.without_transaction() as connection:
        for step in steps[:done]:
            connection.exec_driver_sql(step)
    assert listed(database) == ((6,) if done == len(steps) else (KEY, 6))
    drop_rows(database, KEY)
    assert listed(database) == (6,)
    with database.reading() as connection:
        assert list(find_sealed_reads(connection, KEY, [ROW[1]])) == []


@ON_POSTGRESQL
@pytest.mark.parametrize("key_id", [KEY, 6])
def test_a_drop_whose_connection_was_cut_is_finished(
    database: Database, other: Database, key_id: int
) -> None:
    prepare(database, KEY, 6)
    with other.reading() as searching, ThreadPoolExecutor(1) as threads:
        list(find_sealed_reads(searching, KEY, [ROW[1]]))
        dropping = threads.submit(drop_rows, database, KEY, lock_timeout=timedelta(seconds=60))
        _wait_until_one_waits(other)
        cut = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted"
        with other.transaction() as connection:
            connection.execute(sa.text(cut))
        with pytest.raises(StorageError, match="connection") as raised:
            dropping.result(timeout=60)
        assert raised.value.retryable
    assert listed(database) == (KEY, 6)
    drop_rows(database, key_id)  # of another key too: it does not stumble over the mark
    drop_rows(database, KEY)
    assert listed(database) == ((6,) if key_id == KEY else ())


@ON_POSTGRESQL
def test_two_may_drop_the_same_rows_at_once(database: Database, other: Database) -> None:
    prepare(database, *range(1, 7))
    with ThreadPoolExecutor(2) as threads:
        dropping = [
            threads.submit(drop_rows, each, key_id, lock_timeout=timedelta(seconds=60))
            for key_id in range(1, 7)
            for each in (database, other)
        ]
        for each in dropping:
            each.result(timeout=60)
    assert listed(database) == ()


@ON_POSTGRESQL
def test_settings_and_locks_of_a_drop_end_with_it(
    database: Database, postgresql_server: PostgresqlServer
) -> None:
    prepare(database, KEY)
    drop_rows(database, KEY)
    with database.reading() as connection:
        assert connection.execute(sa.text("SHOW lock_timeout")).scalar_one() == "0"
    locks = "SELECT * FROM pg_locks WHERE locktype = 'advisory'"
    assert isinstance(database.address, ServerAddress)
    assert database.address.url.database is not None
    assert postgresql_server.execute(locks, database.address.url.database) == []


@ON_POSTGRESQL
def test_a_search_locks_the_partition_of_its_key_alone(database: Database) -> None:
    prepare(database, KEY, 6, 7)
    query = sa.text(
        "SELECT c.relname FROM pg_locks l JOIN pg_class c ON c.oid = l.relation"
        " WHERE l.pid = pg_backend_pid() AND c.relname ~ '_k[0-9]+$' AND c.relkind = 'r'"
    )
    with database.reading() as connection:
        for _ in range(10):  # psycopg would prepare a statement that often run
            list(find_sealed_reads(connection, KEY, [ROW[1], b"another"]))
            find_receipts(connection, KEY, [ROW[1], b"another"])
        locked = sorted(connection.execute(query).scalars())
    assert locked == [f"receipts_k{KEY}", f"sealed_reads_k{KEY}"]


@ON_POSTGRESQL
def test_rows_of_a_key_without_partitions_are_refused(database: Database) -> None:
    with pytest.raises(Exception, match="no partition") as raised, database.transaction() as some:
        insert_sealed_reads(some, [ROW])
    assert not isinstance(raised.value, StorageError)  # a bug of ours, told as it is
    with database.reading() as connection:
        assert connection.execute(sa.select(sealed_reads)).all() == []
