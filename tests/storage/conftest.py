"""Keys to store under, and a small disk to fill."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.storage.batches import prepare

from fairplate.storage.database import Database

SMALL_DISK_BYTES = 512 << 10


def mount_small(folder: Path, size: int) -> None:
    """Mount a disk of its own, of `size` bytes, at `folder`; skip the test where one may not."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a disk of its own can only be mounted by root")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount_small(disk, SMALL_DISK_BYTES)
    yield disk
    subprocess.run(["umount", disk], check=True)


@pytest.fixture
def keys(database: Database) -> tuple[int, ...]:
    prepare(database, 1, 2, 10)
    return (1, 2, 10)
