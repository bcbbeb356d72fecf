"""The file keyring's own promises: private files, told apart from damaged and strange ones."""

import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fairplate.core.periods import Period, period_at
from fairplate.vault.errors import (
    KeyringError,
    KeyringStorageError,
    PeriodDamagedError,
    PeriodDestroyedError,
)
from fairplate.vault.keyring import LONGEST_LIFE, KeyringOptions, PeriodKey, PeriodState
from fairplate.vault.keyrings.file import FileKeyring
from fairplate.vault.keyrings.file.records import read_tombstone

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TODAY = period_at(NOON, DAY)
TOMORROW = period_at(TODAY.end, DAY)
KEY, GONE = "20261123T0000Z-P1D.key", "20261123T0000Z-P1D.gone"
LATEST = TODAY.start + 30 * DAY


def names(directory: Path) -> set[str]:
    periods = {path.name for path in directory.iterdir()}
    return periods - {"keyring.id", "keyring.key", "lock", "floor"}


def assert_gone(keyring: FileKeyring, period: Period = TODAY) -> None:
    with pytest.raises(PeriodDestroyedError):
        keyring.reader_key(period, "gate-3")
    with pytest.raises(PeriodDestroyedError):
        keyring.make_period(period, LATEST)


def test_everything_is_private(keyring: FileKeyring, directory: Path) -> None:
    assert keyring.name == "file"
    assert directory.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in directory.iterdir()} == {0o600}


@pytest.mark.parametrize("mode", [0o750, 0o701, 0o777])
def test_a_directory_open_to_others_is_refused(
    keyring: FileKeyring, options: KeyringOptions, mode: int
) -> None:
    assert keyring.problems() == ()
    options.directory.chmod(mode)
    with pytest.raises(KeyringStorageError) as told:
        FileKeyring.open(options)
    assert str(told.value) == (
        f"{options.directory}: directory: "
        f"expected our own, mode 0700 or less, found mode {mode:04o}"
    )
    assert not told.value.retryable
    empty = options.directory.with_name("empty")
    empty.mkdir()
    empty.chmod(mode)
    with pytest.raises(KeyringStorageError, match="mode 0700 or less"):
        FileKeyring.create(replace(options, directory=empty))
    assert list(empty.iterdir()) == []


def test_a_key_file_that_is_open_short_or_another_is_refused(
    keyring: FileKeyring, options: KeyringOptions
) -> None:
    key = options.directory / "keyring.key"
    whole = key.read_bytes()
    key.chmod(0o640)
    with pytest.raises(KeyringStorageError, match=r"key file: expected .* found mode 0640"):
        FileKeyring.open(options)
    key.chmod(0o600)
    key.write_bytes(whole[:-1])
    with pytest.raises(KeyringStorageError, match="key file: expected 32 bytes, found 31"):
        FileKeyring.open(options)
    key.write_bytes(bytes(32))
    with pytest.raises(KeyringStorageError, match="expected the key this keyring was made with"):
        FileKeyring.open(options)
    key.unlink()
    with pytest.raises(KeyringStorageError, match="found no such file or directory"):
        FileKeyring.open(options)
    assert not key.exists()
    key.touch(mode=0o600)
    key.write_bytes(whole)
    assert FileKeyring.open(options).reader_key(TODAY, "r") == keyring.reader_key(TODAY, "r")


def test_the_key_file_may_lie_elsewhere(options: KeyringOptions, tmp_path: Path) -> None:
    key_file = tmp_path / "credential"
    key_file.touch(mode=0o600)
    key_file.write_bytes(bytes(range(32)))
    elsewhere = replace(options, key_file=key_file)
    FileKeyring.create(elsewhere).make_period(TODAY, LATEST)
    assert key_file.read_bytes() == bytes(range(32))
    assert not (options.directory / "keyring.key").exists()
    FileKeyring.open(elsewhere).reader_key(TODAY, "gate-3")


def test_no_secret_lies_in_the_directory_in_clear(options: KeyringOptions) -> None:
    drawn: list[bytes] = []

    def draw(count: int) -> bytes:
        drawn.append(os.urandom(count))
        return drawn[-1]

    options = replace(options, random_bytes=draw)
    FileKeyring.create(options).make_period(TODAY, LATEST)
    wrapping, secret, _nonce = drawn
    kept = {path.name: path.read_bytes() for path in options.directory.iterdir()}
    assert [name for name, content in kept.items() if wrapping in content] == ["keyring.key"]
    assert [name for name, content in kept.items() if secret in content] == []


def test_any_changed_byte_makes_a_key_damaged_and_it_stays_so(
    keyring: FileKeyring, options: KeyringOptions
) -> None:
    path = options.directory / KEY
    whole = path.read_bytes()
    changed = [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in range(len(whole))]
    torn = [b"", whole[:40], whole[:-1], whole + b"\0", bytes(len(whole))]
    for content in (*changed, *torn):
        path.write_bytes(content)
        with pytest.raises(PeriodDamagedError):
            keyring.reader_key(TODAY, "gate-3")
        with pytest.raises(PeriodDamagedError):
            keyring.make_period(TODAY, LATEST)
        assert path.read_bytes() == content
    opened = FileKeyring.open(options)
    ceiling = TODAY.start + LONGEST_LIFE
    assert opened.periods() == (PeriodKey(TODAY, ceiling, PeriodState.DAMAGED),)
    assert [
        problem.startswith(f"period {TODAY}: the file is not whole")
        for problem in opened.problems()
    ] == [True]
    assert opened.destroy_period(TODAY)
    assert opened.problems() == ()
    assert_gone(opened)


def test_a_key_under_another_periods_name_is_damaged(keyring: FileKeyring, directory: Path) -> None:
    shutil.copy(directory / KEY, directory / KEY.replace("23T", "24T"))
    with pytest.raises(PeriodDamagedError):
        keyring.reader_key(TOMORROW, "gate-3")


def test_destruction_writes_over_the_very_file(keyring: FileKeyring, directory: Path) -> None:
    held = os.open(directory / KEY, os.O_RDONLY)
    size = os.fstat(held).st_size
    keyring.destroy_period(TODAY)
    assert read_tombstone(os.pread(held, size, 0), TODAY) == LATEST
    assert os.fstat(held).st_ino == (directory / GONE).stat().st_ino
    os.close(held)
    assert names(directory) == {GONE}


def test_a_damaged_floor_stops_making_and_nothing_else(
    keyring: FileKeyring, options: KeyringOptions
) -> None:
    floor = options.directory / "floor"
    for content in (b"", floor.read_bytes()[:-3], b"fairplate/v1/floor\nyesterday\n", None):
        floor.unlink() if content is None else floor.write_bytes(content)
        opened = FileKeyring.open(options)
        opened.reader_key(TODAY, "gate-3")
        with pytest.raises(KeyringStorageError, match="floor: expected a whole file"):
            opened.make_period(TOMORROW, LATEST)
        assert ["floor: expected a whole file" in problem for problem in opened.problems()] == [
            True
        ]
    assert keyring.destroy_period(TODAY)
    with pytest.raises(PeriodDestroyedError):
        keyring.reader_key(TODAY, "gate-3")


def test_strange_files_are_told_and_left_alone(keyring: FileKeyring, directory: Path) -> None:
    (directory / "lost+found").mkdir()
    (directory / "20261123T0000Z-P1D.key.bak").touch()
    (directory / "20261123T0100Z-P1D.key").touch()
    assert keyring.problems() == (
        f"{directory}: '20261123T0000Z-P1D.key.bak' is no file of a keyring",
        f"{directory}: '20261123T0100Z-P1D.key' is no file of a keyring",
    )
    assert [key.period for key in keyring.periods()] == [TODAY]


def test_tombstones_do_not_pile_up(options: KeyringOptions) -> None:
    keyring = FileKeyring.create(options)
    keyring.make_period(TODAY, LATEST)
    keyring.destroy_period(TODAY)
    assert names(options.directory) == {GONE}
    later = replace(options, clock=lambda: LATEST)
    FileKeyring.open(later)
    assert names(options.directory) == set()
    assert_gone(FileKeyring.open(options))


def test_errors_name_the_period_and_have_one_base() -> None:
    assert issubclass(PeriodDamagedError, KeyringError)
    assert str(PeriodDestroyedError(TODAY)).startswith("period 2026-11-23T00:00Z/P1D: expected ")
