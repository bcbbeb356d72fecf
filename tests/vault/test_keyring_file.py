"""The file keyring's own promises: private files, told apart from damaged and strange ones."""

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

import pytest

from fairplate.core.periods import Period, period_at
from fairplate.vault.errors import (
    KeyDamagedError,
    KeyDestroyedError,
    KeyringError,
    KeyringStorageError,
    KeyUnknownError,
)
from fairplate.vault.key_names import CaseKeyName, HitsKeyName, KeyName, latest_end
from fairplate.vault.keyring import KeptKey, KeyringOptions, KeyState
from fairplate.vault.keyrings.file import FileKeyring, records

Use: TypeAlias = Callable[[FileKeyring, KeyName], bytes]
AssertGone: TypeAlias = Callable[[FileKeyring, KeyName], None]
Left: TypeAlias = Callable[[Path], set[str]]

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TODAY = period_at(NOON, DAY)


def test_everything_is_private(keyring: FileKeyring, directory: Path) -> None:
    assert keyring.name == "file"
    assert directory.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in directory.iterdir()} == {0o600}


def test_every_key_has_a_file_of_its_own_name(
    keyring: FileKeyring, key_file: Path, gone_file: Path, name: KeyName, left: Left
) -> None:
    assert left(key_file.parent) == {key_file.name}
    assert key_file.read_bytes().split(b"\n")[1] == str(name).encode()
    keyring.destroy_key(name)
    assert left(gone_file.parent) == {gone_file.name}
    assert gone_file.read_bytes().split(b"\n")[1] == str(name).encode()


@pytest.mark.parametrize("mode", [0o750, 0o701, 0o777])
def test_a_directory_open_to_others_is_refused(
    empty: FileKeyring, options: KeyringOptions, mode: int
) -> None:
    assert empty.problems() == ()
    options.directory.chmod(mode)
    with pytest.raises(KeyringStorageError) as told:
        FileKeyring.open(options)
    assert str(told.value) == (
        f"{options.directory}: directory: "
        f"expected our own, mode 0700 or less, found mode {mode:04o}"
    )
    assert not told.value.retryable
    bare = options.directory.with_name("bare")
    bare.mkdir()
    bare.chmod(mode)
    with pytest.raises(KeyringStorageError, match="mode 0700 or less"):
        FileKeyring.create(replace(options, directory=bare))
    assert list(bare.iterdir()) == []


def test_a_key_file_that_is_open_short_or_another_is_refused(
    keyring: FileKeyring, options: KeyringOptions, name: KeyName, use: Use
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
    assert use(FileKeyring.open(options), name) == use(keyring, name)


def test_the_key_file_may_lie_elsewhere(
    options: KeyringOptions, tmp_path: Path, name: KeyName, latest: datetime, use: Use
) -> None:
    key_file = tmp_path / "credential"
    key_file.touch(mode=0o600)
    key_file.write_bytes(bytes(range(32)))
    elsewhere = replace(options, key_file=key_file)
    FileKeyring.create(elsewhere).make_key(name, latest)
    assert key_file.read_bytes() == bytes(range(32))
    assert not (options.directory / "keyring.key").exists()
    use(FileKeyring.open(elsewhere), name)


def test_no_secret_lies_in_the_directory_in_clear(
    options: KeyringOptions, name: KeyName, latest: datetime
) -> None:
    drawn: list[bytes] = []

    def draw(count: int) -> bytes:
        drawn.append(os.urandom(count))
        return drawn[-1]

    options = replace(options, random_bytes=draw)
    FileKeyring.create(options).make_key(name, latest)
    wrapping, secret, _nonce = drawn
    kept = {path.name: path.read_bytes() for path in options.directory.iterdir()}
    assert [name for name, content in kept.items() if wrapping in content] == ["keyring.key"]
    assert [name for name, content in kept.items() if secret in content] == []


def test_any_changed_byte_makes_a_key_damaged_and_it_stays_so(
    *,
    keyring: FileKeyring,
    options: KeyringOptions,
    name: KeyName,
    key_file: Path,
    latest: datetime,
    use: Use,
    assert_gone: AssertGone,
) -> None:
    whole = key_file.read_bytes()
    changed = [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in range(len(whole))]
    torn = [b"", whole[:40], whole[:-1], whole + b"\0", bytes(len(whole))]
    for content in (*changed, *torn):
        key_file.write_bytes(content)
        with pytest.raises(KeyDamagedError):
            use(keyring, name)
        with pytest.raises(KeyDamagedError):
            keyring.make_key(name, latest)
        assert key_file.read_bytes() == content
    opened = FileKeyring.open(options)
    end = latest_end(name, NOON)
    assert opened.keys() == (KeptKey(name, end, KeyState.DAMAGED),)
    (problem,) = opened.problems()
    assert problem.startswith(f"key {name}: the file is not whole")
    assert opened.destroy_key(name)
    assert opened.problems() == ()
    assert opened.keys() == (KeptKey(name, end, KeyState.DESTROYED),)
    assert_gone(opened, name)


FILES: dict[str, KeyName] = {
    "20261123T0000Z-P1D.key": TODAY,
    "20261124T0000Z-P1D.key": period_at(TODAY.end, DAY),
    "hits-20261123T0000Z-P1D.key": HitsKeyName(TODAY),
    "hits-20261123T1200Z-PT1H.key": HitsKeyName(period_at(NOON, timedelta(hours=1))),
    "case-theft-2026-17.key": CaseKeyName("theft-2026-17"),
    "case-theft-2026-170.key": CaseKeyName("theft-2026-170"),
}


def test_a_key_under_another_name_is_damaged(
    keyring: FileKeyring, key_file: Path, name: KeyName, use: Use
) -> None:
    for file_name, another in FILES.items():
        if another != name:
            shutil.copy(key_file, key_file.with_name(file_name))
            with pytest.raises(KeyDamagedError):
                use(keyring, another)
    kept = keyring.keys()
    damaged = {key.name for key in kept if key.state is KeyState.DAMAGED}
    assert damaged == {*FILES.values()} - {name}


def test_destruction_writes_over_the_very_file(
    *,
    keyring: FileKeyring,
    key_file: Path,
    gone_file: Path,
    name: KeyName,
    latest: datetime,
    left: Left,
) -> None:
    held = os.open(key_file, os.O_RDONLY)
    size = os.fstat(held).st_size
    keyring.destroy_key(name)
    assert records.read_tombstone(os.pread(held, size, 0), name) == latest
    assert os.fstat(held).st_ino == gone_file.stat().st_ino
    os.close(held)
    assert left(gone_file.parent) == {gone_file.name}


def test_a_damaged_floor_stops_making_period_keys_and_nothing_else(
    *,
    keyring: FileKeyring,
    options: KeyringOptions,
    name: KeyName,
    other: KeyName,
    gone_file: Path,
    latest: datetime,
    left: Left,
    use: Use,
) -> None:
    floor = options.directory / "floor"
    for content in (b"", floor.read_bytes()[:-3], b"fairplate/v1/floor\nyesterday\n", None):
        floor.unlink() if content is None else floor.write_bytes(content)
        opened = FileKeyring.open(options)
        use(opened, name)
        with pytest.raises(KeyringStorageError, match="floor: expected a whole file"):
            opened.make_key(period_at(TODAY.end, DAY), latest)
        (problem,) = opened.problems()
        assert "floor: expected a whole file" in problem
    assert keyring.destroy_key(name)
    with pytest.raises(KeyDestroyedError):
        use(keyring, name)
    # Only the floor can take the place of a period's tombstone, so that stays.
    later = FileKeyring.open(replace(options, clock=lambda: latest))
    assert later.keys() == ()
    if isinstance(other, Period):
        assert left(options.directory) == {gone_file.name}
    else:
        assert left(options.directory) == set()
        keyring.make_key(other, latest)
        use(keyring, other)


def test_strange_files_are_told_and_left_alone(
    keyring: FileKeyring, directory: Path, name: KeyName
) -> None:
    (directory / "lost+found").mkdir()
    strange = (
        "20261123T0000Z-P1D.key.bak",
        "20261123T0100Z-P1D.key",
        "case--theft.key",
        "case-Theft.key",
        "hits-20261123T0000Z-P2D.gone",
        "hits-case-1.key",
    )
    for file_name in strange:
        (directory / file_name).touch()
    assert keyring.problems() == tuple(
        f"{directory}: '{file_name}' is no file of a keyring" for file_name in strange
    )
    (key,) = keyring.keys()
    assert key.name == name


@pytest.mark.parametrize("made", [True, False])
def test_tombstones_do_not_pile_up(
    *,
    empty: FileKeyring,
    options: KeyringOptions,
    name: KeyName,
    other: KeyName,
    gone_file: Path,
    latest: datetime,
    left: Left,
    assert_gone: AssertGone,
    made: bool,
) -> None:
    end = latest if made else latest_end(name, NOON)
    if made:
        empty.make_key(name, latest)
    assert empty.destroy_key(name) is made
    FileKeyring.open(replace(options, clock=lambda: end - timedelta(microseconds=1)))
    assert left(options.directory) == {gone_file.name}
    assert_gone(empty, name)
    floor = (options.directory / "floor").read_bytes()
    later = FileKeyring.open(replace(options, clock=lambda: end))
    assert left(options.directory) == set()
    if isinstance(name, Period):
        assert_gone(FileKeyring.open(options), name)
    else:
        assert (options.directory / "floor").read_bytes() == floor
        with pytest.raises(KeyUnknownError):
            FileKeyring.open(options).own_key(name)
    assert later.make_key(other, end + DAY).state is KeyState.LIVE  # what follows on the floor


def test_errors_name_the_key_and_have_one_base() -> None:
    assert issubclass(KeyDamagedError, KeyringError)
    assert str(KeyDestroyedError(TODAY)).startswith("key 2026-11-23T00:00Z/P1D: expected ")
