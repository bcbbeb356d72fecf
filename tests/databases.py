"""Databases for tests: a new one for each test, once on SQLite and once on PostgreSQL."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fairplate.storage.database import Database, connect_database, open_database
from fairplate.storage.migrate import migrate_database

MakeDatabase = Callable[..., str]


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Say on what a test runs: on both, unless it is parametrized (indirectly) with one."""
    kind: str = request.param
    return kind


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a SQLite database with all tables, to be copied."""
    path = tmp_path_factory.mktemp("template") / "fairplate.db"
    database = connect_database(f"sqlite:///{path}")
    migrate_database(database)
    database.close()
    return path


@pytest.fixture
def make_database(
    request: pytest.FixtureRequest, database_kind: str, tmp_path: Path
) -> Iterator[MakeDatabase]:
    """Make new databases, empty or `migrated`; each call returns the URL of another one."""
    files: list[Path] = []
    names: list[str] = []

    def make_file(*, migrated: bool) -> str:
        files.append(tmp_path / f"fairplate-{len(files)}.db")
        if migrated:
            shutil.copy(request.getfixturevalue("migrated_file"), files[-1])
        return f"sqlite:///{files[-1]}"

    def make_on_server(*, migrated: bool) -> str:
        server = request.getfixturevalue("postgresql_server")
        names.append(server.make_database(migrated=migrated))
        return server.url(names[-1])

    yield make_file if database_kind == "sqlite" else make_on_server
    for name in names:
        request.getfixturevalue("postgresql_server").drop_database(name)


@pytest.fixture
def database_url(make_database: MakeDatabase) -> str:
    """Return the URL of an empty database; on SQLite its file is not there yet."""
    return make_database(migrated=False)


@pytest.fixture
def migrated_url(make_database: MakeDatabase) -> str:
    """Return the URL of a database with all tables and no rows."""
    return make_database(migrated=True)


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    """Return the database of `migrated_url`, open."""
    opened = open_database(migrated_url)
    yield opened
    opened.close()
