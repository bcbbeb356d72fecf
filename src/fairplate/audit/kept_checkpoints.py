"""The checkpoints that the database remembers: the last one, the last witnessed one, and months.

Decides which month a witnessed checkpoint is the first of. Leaves to `reviews.py` what is drawn.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from fairplate.storage.schema import checkpoints, witnessed_months
from fairplate.verify.notes import Note, parse_note

LATEST, LAST_WITNESSED = "latest", "witnessed"

_KEEP = sa.text(
    "INSERT INTO checkpoints (name, size, note, signed_at)"
    " VALUES (:name, :size, :note, :signed_at)"
    " ON CONFLICT (name) DO UPDATE"
    " SET size = excluded.size, note = excluded.note, signed_at = excluded.signed_at"
).bindparams(sa.bindparam("signed_at", type_=checkpoints.c.signed_at.type))


@dataclass(frozen=True, slots=True)
class KeptCheckpoint:
    """A checkpoint as it was published; `at` is when it was signed, or had its quorum."""

    size: int
    note: Note
    at: datetime


def keep_checkpoint(connection: sa.Connection, name: str, kept: KeptCheckpoint) -> None:
    """Remember a checkpoint as the `LATEST` or the `LAST_WITNESSED` one."""
    values = {"name": name, "size": kept.size, "note": kept.note.data, "signed_at": kept.at}
    connection.execute(_KEEP, values)


def read_checkpoint(connection: sa.Connection, name: str) -> KeptCheckpoint | None:
    """Return the `LATEST` or the `LAST_WITNESSED` checkpoint, None before the first."""
    query = sa.select(checkpoints).where(checkpoints.c.name == name)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return KeptCheckpoint(row.size, parse_note(bytes(row.note)), row.signed_at)


def keep_month(connection: sa.Connection, kept: KeptCheckpoint) -> str | None:
    """Remember a witnessed checkpoint if it is the first of its month; return the month then.

    After a clock was set back over the end of a month, the month before gets none any more: each
    month's searches are those since an earlier month's checkpoint, which must not be a later one.
    """
    month = month_of(kept.at)
    last = connection.execute(sa.select(sa.func.max(witnessed_months.c.month))).scalar_one()
    if last is not None and month <= last:
        return None
    values = {"month": month, "size": kept.size, "note": kept.note.data}
    connection.execute(sa.insert(witnessed_months).values(values))
    return month


def read_months(connection: sa.Connection) -> dict[str, bytes]:
    """Return the note of each month's first witnessed checkpoint."""
    query = sa.select(witnessed_months).order_by(witnessed_months.c.month)
    return {row.month: bytes(row.note) for row in connection.execute(query)}


def month_of(moment: datetime) -> str:
    """Return the month in UTC, such as 2026-11."""
    return moment.astimezone(UTC).strftime("%Y-%m")
