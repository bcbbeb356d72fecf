"""What else lies in a log's folder: tiles of other sizes, and what does not belong there.

A partial tile may stay when its tile has grown, and must then be the start of it. Tiles beyond the
checkpoint may be there, since they are written before it. Leaves the checkpoint's own tiles to
`tree_check.py`.
"""

import re
from collections.abc import Callable, Iterator

from fairplate.verify.bundles import read_bundle
from fairplate.verify.finding_list import FindingList
from fairplate.verify.findings import Finding, Severity
from fairplate.verify.log_directory import FileError, Found, LogDirectory
from fairplate.verify.tiles import ENTRIES, HEIGHT, WIDTH, Tile

TEMPORARY = ".new-"
"""How the names of files begin that a crash may leave."""
WITNESSED = "witnessed"
GONE = "missing"
MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])", re.ASCII)

_LEVELS = 8  # of a tree of less than 2**63 entries
_MOST_GROUPS = 7  # of three digits; tile indices are below 2**55
_FULL = re.compile(r"[0-9]{3}", re.ASCII)
_GROUP = re.compile(r"x[0-9]{3}", re.ASCII)
_PARTIAL = re.compile(r"([0-9]{3})\.p", re.ASCII)
_WIDTH = re.compile(r"[1-9][0-9]{0,2}", re.ASCII)


class LeftoverCheck:
    """One walk over the folder of a log."""

    def __init__(self, directory: LogDirectory, findings: FindingList) -> None:
        self._directory = directory
        self._size = 0
        self._findings = findings

    def months(self) -> list[str]:
        """Return the months of which there is a witnessed checkpoint; say what else lies there."""
        if not self._has(WITNESSED):
            return []
        return self._list(WITNESSED, lambda found: MONTH.fullmatch(found.name) is not None)

    def run(self, size: int) -> None:
        """Say what lies in the folder and below `tile`, after the tiles of `size` were checked."""
        self._size = size
        self._list("", lambda found: found.name in {"checkpoint", "tile", WITNESSED})
        if self._has("tile"):
            levels = {str(level): level for level in range(_LEVELS)} | {ENTRIES: None}
            for name in self._list("tile", lambda found: found.name in levels):
                self._walk(levels[name], f"tile/{name}", 0, 0)

    def _has(self, folder: str) -> bool:
        return any(found.name == folder for found in self._found(""))

    def _list(self, folder: str, belongs: Callable[[Found], bool]) -> list[str]:
        """Return the names in a folder that belong there, sorted; note and leave out the others."""
        names: list[str] = []
        for found in self._found(folder):
            path = f"{folder}/{found.name}" if folder else found.name
            if belongs(found):
                names.append(found.name)
            elif found.name.startswith(TEMPORARY) and found.is_file:
                message = "a file that was being written when the writer stopped"
                self._findings.add(Finding("temporary-file", path, message, Severity.NOTICE))
            else:
                what = "folder" if found.is_folder else "file" if found.is_file else "object"
                self._findings.add(Finding("stray", path, f"a {what} that belongs to no log"))
        return sorted(names)

    def _found(self, folder: str) -> Iterator[Found]:
        try:
            yield from self._directory.names(folder)
        except FileError as error:
            self._add(error.finding)

    def _add(self, finding: Finding) -> None:
        if finding.code != GONE:  # since it was listed: the log goes on while it is checked
            self._findings.add(finding)

    def _walk(self, level: int | None, folder: str, prefix: int, depth: int) -> None:
        """Look at the tiles whose names begin with `folder`, which spells the number `prefix`."""

        def belongs(found: Found) -> bool:
            if _GROUP.fullmatch(found.name):
                # A name has no groups of zeroes before its number.
                return depth + 1 < _MOST_GROUPS and (prefix > 0 or found.name != "x000")
            return bool(_FULL.fullmatch(found.name) or _PARTIAL.fullmatch(found.name))

        for name in self._list(folder, belongs):
            path = f"{folder}/{name}"
            number = prefix * 1000 + int(name[1:] if name[0] == "x" else name[:3])
            if name[0] == "x":
                self._walk(level, path, number, depth + 1)
            elif name.endswith(".p"):
                for width in self._list(path, _is_width):
                    self._check(Tile(level, number, int(width)))
            else:
                self._check(Tile(level, number, WIDTH))

    def _check(self, tile: Tile) -> None:
        """Compare a tile with the one that the checkpoint's tree has there."""
        row = self._size >> ((tile.level or 0) * HEIGHT)
        width = min(WIDTH, row - tile.index * WIDTH)
        if width == tile.width:
            return
        if tile.width > width:
            message = "more than the checkpoint covers"
            self._findings.add(Finding("ahead", tile.path, message, Severity.NOTICE))
        if width <= 0:
            return
        kept = Tile(tile.level, tile.index, width)
        if self._findings.speaks_of(kept.path):
            return  # what it would be compared with is wrong
        try:
            mine = self._directory.read_tile(kept)
            other = self._directory.read_tile(tile)
        except FileError as error:
            self._add(error.finding)
            return
        length = min(len(mine), len(other))
        entries = tile.width if tile.level is not None else _count(other)
        if mine[:length] != other[:length] or entries != tile.width:
            message = f"it and {kept.path} do not begin alike"
            self._findings.add(Finding("leftover-differs", tile.path, message))


def _is_width(found: Found) -> bool:
    return _WIDTH.fullmatch(found.name) is not None and int(found.name) < WIDTH


def _count(bundle: bytes) -> int:
    entries, whole = read_bundle(bundle)
    return len(entries) if whole else -1
