"""Alerts as rows, for tests of what is decided about them; and who decides."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

import sqlalchemy as sa
from tests.alerts.matches import NOON
from tests.worlds import PRIVATE_PARTS, SetClock

from fairplate.audit.events import read_event
from fairplate.audit.log import Recorder
from fairplate.storage.schema import alerts, events

PERSON = "cli:1000"
_NUMBERS = count()


def recorder(clock: SetClock, actor: str = PERSON) -> Recorder:
    return Recorder(clock, lambda size: b"\x5a" * size, actor, PRIVATE_PARTS)


def add_alert(connection: sa.Connection, at: datetime = NOON, **values: object) -> str:
    row = {
        "id": f"al-{next(_NUMBERS):020x}",
        "list_id": "county",
        "reader_id": "gate",
        "purpose": "stolen-vehicle",
        "chance_permille": 900,
        "raised_at": at,
        "ends_at": at + timedelta(days=1),
        "repeats": 0,
        "seen_at": at,
        "state": "unconfirmed",
        **values,
    }
    connection.execute(sa.insert(alerts).values(row))
    return str(row["id"])


def logged(connection: sa.Connection) -> list[dict[str, Any]]:
    """Return type, actor and public part of every event."""
    bodies = connection.execute(sa.select(events.c.body).order_by(events.c.id)).scalars()
    found = [read_event(body, where="event") for body in bodies]
    return [{"type": one.type.value, "actor": one.actor, **one.public} for one in found]
