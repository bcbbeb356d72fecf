"""Connections cut, servers stopped, processes that meet: one clear error, nothing half-done."""

# What a transaction does before its error is part of what must raise.
# ruff: noqa: PT012

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.postgresql_server import LOCKED_OUT, PostgresqlServer
from tests.storage.batches import DAY, KEY, make_rows, prepare, require_exactly, take

from fairplate.core.errors import StorageError
from fairplate.storage.database import Database, connect_database, open_database
from fairplate.storage.rows import add_counts, insert_receipts, insert_sealed_reads, sum_counts

ON_POSTGRESQL = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
HERE = Path(__file__).parent


def cut(server: PostgresqlServer, connection: sa.Connection) -> None:
    """End the server's side of `connection`, and wait until it has ended."""
    driver: Any = connection.connection.dbapi_connection
    process = driver.info.backend_pid
    server.execute(f"SELECT pg_terminate_backend({process}, 60000)")


@ON_POSTGRESQL
@pytest.mark.parametrize("moment", ["receipts", "copy", "counts", "commit"])
def test_a_connection_that_is_cut_leaves_nothing(
    database: Database, postgresql_server: PostgresqlServer, moment: str
) -> None:
    prepare(database)
    first, lost = make_rows(3), make_rows(3)
    take(database, first)

    def cut_at(point: str) -> None:
        if point == moment:
            cut(postgresql_server, connection)

    failing = pytest.raises(StorageError, match="connection that holds")
    with failing as raised, database.transaction() as connection:
        cut_at("receipts")
        insert_receipts(connection, KEY, [row[1] for row in lost])
        cut_at("copy")
        insert_sealed_reads(connection, lost)
        cut_at("counts")
        add_counts(connection, DAY, {("north", "sealed"): 3})
        cut_at("commit")
    assert raised.value.retryable
    require_exactly(database, first)
    take(database, lost)  # the next transaction works, with what the failed one had
    require_exactly(database, first + lost)


@ON_POSTGRESQL
def test_a_connection_cut_while_idle_costs_nobody_an_error(
    database: Database, postgresql_server: PostgresqlServer
) -> None:
    prepare(database)
    with database.reading() as connection:
        process: Any = connection.connection.dbapi_connection
        pid = process.info.backend_pid
    postgresql_server.execute(f"SELECT pg_terminate_backend({pid}, 60000)")
    take(database, make_rows(1))


@ON_POSTGRESQL
def test_a_lost_connection_cannot_be_passed_over(
    database: Database, postgresql_server: PostgresqlServer
) -> None:
    prepare(database)
    with pytest.raises(StorageError) as raised, database.transaction() as connection:
        cut(postgresql_server, connection)
        with pytest.raises(sa.exc.OperationalError):
            add_counts(connection, DAY, {("north", "sealed"): 3})
        with pytest.raises(sa.exc.PendingRollbackError):
            add_counts(connection, DAY, {("north", "sealed"): 3})
    assert not raised.value.retryable
    with pytest.raises(StorageError) as raised, database.transaction() as connection:
        cut(postgresql_server, connection)
        with pytest.raises(sa.exc.OperationalError):
            add_counts(connection, DAY, {("north", "sealed"): 3})
        add_counts(connection, DAY, {("north", "sealed"): 3})
    assert raised.value.retryable
    require_exactly(database, [])


@ON_POSTGRESQL
def test_a_server_may_stop_and_start_again(
    database: Database, postgresql_server: PostgresqlServer
) -> None:
    prepare(database)
    rows = make_rows(2)
    take(database, rows)
    try:
        with pytest.raises(StorageError) as raised, database.transaction() as connection:
            insert_sealed_reads(connection, make_rows(2))
            postgresql_server.stop()
            insert_sealed_reads(connection, make_rows(2))
        assert raised.value.retryable
        with pytest.raises(StorageError) as raised:
            take(database, make_rows(2))
        assert raised.value.retryable
    finally:
        postgresql_server.start()
    require_exactly(database, rows)
    take(database, more := make_rows(2))
    require_exactly(database, rows + more)


@ON_POSTGRESQL
@pytest.mark.parametrize(
    ("setting", "act"),
    [
        ("lock_timeout = '10ms'", "LOCK TABLE readers"),
        ("statement_timeout = '10ms'", "SELECT pg_sleep(10)"),
        ("idle_in_transaction_session_timeout = '10ms'", None),
    ],
)
def test_timeouts_of_the_server_can_be_tried_again(
    database: Database, setting: str, act: str | None
) -> None:
    with database.transaction() as other, pytest.raises(StorageError) as raised:
        other.execute(sa.text("LOCK TABLE readers"))
        with database.transaction() as connection:
            connection.execute(sa.text(f"SET LOCAL {setting}"))
            if act is None:  # it idles meanwhile
                other.execute(sa.text("SELECT pg_sleep(0.2)"))
            connection.execute(sa.text(act or "SELECT 1"))
    assert raised.value.retryable


@ON_POSTGRESQL
def test_a_deadlock_can_be_tried_again(database: Database) -> None:
    locks = [sa.text(f"LOCK TABLE {table}") for table in ("readers", "counts")]
    both_hold_one = threading.Barrier(2)

    def lock(first: sa.TextClause, then: sa.TextClause) -> None:
        with database.transaction() as connection:
            connection.execute(first)
            both_hold_one.wait()
            connection.execute(then)

    with ThreadPoolExecutor(2) as threads:
        both = [threads.submit(lock, *locks), threads.submit(lock, *reversed(locks))]
    errors = [error for error in (each.exception() for each in both) if error is not None]
    assert len(errors) == 1
    assert isinstance(errors[0], StorageError)
    assert "no conflict with another transaction" in str(errors[0])
    assert errors[0].retryable


@ON_POSTGRESQL
def test_a_wrong_password_or_database_is_told(
    database: Database, postgresql_server: PostgresqlServer, migrated_url: str
) -> None:
    assert database.is_postgresql
    postgresql_server.execute(f"DROP ROLE IF EXISTS {LOCKED_OUT}")
    postgresql_server.execute(f"CREATE ROLE {LOCKED_OUT} LOGIN PASSWORD 'right'")
    url = migrated_url.replace("postgres@", f"{LOCKED_OUT}:wr0ng@")
    with pytest.raises(StorageError, match="password authentication failed") as raised:
        open_database(url)
    assert "wr0ng" not in str(raised.value)
    opened = connect_database(url.replace("wr0ng", "right"))
    with pytest.raises(StorageError, match="the right to do this") as raised:
        prepare(opened)
    assert not raised.value.retryable
    opened.close()
    with pytest.raises(StorageError, match='"nowhere" does not exist'):
        open_database(postgresql_server.url("nowhere"))


def test_processes_that_write_at_once_find_each_receipt_new_once(
    database: Database, migrated_url: str
) -> None:
    prepare(database, 1, 2)
    program = [sys.executable, HERE / "receiving.py", migrated_url, "4"]
    done = subprocess.run(program, check=False, capture_output=True)
    assert done.stderr.decode() == ""
    new = [int(line) for line in done.stdout.split()]
    assert len(new) == 4
    with database.reading() as connection:
        stored = connection.execute(sa.text("SELECT count(*) FROM receipts")).scalar_one()
        assert sum(new) == stored
        assert sum_counts(connection, "new", since=DAY) == 2 * stored


def test_both_sides_of_a_fork_write(database: Database, migrated_url: str) -> None:
    done = subprocess.run(
        [sys.executable, HERE / "forking.py", migrated_url], check=False, capture_output=True
    )
    assert done.stderr.decode() == ""
    assert done.returncode == 0
    with database.reading() as connection:
        assert sum_counts(connection, "sealed", since=DAY) == 80
