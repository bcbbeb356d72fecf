"""File keyrings, one key of each kind of name in turn, its files, and a small disk to fill."""

import os
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from fairplate.core.periods import Period, period_at
from fairplate.vault.errors import KeyDestroyedError
from fairplate.vault.key_names import CaseKeyName, HitsKeyName, KeyName
from fairplate.vault.keyring import KeyringOptions
from fairplate.vault.keyrings.file import FileKeyring

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TODAY = period_at(NOON, DAY)
TOMORROW = period_at(TODAY.end, DAY)
LATEST = TODAY.start + 30 * DAY
NAMES: dict[str, KeyName] = {
    "20261123T0000Z-P1D": TODAY,
    "hits-20261123T0000Z-P1D": HitsKeyName(TODAY),
    "case-theft-2026-17": CaseKeyName("theft-2026-17"),
}
OTHER_NAMES: dict[str, KeyName] = {
    "20261124T0000Z-P1D": TOMORROW,
    "hits-20261124T0000Z-P1D": HitsKeyName(TOMORROW),
    "case-theft-2026-18": CaseKeyName("theft-2026-18"),
}
BESIDE_KEYS = {"keyring.id", "keyring.key", "lock", "floor"}
SMALL_DISK_BYTES = 32 << 10


@pytest.fixture(params=zip(NAMES, OTHER_NAMES, strict=True), ids=lambda stems: stems[0])
def stems(request: pytest.FixtureRequest) -> tuple[str, str]:
    """What the files of `name` and `other` are called, without their suffixes."""
    stems: tuple[str, str] = request.param
    return stems


@pytest.fixture
def name(stems: tuple[str, str]) -> KeyName:
    return NAMES[stems[0]]


@pytest.fixture
def other(stems: tuple[str, str]) -> KeyName:
    """Another name of the same kind."""
    return OTHER_NAMES[stems[1]]


@pytest.fixture
def latest() -> datetime:
    """When keys end here."""
    return LATEST


@pytest.fixture
def options_for() -> Callable[[Path], KeyringOptions]:
    def make(directory: Path) -> KeyringOptions:
        random_bytes = Random(str(directory)).randbytes  # noqa: S311 - a test's keys
        return KeyringOptions(directory, lambda: NOON, random_bytes)

    return make


@pytest.fixture
def options(tmp_path: Path, options_for: Callable[[Path], KeyringOptions]) -> KeyringOptions:
    return options_for(tmp_path / "keys")


@pytest.fixture
def directory(options: KeyringOptions) -> Path:
    return options.directory


@pytest.fixture
def key_file(directory: Path, stems: tuple[str, str]) -> Path:
    return directory / f"{stems[0]}.key"


@pytest.fixture
def gone_file(directory: Path, stems: tuple[str, str]) -> Path:
    return directory / f"{stems[0]}.gone"


@pytest.fixture
def empty(options: KeyringOptions) -> FileKeyring:
    return FileKeyring.create(options)


@pytest.fixture
def keyring(empty: FileKeyring, name: KeyName) -> FileKeyring:
    """A keyring that holds the key called `name`."""
    empty.make_key(name, LATEST)
    return empty


@pytest.fixture
def left() -> Callable[[Path], set[str]]:
    """What lies in a directory beside what every keyring has."""
    return lambda directory: {path.name for path in directory.iterdir()} - BESIDE_KEYS


@pytest.fixture
def use() -> Callable[[FileKeyring, KeyName], bytes]:
    return _use


def _use(keyring: FileKeyring, name: KeyName) -> bytes:
    if isinstance(name, Period):
        return keyring.reader_keys(name, ["gate-3"])[0].secret
    return keyring.own_key(name).secret


@pytest.fixture
def assert_gone() -> Callable[[FileKeyring, KeyName], None]:
    def check(keyring: FileKeyring, name: KeyName) -> None:
        with pytest.raises(KeyDestroyedError):
            _use(keyring, name)
        with pytest.raises(KeyDestroyedError):
            keyring.make_key(name, LATEST)

    return check


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK_BYTES},mode=700", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a disk of its own can only be mounted by root")
    yield disk
    subprocess.run(["umount", disk], check=True)
