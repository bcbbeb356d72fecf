"""Small files that are there as a whole or not at all, after a crash at any moment."""

import errno
import os
import stat
from pathlib import Path

NEW = ".new-"
"""How names of what is being written begin; what a crash left of them is written over."""

_MAX_BYTES = 1 << 17


def read_file(path: Path) -> bytes:
    """Return the content of a regular file, at most 128 KiB; raises OSError."""
    file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(file, "rb") as opened:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise OSError(errno.EINVAL, "expected a regular file", str(path))
        content = opened.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise OSError(errno.EFBIG, f"expected at most {_MAX_BYTES} bytes", str(path))
    return content


def write_file(path: Path, content: bytes) -> None:
    """Put `content` at `path`, in place of what was there; on return no crash can undo it.

    One writer at a time. Raises OSError; then the old or the new content is there.
    """
    temporary = path.with_name(NEW + path.name)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(temporary, flags, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """See the names in the folder at `path` to the disk."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def make_folder(path: Path) -> None:
    """Make the folder at `path` for us alone, unless it is there."""
    path.mkdir(mode=0o700, exist_ok=True)
    sync_folder(path.parent)
