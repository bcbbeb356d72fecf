"""Which version of the tables a database has, and whether it is the one this program needs.

Decides what to tell whoever has another one. Leaves changing it to migrate.py. Does without
Alembic, which takes half a second to import and is needed by none who only opens a database.
"""

import functools
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from fairplate.core.errors import StorageError

_TABLE = sa.table("alembic_version", sa.column("version_num"))


class Versions(NamedTuple):
    """The versions that this program's migrations can make."""

    newest: str
    known: frozenset[str]


@functools.cache
def known_versions() -> Versions:
    """Return the versions by the names of the migrations' files: `0001_what.py` makes 0001."""
    folder = Path(__file__).with_name("migrations") / "versions"
    known = frozenset(path.name.split("_")[0] for path in folder.glob("[0-9]*_*.py"))
    if not known:
        raise StorageError(str(folder), expected="the migrations", found="none: install anew")
    return Versions(max(known), known)


def schema_version(connection: sa.Connection) -> str | None:
    """Return the version of the database's tables, None if they were never migrated."""
    if not sa.inspect(connection).has_table(_TABLE.name):
        return None
    return connection.execute(sa.select(_TABLE.c.version_num)).scalar_one_or_none()


def require_newest(connection: sa.Connection, what: str) -> None:
    """Raise StorageError unless the tables are of exactly the newest version."""
    newest, known = known_versions()
    found = schema_version(connection)
    if found == newest:
        return
    expected = f"tables of version {newest}"
    if found is None:
        raise StorageError(what, expected=expected, found="none: `fairplate init` makes them")
    if found in known:
        advice = f"{found}, an older one: back it up, then `fairplate init` brings it up to date"
        raise StorageError(what, expected=expected, found=advice)
    raise _too_new(what, expected, found)


def require_known(connection: sa.Connection, what: str) -> None:
    """Raise StorageError if the tables are of a version that no migration here leads on from."""
    newest, known = known_versions()
    found = schema_version(connection)
    if found is not None and found not in known:
        raise _too_new(what, f"tables of version {newest} or older", found)


def _too_new(what: str, expected: str, found: str) -> StorageError:
    advice = f"{found}: made by a newer Fairplate, which must be used to open it"
    return StorageError(what, expected=expected, found=advice)
