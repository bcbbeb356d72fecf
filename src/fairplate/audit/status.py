"""How the log stands: what is published, what waits, who signed it, and what is wrong with that."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from fairplate.audit.events import read_event
from fairplate.audit.kept_checkpoints import (
    LAST_WITNESSED,
    LATEST,
    KeptCheckpoint,
    read_checkpoint,
)
from fairplate.audit.reviews import count_overdue
from fairplate.audit.rounds import AuditLog, read_published_checkpoint
from fairplate.audit.sequencer import count_waiting
from fairplate.audit.stored_tree import read_size
from fairplate.audit.witness_register import (
    RegisteredWitness,
    read_quorum,
    read_witnesses,
)
from fairplate.storage.schema import events, witnesses

LONGEST_UNPUBLISHED = timedelta(minutes=10)
"""How long an event may wait for a checkpoint; it is a minute where the publisher runs."""
LONGEST_UNWITNESSED = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class LogStatus:
    """How one log stands. Times are aware; None where there is nothing to tell of."""

    origin: str
    key: str
    size: int
    waiting: int
    waiting_since: datetime | None
    published_size: int | None
    latest: KeptCheckpoint | None
    witnessed: KeptCheckpoint | None
    unwitnessed_since: datetime | None
    witnesses: tuple[RegisteredWitness, ...]
    quorum: int
    overdue_reviews: int


def read_status(log: AuditLog) -> LogStatus:
    """Return how `log` stands now. Raises what its parts raise."""
    published = read_published_checkpoint(log)
    with log.database.reading() as connection:
        witnessed = read_checkpoint(connection, LAST_WITNESSED)
        asked = read_witnesses(connection)
        return LogStatus(
            origin=log.keys.origin,
            key=str(log.keys.signing.verifier),
            size=read_size(connection),
            waiting=count_waiting(connection),
            waiting_since=_waiting_since(connection),
            published_size=None if published is None else published.size,
            latest=read_checkpoint(connection, LATEST),
            witnessed=witnessed,
            unwitnessed_since=_unwitnessed_since(connection, witnessed) if asked else None,
            witnesses=asked,
            quorum=read_quorum(connection),
            overdue_reviews=count_overdue(connection, log.recorder.clock()),
        )


def find_log_problems(status: LogStatus, now: datetime) -> Iterator[str]:
    """Yield one sentence for each thing that stands against the log at `now`."""
    since = status.waiting_since
    if since is not None and now - since > LONGEST_UNPUBLISHED:
        yield (
            f"audit log: expected every event in it within {_minutes(LONGEST_UNPUBLISHED)}, found "
            f"{status.waiting} waiting for {_minutes(now - since)}: `fairplate audit publish "
            "--watch` must run"
        )
    latest = status.latest
    if latest is not None and status.published_size != latest.size:
        yield (
            f"audit log: expected the checkpoint of {latest.size} events in the published folder, "
            f"found {'none' if status.published_size is None else status.published_size}: the next "
            "round puts it there"
        )
    unwitnessed = status.unwitnessed_since
    if unwitnessed is not None and now - unwitnessed > LONGEST_UNWITNESSED:
        yield (
            f"audit log: expected a checkpoint with {status.quorum} witnesses within "
            f"{LONGEST_UNWITNESSED.days} day, found none since "
            f"{unwitnessed.isoformat(timespec='seconds')}"
        )
    if status.overdue_reviews:
        yield (
            f"reviews: expected all within 30 days, found {status.overdue_reviews} overdue: "
            "`fairplate audit sample` lists them"
        )


def _minutes(time: timedelta) -> str:
    return f"{time // timedelta(minutes=1)} min"


def _waiting_since(connection: sa.Connection) -> datetime | None:
    """Return when the first of the events that wait was written."""
    first = (
        sa.select(events.c.id, events.c.body)
        .where(events.c.position.is_(None))
        .order_by(events.c.id)
        .limit(1)
    )
    row = connection.execute(first).one_or_none()
    return None if row is None else read_event(bytes(row.body), where=f"event {row.id}").at


def _unwitnessed_since(
    connection: sa.Connection, witnessed: KeptCheckpoint | None
) -> datetime | None:
    """Return when a quorum signed last, or else when the first witness was asked."""
    if witnessed is not None:
        return witnessed.at
    moment: datetime | None = connection.execute(
        sa.select(sa.func.min(witnesses.c.added_at, type_=witnesses.c.added_at.type)).where(
            witnesses.c.removed_at.is_(None)
        )
    ).scalar_one()
    return moment
