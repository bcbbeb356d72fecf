"""A log on each database, copies of that database to go back to, and a small disk."""

import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.audit.log_worlds import LogWorld
from tests.databases import MakeDatabase
from tests.storage.conftest import mount_small

from fairplate.storage.addresses import FileAddress, ServerAddress, parse_address

SMALL_DISK_BYTES = 256 << 10

CopyDatabase = Callable[[LogWorld], Callable[[], None]]


@pytest.fixture
def world(make_database: MakeDatabase, tmp_path: Path) -> Iterator[LogWorld]:
    """Return a new log without events."""
    made = LogWorld(make_database(migrated=True), tmp_path)
    yield made
    made.close()


@pytest.fixture
def copy_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CopyDatabase]:
    """Copy a world's database as a backup does; what it returns puts the copy in its place."""
    names: list[str] = []

    def copy(world: LogWorld) -> Callable[[], None]:
        address = parse_address(world.url)
        if isinstance(address, FileAddress):
            return _copy_file(world, address.path, tmp_path / f"copy-{len(names)}.db")
        server = request.getfixturevalue("postgresql_server")
        name = _name_of(address)
        names.append(f"{name}_copy_{len(names)}")
        kept = names[-1]
        world.close()
        server.execute(f"CREATE DATABASE {kept} TEMPLATE {name}")

        def put_back() -> None:
            world.close()
            server.drop_database(name)
            server.execute(f"CREATE DATABASE {name} TEMPLATE {kept}")
            world.restart()

        return put_back

    yield copy
    for name in names:
        request.getfixturevalue("postgresql_server").drop_database(name)


def _name_of(address: ServerAddress) -> str:
    return str(address.url.database)


def _copy_file(world: LogWorld, path: Path, kept: Path) -> Callable[[], None]:
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(kept)) as target:
        source.backup(target)

    def put_back() -> None:
        world.close()
        for end in ("-wal", "-shm"):
            path.with_name(path.name + end).unlink(missing_ok=True)
        shutil.copy(kept, path)
        world.restart()

    return put_back


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount_small(disk, SMALL_DISK_BYTES)
    yield disk
    subprocess.run(["umount", disk], check=True)
