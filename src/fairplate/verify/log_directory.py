"""The folder of a published log, read without trusting whoever made it.

Opens only regular files, never through a link, and reads no more of one than it may hold. Leaves to
others what the bytes must be. The folder itself may be a link; nothing below it may.
"""

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from fairplate.verify.bundles import cut_bundle
from fairplate.verify.findings import Finding
from fairplate.verify.tiles import MAX_BUNDLE_BYTES, WIDTH, Tile
from fairplate.verify.tree import HASH_BYTES

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Without O_NONBLOCK, opening a FIFO put there after it was looked at would wait for ever.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class FileError(Exception):
    """A file that cannot be had as it must be; `finding` says why."""

    def __init__(self, code: str, where: str, message: str) -> None:
        super().__init__(f"{where}: {message}")
        self.finding = Finding(code, where, message)


@dataclass(frozen=True, slots=True)
class Found:
    """One name in a folder; `is_file` and `is_folder` are false for links and all else."""

    name: str
    is_file: bool
    is_folder: bool
    is_link: bool


class LogDirectory:
    """One folder, kept open. All names are relative to it, with slashes."""

    def __init__(self, folder: Path) -> None:
        """Raise OSError if there is no such folder."""
        self._top = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def __enter__(self) -> Self:
        """Return it; it is closed at the end."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it."""
        os.close(self._top)

    def read(self, path: str, *, most: int) -> bytes:
        """Return the file's bytes; raise FileError, also if they are more than `most`."""
        *folders, name = path.split("/")
        parent = self._open_folder(folders)
        try:
            file = _open_file(parent, name, path)
        finally:
            self._close(parent)
        try:
            return _read_open(file, path, most)
        except OSError as error:
            raise _unreadable(path, error) from None
        finally:
            os.close(file)

    def read_tile(self, tile: Tile) -> bytes:
        """Return a tile of hashes, or a bundle, of which only the size is checked.

        When a partial tile is gone, the start of the full one stands for it (tlog-tiles, "Partial
        tiles").
        """
        try:
            return self._read_tile(tile)
        except FileError as fault:
            full = Tile(tile.level, tile.index, WIDTH)
            if tile == full or fault.finding.code != "missing":
                raise
            try:
                data = self._read_tile(full)
            except FileError as other:
                raise (fault if other.finding.code == "missing" else other) from None
        if tile.level is None:
            return cut_bundle(data, tile.width)
        return data[: tile.width * HASH_BYTES]

    def _read_tile(self, tile: Tile) -> bytes:
        if tile.level is None:
            return self.read(tile.path, most=MAX_BUNDLE_BYTES)
        size = tile.width * HASH_BYTES
        data = self.read(tile.path, most=size)
        if len(data) < size:
            message = f"expected {size} bytes, found {len(data)}"
            raise FileError("truncated", tile.path, message)
        return data

    def names(self, path: str) -> Iterator[Found]:
        """Yield what lies in the folder `path` ("" for the top), in no order; raise FileError."""
        folder = self._open_folder(path.split("/") if path else [])
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    yield Found(
                        entry.name,
                        is_file=entry.is_file(follow_symlinks=False),
                        is_folder=entry.is_dir(follow_symlinks=False),
                        is_link=entry.is_symlink(),
                    )
        except OSError as error:
            raise _unreadable(path, error) from None
        finally:
            self._close(folder)

    def _open_folder(self, folders: list[str]) -> int:
        """Return the open folder, to be given to `_close`."""
        here = self._top
        for depth, name in enumerate(folders, start=1):
            path = "/".join(folders[:depth])
            try:
                below = os.open(name, _FOLDER, dir_fd=here)
            except OSError as error:
                raise _no_folder(here, name, path, error) from None
            finally:
                self._close(here)
            here = below
        return here

    def _close(self, folder: int) -> None:
        if folder != self._top:
            os.close(folder)


def read_outside(path: Path, *, most: int) -> bytes:
    """Return a file that lies anywhere; OSError, and ValueError if it is no file or too large."""
    file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise ValueError("expected a regular file")
        return _read_open(file, path.name, most)
    except FileError as fault:
        raise ValueError(fault.finding.message) from None
    finally:
        os.close(file)


def _open_file(parent: int, name: str, path: str) -> int:
    """Return the open file. Looks before it opens: opening a device may do something."""
    try:
        mode = os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode
        if stat.S_ISREG(mode):
            file = os.open(name, _FILE, dir_fd=parent)
            if stat.S_ISREG(os.fstat(file).st_mode):
                return file
            os.close(file)
    except OSError as error:
        raise _unreadable(path, error) from None
    raise _not_regular(path, mode)


def _read_open(file: int, path: str, most: int) -> bytes:
    size = os.fstat(file).st_size
    parts: list[bytes] = []
    left = most + 1  # one byte too many is found, however fast the file grows
    while size <= most and left > 0:
        part = os.read(file, min(left, size + 1))
        if not part:
            return parts[0] if len(parts) == 1 else b"".join(parts)
        parts.append(part)
        left -= len(part)
    found = max(size, most + 1)
    raise FileError("oversized", path, f"expected at most {most} bytes, found {found}")


def _not_regular(path: str, mode: int) -> FileError:
    if stat.S_ISLNK(mode):
        return FileError("symlink", path, "expected a regular file, found a symbolic link")
    found = "a folder" if stat.S_ISDIR(mode) else "a device, a pipe or a socket"
    return FileError("not-a-file", path, f"expected a regular file, found {found}")


def _no_folder(parent: int, name: str, path: str, error: OSError) -> FileError:
    """Say what lies there in a folder's place; which error a link gives differs by system."""
    try:
        mode = os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode
    except OSError as other:
        return _unreadable(path, other)
    if stat.S_ISLNK(mode):
        return FileError("symlink", path, "expected a folder, found a symbolic link")
    if not stat.S_ISDIR(mode):
        return FileError("not-a-folder", path, "expected a folder, found something else")
    return _unreadable(path, error)


def _unreadable(path: str, error: OSError) -> FileError:
    if error.errno == errno.ENOENT:
        return FileError("missing", path, "it is not there")
    reason = os.strerror(error.errno) if error.errno else "no reason given"
    return FileError("unreadable", path, f"it cannot be read: {reason}")
