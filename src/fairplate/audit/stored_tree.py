"""The log's tree in the database: its tiles, and how they grow.

Decides what is kept: every tile of C2SP tlog-tiles with the hashes it has so far. A tree of an
earlier size has the same hashes, only fewer, so each is read as wide as the size asks. Leaves to
`sequencer.py` which events are in it.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from fairplate.core.errors import StorageError
from fairplate.storage.schema import events, log_head, log_tiles
from fairplate.verify.errors import LogFormatError
from fairplate.verify.tiles import WIDTH, Tile, hashes_from_tiles, join_entries
from fairplate.verify.tree import HASH_BYTES, ReadHash, hash_complete, hash_leaf, root_hash

_SIZE = sa.select(log_head.c.size)
_TILE = sa.select(log_tiles.c.hashes).where(
    log_tiles.c.level == sa.bindparam("level"), log_tiles.c.number == sa.bindparam("number")
)
_SAVE_TILE = sa.text(
    "INSERT INTO log_tiles (level, number, hashes) VALUES (:level, :number, :hashes)"
    " ON CONFLICT (level, number) DO UPDATE SET hashes = excluded.hashes"
)
_ENTRIES = (
    sa.select(events.c.position, events.c.body)
    .where(events.c.position >= sa.bindparam("first"), events.c.position < sa.bindparam("end"))
    .order_by(events.c.position)
)


def read_size(connection: sa.Connection) -> int:
    """Return how many events are in the log."""
    return connection.execute(_SIZE).scalar_one_or_none() or 0


def append_hashes(connection: sa.Connection, size: int, leaves: Sequence[bytes]) -> None:
    """Let the tree of `size` grow by leaf hashes; the caller holds the sequencer's lock."""
    saved: list[dict[str, object]] = []
    level, first, hashes = 0, size, list(leaves)
    while hashes:
        number, within = divmod(first, WIDTH)
        row = _stored_hashes(connection, level, number, within) + hashes
        above: list[bytes] = []
        for start in range(0, len(row), WIDTH):
            tile = row[start : start + WIDTH]
            saved.append(
                {
                    "level": level,
                    "number": number + start // WIDTH,
                    "hashes": b"".join(tile),
                }
            )
            if len(tile) == WIDTH:
                above.append(hash_complete(tile))
        level, first, hashes = level + 1, number, above
    if saved:
        connection.execute(_SAVE_TILE, saved)


def read_tile(connection: sa.Connection, tile: Tile) -> bytes:
    """Return the bytes of a tile or bundle; StorageError if the database does not hold them."""
    if tile.level is None:
        return join_entries(_read_unchanged(connection, tile))
    found = _stored_hashes(connection, tile.level, tile.index, tile.width)
    return b"".join(found)


def read_entries(connection: sa.Connection, first: int, number: int) -> list[bytes]:
    """Return the bodies of `number` events from index `first` on; StorageError if one is gone."""
    rows = connection.execute(_ENTRIES, {"first": first, "end": first + number}).all()
    if [row.position for row in rows] != list(range(first, first + number)):
        raise StorageError("audit log", expected="every event up to its size", found="a gap")
    return [bytes(row.body) for row in rows]


def tree_hashes(connection: sa.Connection, size: int) -> ReadHash:
    """Return what reads subtree hashes of the tree of the first `size` events."""
    return hashes_from_tiles(size, lambda tile: read_tile(connection, tile))


def read_root(connection: sa.Connection, size: int) -> bytes:
    """Return the root of the first `size` events."""
    try:
        return root_hash(size, tree_hashes(connection, size))
    except LogFormatError as error:
        raise StorageError("audit log", expected="a whole tree", found=str(error)) from None


def _read_unchanged(connection: sa.Connection, bundle: Tile) -> list[bytes]:
    """Return the entries of a bundle; StorageError unless they are what the tree was made of."""
    entries = read_entries(connection, bundle.index * WIDTH, bundle.width)
    known = _stored_hashes(connection, 0, bundle.index, bundle.width)
    for offset, (entry, leaf) in enumerate(zip(entries, known, strict=True)):
        if hash_leaf(entry) != leaf:
            what = f"audit log: event {bundle.index * WIDTH + offset}"
            raise StorageError(what, expected="the event that is in the tree", found="another")
    return entries


def _stored_hashes(connection: sa.Connection, level: int, number: int, width: int) -> list[bytes]:
    """Return the first `width` hashes of a tile; StorageError if it has fewer."""
    if width == 0:
        return []
    where = {"level": level, "number": number}
    data = connection.execute(_TILE, where).scalar_one_or_none() or b""
    if len(data) < width * HASH_BYTES:
        expected = f"{width} hashes in tile {number} of level {level}"
        raise StorageError("audit log", expected=expected, found=f"{len(data)} bytes")
    return [bytes(data[at : at + HASH_BYTES]) for at in range(0, width * HASH_BYTES, HASH_BYTES)]
