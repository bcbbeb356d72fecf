"""Sources: what was given on a command line in, frames with their times out.

Decides what a source is - by the content of a file, never by its name alone - and hands it to
`pictures.py`, `video.py` or `streams.py`. Leaves to them how their kind is read.
"""

import os
import stat
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import assert_never

from fairplate.core.clock import Clock
from fairplate.core.errors import SourceError
from fairplate.reading.addresses import is_address, redact_address, require_stream_address
from fairplate.reading.engine import Frame
from fairplate.reading.pictures import picture_format, read_picture
from fairplate.reading.sampling import Sampling
from fairplate.reading.streams import DEFAULT_RECONNECT, Reconnect, read_stream
from fairplate.reading.video import estimate_frames, read_video, video_format

__all__ = ["Sampling", "Source", "SourceKind", "count_frames", "find_sources", "open_frames"]

_HEAD_BYTES = 1024
_ACCEPTED = "a picture (JPEG, PNG, WebP, BMP, GIF, HEIC) or a video (MP4, MOV, MKV, AVI, TS ...)"
# In a folder, a file with such a name is meant to be read: if it cannot be, that is an error.
# Any other file of unknown content is a note, a list, a thumbnail cache, and is passed over.
_PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".heic", ".heif"})
_VIDEO_SUFFIXES = frozenset(
    {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".ts", ".m2ts", ".mts", ".mpg", ".mpeg"}
    | {".3gp", ".flv", ".wmv", ".asf", ".ogv", ".dav", ".h264", ".264", ".hevc", ".265"}
)


class SourceKind(StrEnum):
    """What a source is read as."""

    PICTURE = "picture"
    VIDEO = "video"
    STREAM = "stream"


@dataclass(frozen=True, slots=True)
class Source:
    """One thing to read. `name` may be shown anywhere; for files it is the path.

    `address` is what a stream is opened by if that holds a password, and is never shown.
    """

    name: str
    kind: SourceKind
    address: str = field(default="", repr=False)


def utc_now() -> datetime:
    """Return the current time, aware."""
    return datetime.now(UTC)


def never() -> bool:
    """Return False: nobody asks to stop."""
    return False


def find_sources(given: str) -> list[Source]:
    """Return what `given` names: one file, one stream, or all of a folder sorted by name.

    Folders are searched to the bottom; hidden files, and files that neither are nor claim to be
    pictures or videos, are passed over. Raises SourceError for anything that yields no source.
    """
    if is_address(given):
        address = require_stream_address(given)
        return [Source(redact_address(address), SourceKind.STREAM, address)]
    try:
        is_folder = stat.S_ISDIR(os.stat(given).st_mode)  # noqa: PTH116 - a path of any bytes
        if is_folder:
            sources = [s for path in _walk(given) if (s := _classify(path)) is not None]
    except (OSError, ValueError) as error:
        raise _unreadable(given, error) from None
    if not is_folder:
        return [Source(given, _kind_of(_read_head(given), given))]
    if not sources:
        expected = "at least one picture or video in the folder"
        raise SourceError(given, "folder", expected=expected, found="none")
    return sources


def count_frames(source: Source, sampling: Sampling) -> int | None:
    """Return about how many frames `open_frames` will yield, or None if nothing tells."""
    match source.kind:
        case SourceKind.PICTURE:
            return 1
        case SourceKind.VIDEO:
            try:
                demuxer = video_format(_read_head(source.name))
            except SourceError:
                return None
            return estimate_frames(source.name, demuxer, sampling) if demuxer else None
        case SourceKind.STREAM:
            return None
        case _:
            assert_never(source.kind)


def open_frames(
    source: Source,
    sampling: Sampling,
    *,
    should_stop: Callable[[], bool] = never,
    threads: int = 1,
    clock: Clock = utc_now,
    reconnect: Reconnect = DEFAULT_RECONNECT,
) -> Generator[Frame, None, None]:
    """Yield the frames of `source` lazily, until its end or until `should_stop` says so.

    A picture is one frame whatever the sampling. Raises SourceError, possibly after some frames;
    what was yielded before is good. Closing the generator closes file and connection.
    """
    if should_stop():
        return
    match source.kind:
        case SourceKind.PICTURE:
            yield _open_picture(source.name)
        case SourceKind.VIDEO:
            head = _read_head(source.name)
            if (demuxer := video_format(head)) is None:
                raise _foreign(source.name, head)
            yield from read_video(
                source.name,
                demuxer,
                sampling,
                name=source.name,
                should_stop=should_stop,
                threads=threads,
            )
        case SourceKind.STREAM:
            yield from read_stream(
                require_stream_address(source.address or source.name),
                sampling,
                clock=clock,
                should_stop=should_stop,
                reconnect=reconnect,
                threads=threads,
            )
        case _:
            assert_never(source.kind)


def _open_picture(name: str) -> Frame:
    head = _read_head(name)
    if picture_format(head) is None:
        raise _foreign(name, head)
    try:
        file = open(name, "rb")  # noqa: PTH123, SIM115 - a path of any bytes; closed below
    except (OSError, ValueError) as error:
        raise _unreadable(name, error) from None
    with file:
        return read_picture(file, name)


def _read_head(name: str) -> bytes:
    """Return the first bytes of a regular file that is not empty; SourceError for anything else."""
    try:
        # Opening a pipe or a device would wait, or do something: look first.
        mode = os.stat(name).st_mode  # noqa: PTH116
        if not stat.S_ISREG(mode):
            found = "a folder" if stat.S_ISDIR(mode) else "a pipe, socket or device"
            raise SourceError(name, "file", expected="a regular file", found=found)
        with open(name, "rb") as file:  # noqa: PTH123
            head = file.read(_HEAD_BYTES)
    except (OSError, ValueError) as error:
        raise _unreadable(name, error) from None
    if not head:
        raise SourceError(name, "content", expected=_ACCEPTED, found="an empty file")
    return head


def _kind_of(head: bytes, name: str) -> SourceKind:
    if picture_format(head) is not None:
        return SourceKind.PICTURE
    if video_format(head) is not None:
        return SourceKind.VIDEO
    raise _foreign(name, head)


def _walk(folder: str) -> list[str]:
    """Return all regular, visible files below `folder`, sorted; OSError if one level is closed."""

    def fail(error: OSError) -> None:
        raise error

    found: list[str] = []
    for parent, folders, files in os.walk(folder, onerror=fail):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths = (os.path.join(parent, name) for name in files if not name.startswith("."))  # noqa: PTH118
        found.extend(path for path in paths if not _is_special(path))
    return sorted(found)


def _is_special(path: str) -> bool:
    """Say whether `path` is a pipe, socket or device; a broken link is none of them."""
    try:
        return not stat.S_ISREG(os.stat(path).st_mode)  # noqa: PTH116
    except OSError:
        return False


def _classify(path: str) -> Source | None:
    """Return a file of a folder as a source; one that only claims to be a picture is told later."""
    try:
        return Source(path, _kind_of(_read_head(path), path))
    except SourceError:
        suffix = os.path.splitext(path)[1].lower()  # noqa: PTH122
    if suffix in _PICTURE_SUFFIXES:
        return Source(path, SourceKind.PICTURE)
    return Source(path, SourceKind.VIDEO) if suffix in _VIDEO_SUFFIXES else None


def _foreign(name: str, head: bytes) -> SourceError:
    """Describe unknown content without quoting it: a list given by mistake holds plates."""
    printable = all(byte in b"\t\n\r" or byte >= 0x20 for byte in head)  # noqa: PLR2004 - a space
    found = "text" if printable and b"\x7f" not in head else "something else"
    return SourceError(name, "content", expected=_ACCEPTED, found=found)


def _unreadable(name: str, error: Exception) -> SourceError:
    """Describe what the system says about a path, which may be one that no file can have."""
    found = (error.strerror if isinstance(error, OSError) else None) or "an impossible path"
    where = str(getattr(error, "filename", None) or name)
    return SourceError(where, "file", expected="one that can be read", found=found)
