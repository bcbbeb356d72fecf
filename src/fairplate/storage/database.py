"""A database and its transactions: each is kept as a whole or leaves nothing.

Decides how transactions begin and end and what comes out of them as an error. Leaves what is in
the tables to schema.py, and its version to migrate.py.

A process that forks may go on using its `Database` on both sides: each side makes connections of
its own. It must fork while no other thread is connecting.
"""

import contextlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from fairplate.core.errors import StorageError
from fairplate.storage.addresses import FileAddress, ServerAddress, parse_address
from fairplate.storage.connections import READING, make_engine
from fairplate.storage.failures import told
from fairplate.storage.schema_version import require_newest

BUSY_TIMEOUT = timedelta(seconds=15)
"""How long a writer waits for another one's transaction on SQLite."""


@dataclass(frozen=True, slots=True, repr=False)
class Database:
    """A database and its connections; `address` says which, without secrets."""

    address: FileAddress | ServerAddress
    engine: sa.Engine

    def __repr__(self) -> str:
        """Return what messages call it."""
        return f"<{self.address}>"

    @property
    def is_postgresql(self) -> bool:
        """Tell PostgreSQL from SQLite."""
        return isinstance(self.address, ServerAddress)

    def transaction(self) -> AbstractContextManager[sa.Connection]:
        """Begin a transaction that writes; leaving the block commits, an error rolls all back.

        PostgreSQL: READ COMMITTED. SQLite: BEGIN IMMEDIATE, so there is one writer at a time.
        Errors of the database come out as StorageError. If the connection is lost while it commits,
        nobody knows whether all was kept or nothing: the block must bear being done again.
        """
        return self._connected({})

    def reading(self) -> AbstractContextManager[sa.Connection]:
        """Begin a transaction that sees the database as it is at one moment, and cannot write."""
        if self.is_postgresql:
            return self._connected(
                {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            )
        return self._connected({READING: True})

    @contextlib.contextmanager
    def without_transaction(self) -> Iterator[sa.Connection]:
        """Connect to PostgreSQL for what no transaction may hold; each statement stands alone.

        Settings and locks of the session end with the block: the connection is not used again.
        """
        what = str(self.address)
        with told(what, connecting=True):
            connection = self.engine.connect()
        try:
            with told(what):
                connection.execution_options(isolation_level="AUTOCOMMIT")
                yield connection
        finally:
            with contextlib.suppress(Exception):  # it may be lost already
                connection.invalidate()
            connection.close()

    def server_time(self) -> datetime | None:
        """Return what the clock of the PostgreSQL server says; None for SQLite, which has none."""
        if not self.is_postgresql:
            return None
        with self.reading() as connection:
            now: datetime = connection.execute(sa.text("SELECT clock_timestamp()")).scalar_one()
        return now.astimezone(UTC)

    def files(self) -> tuple[Path, ...]:
        """Return the files SQLite keeps it in, whether or not they are there now."""
        if not isinstance(self.address, FileAddress):
            return ()
        path = self.address.path
        return (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm")))

    def close(self) -> None:
        """Close all connections that are not in use."""
        self.engine.dispose()

    @contextlib.contextmanager
    def _connected(self, options: dict[str, Any]) -> Iterator[sa.Connection]:
        what = str(self.address)
        with told(what, connecting=True):
            connection = self.engine.connect()
        with told(what):
            try:
                connection.execution_options(**options)
                connection.begin()
                yield connection
                _require_sound(connection, what)
                connection.commit()
            except BaseException:
                _abandon(connection)
                raise
            connection.close()


def connect_database(url: str, *, busy_timeout: timedelta = BUSY_TIMEOUT) -> Database:
    """Return the database of `url` whatever is in it; nothing is connected to yet.

    The first transaction makes a SQLite file that is missing, for this user alone. Raises
    StorageError if the URL is none or the driver is missing.
    """
    return _database(parse_address(url), busy_timeout, may_make=True)


def open_database(url: str, *, busy_timeout: timedelta = BUSY_TIMEOUT) -> Database:
    """Return the database of `url`, which has exactly this version's tables.

    Raises StorageError, which says what to do, if there is no database, or an older or newer one.
    """
    address = parse_address(url)
    if isinstance(address, FileAddress) and not address.path.exists():
        raise StorageError(
            str(address), expected="a file, made by `fairplate init`", found="no such file"
        )
    database = _database(address, busy_timeout, may_make=False)
    try:
        with database.reading() as connection:
            require_newest(connection, str(address))
    except BaseException:
        database.close()
        raise
    return database


def _database(
    address: FileAddress | ServerAddress, busy_timeout: timedelta, *, may_make: bool
) -> Database:
    return Database(address, make_engine(address, busy_timeout=busy_timeout, may_make=may_make))


def _require_sound(connection: sa.Connection, what: str) -> None:
    """Refuse to commit what the database has given up: it would say yes and keep nothing."""
    driver: Any = None if connection.invalidated else connection.connection.dbapi_connection
    if driver is None:
        sound = False
    elif connection.dialect.name == "sqlite":
        sound = driver.in_transaction
    else:
        sound = driver.info.transaction_status.name != "INERROR" and not driver.broken
    if not sound:
        raise StorageError(
            what,
            expected="a transaction that can be kept",
            found="one that failed before, which was passed over",
        )


def _abandon(connection: sa.Connection) -> None:
    """Roll back and close; whatever goes wrong with that, the connection is not used again."""
    try:
        connection.rollback()
    except Exception:  # noqa: BLE001 - the error that led here is the one to be told
        with contextlib.suppress(Exception):
            connection.invalidate()
    with contextlib.suppress(Exception):
        connection.close()
