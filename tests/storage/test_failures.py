"""Which errors can be tried again, which say what to do, and which are our bugs."""

import errno
import sqlite3

import psycopg
import pytest
import sqlalchemy as sa
from psycopg.errors import lookup

from fairplate.core.errors import InputError, StorageError
from fairplate.storage.failures import explain_failure, told

AGAIN = (
    "08000 08003 08006 40001 40P01 53000 53100 53200 53300 55006 55P03 57014 57P01 57P02 57P03"
    " 57P05 25P03 58000 58030"
).split()
NEVER = "25006 28000 28P01 3D000 42501 57P04 XX001 XX002".split()
BUGS = "22001 22P02 23505 23503 23514 25P02 42P01 42703 42601 0A000 P0001 XX000".split()


def explained(error: Exception) -> bool | None:
    """Say whether it is retryable, None if it is left as it is."""
    found = explain_failure(error, "database x")
    assert found is None or isinstance(found, StorageError)
    return None if found is None else found.retryable


@pytest.mark.parametrize(
    ("states", "retryable"), [(AGAIN, True), (NEVER, False), (BUGS, None)], ids=str
)
def test_postgresql(states: list[str], retryable: bool | None) -> None:  # noqa: FBT001
    for state in states:
        error = lookup(state)("some text")
        assert error.sqlstate == state
        assert explained(error) is retryable, state
        assert explained(sa.exc.DBAPIError("SELECT", {}, error)) is retryable, state


def test_libpqs_own_errors() -> None:
    assert explained(psycopg.OperationalError("the connection is closed")) is True
    assert explained(psycopg.ProgrammingError("the query has 0 placeholders")) is None
    assert explained(psycopg.DataError("cannot dump")) is None
    wrong_url = explain_failure(psycopg.ProgrammingError("no such option"), "x", connecting=True)
    assert isinstance(wrong_url, StorageError)
    assert not wrong_url.retryable


@pytest.mark.parametrize(
    ("name", "retryable"),
    [
        ("SQLITE_BUSY", True),
        ("SQLITE_BUSY_SNAPSHOT", True),
        ("SQLITE_LOCKED", True),
        ("SQLITE_FULL", True),
        ("SQLITE_IOERR", True),
        ("SQLITE_IOERR_SHMSIZE", True),
        ("SQLITE_NOMEM", True),
        ("SQLITE_CANTOPEN", False),
        ("SQLITE_READONLY", False),
        ("SQLITE_READONLY_DIRECTORY", False),
        ("SQLITE_CORRUPT", False),
        ("SQLITE_NOTADB", False),
        ("SQLITE_ERROR", None),
        ("SQLITE_CONSTRAINT_UNIQUE", None),
        ("SQLITE_MISUSE", None),
    ],
)
def test_sqlite(name: str, retryable: bool | None) -> None:  # noqa: FBT001
    error = sqlite3.OperationalError("some text")
    error.sqlite_errorcode = getattr(sqlite3, name)
    assert explained(error) is retryable
    assert explained(sa.exc.DBAPIError("SELECT", {}, error)) is retryable


def test_errors_of_the_driver_without_a_code_are_bugs() -> None:
    assert explained(sqlite3.ProgrammingError("Cannot operate on a closed database.")) is None


@pytest.mark.parametrize(
    ("number", "retryable"),
    [
        (errno.ENOSPC, True),
        (errno.EDQUOT, True),
        (errno.EIO, True),
        (errno.EMFILE, True),
        (errno.EACCES, False),
        (errno.EROFS, False),
        (errno.ENOENT, False),
    ],
)
def test_the_system(number: int, retryable: bool) -> None:  # noqa: FBT001
    with pytest.raises(StorageError) as raised, told("database x"):
        raise OSError(number, "some text", "/a/file")
    assert raised.value.retryable is retryable
    assert str(raised.value).startswith("database x: expected ")
    assert "some text" in str(raised.value)


def test_a_message_is_one_line() -> None:
    found = explain_failure(psycopg.OperationalError("one\n  two\tthree"), "database x")
    assert str(found) == "database x: expected a connection that holds, found one two three"


def test_other_errors_pass() -> None:
    ours = InputError("a", "b", expected="c", found="d")
    assert explain_failure(sa.exc.StatementError("text", "SELECT", {}, ours), "x") is ours
    for error in (ours, ZeroDivisionError(), sa.exc.ArgumentError("wrong")):
        with pytest.raises(type(error)) as raised, told("database x"):
            raise error
        assert raised.value is error
