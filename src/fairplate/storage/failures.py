"""Tells errors of the database apart: what a retry can help, what stands in the way, what is a bug.

Decides which errors of sqlite3, psycopg, SQLAlchemy and the system become a StorageError. Leaves
as they are constraint violations and wrong statements: these are our bugs.
"""

import contextlib
import errno
import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

import sqlalchemy as sa

from fairplate.core.errors import FairplateError, StorageError


class _Kind(NamedTuple):
    expected: str
    retryable: bool


_CONNECTION = _Kind("a connection that holds", retryable=True)
_CONFLICT = _Kind("no conflict with another transaction", retryable=True)
_TURN = _Kind("to get the lock in time", retryable=True)
_ROOM = _Kind("room on the disk", retryable=True)
_MACHINE = _Kind("a machine with enough of everything, and without faults", retryable=True)
_WRITABLE = _Kind("a database that may be written", retryable=False)
_RIGHTS = _Kind("the right to do this", retryable=False)
_OPENABLE = _Kind("a file that is there, in a folder that may be written", retryable=False)
_WHOLE = _Kind("a whole database", retryable=False)
_USABLE = _Kind("a database that can be connected to with this URL", retryable=False)

# https://www.sqlite.org/rescode.html: primary result codes.
_SQLITE = {
    sqlite3.SQLITE_BUSY: _TURN,
    sqlite3.SQLITE_LOCKED: _TURN,
    sqlite3.SQLITE_PROTOCOL: _TURN,
    sqlite3.SQLITE_FULL: _ROOM,
    sqlite3.SQLITE_IOERR: _MACHINE,
    sqlite3.SQLITE_NOMEM: _MACHINE,
    sqlite3.SQLITE_READONLY: _WRITABLE,
    sqlite3.SQLITE_PERM: _RIGHTS,
    sqlite3.SQLITE_AUTH: _RIGHTS,
    sqlite3.SQLITE_CANTOPEN: _OPENABLE,
    sqlite3.SQLITE_CORRUPT: _WHOLE,
    sqlite3.SQLITE_NOTADB: _WHOLE,
}

# PostgreSQL's manual, appendix A: SQLSTATE codes, and where they are not listed their classes.
_POSTGRESQL = {
    "57P01": _CONNECTION,  # admin_shutdown
    "57P02": _CONNECTION,  # crash_shutdown
    "57P03": _CONNECTION,  # cannot_connect_now: starting or stopping
    "57P04": _USABLE,  # database_dropped
    "57P05": _CONNECTION,  # idle_session_timeout
    "25P03": _CONNECTION,  # idle_in_transaction_session_timeout
    "57014": _TURN,  # query_canceled
    "55P03": _TURN,  # lock_not_available
    "55006": _TURN,  # object_in_use
    "53100": _ROOM,  # disk_full
    "25006": _WRITABLE,  # read_only_sql_transaction
    "42501": _RIGHTS,  # insufficient_privilege
    "3D000": _USABLE,  # invalid_catalog_name
    "XX001": _WHOLE,  # data_corrupted
    "XX002": _WHOLE,  # index_corrupted
    "08": _CONNECTION,
    "28": _USABLE,  # invalid authorization
    "40": _CONFLICT,
    "53": _MACHINE,
    "58": _MACHINE,
}

_SYSTEM = {
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EROFS: _WRITABLE,
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    errno.ENOENT: _OPENABLE,
    errno.ENOTDIR: _OPENABLE,
    errno.EISDIR: _OPENABLE,
}


@contextlib.contextmanager
def told(what: str, *, connecting: bool = False) -> Iterator[None]:
    """Let errors of the database out as StorageErrors about `what`, all others as they are.

    While `connecting` no statement of ours has run, so whatever the driver says is about the URL.
    """
    try:
        yield
    except FairplateError:
        raise
    except Exception as error:
        failure = explain_failure(error, what, connecting=connecting)
        if failure is None:
            raise
        raise failure from error


def explain_failure(
    error: Exception, what: str, *, connecting: bool = False
) -> FairplateError | None:
    """Return the error to raise in place of `error`, or None if it is a bug of ours."""
    if isinstance(error, sa.exc.TimeoutError):
        return _failure(what, _MACHINE, "every connection in use")
    if isinstance(error, sa.exc.PendingRollbackError):
        return _failure(what, _CONNECTION, "one that was lost before")
    origin = error.orig if isinstance(error, sa.exc.StatementError) else error
    if isinstance(origin, FairplateError):  # raised by a column's type, wrapped by SQLAlchemy
        return origin
    if isinstance(origin, OSError):
        kind = _SYSTEM.get(origin.errno or 0, _MACHINE)
        return _failure(what, kind, origin.strerror or type(origin).__name__)
    if isinstance(origin, sqlite3.Error):
        kind_or_none = _SQLITE.get(getattr(origin, "sqlite_errorcode", -1) & 0xFF)
    elif _is_of_psycopg(origin):
        kind_or_none = _postgresql_kind(origin)
    else:
        return None
    if kind_or_none is None and connecting:
        kind_or_none = _USABLE
    return None if kind_or_none is None else _failure(what, kind_or_none, _found(origin))


def _failure(what: str, kind: _Kind, found: str) -> StorageError:
    return StorageError(what, expected=kind.expected, found=found, retryable=kind.retryable)


def _is_of_psycopg(error: BaseException | None) -> bool:
    """Tell errors of psycopg without importing it: it is an extra."""
    return any(base.__module__ == "psycopg" for base in type(error).__mro__)


def _postgresql_kind(error: BaseException | None) -> _Kind | None:
    state: str | None = getattr(error, "sqlstate", None)
    if state is not None:
        return _POSTGRESQL.get(state) or _POSTGRESQL.get(state[:2])
    # Without a state the error is libpq's own: the server was not reached, refused us, or is gone.
    operational = any(base.__name__ == "OperationalError" for base in type(error).__mro__)
    return _CONNECTION if operational else None


def _found(error: BaseException | None) -> str:
    """Return the first part of a message: details and context, which may quote a row, are later."""
    diagnosis = getattr(error, "diag", None)
    text = getattr(diagnosis, "message_primary", None) or str(error)
    return " ".join(text.split())
