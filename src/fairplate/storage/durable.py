"""Files that are there as a whole or not at all, after a crash at any moment.

Decides the order of write, fsync, rename and unlink; knows nothing of what is in them. Every
function raises OSError. Overwriting reaches the blocks a plain disk wrote to; what file systems and
flash keep beside them stands in docs/threat-model.md.
"""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

TEMPORARY = ".tmp"
"""The suffix of files that are being written; any left behind by a crash may be erased."""

_PRIVATE = 0o077
_NO_NAMELESS = frozenset({errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL})


def write_file(path: Path, content: bytes) -> None:
    """Put `content` at `path`, in place of what was there, so that a crash leaves old or new."""
    temporary = path.with_name(path.name + TEMPORARY)
    try:
        with _opened(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL) as file:
            _write_all(file, content)
        temporary.replace(path)
    except OSError:
        with contextlib.suppress(OSError):  # the first error is the one to tell
            erase_file(temporary)
        raise
    sync_directory(path.parent)


def write_new_file(path: Path, content: bytes) -> None:
    """Put `content` at `path`, for its owner alone; a crash leaves it whole or leaves nothing.

    FileExistsError if something is there. Where the file system knows no nameless files, a crash
    may leave a temporary one.
    """
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            file = os.open(path.parent, os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        except OSError as error:
            if error.errno not in _NO_NAMELESS or os.path.lexists(path):
                raise
            write_file(path, content)
            return
        try:
            _write_all(file, content)
            os.fsync(file)
            # linkat(2): the only name it gets, and only if that is free.
            os.link(f"/proc/self/fd/{file}", path.name, dst_dir_fd=directory, follow_symlinks=True)
        finally:
            os.close(file)
        os.fsync(directory)
    finally:
        os.close(directory)


def overwrite_file(path: Path, content: bytes) -> None:
    """Write `content`, and zeros up to the old length, over the very bytes at `path`."""
    with _opened(path, os.O_WRONLY) as file:
        _write_all(file, content.ljust(os.fstat(file).st_size, b"\0"))


def erase_file(path: Path) -> None:
    """Overwrite the file at `path` with zeros, remove it, and see the removal to the disk."""
    overwrite_file(path, b"")
    path.unlink()
    sync_directory(path.parent)


def erase_temporary(path: Path) -> None:
    """Erase what a crash left of writing the file at `path`, if anything."""
    temporary = path.with_name(path.name + TEMPORARY)
    if temporary.exists():
        erase_file(temporary)


def rename_file(old: Path, new: Path) -> None:
    """Give the file at `old` the name `new`; on return a crash cannot undo it."""
    old.rename(new)
    sync_directory(new.parent)


def sync_directory(path: Path) -> None:
    """See the names in the directory at `path` to the disk."""
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def openness(path: Path) -> str | None:
    """Say what is wrong with who may use the file or directory at `path`; None if only we may."""
    status = path.stat()
    if status.st_uid not in {os.geteuid(), 0}:
        return f"owner {status.st_uid}"
    if stat.S_IMODE(status.st_mode) & _PRIVATE:
        return f"mode {stat.S_IMODE(status.st_mode):04o}"
    return None


@contextlib.contextmanager
def _opened(path: Path, flags: int) -> Iterator[int]:
    file = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        yield file
        os.fsync(file)
    finally:
        os.close(file)


def _write_all(file: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(file, view) :]
