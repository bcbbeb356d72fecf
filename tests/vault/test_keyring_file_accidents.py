"""What the file keyring leaves after crashes, kills, full and read-only disks, and two at once."""

import errno
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import pytest

from fairplate.vault.errors import KeyDestroyedError, KeyringStorageError, KeyUnknownError
from fairplate.vault.key_names import KeyName, latest_end
from fairplate.vault.keyring import KeptKey, KeyringOptions, KeyState
from fairplate.vault.keyrings.file import FileKeyring

Use: TypeAlias = Callable[[FileKeyring, KeyName], bytes]
AssertGone: TypeAlias = Callable[[FileKeyring, KeyName], None]
Left: TypeAlias = Callable[[Path], set[str]]
OptionsFor: TypeAlias = Callable[[Path], KeyringOptions]

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
KILLER = Path(__file__).with_name("killed_keyring.py")


def fill(path: Path) -> None:
    """Let the file at `path` take all that is left of its disk."""
    with path.open("wb", buffering=0) as filler:
        while True:
            try:
                filler.write(bytes(4096))
            except OSError as error:
                assert error.errno == errno.ENOSPC  # noqa: PT017 - anything else is a failure
                return


@pytest.mark.parametrize("overwritten", [0, 1, 23, 100, 255])
def test_a_destruction_stopped_half_way_is_finished(
    *,
    keyring: FileKeyring,
    options: KeyringOptions,
    name: KeyName,
    key_file: Path,
    gone_file: Path,
    latest: datetime,
    use: Use,
    assert_gone: AssertGone,
    overwritten: int,
) -> None:
    whole = key_file.read_bytes()
    key_file.rename(gone_file)
    gone_file.write_bytes(bytes(overwritten) + whole[overwritten:])
    longest = latest_end(name, NOON)
    assert keyring.keys() == (KeptKey(name, longest, KeyState.HALF_DESTROYED),)
    assert [str(name) in problem for problem in keyring.problems()] == [True]
    with pytest.raises(KeyDestroyedError):
        use(keyring, name)
    opened = FileKeyring.open(options)
    wrapped, left = whole.split(b"\n", maxsplit=3)[3].rstrip(b"\0"), gone_file.read_bytes()
    assert len(wrapped) > 32
    assert not [at for at in range(len(wrapped) - 8) if wrapped[at : at + 8] in left]
    assert opened.problems() == ()
    end = longest if overwritten else latest
    assert opened.keys() == (KeptKey(name, end, KeyState.DESTROYED),)
    assert_gone(opened, name)


def test_a_key_being_written_when_the_crash_came_never_counts(
    *,
    options: KeyringOptions,
    keyring: FileKeyring,
    name: KeyName,
    key_file: Path,
    left: Left,
    use: Use,
) -> None:
    unfinished = key_file.with_name(key_file.name + ".tmp")
    key_file.rename(unfinished)
    held = os.open(unfinished, os.O_RDONLY)
    with pytest.raises(KeyUnknownError):
        use(keyring, name)
    FileKeyring.open(options)
    assert left(options.directory) == set()
    assert os.pread(held, 256, 0) == bytes(256)
    os.close(held)


def test_a_destroyed_key_put_back_is_destroyed_again(
    *,
    keyring: FileKeyring,
    options: KeyringOptions,
    name: KeyName,
    key_file: Path,
    gone_file: Path,
    left: Left,
    assert_gone: AssertGone,
) -> None:
    copy = key_file.read_bytes()
    keyring.destroy_key(name)
    key_file.write_bytes(copy)
    assert_gone(keyring, name)
    key_file.write_bytes(copy)
    assert_gone(FileKeyring.open(options), name)
    assert left(options.directory) == {gone_file.name}


def test_making_goes_on_where_a_crash_stopped_it(
    options: KeyringOptions, name: KeyName, latest: datetime
) -> None:
    options.directory.mkdir(mode=0o700)
    (options.directory / "keyring.key.tmp").write_bytes(bytes(5))
    (options.directory / "lock").touch(mode=0o600)
    FileKeyring.create(options)
    key = (options.directory / "keyring.key").read_bytes()
    (options.directory / "keyring.id").unlink()
    (options.directory / "keyring.id.tmp").touch(mode=0o600)
    with pytest.raises(KeyringStorageError, match="expected a keyring, found none"):
        FileKeyring.open(options)
    FileKeyring.create(options).make_key(name, latest)
    assert (options.directory / "keyring.key").read_bytes() == key
    # A keyring that lost its identity is no new one: its keys would be lost.
    (options.directory / "keyring.id").unlink()
    with pytest.raises(KeyringStorageError, match="expected no keyring yet, found one"):
        FileKeyring.create(options)


def test_a_file_that_may_not_grow_leaves_nothing_half_made(
    *,
    keyring: FileKeyring,
    options: KeyringOptions,
    other: KeyName,
    key_file: Path,
    latest: datetime,
    left: Left,
) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(KeyringStorageError) as told:
            keyring.make_key(other, latest)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert str(told.value) == (
        f"{options.directory}: making key {other}: "
        "expected a disk that can be read and written, found file too large"
    )
    assert left(options.directory) == {key_file.name}
    assert keyring.make_key(other, latest).state is KeyState.LIVE


def test_on_a_full_disk_keys_are_not_made_but_destroyed(
    *,
    small_disk: Path,
    options_for: OptionsFor,
    name: KeyName,
    other: KeyName,
    latest: datetime,
    left: Left,
    assert_gone: AssertGone,
) -> None:
    options = options_for(small_disk / "keys")
    keyring = FileKeyring.create(options)
    keyring.make_key(name, latest)
    before = left(options.directory)
    fill(small_disk / "filler")
    with pytest.raises(KeyringStorageError, match="found no space left on device") as told:
        keyring.make_key(other, latest)
    assert told.value.retryable
    assert left(options.directory) == before
    assert keyring.destroy_key(name)
    assert_gone(FileKeyring.open(options), name)
    assert FileKeyring.open(replace(options, clock=lambda: latest)).problems() == ()
    (small_disk / "filler").unlink()
    keyring.make_key(other, latest)


def test_on_a_read_only_disk_keys_are_used_but_neither_made_nor_destroyed(
    *,
    small_disk: Path,
    options_for: OptionsFor,
    name: KeyName,
    other: KeyName,
    latest: datetime,
    left: Left,
    use: Use,
) -> None:
    options = options_for(small_disk / "keys")
    key = FileKeyring.create(options).make_key(name, latest)
    before = left(options.directory)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    keyring = FileKeyring.open(options)
    assert keyring.keys() == (key,)
    use(keyring, name)
    for change in (
        lambda: keyring.make_key(other, latest),
        lambda: keyring.destroy_key(name),
        lambda: FileKeyring.create(options_for(small_disk / "others")),
    ):
        with pytest.raises(KeyringStorageError, match="found read-only file system") as told:
            change()
        assert not told.value.retryable
    use(keyring, name)
    assert left(options.directory) == before


def test_two_processes_make_and_destroy_the_same_keys(empty: FileKeyring, directory: Path) -> None:
    script = """
import os, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from fairplate.core.periods import Period
from fairplate.vault.errors import KeyDestroyedError
from fairplate.vault.key_names import CaseKeyName, HitsKeyName
from fairplate.vault.keyring import KeyringOptions
from fairplate.vault.keyrings.file import FileKeyring
noon, minute = datetime(2026, 11, 23, 12, tzinfo=UTC), timedelta(minutes=1)
keyring = FileKeyring.open(KeyringOptions(Path(sys.argv[1]), lambda: noon, os.urandom))
for number in range(42):
    period = Period(noon + number * minute, minute)
    name = (period, HitsKeyName(period), CaseKeyName(f"case-{number}"))[number % 3]
    try:
        keyring.make_key(name, period.start + 9 * minute)
        if number % 3:
            key = keyring.own_key(name)
        else:
            key, = keyring.reader_keys(name, ["gate-3"])
        print(name, key.secret.hex())
    except KeyDestroyedError:
        pass
    if number % 2:
        keyring.destroy_key(name)
        print("destroyed", name, file=sys.stderr)
"""
    both = [
        subprocess.Popen(
            [sys.executable, "-c", script, directory],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    told = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    lines = {line for out, _ in told for line in out.splitlines()}
    assert len(lines) == len(dict(line.split() for line in lines)) == 42, "two keys of one name"
    destroyed = {line.removeprefix("destroyed ") for _, err in told for line in err.splitlines()}
    kept = empty.keys()
    states = {str(key.name): key.state for key in kept}
    assert len(states) == 42
    assert {name for name in states if states[name] is KeyState.DESTROYED} == destroyed
    assert {*states.values()} == {KeyState.DESTROYED, KeyState.LIVE}
    assert empty.problems() == ()


def test_no_kill_brings_a_key_back_or_leaves_a_torn_one(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, KILLER, tmp_path / "keys", "100", "20261123"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["acts"] > 50
    for kind in ("Period", "HitsKeyName", "CaseKeyName"):
        assert seen[f"{kind} live"] > 0
        assert seen[f"{kind} gone"] > 0
