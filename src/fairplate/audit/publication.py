"""The published folder: tiles, bundles and checkpoints as files that any web server can serve.

Decides names, order and durability: what a checkpoint speaks of is on the disk before it is. Leaves
to `stored_tree.py` what is in the tiles, to `checkpoints.py` what is signed. Every function raises
InputError where the disk does not do what it must.
"""

import contextlib
import os
import re
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from fairplate.audit.log_keys import told
from fairplate.verify.tiles import HEIGHT, WIDTH, Tile, split_entries, tiles_of

CHECKPOINT = "checkpoint"
WITNESSED = "witnessed"
"""The folder of each month's first witnessed checkpoint."""

_UNFINISHED = ".new-"
_PUBLIC_FILE, _PUBLIC_FOLDER = 0o644, 0o755


def publish_tiles(
    folder: Path, size: int, read_tile: Callable[[Tile], bytes], *, since: int = 0
) -> None:
    """Put the tiles of a tree of `size` into `folder`, in which those of `since` are already.

    What an interrupted publication left beyond `since` goes first: it may never have been signed.
    """
    with told(folder, "publishing the log"):
        _clear_beyond(folder, since)
        changed: set[Path] = set()
        for tile in tiles_of(size, since=since):
            path = folder / tile.path
            _put(path, read_tile(tile))
            changed.add(path.parent)
            if tile.width == WIDTH:  # tlog-tiles: its partial ones may be deleted now
                shutil.rmtree(_partials(path), ignore_errors=True)
        _sync(folder, changed)


def publish_file(folder: Path, name: str, content: bytes) -> None:
    """Put one file into `folder`, in place of what was there, so that a crash leaves old or new."""
    with told(folder, "publishing the log"):
        path = folder / name
        _put(path, content)
        _sync(folder, [path.parent])


def read_published(folder: Path, name: str, most_bytes: int) -> bytes | None:
    """Return a published file; None if there is none or it is longer than it can be."""
    with told(folder, "reading the published log"), contextlib.suppress(FileNotFoundError):
        with (folder / name).open("rb") as stream:
            content = stream.read(most_bytes + 1)
        return content if len(content) <= most_bytes else None
    return None


def list_published(folder: Path, name: str) -> list[str]:
    """Return what lies in a published folder, in order; nothing if it is not there."""
    with told(folder, "reading the published log"), contextlib.suppress(FileNotFoundError):
        return sorted(path.name for path in (folder / name).iterdir())
    return []


def read_published_entries(folder: Path, first: int, end: int, most_bytes: int) -> list[bytes]:
    """Return the published events from index `first` up to `end`, as far as they are there."""
    found: list[bytes] = []
    for index in range(first // WIDTH, -(-end // WIDTH)):
        start = index * WIDTH
        width = min(WIDTH, end - start)
        # A wider bundle begins with the same entries.
        for wide in (width, WIDTH):
            data = read_published(folder, Tile(None, index, wide).path, most_bytes)
            if data is not None:
                found += split_entries(data)[max(first - start, 0) : width]
                break
        else:
            return found
    return found


def _clear_beyond(folder: Path, size: int) -> None:
    """Remove tiles that a tree of `size` does not have."""
    for level in (None, *_levels(folder)):
        first, width = divmod(size >> ((level or 0) * HEIGHT), WIDTH)
        paths = [folder / Tile(level, first, WIDTH).path]
        while paths[-1].exists() or _partials(paths[-1]).is_dir():
            paths.append(folder / Tile(level, first + len(paths), WIDTH).path)
        # The last goes first: what is left when this is broken off is found again.
        while len(paths) > 1:
            _clear_tile(paths.pop(), 0)
        _clear_tile(paths[0], width)


def _clear_tile(path: Path, width: int) -> None:
    """Remove the full tile at `path` and its partial ones wider than `width`."""
    partials = _partials(path)
    path.unlink(missing_ok=True)
    if partials.is_dir():
        for partial in partials.iterdir():
            if not (partial.name.isdigit() and int(partial.name) <= width):
                partial.unlink()


def _levels(folder: Path) -> list[int]:
    with contextlib.suppress(FileNotFoundError):
        names = [path.name for path in (folder / "tile").iterdir()]
        return sorted(int(name) for name in names if re.fullmatch(r"[0-9]{1,2}", name))
    return []


def _partials(path: Path) -> Path:
    return path.with_name(f"{path.name}.p")


def _put(path: Path, content: bytes) -> None:
    """Put `content` at `path` and see it to the disk, but not yet its name."""
    _make_folders(path.parent)
    unfinished = path.with_name(f"{_UNFINISHED}{path.name}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(unfinished, flags, _PUBLIC_FILE), "wb") as stream:  # noqa: PTH123 - a descriptor
        os.fchmod(stream.fileno(), _PUBLIC_FILE)  # whatever the umask: it is published
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    unfinished.replace(path)


def _make_folders(folder: Path) -> None:
    """Make `folder` and those above it that are missing, for everybody to read."""
    if not folder.is_dir():
        _make_folders(folder.parent)
        folder.mkdir(exist_ok=True)
        folder.chmod(_PUBLIC_FOLDER)


def _sync(folder: Path, changed: Iterable[Path]) -> None:
    """See the names in the changed folders, and in those above up to `folder`, to the disk."""
    every = {
        above
        for path in changed
        for above in (path, *path.parents)
        if above == folder or folder in above.parents
    }
    for path in sorted(every, reverse=True):
        directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
