"""Connects to a database: how each connection is set up, and what a forked process may use.

Decides durability, locking and time limits of connections. Leaves transactions to database.py.
"""

import contextlib
import functools
import os
import sqlite3
import threading
import time
import weakref
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa

from fairplate.core.errors import StorageError
from fairplate.storage.addresses import FileAddress, ServerAddress

READING = "fairplate_reading"
"""The execution option that makes a transaction of SQLite one that only reads."""

# What libpq would leave to the system, hours in part; any may be set in the URL instead.
_PATIENCE = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
    "application_name": "fairplate",
}

# psycopg's own. A prepared statement's plan for any key would lock the partitions of all keys.
_DRIVER = {"prepare_threshold": None}


_making = threading.Lock()
_engines: weakref.WeakSet[sa.Engine] = weakref.WeakSet()
_inherited: list[sa.Pool] = []


def make_engine(
    address: FileAddress | ServerAddress, *, busy_timeout: timedelta, may_make: bool
) -> sa.Engine:
    """Return SQLAlchemy's engine for a database; connects to nothing yet.

    A SQLite file that is missing is made by the first connection if it `may_make` one.
    """
    if isinstance(address, FileAddress):
        engine = _file_engine(address.path, busy_timeout, may_make)
    else:
        engine = _server_engine(address)
    _keep_from_forks(engine)
    return engine


def _file_engine(path: Path, busy_timeout: timedelta, may_make: bool) -> sa.Engine:  # noqa: FBT001 - handed on
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)),
        creator=functools.partial(_connect_file, path, busy_timeout, may_make),
        hide_parameters=True,
    )

    # SQLAlchemy's recipe: sqlite3 begins nothing by itself, and COMMIT and ROLLBACK stay its own.
    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        reading = connection.get_execution_options().get(READING, False)
        connection.exec_driver_sql(f"PRAGMA query_only = {int(reading)}")
        connection.exec_driver_sql("BEGIN DEFERRED" if reading else "BEGIN IMMEDIATE")

    return engine


def _connect_file(path: Path, busy_timeout: timedelta, may_make: bool) -> sqlite3.Connection:  # noqa: FBT001 - handed on
    if may_make:
        _make_file(path)
    connection = sqlite3.connect(
        f"file:{quote(os.fsencode(path))}?mode=rw",
        uri=True,
        timeout=busy_timeout.total_seconds(),
        isolation_level=None,
        check_same_thread=False,  # the pool hands a connection to one thread at a time
    )
    try:
        _require_wal(connection, path, busy_timeout)
        connection.execute("PRAGMA synchronous = FULL")  # each commit is on the disk
        connection.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def _make_file(path: Path) -> None:
    # Made here because SQLite would let others read it. One thread at a time: closing a file that
    # SQLite has open in this process drops its locks (sqlite.org/howtocorrupt.html, 2.2).
    with _making, contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def _require_wal(connection: sqlite3.Connection, path: Path, patience: timedelta) -> None:
    deadline = time.monotonic() + patience.total_seconds()
    while True:
        try:
            mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
            break
        except sqlite3.OperationalError as error:
            # Where two make the first connections at once, SQLite tells one of them that the file
            # is locked without having waited.
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
    if mode != "wal":
        raise StorageError(
            f"database {path}", expected="a disk on which SQLite can keep a WAL", found=mode
        )


def _server_engine(address: ServerAddress) -> sa.Engine:
    given = address.url.query
    patience = {name: value for name, value in _PATIENCE.items() if name not in given}
    try:
        return sa.create_engine(
            address.url,
            connect_args={**patience, **_DRIVER, **address.secrets},
            hide_parameters=True,
            isolation_level="READ COMMITTED",
            pool_pre_ping=True,  # a server that was restarted meanwhile costs nobody an error
            use_native_hstore=False,
        )
    except ImportError as error:
        raise StorageError(
            str(address),
            expected="the extra `postgresql` (pip install 'fairplate[postgresql]')",
            found="no driver psycopg, or one that cannot be loaded",
        ) from error


def _keep_from_forks(engine: sa.Engine) -> None:
    """See to it that a process forked from this one makes connections of its own."""
    _engines.add(engine)
    _watch_forks()


@functools.cache  # once
def _watch_forks() -> None:
    os.register_at_fork(after_in_child=_leave_to_parent)


def _leave_to_parent() -> None:
    # SQLAlchemy's recipe is to look at each connection as it is taken from the pool; but a pool
    # that pings does so before. Kept for good: closing them would say good-bye for the parent.
    for engine in tuple(_engines):
        _inherited.append(engine.pool)
        engine.dispose(close=False)
