"""C2SP tlog-tiles: which tiles a tree has, what each is called, and what is in them.

Decides names and bytes. Leaves to others where they are read from.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from fairplate.verify.errors import LogFormatError
from fairplate.verify.tree import HASH_BYTES, ReadHash, hash_complete

HEIGHT = 8
WIDTH = 1 << HEIGHT
TILE_BYTES = WIDTH * HASH_BYTES
MAX_ENTRY_BYTES = 0xFFFF
MAX_BUNDLE_BYTES = WIDTH * (2 + MAX_ENTRY_BYTES)
ENTRIES = "entries"
"""Stands for the level in the names of entry bundles."""

_TILES_KEPT = 64


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile: `level` None is an entry bundle; `width` 1 to 256 hashes or entries."""

    level: int | None
    index: int
    width: int

    @property
    def path(self) -> str:
        """The name below the log's prefix, such as tile/0/x001/x234/067 or tile/entries/000.p/5."""
        groups = [f"{self.index % 1000:03}"]
        rest = self.index // 1000
        while rest:
            groups.insert(0, f"x{rest % 1000:03}")
            rest //= 1000
        level = ENTRIES if self.level is None else str(self.level)
        suffix = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{'/'.join(groups)}{suffix}"


def tiles_of(size: int, *, since: int = 0) -> Iterator[Tile]:
    """Yield the tiles and bundles of a tree of `size`, left out those full already at `since`."""
    yield from _row(None, since, size)
    level = 0
    while size >> (level * HEIGHT):
        yield from _row(level, since >> (level * HEIGHT), size >> (level * HEIGHT))
        level += 1


def _row(level: int | None, since: int, number: int) -> Iterator[Tile]:
    """Yield the tiles over `number` hashes of one level; of a row that has not grown, none."""
    if since == number:
        return
    for index in range(since // WIDTH, number // WIDTH):
        yield Tile(level, index, WIDTH)
    if number % WIDTH:
        yield Tile(level, number // WIDTH, number % WIDTH)


def split_hashes(data: bytes) -> list[bytes]:
    """Return the hashes of a tile; raise LogFormatError if it is none."""
    if not data or len(data) % HASH_BYTES or len(data) > TILE_BYTES:
        expected = f"1 to {WIDTH} hashes of {HASH_BYTES} bytes"
        raise LogFormatError(f"tile: expected {expected}, found {len(data)} bytes")
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


def join_entries(entries: Iterable[bytes]) -> bytes:
    """Return the bundle of `entries`: each after its length in 16 bits, big-endian."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def split_entries(data: bytes) -> list[bytes]:
    """Return the entries of a bundle; raise LogFormatError if its lengths do not add up."""
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        start = at + 2
        at = start + int.from_bytes(data[at:start], "big")
        if at > len(data) or start > len(data):
            expected = "entries that end with the bundle"
            raise LogFormatError(f"entry {len(entries)}: expected {expected}, found it cut off")
        entries.append(data[start:at])
    return entries


def hashes_from_tiles(size: int, read_tile: Callable[[Tile], bytes]) -> ReadHash:
    """Return what reads subtree hashes of a tree of `size` out of its tiles.

    `read_tile` returns a tile's bytes; what it raises comes out. LogFormatError for a tile of
    another width than it must have.
    """

    @lru_cache(maxsize=_TILES_KEPT)
    def hashes(level: int, index: int) -> list[bytes]:
        width = min(WIDTH, (size >> (level * HEIGHT)) - index * WIDTH)
        tile = Tile(level, index, width)
        found = split_hashes(read_tile(tile))
        if len(found) != width:
            raise LogFormatError(f"{tile.path}: expected {width} hashes, found {len(found)}")
        return found

    def read_hash(level: int, index: int) -> bytes:
        row, within = divmod(level, HEIGHT)
        first = index << within
        tile = hashes(row, first // WIDTH)
        start = first % WIDTH
        return hash_complete(tile[start : start + (1 << within)])

    return read_hash
