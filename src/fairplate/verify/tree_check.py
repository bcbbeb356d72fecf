"""Rebuilds the tree from the entries, in one pass, and compares every tile with it.

Decides from bytes that a reader gives, and names what differs. Where a tile and what lies below it
disagree, the level above says which of them is wrong; the pass goes on with the other, so that one
wrong file is one finding. Leaves to others what the entries say, and who signed the root.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from fairplate.verify.bundles import read_bundle
from fairplate.verify.finding_list import FindingList
from fairplate.verify.findings import Finding, Severity
from fairplate.verify.log_directory import FileError
from fairplate.verify.tiles import HEIGHT, WIDTH, Tile, split_hashes
from fairplate.verify.tree import EMPTY_ROOT, HASH_BYTES, hash_children, hash_complete
from fairplate.verify.tree_findings import below_differs, bundle_wrong, tile_differs

Row = list[bytes | None]
"""Hashes of one level from left to right; None for one that nothing tells."""
TakeEntries = Callable[[int, Sequence[bytes | None]], None]
"""Is given the entries from an index on; None for one that is gone, or is not in the tree."""

_MOST_GONE = 1000
"""Bundles one after another, without a tile too, after which the rest is taken to be gone."""


@dataclass(frozen=True, slots=True)
class _Compared:
    """A row as what is below gives it and as its tile tells it, each with the other's for gaps."""

    computed: Row
    told: Row
    differing: list[int]


class TreeCheck:
    """One pass over a log of `size` entries, whose tiles `read_tile` reads (or FileError)."""

    def __init__(
        self,
        size: int,
        read_tile: Callable[[Tile], bytes],
        findings: FindingList,
        take: TakeEntries,
    ) -> None:
        self._size = size
        self._read_tile = read_tile
        self._findings = findings
        self._take = take
        # What has not filled a tile yet; the first, of leaves, is never filled here.
        self._levels: list[Row] = [[]]
        self._gone = 0

    def run(self, root: bytes, sizes: Iterable[int]) -> dict[int, bytes | None]:
        """Check all against `root`; return the root over the first entries for each of `sizes`.

        Sizes beyond the tree are left out; None is a root that cannot be told.
        """
        asked = sorted({size for size in sizes if size <= self._size})
        roots: dict[int, bytes | None] = {}
        for index in range(self._size // WIDTH):
            entries, leaves = self._read_entries(index, WIDTH)
            row = self._settle(0, index, leaves)
            self._give(index, entries, leaves, row)
            while asked and asked[0] < (index + 1) * WIDTH:
                size = asked.pop(0)
                roots[size] = _root_of([row[: size % WIDTH], *self._levels[1:]])
            if self._gone >= _MOST_GONE:
                where = f"event {(index + 1) * WIDTH}"
                self._findings.add(Finding("ends-early", where, "from here on, nothing is there"))
                return roots | dict.fromkeys(asked)
            self._push(0, index, row)
        rows = self._finish(root)
        for size in asked:
            last = rows[0] if size == self._size else rows[0][: size % WIDTH]
            roots[size] = _root_of([last, *rows[1:]])
        return roots

    def _read_entries(self, index: int, width: int) -> tuple[Sequence[bytes], Row]:
        """Return the entries of a bundle and as many leaf hashes as there should be."""
        bundle = Tile(None, index, width)
        data = self._read(bundle)
        if data is None:
            return (), [None] * width
        entries, whole = read_bundle(data)
        sha256 = hashlib.sha256
        leaves: Row = [sha256(b"\x00" + entry).digest() for entry in entries]
        if not whole or len(entries) != width:
            wrong = bundle_wrong(bundle, len(entries), whole=whole)
            self._findings.extend([wrong] if wrong else [])
            leaves = leaves[:width] + [None] * (width - len(leaves))
        return entries, leaves

    def _give(self, index: int, entries: Sequence[bytes], leaves: Row, row: Row) -> None:
        """Hand on the entries whose leaf hashes are in the tree."""
        if row is leaves and len(entries) == len(row):
            self._take(index * WIDTH, entries)
            return
        gaps = len(row) - len(entries)
        filled = [*entries, *[None] * gaps]
        kept = zip(filled, leaves, row, strict=False)
        self._take(
            index * WIDTH, [entry if leaf == settled else None for entry, leaf, settled in kept]
        )

    def _settle(self, level: int, index: int, computed: Row) -> Row:
        """Return the row of a full tile that goes on, and say what differs."""
        tile = Tile(level, index, WIDTH)
        told = self._read(tile)
        if None not in computed and told == b"".join(filter(None, computed)):
            self._gone = 0
            return computed
        if level == 0:
            gone = told is None and not any(computed)
            self._gone = self._gone + 1 if gone else 0
        compared = _compare(computed, told)
        if not compared.differing:
            return compared.computed
        above = self._told_above(level, index)
        if above is not None and above == _root_of([compared.told]):
            self._findings.extend(below_differs(tile, compared.differing))
            return compared.told
        settled = above == _root_of([compared.computed])
        self._findings.add(tile_differs(tile, compared.differing, settled=settled))
        return compared.computed

    def _push(self, level: int, index: int, row: Row) -> None:
        """Put the hash over a full row into the level above, which may fill that too."""
        above = level + 1
        if above == len(self._levels):
            self._levels.append([])
        parents = self._levels[above]
        parents.append(_root_of([row]))
        if len(parents) == WIDTH:
            settled = self._settle(above, index // WIDTH, parents)
            self._levels[above] = []
            self._push(above, index // WIDTH, settled)

    def _finish(self, root: bytes) -> list[Row]:
        """Check the rows that end the tree, and the root; return those that go together best."""
        index, width = divmod(self._size, WIDTH)
        entries, leaves = self._read_entries(index, width) if width else ((), [])
        tiles, rows = [], []
        for level, row in enumerate([leaves, *self._levels[1:]]):
            tile = Tile(level, self._size >> (level * HEIGHT) >> HEIGHT, len(row))
            told = self._read(tile) if row else b""
            tiles.append(tile)
            rows.append(_compare(row, told))
        chosen = self._choose(rows, root)
        for tile, compared, row in zip(tiles, rows, chosen or [[]] * len(rows), strict=True):
            if compared.differing and row == compared.told:
                self._findings.extend(below_differs(tile, compared.differing))
            elif compared.differing:
                settled = chosen is not None
                self._findings.add(tile_differs(tile, compared.differing, settled=settled))
        kept = chosen or [compared.computed for compared in rows]
        if width:
            self._give(index, entries, leaves, kept[0])
        return kept

    def _choose(self, rows: Sequence[_Compared], root: bytes) -> list[Row] | None:
        """Return the rows that give `root`; if there are none, say so."""
        each = [[row.computed, row.told] if row.differing else [row.computed] for row in rows]
        for chosen in product(*each):
            found = _root_of(chosen)
            if found == root:
                return list(chosen)
        if _root_of([row.computed for row in rows]) is None:
            message = "so much is gone that its root cannot be computed"
            self._findings.add(Finding("root-unknown", "checkpoint", message, Severity.NOTICE))
        else:
            message = f"its root is not that of the {self._size} entries"
            self._findings.add(Finding("root-differs", "checkpoint", message))
        return None

    def _told_above(self, level: int, index: int) -> bytes | None:
        """Return the hash over a full tile, as the tile above tells it."""
        above, position = divmod(index, WIDTH)
        width = min(WIDTH, (self._size >> ((level + 1) * HEIGHT)) - above * WIDTH)
        told = self._read(Tile(level + 1, above, width))
        return told and told[position * HASH_BYTES : (position + 1) * HASH_BYTES]

    def _read(self, tile: Tile) -> bytes | None:
        try:
            return self._read_tile(tile)
        except FileError as fault:
            self._findings.add(fault.finding)
            return None


def _compare(computed: Row, told: bytes | None) -> _Compared:
    tile: Row = [*split_hashes(told)] if told else [None] * len(computed)
    pairs = list(zip(computed, tile, strict=True))
    return _Compared(
        [mine or theirs for mine, theirs in pairs],
        [theirs or mine for mine, theirs in pairs],
        [at for at, (mine, theirs) in enumerate(pairs) if mine and theirs and mine != theirs],
    )


def _root_of(rows: Sequence[Row]) -> bytes | None:
    """Return the root over the ends of all levels, leaves first; None if a hash is not known."""
    found: bytes | None = None
    for row in rows:
        known = [known for known in row if known is not None]
        if len(known) != len(row):
            return None
        end = len(known)
        while end:
            part = hash_complete(known[end - (end & -end) : end])
            found = part if found is None else hash_children(part, found)
            end &= end - 1
    return EMPTY_ROOT if found is None else found
