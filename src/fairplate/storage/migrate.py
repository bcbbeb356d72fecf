"""Brings a database's tables to this program's version, all of the way or not at all.

Decides that one process at a time does it, and in what databases. Leaves what changes to the
files in migrations/versions. There is no way back: an older version is restored from a backup.
"""

import sqlalchemy as sa

from fairplate.core.errors import StorageError
from fairplate.storage.database import Database
from fairplate.storage.schema import metadata
from fairplate.storage.schema_version import require_known, require_newest, schema_version

__all__ = ["migrate_database", "schema_version"]

_LOCK = 0x66_61_69_72_70_6C  # "fairpl"; any number that nobody else uses in the database
_OLDEST_SERVER = 140_000  # 14: DETACH PARTITION … CONCURRENTLY


def migrate_database(database: Database) -> None:
    """Bring the tables to the newest version, from none or an older one, in one transaction.

    Processes that start at once wait for the first. Raises StorageError if the database is of a
    newer version, holds tables of something else, or is on a server that is too old.
    """
    # Not at the top: it takes half a second, and most who import this do not migrate.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "fairplate.storage:migrations")
    what = str(database.address)
    with database.transaction() as connection:
        if database.is_postgresql:
            _require_server(connection, what)
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        require_known(connection, what)
        _require_room(connection, what)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        require_newest(connection, what)


def _require_server(connection: sa.Connection, what: str) -> None:
    version = int(connection.execute(sa.text("SHOW server_version_num")).scalar_one())
    if version < _OLDEST_SERVER:
        raise StorageError(what, expected="PostgreSQL 14 or newer", found=f"{version // 10_000}")
    encoding = connection.execute(sa.text("SHOW server_encoding")).scalar_one()
    if encoding != "UTF8":
        raise StorageError(what, expected="a database whose encoding is UTF8", found=encoding)


def _require_room(connection: sa.Connection, what: str) -> None:
    """Refuse a database in which something else has tables by our names."""
    if schema_version(connection) is not None:
        return
    taken = sorted(set(sa.inspect(connection).get_table_names()) & set(metadata.tables))
    if taken:
        raise StorageError(
            what,
            expected="a database of its own",
            found=f"tables of something else: {', '.join(taken)}",
        )
