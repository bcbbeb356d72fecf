"""The directory of a log's keys: made whole or not at all, and never contradicted."""

import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.audit.log_worlds import ORIGIN, LogWorld, fill_disk

from fairplate.audit.log_keys import (
    LOCK,
    PRIVATE_PARTS,
    SIGNED,
    SIGNING,
    LogKeys,
    create_log_keys,
    read_log_keys,
)
from fairplate.core.errors import InputError
from fairplate.verify.checkpoints import Checkpoint
from fairplate.verify.notes import KeyType, make_signing_key
from fairplate.verify.tree import EMPTY_ROOT

FILES = {SIGNING, PRIVATE_PARTS, SIGNED, LOCK}


@pytest.fixture
def keys(tmp_path: Path) -> LogKeys:
    return create_log_keys(tmp_path / "keys", ORIGIN, os.urandom)


def names(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


def test_what_is_made_is_read_again(keys: LogKeys) -> None:
    read = read_log_keys(keys.directory)
    assert read == keys
    assert read.private_parts.secret == keys.private_parts.secret
    assert read.origin == ORIGIN
    assert read.last_signed() == Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    assert names(keys.directory) == FILES
    modes = {path.stat().st_mode & 0o777 for path in keys.directory.iterdir()}
    assert (modes, keys.directory.stat().st_mode & 0o777) == ({0o600}, 0o700)


def test_no_secret_stands_in_a_repr(keys: LogKeys) -> None:
    assert keys.signing.secret.hex() not in repr(keys)
    assert repr(keys.signing.secret) not in repr(keys)
    assert repr(keys.private_parts.secret) not in repr(keys)


def test_keys_are_never_made_over_others(keys: LogKeys) -> None:
    before = {path: path.read_bytes() for path in keys.directory.iterdir()}
    with pytest.raises(InputError, match="expected a directory without a log's keys"):
        create_log_keys(keys.directory, ORIGIN, os.urandom)
    assert before == {path: path.read_bytes() for path in keys.directory.iterdir()}


@pytest.mark.parametrize("origin", ["", "two words", "a+b", "a\nb", "tab\there"])
def test_an_origin_that_no_log_may_have_is_refused(tmp_path: Path, origin: str) -> None:
    with pytest.raises(InputError, match=r"^log: name: expected"):
        create_log_keys(tmp_path / "keys", origin, os.urandom)
    assert not (tmp_path / "keys").exists()


@pytest.mark.parametrize("made", range(5))
@pytest.mark.parametrize("unfinished", [False, True])
def test_what_a_crash_left_is_finished(tmp_path: Path, made: int, unfinished: bool) -> None:  # noqa: FBT001
    directory = tmp_path / "keys"
    create_log_keys(directory, ORIGIN, os.urandom)
    in_order = [LOCK, PRIVATE_PARTS, SIGNED, SIGNING]
    for number, name in enumerate(in_order):
        if number > made or (number == made and not unfinished):
            (directory / name).unlink()
        elif number == made:
            (directory / name).rename(directory / f"{name}.tmp")
    if made == len(in_order):
        assert read_log_keys(directory).origin == ORIGIN
        return
    with pytest.raises(InputError):
        read_log_keys(directory)
    assert read_log_keys(create_log_keys(directory, ORIGIN, os.urandom).directory)
    assert names(directory) == FILES


@pytest.mark.parametrize("name", [SIGNING, PRIVATE_PARTS])
def test_keys_that_are_gone_or_damaged_are_refused(keys: LogKeys, name: str) -> None:
    path = keys.directory / name
    whole = path.read_bytes()
    for content in (b"", whole[:-9], b"\xff" + whole, whole + whole, b"x" * 5000):
        path.write_bytes(content)
        with pytest.raises(InputError) as raised:
            read_log_keys(keys.directory)
        assert whole.decode().strip() not in str(raised.value)
    path.unlink()
    with pytest.raises(InputError, match="no such file"):
        read_log_keys(keys.directory)


def test_a_key_of_another_type_is_refused(keys: LogKeys) -> None:
    other = make_signing_key(ORIGIN, KeyType.COSIGNATURE, os.urandom)
    (keys.directory / SIGNING).write_text(f"{other.spell()}\n")
    with pytest.raises(InputError, match="another type of key"):
        read_log_keys(keys.directory)


@pytest.mark.parametrize("name", [".", SIGNING, PRIVATE_PARTS])
def test_keys_that_others_may_use_are_refused(keys: LogKeys, name: str) -> None:
    path = keys.directory / name
    path.chmod(path.stat().st_mode | 0o040)
    with pytest.raises(InputError, match="expected one that only this user may use, found mode"):
        read_log_keys(keys.directory)


def test_no_such_directory(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_log_keys(tmp_path / "keys")


def test_one_signs_at_a_time(keys: LogKeys) -> None:
    def sign_next(_: int) -> None:
        own = read_log_keys(keys.directory)
        with own.signing_alone() as last:
            own.note_signed(Checkpoint(ORIGIN, last.size + 1, bytes(32)))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(sign_next, range(100)))
    assert keys.last_signed().size == 100


def test_what_a_crash_left_of_remembering_is_in_nobody_s_way(world: LogWorld) -> None:
    world.act()
    world.publish()
    (world.key_folder / f"{SIGNED}.tmp").write_text(f"{ORIGIN}\n")
    world.act()
    assert world.publish().signed is not None
    assert world.signed().size == 2
    assert names(world.key_folder) == FILES


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"log.example.org/city\n",
        b"log.example.org/city\n1\nAAAA\n",
        Checkpoint("another.example", 0, EMPTY_ROOT).text.encode(),
        b"\xff\xfe" * 2000,
        None,
    ],
    ids=["empty", "cut off", "bad root", "another log's", "noise", "gone"],
)
def test_nothing_is_signed_without_knowing_what_was(world: LogWorld, content: bytes | None) -> None:
    world.act()
    world.publish()
    world.act()
    path, published = world.key_folder / SIGNED, world.note()
    before = path.read_bytes()
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(InputError, match=f"^{world.key_folder}"):
        world.publish()
    assert world.note() == published
    path.write_bytes(before)
    world.publish()
    assert world.require_whole().size == 2


def test_a_copy_of_the_directory_is_the_same_log(world: LogWorld, tmp_path: Path) -> None:
    world.act()
    world.publish()
    shutil.copytree(world.key_folder, tmp_path / "copy")
    assert read_log_keys(tmp_path / "copy").signing == world.keys.signing


def test_a_full_disk_signs_nothing(world: LogWorld, small_disk: Path) -> None:
    shutil.copytree(world.key_folder, small_disk / "log-keys")
    shutil.rmtree(world.key_folder)
    world.key_folder.symlink_to(small_disk / "log-keys")
    world.restart()
    world.act()
    fill_disk(small_disk)
    with pytest.raises(InputError, match="no space left"):
        world.publish()
    assert not (world.folder / "checkpoint").exists()
    (small_disk / "filler").unlink()
    world.publish()
    assert world.require_whole() == world.signed()


def test_a_read_only_disk_signs_nothing(world: LogWorld, small_disk: Path) -> None:
    shutil.copytree(world.key_folder, small_disk / "log-keys")
    shutil.rmtree(world.key_folder)
    world.key_folder.symlink_to(small_disk / "log-keys")
    world.act()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(InputError, match="read-only"):
        world.publish()
    assert not (world.folder / "checkpoint").exists()
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    world.publish()
    assert world.require_whole() == world.signed()
