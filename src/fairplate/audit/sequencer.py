"""The sequencer: gives every event its place in the log, once and for ever.

Decides the order: events that are committed and have no place yet, by id. One sequencer is at work
at a time, whoever starts it: on SQLite by the lock that every writer takes, on PostgreSQL by an
advisory lock. Place, tree and size change in one transaction, so a crash loses none and doubles
none. Publishes nothing.
"""

import sqlalchemy as sa

from fairplate.audit.events import MAX_BODY_BYTES
from fairplate.audit.stored_tree import append_hashes, read_size
from fairplate.core.errors import StorageError
from fairplate.storage.database import Database
from fairplate.storage.schema import events
from fairplate.verify.tree import hash_leaf

AT_ONCE = 4096
"""How many events one transaction takes: writers on SQLite wait for it."""

_LOCK = 0x6661_6972_6C6F_67  # "fairlog", the number of our advisory lock
_HEAD_ID = 1

_WAITING = (
    sa.select(events.c.id, events.c.body)
    .where(events.c.position.is_(None))
    .order_by(events.c.id)
    .limit(AT_ONCE)
)
_PLACE = sa.text("UPDATE events SET position = :position WHERE id = :id")
_GROW = sa.text(
    "INSERT INTO log_head (id, size, quorum) VALUES (:id, :size, 0)"
    " ON CONFLICT (id) DO UPDATE SET size = excluded.size"
)


def sequence_events(database: Database) -> int:
    """Give a place to every event that has none, and return how many there were."""
    total = 0
    while True:
        with database.transaction() as connection:
            number = sequence_some(connection)
        total += number
        if number < AT_ONCE:
            return total


def sequence_some(connection: sa.Connection) -> int:
    """Give a place to at most `AT_ONCE` events in the caller's transaction."""
    take_turn(connection)
    waiting = [(row.id, bytes(row.body)) for row in connection.execute(_WAITING)]
    for event_id, body in waiting:
        if (
            not 0 < len(body) <= MAX_BODY_BYTES
        ):  # no bundle could hold it, and its place is for ever
            expected = f"1 to {MAX_BODY_BYTES} bytes in event {event_id} of the database"
            raise StorageError("audit log", expected=expected, found=f"{len(body)} bytes")
    if waiting:
        place_events(connection, waiting)
    return len(waiting)


def place_events(connection: sa.Connection, waiting: list[tuple[int, bytes]]) -> None:
    """Put events, by id and body, at the end of the log; the caller has taken its turn."""
    size = read_size(connection)
    append_hashes(connection, size, [hash_leaf(body) for _, body in waiting])
    places = [
        {"id": event_id, "position": size + offset} for offset, (event_id, _) in enumerate(waiting)
    ]
    connection.execute(_PLACE, places)
    connection.execute(_GROW, {"id": _HEAD_ID, "size": size + len(waiting)})


def take_turn(connection: sa.Connection) -> None:
    """Keep every other sequencer out until the transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


def count_waiting(connection: sa.Connection) -> int:
    """Return how many events have no place yet."""
    waiting = sa.select(sa.func.count()).where(events.c.position.is_(None))
    return connection.execute(waiting).scalar_one()
