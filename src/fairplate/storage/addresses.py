"""What a database's URL says: a file of SQLite, or a PostgreSQL server and how to log in.

    sqlite:////var/lib/fairplate/fairplate.db
    postgresql://fairplate:password@db.example/fairplate?sslmode=verify-full

Decides which URLs are taken, and keeps passwords apart from all that may be shown. Leaves
connecting to connections.py. No error here quotes the URL.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from fairplate.core.errors import StorageError

_FORMS = "sqlite:////path/to/file.db or postgresql://user@host/database"
_SECRETS = ("password", "sslpassword")


@dataclass(frozen=True, slots=True)
class FileAddress:
    """A database in one file; `path` has no symbolic links, so that -wal and -shm are beside it."""

    path: Path

    def __str__(self) -> str:
        """Return what messages call it."""
        return f"database {self.path}"


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """A database of a server; `url` holds no secret, they are in `secrets` by libpq's names."""

    url: sa.URL
    secrets: dict[str, str] = field(repr=False)

    def __str__(self) -> str:
        """Return what messages call it."""
        host = self.url.host or self.url.query.get("host", "this machine")
        return f"database {self.url.database} at {host}"


def parse_address(text: str) -> FileAddress | ServerAddress:
    """Return what the URL says; raise StorageError, not retryable, for any other text."""
    try:
        url = sa.make_url(text)
        # The number of a port and percent signs are looked at here, where nothing is quoted.
        url.translate_connect_args()
    except (sa.exc.ArgumentError, ValueError):
        raise _refused("another text") from None
    match url.drivername:
        case "sqlite":
            return _parse_file(url)
        case "postgresql":
            return _parse_server(url)
        case _:
            raise _refused("another scheme")


def _parse_file(url: sa.URL) -> FileAddress:
    if url.host or url.port or url.username or url.password or url.query:
        raise _refused("a host, a user or options in the URL of a file")
    if not url.database or "\0" in url.database or url.database.startswith((":", "file:")):
        raise _refused("no path of a file")
    # Not Path.resolve, which minds links that lead in a circle.
    return FileAddress(Path(os.path.realpath(url.database)))


def _parse_server(url: sa.URL) -> ServerAddress:
    if not url.database:
        raise _refused("no name of a database")
    secrets = {} if url.password is None else {"password": str(url.password)}
    for name in _SECRETS:
        value = url.query.get(name)
        if isinstance(value, str):
            secrets[name] = value
    bare = sa.URL.create(
        "postgresql+psycopg",
        username=url.username,
        host=url.host,
        port=url.port,
        database=url.database,
        query={name: value for name, value in url.query.items() if name not in _SECRETS},
    )
    return ServerAddress(bare, secrets)


def _refused(found: str) -> StorageError:
    return StorageError("database URL", expected=_FORMS, found=found)
