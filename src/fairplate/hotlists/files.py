"""Hot lists from files: opens, measures and decodes; everything else is decided in pure files.

Whatever is wrong with the file itself becomes one HotListError; what is wrong with its rows stands
in the batch. A file is read line by line, so that it may be larger than the memory.
"""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TextIO

from fairplate.core.errors import HotListError
from fairplate.hotlists.batches import Batch, BatchReader, build_batch, read_entries
from fairplate.hotlists.definition import ListDefinition
from fairplate.hotlists.formats import FORMATS, SUFFIXES
from fairplate.hotlists.rows import MAX_ROW_CHARACTERS

# 2,500 entries with every field full are about 5 MB; beyond this it is some other file.
MAX_FILE_BYTES = 16 * 1024 * 1024

# What an entry of a large source may take: the records sampled take 20 to 170 bytes.
_BYTES_AN_ENTRY = 1024


def load_hot_list(path: Path, *, now: datetime, name: str | None = None) -> Batch:
    """Return the batch in the UTF-8 file at `path`, its format told by the suffix.

    `name` is what problems and matches call it: the file's own name unless given.

    Raises HotListError if the file cannot be opened, is too large, is not UTF-8 or is no list.
    """
    suffix = path.suffix.lower().removeprefix(".")
    if suffix not in SUFFIXES:
        known = ", ".join(f".{known}" for known in SUFFIXES)
        found = repr(path.suffix[:20]) if suffix else "none"
        raise HotListError(str(path), "suffix", expected=f"one of {known}", found=found)
    called = name or path.name
    with open_list_file(path, most_bytes=MAX_FILE_BYTES, name=called) as lines:
        return build_batch(called, FORMATS[SUFFIXES[suffix]](lines, name=called), now=now)


@contextmanager
def read_batch_file(
    path: Path, definition: ListDefinition, *, now: datetime, name: str | None = None
) -> Iterator[BatchReader]:
    """Yield the reader of the batch in the UTF-8 file at `path`, under the list's definition.

    `name` is what messages call the file, otherwise its own name. Raises HotListError, here or
    while entries are taken, as `load_hot_list` does.
    """
    most = definition.most_entries
    most_bytes = max(MAX_FILE_BYTES, most * _BYTES_AN_ENTRY)
    called = name or path.name
    with open_list_file(path, most_bytes=most_bytes, name=name, where=name) as lines:
        table = FORMATS[definition.format](lines, name=called)
        yield read_entries(called, table, now=now, options=definition.to_options(), most=most)


@contextmanager
def open_list_file(
    path: Path, *, most_bytes: int, name: str | None = None, where: str | None = None
) -> Iterator[Iterator[str]]:
    """Yield the lines of the UTF-8 file at `path`, each with its end.

    Messages call the file `where`, and a line of it `name`; its path and own name unless given.
    Raises HotListError if it cannot be opened or is larger than `most_bytes`, and while lines are
    taken where one is not UTF-8, holds a zero byte or is too long.
    """
    where = where or str(path)
    try:
        stream = _open(path, most_bytes, where)
    except FileNotFoundError:
        raise HotListError(where, "file", expected="a hot list", found="no such file") from None
    except (OSError, ValueError) as error:
        raise _unreadable(where, error) from None
    with stream:
        yield _read_lines(stream, where, most_bytes, name or path.name)


def _open(path: Path, most_bytes: int, where: str) -> TextIO:
    about = path.stat()
    # Opening a pipe or a device could wait for ever.
    if not stat.S_ISREG(about.st_mode):
        found = "a folder" if stat.S_ISDIR(about.st_mode) else "something else"
        raise HotListError(where, "file", expected="a file", found=found)
    if about.st_size == 0:
        raise HotListError(where, "file", expected="a hot list", found="an empty file")
    _require_size(about.st_size, most_bytes, where)
    # newline="" keeps line breaks inside quotes and counts \n, \r\n and \r alike. Bytes that are
    # not UTF-8 come as surrogates, so that they are found in the line where they stand.
    return path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")


def _unreadable(where: str, error: OSError | ValueError) -> HotListError:
    found = getattr(error, "strerror", None) or "a path that cannot be opened"
    return HotListError(where, "file", expected="a readable file", found=found)


def _require_size(size: int, most_bytes: int, where: str) -> None:
    if size > most_bytes:
        expected = f"at most {most_bytes // 1024**2} MB"
        found = f"{size / 1024**2:.1f} MB or more"
        raise HotListError(where, "file", expected=expected, found=found)


def _read_lines(stream: TextIO, where: str, most_bytes: int, name: str) -> Iterator[str]:
    number = total = 0
    while True:
        try:
            line = stream.readline(MAX_ROW_CHARACTERS)
        except OSError as error:
            raise _unreadable(where, error) from None
        if not line:
            return
        number += 1
        total += len(line)
        if "\0" in line or not line.isascii():
            _require_utf8(line, f"{name}:{number}")
        if len(line) >= MAX_ROW_CHARACTERS:
            expected = f"a line of fewer than {MAX_ROW_CHARACTERS} characters"
            raise HotListError(f"{name}:{number}", "row", expected=expected, found="more")
        if total > most_bytes:  # it has grown since it was measured
            _require_size(total, most_bytes, where)
        yield line


def _require_utf8(line: str, where: str) -> None:
    """Refuse a line with bytes that are not UTF-8 or with a zero byte."""
    try:
        line.encode()
    except UnicodeEncodeError as error:
        # PEP 383: the byte 0x80 + n is read as the surrogate U+DC80 + n.
        byte = ord(line[error.start]) & 0xFF
        found = f"the byte 0x{byte:02X} of another encoding"
        if where.endswith(":1") and line.startswith(("\udcff\udcfe", "\udcfe\udcff")):
            found = "UTF-16 (by its byte-order mark)"
    else:
        if "\0" not in line:
            return
        found = "a zero byte (UTF-16, or no text)"
    raise HotListError(where, "encoding", expected="UTF-8", found=found)
