"""A real log that grows: events in a real database, sequenced, published and signed."""

import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from tests.worlds import SetClock

from fairplate.audit.event_types import EventType
from fairplate.audit.events import make_event
from fairplate.audit.log import Recorder
from fairplate.audit.log_keys import create_log_keys
from fairplate.audit.rounds import AuditLog, publish_log
from fairplate.storage.database import Database
from fairplate.storage.schema import events
from fairplate.verify.notes import KeyType

ORIGIN = "log.example.org/city"


def make_bodies(at: datetime, numbers: range) -> list[bytes]:
    """Return the bodies of events that no other ones have to agree with."""
    first = make_event(
        EventType.SIGN_IN_FAILED,
        at=at,
        actor="system",
        public={"user": "user:0", "reason": "secret"},
        private={"address": "192.0.2.1"},
        salt=bytes(32),
    ).body
    return [first.replace(b"user:0", b"user:%d" % number) for number in numbers]


@dataclass(slots=True)
class GrowingLog:
    """One log; `grow` publishes it with more events."""

    database: Database
    folder: Path
    clock: SetClock = field(default_factory=SetClock)
    log: AuditLog = field(init=False)
    size: int = 0

    def __post_init__(self) -> None:
        keys = create_log_keys(self.folder / "keys", ORIGIN, os.urandom)
        recorder = Recorder(self.clock, os.urandom, "system", keys.private_parts)
        published = self.folder / "published"
        published.mkdir()
        self.log = AuditLog(self.database, keys, published, recorder)

    @property
    def published(self) -> Path:
        """The folder that a web server would serve."""
        return self.log.folder

    @property
    def keys(self) -> list[str]:
        """The log's key, and the same for its word on the time."""
        key = self.log.keys.signing.verifier
        return [str(key), str(key.as_type(KeyType.COSIGNATURE))]

    def grow(self, size: int) -> None:
        """Write events until the log has `size`, and run one round."""
        self.clock.move(timedelta(minutes=1))
        bodies = make_bodies(self.clock(), range(self.size, size))
        rows = [{"body": body, "private": None} for body in bodies]
        with self.database.transaction() as connection:
            connection.execute(sa.insert(events), rows)
        done = publish_log(self.log)
        assert done.size == size
        assert done.signed is not None
        self.size = size
