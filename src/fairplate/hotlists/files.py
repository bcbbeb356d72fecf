"""Hot lists from files: opens, measures and decodes; everything else is decided in pure files.

Whatever is wrong with the file itself becomes one HotListError; what is wrong with its rows stands
in the batch.
"""

import stat
from datetime import datetime
from pathlib import Path

from fairplate.core.errors import HotListError
from fairplate.hotlists.batches import Batch, build_batch
from fairplate.hotlists.formats import FORMATS

# 2,500 entries with every field full are about 5 MB; beyond this it is some other file.
MAX_FILE_BYTES = 16 * 1024 * 1024

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def load_hot_list(path: Path, *, now: datetime, name: str | None = None) -> Batch:
    """Return the batch in the UTF-8 file at `path`, its format told by the suffix.

    `name` is what problems and matches call it: the file's own name unless given.

    Raises HotListError if the file cannot be opened, is too large, is not UTF-8 or is no list.
    """
    suffix = path.suffix.lower().removeprefix(".")
    if suffix not in FORMATS:
        known = ", ".join(f".{known}" for known in FORMATS)
        found = repr(path.suffix[:20]) if suffix else "none"
        raise HotListError(str(path), "suffix", expected=f"one of {known}", found=found)
    called = name or path.name
    text = _decode(_read_bytes(path), name=called)
    return build_batch(called, FORMATS[suffix](text, name=called), now=now)


def _read_bytes(path: Path) -> bytes:
    where = str(path)
    try:
        about = path.stat()
        # Opening a pipe or a device could wait for ever.
        if not stat.S_ISREG(about.st_mode):
            found = "a folder" if stat.S_ISDIR(about.st_mode) else "something else"
            raise HotListError(where, "file", expected="a file", found=found)
        _require_size(about.st_size, where)
        with path.open("rb") as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise HotListError(where, "file", expected="a hot list", found="no such file") from None
    except (OSError, ValueError) as error:
        found = getattr(error, "strerror", None) or "a path that cannot be opened"
        raise HotListError(where, "file", expected="a readable file", found=found) from None
    _require_size(len(data), where)  # it may have grown since it was measured
    return data


def _require_size(size: int, where: str) -> None:
    if size > MAX_FILE_BYTES:
        expected = f"at most {MAX_FILE_BYTES // 1024**2} MB"
        found = f"{size / 1024**2:.1f} MB or more"
        raise HotListError(where, "file", expected=expected, found=found)
    if size == 0:
        raise HotListError(where, "file", expected="a hot list", found="an empty file")


def _decode(data: bytes, *, name: str) -> str:
    if data.startswith(_UTF16_MARKS):
        found = "UTF-16 (by its byte-order mark)"
        raise HotListError(f"{name}:1", "encoding", expected="UTF-8", found=found)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = _line_of(data, error.start)
        found = f"the byte 0x{data[error.start]:02X} of another encoding"
        raise HotListError(f"{name}:{line}", "encoding", expected="UTF-8", found=found) from None
    if "\0" in text:
        line = _line_of(data, data.index(b"\0"))
        found = "a zero byte (UTF-16, or no text)"
        raise HotListError(f"{name}:{line}", "encoding", expected="UTF-8", found=found)
    return text


def _line_of(data: bytes, position: int) -> int:
    """Return the line, from 1, that holds the byte at `position`."""
    return len((data[:position] + b".").splitlines())
