"""The table of events: they are added in the transaction of the act they tell, and never changed.

Decides nothing about the bytes (`events.py`) and commits nothing: an act that is rolled back takes
its events along. No function here edits or deletes.

Ids rise, and that of a kept event is never given again. On PostgreSQL they rise in the order of
writing, which need not be the order of commits, and a rolled-back act leaves a gap: a reader that
remembers only the last id it saw can miss an event that was committed late. Its place in the log is
given by `sequencer.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from fairplate.audit.canonical import JsonValue
from fairplate.audit.event_types import EventType
from fairplate.audit.events import SALT_BYTES, make_event, read_event
from fairplate.audit.private_parts import PrivatePartsKey
from fairplate.core.clock import Clock
from fairplate.storage.rows import insert_event
from fairplate.storage.schema import events


@dataclass(frozen=True, slots=True)
class Recorder:
    """Makes and writes the events of one actor; `random_bytes` must be fit for secrets."""

    clock: Clock
    random_bytes: Callable[[int], bytes]
    actor: str
    private_parts: PrivatePartsKey

    def record(
        self,
        connection: sa.Connection,
        event_type: EventType,
        *,
        public: Mapping[str, JsonValue],
        private: Mapping[str, JsonValue],
    ) -> int:
        """Write the event in the transaction of `connection` and return its id.

        Raises InputError as `make_event` does; the act must then be rolled back.
        """
        event = make_event(
            event_type,
            at=self.clock(),
            actor=self.actor,
            public=public,
            private=private,
            salt=self.random_bytes(SALT_BYTES),
        )
        stored = self.private_parts.seal(event, self.random_bytes)
        return insert_event(connection, event.body, stored)


def latest_event_time(connection: sa.Connection) -> datetime | None:
    """Return the time of the event written last, None before the first.

    Raises InputError if what is stored is no event.
    """
    last = sa.select(events.c.id, events.c.body).order_by(events.c.id.desc()).limit(1)
    row = connection.execute(last).one_or_none()
    return None if row is None else read_event(row.body, where=f"event {row.id}").at
