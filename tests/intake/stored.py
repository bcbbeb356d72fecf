"""What an intake has left in the tables, and pictures to send."""

import io
from collections import Counter
from collections.abc import Iterable

import numpy as np
import sqlalchemy as sa
from PIL import Image
from tests.worlds import World

from fairplate.intake import Taken
from fairplate.storage.schema import counts, metadata
from fairplate.vault.kept_records import Part, open_kept_record
from fairplate.vault.key_names import OwnKeyName


def outcomes(taken: Iterable[Taken]) -> list[str]:
    return [one.outcome.value for one in taken]


def read_counts(world: World) -> dict[tuple[str, str], int]:
    """Return the counts of all days by reader and outcome."""
    found: Counter[tuple[str, str]] = Counter()
    with world.database.reading() as connection:
        for row in connection.execute(sa.select(counts)):
            found[row.reader_id, row.outcome] += row.number
    return dict(found)


def count_rows(world: World) -> dict[str, int]:
    """Return how many rows each table has, without those that have none."""
    with world.database.reading() as connection:
        numbers = {
            name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for name, table in metadata.tables.items()
        }
    return {name: number for name, number in numbers.items() if number}


def added_rows(world: World, before: dict[str, int]) -> dict[str, int]:
    """Return how many rows each table has more than before."""
    after = count_rows(world)
    added = {name: after.get(name, 0) - before.get(name, 0) for name in {*after, *before}}
    return {name: number for name, number in added.items() if number}


def everything(world: World) -> bytes:
    """Return every value of every table, and what lies in the database's files and keyring."""
    stored = [path.read_bytes() for path in world.database.files() if path.exists()]
    stored += [path.read_bytes() for path in world.keys.iterdir() if path.is_file()]
    with world.database.reading() as connection:
        for table in metadata.tables.values():
            for row in connection.execute(sa.select(table)):
                stored += [one if isinstance(one, bytes) else str(one).encode() for one in row]
    return b"\n".join(stored)


def open_hit(world: World, record_id: str) -> tuple[OwnKeyName, dict[Part, bytes]]:
    with world.database.reading() as connection:
        return open_kept_record(connection, world.keyring, record_id)


def make_picture() -> bytes:
    """Return a JPEG of 640 x 480 pixels; the box of `make_read` lies inside."""
    pixels = np.full((480, 640, 3), (120, 30, 40), np.uint8)
    pixels[200:224, 100:180] = 250
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG")
    return out.getvalue()
