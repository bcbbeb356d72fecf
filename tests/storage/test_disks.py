"""Disks that are full or read-only, files that are no database: one error, nothing half-done."""

# What a transaction does before its error is part of what must raise.
# ruff: noqa: PT012

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.postgresql_server import PostgresqlServer
from tests.storage.batches import Row, make_rows, prepare, require_exactly, take
from tests.storage.conftest import mount_small

from fairplate.core.errors import StorageError
from fairplate.storage.database import connect_database, open_database
from fairplate.storage.migrate import migrate_database


def room(disk: Path) -> int:
    found = os.statvfs(disk)
    return found.f_bavail * found.f_frsize


def fill(disk: Path, leave: int) -> None:
    """Take all room on the disk but so many bytes."""
    with (disk / "filler").open("ab") as filler:
        filler.truncate(0)
        filler.write(bytes(max(0, room(disk) - leave)))


def test_a_full_disk_leaves_every_batch_whole(small_disk: Path, migrated_file: Path) -> None:
    shutil.copy(migrated_file, small_disk / "a.db")
    stored: list[Row] = []
    refused: list[StorageError] = []
    for leave in (0, 4, 8, 16, 24, 32, 36, 40, 48, 64, 80):
        (small_disk / "filler").unlink(missing_ok=True)
        fill(small_disk, leave << 10)
        for _ in range(2):
            rows = make_rows(12)
            try:
                database = open_database(f"sqlite:///{small_disk}/a.db")
            except StorageError as error:
                refused.append(error)
                continue
            try:
                take(database, rows)
                stored += rows
            except StorageError as error:
                refused.append(error)
            database.close()
    assert len(refused) > 2
    assert all(error.retryable for error in refused), refused
    assert stored
    (small_disk / "filler").unlink()
    database = open_database(f"sqlite:///{small_disk}/a.db")
    require_exactly(database, stored)
    take(database, more := make_rows(12))
    require_exactly(database, stored + more)
    database.close()


def test_a_disk_that_fills_up_under_an_open_database(small_disk: Path, migrated_file: Path) -> None:
    shutil.copy(migrated_file, small_disk / "a.db")
    database = open_database(f"sqlite:///{small_disk}/a.db")
    stored: list[Row] = []
    with pytest.raises(StorageError) as raised:
        for _ in range(1000):
            take(database, rows := make_rows(10))
            stored += rows
    assert raised.value.retryable
    assert stored
    require_exactly(database, stored)
    database.close()


@pytest.fixture
def small_tablespace(postgresql_server: PostgresqlServer) -> Iterator[str]:
    """Give the server a place for databases that is soon full."""
    disk = postgresql_server.folder / "small"
    disk.mkdir()
    mount_small(disk, 16 << 20)
    if os.geteuid() == 0:
        shutil.chown(disk, "postgres", "postgres")
    postgresql_server.execute(f"CREATE TABLESPACE small LOCATION '{disk}'")
    yield "small"
    postgresql_server.drop_database("on_small")
    postgresql_server.execute("DROP TABLESPACE small")
    subprocess.run(["umount", disk], check=True)
    disk.rmdir()


def test_a_servers_disk_that_fills_up_leaves_every_batch_whole(
    postgresql_server: PostgresqlServer, small_tablespace: str
) -> None:
    postgresql_server.execute(f"CREATE DATABASE on_small TABLESPACE {small_tablespace}")
    database = connect_database(postgresql_server.url("on_small"))
    migrate_database(database)
    prepare(database)
    stored: list[Row] = []
    with pytest.raises(StorageError, match="room on the disk") as raised:
        for _ in range(100):
            take(database, rows := make_rows(500))
            stored += rows
    assert raised.value.retryable
    assert stored
    require_exactly(database, stored)
    database.close()


def test_migrating_on_a_full_disk_leaves_nothing(small_disk: Path) -> None:
    fill(small_disk, 40 << 10)
    database = connect_database(f"sqlite:///{small_disk}/a.db")
    with pytest.raises(StorageError) as raised:
        migrate_database(database)
    assert raised.value.retryable
    database.close()
    (small_disk / "filler").unlink()
    with pytest.raises(StorageError, match="found none"):
        open_database(f"sqlite:///{small_disk}/a.db")
    database = connect_database(f"sqlite:///{small_disk}/a.db")
    migrate_database(database)
    database.close()
    open_database(f"sqlite:///{small_disk}/a.db").close()


def test_a_read_only_disk_is_told(small_disk: Path, migrated_file: Path) -> None:
    shutil.copy(migrated_file, small_disk / "a.db")
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(StorageError, match="folder that may be written") as raised:
        open_database(f"sqlite:///{small_disk}/a.db")
    assert not raised.value.retryable
    new = connect_database(f"sqlite:///{small_disk}/new.db")
    with pytest.raises(StorageError, match="may be written") as raised:
        migrate_database(new)
    assert not raised.value.retryable


@pytest.mark.parametrize(
    "content", [b"plain text, of many pages" * 200, b"SQLite format 3\0" + b"\xff" * 8192]
)
def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(content)
    with pytest.raises(StorageError, match="a whole database") as raised:
        open_database(f"sqlite:///{path}")
    assert not raised.value.retryable
    with pytest.raises(StorageError, match="a whole database"):
        migrate_database(connect_database(f"sqlite:///{path}"))
    assert path.read_bytes() == content


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="file that is there"):
        open_database(f"sqlite:///{tmp_path}")
