"""How each connection is set up: durable, patient, and no more of them than there are."""

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from fairplate.core.errors import StorageError
from fairplate.storage.database import Database, connect_database
from fairplate.storage.schema import readers

ON_SQLITE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)


@ON_SQLITE
def test_every_commit_is_on_the_disk(database: Database) -> None:
    with database.transaction() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert settings == {
        "journal_mode": "wal",
        "synchronous": 2,  # FULL
        "foreign_keys": 1,
        "busy_timeout": 15_000,
    }


@ON_SQLITE
def test_a_writer_holds_the_lock_from_the_beginning(database: Database) -> None:
    other = sqlite3.connect(database.files()[0], timeout=0)
    with database.transaction(), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    with database.reading():
        other.execute("BEGIN IMMEDIATE")
        other.rollback()
    other.close()


@ON_SQLITE
def test_closing_leaves_one_file(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(sa.delete(readers))
    assert all(path.exists() for path in database.files())
    database.close()
    assert [path.exists() for path in database.files()] == [True, False, False]


@ON_POSTGRESQL
def test_isolation_and_setting_of_transactions(database: Database) -> None:
    shown = [sa.text(f"SHOW {name}") for name in ("transaction_isolation", "transaction_read_only")]
    for _ in range(2):  # the second time on connections that were used for the other
        with database.transaction() as connection:
            found = [connection.execute(query).scalar_one() for query in shown]
            assert found == ["read committed", "off"]
        with database.reading() as connection:
            found = [connection.execute(query).scalar_one() for query in shown]
            assert found == ["repeatable read", "on"]


@ON_POSTGRESQL
def test_nothing_is_prepared_on_the_server(database: Database) -> None:
    with database.transaction() as connection:
        for _ in range(10):
            connection.execute(sa.select(readers)).all()
        prepared = sa.text("SELECT count(*) FROM pg_prepared_statements")
        assert connection.execute(prepared).scalar_one() == 0


def test_all_connections_in_use_is_told(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database.engine.pool, "_timeout", 0.01)
    with pytest.raises(StorageError, match="every connection in use") as raised:
        _nest(database, 40)
    assert raised.value.retryable


def _nest(database: Database, depth: int) -> None:
    if depth:
        with database.reading():
            _nest(database, depth - 1)


def test_connecting_to_what_is_no_server_is_told(tmp_path: Path) -> None:
    database = connect_database(f"postgresql://me:s3cr3t@/plates?host={tmp_path}")
    with pytest.raises(StorageError, match="a connection that holds") as raised:
        database.server_time()
    assert raised.value.retryable
