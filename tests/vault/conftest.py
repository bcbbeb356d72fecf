"""A file keyring with one key, and a small disk to fill."""

import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from fairplate.core.periods import period_at
from fairplate.vault.keyring import KeyringOptions
from fairplate.vault.keyrings.file import FileKeyring

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TODAY = period_at(NOON, timedelta(days=1))
LATEST = TODAY.start + timedelta(days=30)
SMALL_DISK_BYTES = 32 << 10


@pytest.fixture
def options(tmp_path: Path) -> KeyringOptions:
    return KeyringOptions(
        directory=tmp_path / "keys",
        clock=lambda: NOON,
        random_bytes=Random(7).randbytes,  # noqa: S311 - a test's keys
    )


@pytest.fixture
def directory(options: KeyringOptions) -> Path:
    return options.directory


@pytest.fixture
def keyring(options: KeyringOptions) -> FileKeyring:
    made = FileKeyring.create(options)
    made.make_period(TODAY, LATEST)
    return made


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK_BYTES},mode=700", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a disk of its own can only be mounted by root")
    yield disk
    subprocess.run(["umount", disk], check=True)
