"""A drop folder: which of its files are complete, and where they go afterwards.

Decides when a file is taken. Whoever may write into the folder is not trusted with more than the
list: a link is never followed, a pipe never waited for. Leaves to `files.py` what is in a file.
"""

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

from fairplate.core.errors import HotListError, InputError

SETTLED_AFTER_S = 30.0
"""A file whose size and time did not change for so long is complete: an upload may stall."""

PARTIAL_SUFFIXES = (".part", ".tmp", ".filepart")
"""What SFTP clients call a file that they are writing; so are names that begin with a full stop."""

MOST_KEPT = 10
"""Files that were taken are plates in the clear: only so many are kept, the newest."""

_MOST_FILES = 1000
_LONGEST_NAME_BYTES = 150
_STAMP = "%Y%m%dT%H%M%SZ"
_STAMP_LENGTH = len("20261123T120000Z-")
_REPORT = ".report.txt"
_NAMES_EACH = 2  # the file and its report

_Stamp: TypeAlias = tuple[int, int, int]  # inode, size, time of the last change in ns


class PutInto(StrEnum):
    """The folder, beside the dropped files, that a file goes to when it was looked at."""

    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class _Seen:
    stamp: _Stamp
    since_s: float


class DropFolder:
    """One folder, looked at again and again by one thread."""

    def __init__(self, path: Path) -> None:
        """Take the folder; it need not be there yet."""
        self.path = path
        self._seen: dict[str, _Seen] = {}
        self._partial: frozenset[_Stamp] = frozenset()

    def settled(self, now_s: float) -> list[str]:
        """Return the names of the files that are complete by now, the oldest first.

        `now_s` is of a clock that never goes back. Raises InputError if the folder cannot be read,
        or if anybody at all may write into it.
        """
        found, partial = self._look()
        seen, ready = {}, []
        for name, stamp in found.items():
            before = self._seen.get(name)
            # Nothing was written since it was seen as a partial file: the writer renamed it.
            renamed = before is None and stamp in self._partial
            same = before is not None and before.stamp == stamp
            seen[name] = before if before is not None and same else _Seen(stamp, now_s)
            if renamed or now_s - seen[name].since_s >= SETTLED_AFTER_S:
                ready.append(name)
        self._seen, self._partial = seen, partial
        return sorted(ready, key=lambda name: (found[name][2], name))

    def is_unchanged(self, name: str) -> bool:
        """Say whether the file still is the one that was complete when last looked at."""
        seen = self._seen.get(name)
        with suppressed_if_gone():
            return seen is not None and _stamp(os.lstat(self.path / name)) == seen.stamp
        return False

    @contextmanager
    def opened(self, name: str) -> Iterator[Path]:
        """Yield a path that stands for the file as it was opened, whatever its name leads to later.

        Raises HotListError for what is no regular file, OSError if it has gone.
        """
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            number = os.open(self.path / name, flags)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.EMLINK, errno.ENXIO, errno.EACCES):
                raise _no_file(name) from None
            raise
        try:
            if not stat.S_ISREG(os.fstat(number).st_mode):
                raise _no_file(name)
            yield Path(f"/dev/fd/{number}")
        finally:
            os.close(number)

    def put_away(self, name: str, into: PutInto, *, at: datetime, report: Sequence[str]) -> None:
        """Move the file, whatever it is, into `into`, with a text of what became of it.

        Raises OSError. One that has gone or was replaced meanwhile is left alone.
        """
        if not self.is_unchanged(name):
            return
        shown = os.fsencode(show_name(name))[-_LONGEST_NAME_BYTES:].decode(errors="ignore")
        kept_as = f"{at.astimezone(UTC):{_STAMP}}-{shown}"
        directory = os.open(self._made(into), os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            _write(directory, f"{kept_as}{_REPORT}", "".join(f"{line}\n" for line in report))
            with suppressed_if_gone():
                os.rename(self.path / name, kept_as, dst_dir_fd=directory)
            _forget_oldest(directory)
        finally:
            os.close(directory)
        self._seen.pop(name, None)

    def _made(self, into: PutInto) -> Path:
        folder = self.path / into.value
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def _look(self) -> tuple[dict[str, _Stamp], frozenset[_Stamp]]:
        """Return the stamps of all files by name, and of those being written."""
        found: dict[str, _Stamp] = {}
        partial: set[_Stamp] = set()
        try:
            if self.path.stat().st_mode & stat.S_IWOTH:
                raise self._wrong("one that not everybody may write into", "mode o+w")
            with os.scandir(self.path) as entries:
                for entry in entries:
                    with suppressed_if_gone():
                        if entry.is_dir(follow_symlinks=False):
                            continue
                        stamp = _stamp(entry.stat(follow_symlinks=False))
                        if _is_partial(entry.name):
                            partial.add(stamp)
                        elif len(found) < _MOST_FILES:
                            found[entry.name] = stamp
        except OSError as error:
            told = (error.strerror or "an unreadable one").lower()
            raise self._wrong("one that can be read", told) from None
        return found, frozenset(partial)

    def _wrong(self, expected: str, found: str) -> InputError:
        return InputError(str(self.path), "drop folder", expected=expected, found=found)


def show_name(name: str) -> str:
    """Return a file's name for messages and for the log: `?` for what cannot be printed."""
    return "".join(char if char.isprintable() else "?" for char in name)


@contextmanager
def suppressed_if_gone() -> Iterator[None]:
    """Pass over a file that somebody else moved or deleted meanwhile."""
    try:
        yield
    except FileNotFoundError:
        return


def _stamp(about: os.stat_result) -> _Stamp:
    return about.st_ino, about.st_size, about.st_mtime_ns


def _is_partial(name: str) -> bool:
    return name.startswith(".") or name.lower().endswith(PARTIAL_SUFFIXES)


def _no_file(name: str) -> HotListError:
    found = "a link, a pipe or one that may not be read"
    return HotListError(show_name(name), "file", expected="a regular file", found=found)


def _write(directory: int, name: str, text: str) -> None:
    """Write a whole file or none."""
    partial = f".{name}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    number = os.open(partial, flags, 0o600, dir_fd=directory)
    with open(number, "w", encoding="utf-8", errors="backslashreplace") as file:  # noqa: PTH123 - a descriptor
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.rename(partial, name, src_dir_fd=directory, dst_dir_fd=directory)


def _forget_oldest(directory: int) -> None:
    """Delete what was put away first; names begin with the time, other names are left alone."""
    names = sorted(name for name in os.listdir(directory) if _is_stamped(name))
    for name in names[: -MOST_KEPT * _NAMES_EACH]:
        with suppressed_if_gone():
            os.unlink(name, dir_fd=directory)


def _is_stamped(name: str) -> bool:
    try:
        datetime.strptime(name[:_STAMP_LENGTH], f"{_STAMP}-").replace(tzinfo=UTC)
    except ValueError:
        return False
    return True
