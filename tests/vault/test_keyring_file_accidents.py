"""What the file keyring leaves after crashes, kills, full and read-only disks, and two at once."""

import errno
import json
import os
import resource
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from fairplate.core.periods import Period, period_at
from fairplate.vault.errors import (
    KeyringStorageError,
    PeriodDestroyedError,
    PeriodUnknownError,
)
from fairplate.vault.keyring import KeyringOptions, PeriodState
from fairplate.vault.keyrings.file import FileKeyring

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TODAY = period_at(NOON, DAY)
TOMORROW = period_at(TODAY.end, DAY)
KEY, GONE = "20261123T0000Z-P1D.key", "20261123T0000Z-P1D.gone"
LATEST = TODAY.start + 30 * DAY
KILLER = Path(__file__).with_name("killed_keyring.py")


def options_for(directory: Path) -> KeyringOptions:
    return KeyringOptions(
        directory=directory,
        clock=lambda: NOON,
        random_bytes=Random(str(directory)).randbytes,  # noqa: S311 - a test's keys
    )


def names(directory: Path) -> set[str]:
    periods = {path.name for path in directory.iterdir()}
    return periods - {"keyring.id", "keyring.key", "lock", "floor"}


def fill(path: Path) -> None:
    """Let the file at `path` take all that is left of its disk."""
    with path.open("wb", buffering=0) as filler:
        while True:
            try:
                filler.write(bytes(4096))
            except OSError as error:
                assert error.errno == errno.ENOSPC  # noqa: PT017 - anything else is a failure
                return


def assert_gone(keyring: FileKeyring, period: Period = TODAY) -> None:
    with pytest.raises(PeriodDestroyedError):
        keyring.reader_key(period, "gate-3")
    with pytest.raises(PeriodDestroyedError):
        keyring.make_period(period, LATEST)


@pytest.mark.parametrize("overwritten", [0, 1, 23, 100, 255])
def test_a_destruction_stopped_half_way_is_finished(
    keyring: FileKeyring, options: KeyringOptions, overwritten: int
) -> None:
    gone = options.directory / GONE
    whole = (options.directory / KEY).read_bytes()
    (options.directory / KEY).rename(gone)
    gone.write_bytes(bytes(overwritten) + whole[overwritten:])
    assert [key.state for key in keyring.periods()] == [PeriodState.HALF_DESTROYED]
    assert [TODAY.duration in problem for problem in keyring.problems()] == [True]
    with pytest.raises(PeriodDestroyedError):
        keyring.reader_key(TODAY, "gate-3")
    opened = FileKeyring.open(options)
    wrapped = whole.split(b"\n", maxsplit=3)[3].rstrip(b"\0")
    assert len(wrapped) > 32
    assert not [at for at in range(len(wrapped) - 8) if wrapped[at : at + 8] in gone.read_bytes()]
    assert opened.problems() == ()
    assert [key.state for key in opened.periods()] == [PeriodState.DESTROYED]
    assert_gone(opened)


def test_a_key_being_written_when_the_crash_came_never_counts(
    keyring: FileKeyring, options: KeyringOptions
) -> None:
    unfinished = options.directory / (KEY.replace("23T", "24T") + ".tmp")
    shutil.copy(options.directory / KEY, unfinished)
    held = os.open(unfinished, os.O_RDONLY)
    with pytest.raises(PeriodUnknownError):
        keyring.reader_key(TOMORROW, "gate-3")
    FileKeyring.open(options)
    assert names(options.directory) == {KEY}
    assert os.pread(held, 256, 0) == bytes(256)
    os.close(held)


def test_a_destroyed_key_put_back_is_destroyed_again(
    keyring: FileKeyring, options: KeyringOptions
) -> None:
    copy = (options.directory / KEY).read_bytes()
    keyring.destroy_period(TODAY)
    (options.directory / KEY).write_bytes(copy)
    assert_gone(keyring)
    (options.directory / KEY).write_bytes(copy)
    assert_gone(FileKeyring.open(options))
    assert names(options.directory) == {GONE}


def test_making_goes_on_where_a_crash_stopped_it(options: KeyringOptions) -> None:
    options.directory.mkdir(mode=0o700)
    (options.directory / "keyring.key.tmp").write_bytes(bytes(5))
    (options.directory / "lock").touch(mode=0o600)
    FileKeyring.create(options)
    key = (options.directory / "keyring.key").read_bytes()
    (options.directory / "keyring.id").unlink()
    (options.directory / "keyring.id.tmp").touch(mode=0o600)
    with pytest.raises(KeyringStorageError, match="expected a keyring, found none"):
        FileKeyring.open(options)
    FileKeyring.create(options).make_period(TODAY, LATEST)
    assert (options.directory / "keyring.key").read_bytes() == key
    # A keyring that lost its identity is no new one: its keys would be lost.
    (options.directory / "keyring.id").unlink()
    with pytest.raises(KeyringStorageError, match="expected no keyring yet, found one"):
        FileKeyring.create(options)


def test_a_file_that_may_not_grow_leaves_nothing_half_made(
    keyring: FileKeyring, options: KeyringOptions
) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(KeyringStorageError) as told:
            keyring.make_period(TOMORROW, LATEST)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert str(told.value) == (
        f"{options.directory}: making the key of period {TOMORROW}: "
        "expected a disk that can be read and written, found file too large"
    )
    assert names(options.directory) == {KEY}
    assert keyring.make_period(TOMORROW, LATEST).state is PeriodState.LIVE


def test_on_a_full_disk_keys_are_not_made_but_destroyed(small_disk: Path) -> None:
    options = options_for(small_disk / "keys")
    keyring = FileKeyring.create(options)
    keyring.make_period(TODAY, LATEST)
    fill(small_disk / "filler")
    with pytest.raises(KeyringStorageError, match="found no space left on device") as told:
        keyring.make_period(TOMORROW, LATEST)
    assert told.value.retryable
    assert names(options.directory) == {KEY}
    assert keyring.destroy_period(TODAY)
    assert_gone(FileKeyring.open(options))
    assert FileKeyring.open(replace(options, clock=lambda: LATEST)).problems() == ()
    (small_disk / "filler").unlink()
    keyring.make_period(TOMORROW, LATEST)


def test_on_a_read_only_disk_keys_are_used_but_neither_made_nor_destroyed(
    small_disk: Path,
) -> None:
    options = options_for(small_disk / "keys")
    key = FileKeyring.create(options).make_period(TODAY, LATEST)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    keyring = FileKeyring.open(options)
    assert keyring.periods() == (key,)
    keyring.reader_key(TODAY, "gate-3")
    for change in (
        lambda: keyring.make_period(TOMORROW, LATEST),
        lambda: keyring.destroy_period(TODAY),
        lambda: FileKeyring.create(options_for(small_disk / "others")),
    ):
        with pytest.raises(KeyringStorageError, match="found read-only file system") as told:
            change()
        assert not told.value.retryable
    keyring.reader_key(TODAY, "gate-3")
    assert names(options.directory) == {KEY}


def test_two_processes_make_and_destroy_the_same_periods(tmp_path: Path) -> None:
    FileKeyring.create(options_for(tmp_path / "keys"))
    script = """
import os, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from fairplate.core.periods import Period
from fairplate.vault.errors import PeriodDestroyedError
from fairplate.vault.keyring import KeyringOptions
from fairplate.vault.keyrings.file import FileKeyring
noon, minute = datetime(2026, 11, 23, 12, tzinfo=UTC), timedelta(minutes=1)
keyring = FileKeyring.open(KeyringOptions(Path(sys.argv[1]), lambda: noon, os.urandom))
for number in range(40):
    period = Period(noon + number * minute, minute)
    try:
        keyring.make_period(period, period.start + 9 * minute)
        print(number, keyring.reader_key(period, "gate-3").secret.hex())
    except PeriodDestroyedError:
        pass
    if number % 2:
        keyring.destroy_period(period)
"""
    both = [
        subprocess.Popen(
            [sys.executable, "-c", script, tmp_path / "keys"], stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    told = [process.communicate()[0].splitlines() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    keys = dict(line.split() for lines in told for line in lines)
    assert len(set(told[0]) | set(told[1])) == len(keys) == 40, "two keys for one period"
    keyring = FileKeyring.open(options_for(tmp_path / "keys"))
    states = [key.state for key in keyring.periods()]
    assert states == [PeriodState.LIVE, PeriodState.DESTROYED] * 20
    assert keyring.problems() == ()


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
    assert seen["live"] > 0
    assert seen["gone"] > 0
