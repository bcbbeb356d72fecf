"""Migrations end at exactly the schema, all of the way or not at all, once."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from tests.databases import MakeDatabase
from tests.postgresql_server import PostgresqlServer

from fairplate.core.errors import StorageError
from fairplate.storage import migrate
from fairplate.storage.database import Database, connect_database, open_database
from fairplate.storage.migrate import migrate_database, schema_version
from fairplate.storage.partitions import make_partitions
from fairplate.storage.schema import metadata
from fairplate.storage.schema_version import known_versions

ON_SQLITE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)

# All that PostgreSQL knows of tables, their columns, indexes, constraints and partitioning.
CATALOGUE = """
SELECT c.relname, c.relkind::text, 'table', c.relpersistence::text,
       coalesce(pg_get_partkeydef(c.oid), ''), coalesce(c.reloptions::text, '')
FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
UNION ALL
SELECT c.relname, a.attname, 'column', format_type(a.atttypid, a.atttypmod),
       concat_ws(' ', a.attnum, a.attnotnull, a.attidentity, a.attgenerated, a.attstorage,
                 a.attcollation::regcollation),
       coalesce(pg_get_expr(d.adbin, d.adrelid), '')
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0
UNION ALL
SELECT c.relname, i.relname, 'index', pg_get_indexdef(i.oid), x.indisprimary::text,
       x.indisunique::text
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid
WHERE c.relnamespace = 'public'::regnamespace
UNION ALL
SELECT c.relname, k.conname, 'constraint', pg_get_constraintdef(k.oid), k.contype::text, ''
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
WHERE c.relnamespace = 'public'::regnamespace
ORDER BY 1, 2, 3
"""


def is_ours(table: str) -> bool:
    return "alembic" not in table


def catalogue(database: Database) -> list[tuple[str, ...]]:
    """Return all the database says of its tables, but for Alembic's own."""
    with database.reading() as connection:
        if database.is_postgresql:
            rows = connection.execute(sa.text(CATALOGUE)).all()
            return [tuple(map(str, row)) for row in rows if is_ours(row[0])]
        query = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 1, 2"
        return [
            (kind, name, table, " ".join((sql or "").split()))
            for kind, name, table, sql in connection.exec_driver_sql(query)
            if is_ours(table)
        ]


def make_fresh(url: str) -> Database:
    database = connect_database(url)
    with database.transaction() as connection:
        metadata.create_all(connection)
    return database


def test_migrated_equals_fresh(make_database: MakeDatabase) -> None:
    fresh = make_fresh(make_database(migrated=False))
    migrated = connect_database(make_database(migrated=False))
    migrate_database(migrated)
    assert catalogue(migrated) == catalogue(fresh)
    assert {row[0] if migrated.is_postgresql else row[2] for row in catalogue(fresh)} >= set(
        metadata.tables
    )
    fresh.close()
    migrated.close()


def test_alembic_finds_no_difference(database: Database) -> None:
    with database.reading() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE readers ADD COLUMN plate TEXT",
        "DROP INDEX ix_kept_records_key_id",
        "CREATE INDEX another ON counts (outcome)",
        "CREATE TABLE another (id INTEGER)",
    ],
)
def test_a_difference_would_be_seen(database: Database, change: str) -> None:
    before = catalogue(database)
    with database.transaction() as connection:
        connection.exec_driver_sql(change)
        assert compare_metadata(MigrationContext.configure(connection), metadata) != []
    assert catalogue(database) != before


@ON_POSTGRESQL
def test_partitions_there_are_do_not_stand_in_the_way(database: Database) -> None:
    with database.transaction() as connection:
        make_partitions(connection, 1)
    migrate_database(database)
    with database.reading() as connection:
        assert schema_version(connection) == known_versions().newest


def test_migrating_again_changes_nothing(database: Database) -> None:
    before = catalogue(database)
    with database.transaction() as connection:
        connection.exec_driver_sql("INSERT INTO counts VALUES ('2026-11-23', 'north', 'late', 1)")
    migrate_database(database)
    assert catalogue(database) == before
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT number FROM counts").scalar_one() == 1
        assert schema_version(connection) == known_versions().newest


def test_processes_that_start_at_once_migrate_once(make_database: MakeDatabase) -> None:
    urls = [make_database(migrated=False) for _ in range(2)]
    program = Path(__file__).with_name("start_at_once.py")
    done = subprocess.run([sys.executable, program, "4", *urls], check=False, capture_output=True)
    assert done.stderr == b""
    assert done.returncode == 0
    for url in urls:
        open_database(url).close()


def test_threads_may_open_a_new_database_at_once(database_url: str) -> None:
    def start(_: int) -> None:
        database = connect_database(database_url)
        migrate_database(database)
        database.close()

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(start, range(12)))
    open_database(database_url).close()


def test_a_migration_that_fails_leaves_nothing(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = connect_database(database_url)

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(migrate, "require_newest", fail)  # all steps are done by then
    with pytest.raises(ZeroDivisionError):
        migrate_database(database)
    monkeypatch.undo()
    assert catalogue(database) == []
    with database.reading() as connection:
        assert schema_version(connection) is None
    migrate_database(database)
    database.close()


def test_only_the_newest_version_is_opened(database: Database, migrated_url: str) -> None:
    open_database(migrated_url).close()
    with database.transaction() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StorageError, match=r"found 9999: made by a newer Fairplate") as raised:
        open_database(migrated_url)
    assert not raised.value.retryable
    with pytest.raises(StorageError, match="newer Fairplate"):
        migrate_database(database)
    with database.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM alembic_version")
    with pytest.raises(StorageError, match=r"found none: `fairplate init`"):
        open_database(migrated_url)


def test_an_older_version_is_told_what_to_do(
    migrated_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = known_versions()
    newer = versions._replace(newest="8888", known=versions.known | {"8888"})
    monkeypatch.setattr("fairplate.storage.schema_version.known_versions", lambda: newer)
    told = rf"expected .* 8888, found {versions.newest}, an older one: back it"
    with pytest.raises(StorageError, match=told):
        open_database(migrated_url)


def test_a_database_of_the_first_version_is_brought_up_to_date(make_database: MakeDatabase) -> None:
    fresh = make_fresh(make_database(migrated=False))
    old = connect_database(make_database(migrated=False))
    config = Config()
    config.set_main_option("script_location", "fairplate.storage:migrations")
    with old.transaction() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    migrate_database(old)
    assert catalogue(old) == catalogue(fresh)
    fresh.close()
    old.close()


def test_an_empty_database_is_not_opened(database_url: str) -> None:
    connected = connect_database(database_url)
    with connected.transaction():
        pass
    with pytest.raises(StorageError, match=r"found none: `fairplate init` makes them"):
        open_database(database_url)
    connected.close()


@ON_SQLITE
def test_a_file_that_is_not_there_is_not_made_by_opening(database_url: str) -> None:
    with pytest.raises(StorageError, match=r"made by `fairplate init`, found no such file"):
        open_database(database_url)
    assert not Path(database_url.removeprefix("sqlite:///")).exists()


def test_tables_of_something_else_are_left_alone(database_url: str) -> None:
    database = connect_database(database_url)
    with database.transaction() as connection:
        connection.exec_driver_sql("CREATE TABLE events (something INTEGER)")
    before = catalogue(database)
    with pytest.raises(StorageError, match="found tables of something else: events"):
        migrate_database(database)
    assert catalogue(database) == before
    database.close()


def test_other_encodings_are_refused(postgresql_server: PostgresqlServer) -> None:
    made = "CREATE DATABASE latin TEMPLATE template0 ENCODING LATIN1 LC_COLLATE 'C' LC_CTYPE 'C'"
    postgresql_server.execute(made)
    database = connect_database(postgresql_server.url("latin"))
    with pytest.raises(StorageError, match="UTF8, found LATIN1"):
        migrate_database(database)
    database.close()
    postgresql_server.drop_database("latin")


def test_there_is_one_line_of_migrations_and_none_leads_back() -> None:
    folder = Path(migrate.__file__).parent / "migrations"
    directory = ScriptDirectory(str(folder))
    scripts = list(directory.walk_revisions())
    assert len(scripts) == len({script.down_revision for script in scripts})
    assert all(not hasattr(script.module, "downgrade") for script in scripts)
    # The names of the files say what Alembic reads in them.
    revisions = {script.revision for script in scripts}
    assert known_versions() == (directory.get_current_head(), revisions)


def test_migrations_do_not_know_the_schema() -> None:
    folder = Path(migrate.__file__).parent / "migrations"
    files = list(folder.rglob("*.py"))
    assert len(files) >= 4
    assert [file for file in files if "fairplate" in file.read_text()] == []


def test_the_wheel_has_the_migrations(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=root, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    program = (
        "import sys\n"
        f"sys.path.insert(0, {str(wheel.with_suffix(''))!r})\n"
        "from fairplate.storage import database, migrate\n"
        f"assert migrate.__file__.startswith({str(tmp_path)!r}), migrate.__file__\n"
        "made = database.connect_database(sys.argv[1])\n"
        "migrate.migrate_database(made)\n"
        "made.close()\n"
        "database.open_database(sys.argv[1]).close()\n"
    )
    unpack = [sys.executable, "-m", "zipfile", "-e", str(wheel), str(wheel.with_suffix(""))]
    subprocess.run(unpack, check=True)
    url = f"sqlite:///{tmp_path}/new.db"
    subprocess.run([sys.executable, "-c", program, url], cwd=tmp_path, check=True)
