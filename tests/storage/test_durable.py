"""A new file is there as a whole, for its owner alone, or not at all."""

import errno
import os
import stat
from pathlib import Path

import pytest

from fairplate.storage.durable import write_new_file

CONTENT = os.urandom(100_000)


def refuse_nameless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no file be opened without a name, as some file systems do."""
    plain = os.open

    def open_named(path: str, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_TMPFILE == os.O_TMPFILE:
            raise OSError(errno.EOPNOTSUPP, "not supported")
        return plain(path, flags, mode)

    monkeypatch.setattr(os, "open", open_named)


@pytest.fixture(params=[True, False], ids=["nameless", "named"], autouse=True)
def _both_ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if not request.param:
        refuse_nameless(monkeypatch)


def test_it_is_there_as_a_whole(tmp_path: Path) -> None:
    write_new_file(tmp_path / "new", CONTENT)
    assert [one.name for one in tmp_path.iterdir()] == ["new"]
    assert (tmp_path / "new").read_bytes() == CONTENT
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o600


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("old", "link"):
        with pytest.raises(OSError, match=r"exists|not supported"):
            write_new_file(tmp_path / name, CONTENT)
    assert (tmp_path / "old").read_bytes() == b"old"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["link", "old"]


def test_nothing_half_done_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = os.write

    def fill(file: int, data: bytes) -> int:
        if len(data) < len(CONTENT):
            raise OSError(errno.ENOSPC, "no space left")
        return plain(file, bytes(data[:1000]))

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", fill)
        with pytest.raises(OSError, match="no space left"):
            write_new_file(tmp_path / "new", CONTENT)
    assert [one.name for one in tmp_path.iterdir() if one.suffix != ".tmp"] == []


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_new_file(tmp_path / "none" / "new", CONTENT)
