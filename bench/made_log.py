"""A log of made-up events, written straight into a folder as it is published, for benchmarks.

Without the database and the sequencer, so that a million events take minutes and the verifier has
something to check that it did not come from.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from random import Random

from bench.city_acts import city_acts

from fairplate.audit.checkpoints import sign_checkpoint
from fairplate.audit.events import SALT_BYTES, make_event
from fairplate.verify.checkpoints import Checkpoint
from fairplate.verify.notes import KeyType, SigningKey, make_signing_key
from fairplate.verify.tiles import WIDTH, Tile, hashes_from_tiles, join_entries, split_entries
from fairplate.verify.tree import hash_complete, hash_leaf, root_hash

ORIGIN = "city.example/log"
SIGNED_AFTER = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class MadeLog:
    """A published log: its folder, its signing key, and how many events it has."""

    folder: Path
    key: SigningKey
    size: int


class TileWriter:
    """Writes tiles and bundles into a folder as they fill."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._entries: list[bytes] = []
        self._rows: list[list[bytes]] = []
        self.size = 0

    def add(self, body: bytes) -> None:
        """Put one entry at the end."""
        self._entries.append(body)
        self.size += 1
        if len(self._entries) == WIDTH:
            self._put_bundle()
        self._push(0, hash_leaf(body))

    def finish(self) -> None:
        """Write what has not filled a tile."""
        if self._entries:
            self._put_bundle()
        for level, row in enumerate(self._rows):
            if row:
                self._put(Tile(level, self.size >> (8 * level) >> 8, len(row)), b"".join(row))

    def _push(self, level: int, found: bytes) -> None:
        if level == len(self._rows):
            self._rows.append([])
        row = self._rows[level]
        row.append(found)
        if len(row) == WIDTH:
            number = (self.size >> (8 * level) >> 8) - 1
            self._put(Tile(level, number, WIDTH), b"".join(row))
            self._rows[level] = []
            self._push(level + 1, hash_complete(row))

    def _put_bundle(self) -> None:
        index = (self.size - 1) // WIDTH
        self._put(Tile(None, index, len(self._entries)), join_entries(self._entries))
        self._entries = []

    def _put(self, tile: Tile, content: bytes) -> None:
        path = self._folder / tile.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def make_log(folder: Path, size: int, *, seed: int = 1) -> MadeLog:
    """Write a log of `size` events into `folder`, which holds none yet."""
    random = Random(seed)  # noqa: S311 - a key for benchmarks alone
    writer = TileWriter(folder)
    at = None
    for act in islice(city_acts(seed), size):
        at = act.at
        event = make_event(
            act.type,
            at=at,
            actor=act.actor,
            public=act.public,
            private=act.private,
            salt=random.randbytes(SALT_BYTES),
        )
        writer.add(event.body)
    if at is None:
        raise ValueError("expected at least one event")
    writer.finish()
    key = make_signing_key(ORIGIN, KeyType.NOTE, random.randbytes)
    hashes = hashes_from_tiles(size, lambda tile: (folder / tile.path).read_bytes())
    checkpoint = Checkpoint(ORIGIN, size, root_hash(size, hashes))
    note = sign_checkpoint(key, checkpoint, at + SIGNED_AFTER)
    (folder / "checkpoint").write_bytes(note.data)
    return MadeLog(folder, key, size)


def read_bodies(log: MadeLog) -> Iterator[list[bytes]]:
    """Yield the events of a made log, a bundle at a time."""
    for start in range(0, log.size, WIDTH):
        tile = Tile(None, start // WIDTH, min(WIDTH, log.size - start))
        yield list(split_entries((log.folder / tile.path).read_bytes()))
