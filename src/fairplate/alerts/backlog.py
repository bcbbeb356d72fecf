"""What waits: messages for a channel, alerts for a person, and what was given up lately.

Decides how long a message may wait before that is a fault. Changes nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from fairplate.alerts.decisions import UNCONFIRMED
from fairplate.alerts.outbox import State
from fairplate.storage.schema import alerts, outbox

LATELY = timedelta(days=1)
"""What was accepted or given up is counted for so long."""

LONGEST_WAIT = timedelta(minutes=10)
"""A message that waits longer than that was not delivered in time to be of use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """The messages of one channel.

    `overdue_since`: when the first that waits was to be told. Trying it again later does not move
    it, quiet hours do. `problem`: what the channel said of the last one that failed or waits.
    """

    channel: str
    waiting: int
    overdue_since: datetime | None
    accepted: int
    failed: int
    problem: str | None

    @classmethod
    def empty(cls, channel: str) -> "Backlog":
        """Return what a channel has that nothing was ever sent by."""
        return cls(
            channel=channel, waiting=0, overdue_since=None, accepted=0, failed=0, problem=None
        )


def read_backlogs(connection: sa.Connection, *, now: datetime) -> tuple[Backlog, ...]:
    """Return how each channel stands that the outbox knows, by name."""
    lately = outbox.c.ended_at > now - LATELY
    is_waiting = outbox.c.state == State.WAITING.value
    overdue = sa.and_(is_waiting, outbox.c.created_at <= now)
    query = (
        sa.select(
            outbox.c.channel,
            _count(is_waiting),
            sa.func.min(sa.case((overdue, outbox.c.created_at))),
            _count(sa.and_(outbox.c.state == State.ACCEPTED.value, lately)),
            _count(sa.and_(outbox.c.state == State.FAILED.value, lately)),
        )
        .group_by(outbox.c.channel)
        .order_by(outbox.c.channel)
    )
    return tuple(
        Backlog(
            channel=channel,
            waiting=waiting,
            overdue_since=overdue_since,
            accepted=accepted,
            failed=failed,
            problem=_last_problem(connection, channel, now) if waiting or failed else None,
        )
        for channel, waiting, overdue_since, accepted, failed in connection.execute(query)
    )


def count_undecided(connection: sa.Connection) -> tuple[int, datetime | None]:
    """Return how many alerts nobody has decided, and when the first of them was raised."""
    query = sa.select(sa.func.count(), sa.func.min(alerts.c.raised_at)).where(
        alerts.c.state == UNCONFIRMED
    )
    number, oldest = connection.execute(query).one()
    return number, oldest


def find_outbox_problems(backlogs: Iterable[Backlog], *, now: datetime) -> Iterator[str]:
    """Yield a sentence for each channel on which messages wait too long, or were given up."""
    for one in backlogs:
        said = "" if one.problem is None else f" (the last said: {one.problem})"
        if one.overdue_since is not None and now - one.overdue_since > LONGEST_WAIT:
            minutes = (now - one.overdue_since) // timedelta(minutes=1)
            yield (
                f"channel {one.channel}: expected every message accepted within "
                f"{LONGEST_WAIT.seconds // 60} min, found {one.waiting} waiting, the first for "
                f"{minutes} min{said}"
            )
        if one.failed:
            yield (
                f"channel {one.channel}: expected no message given up in a day, found "
                f"{one.failed}{said}"
            )


def _count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)


def _last_problem(connection: sa.Connection, channel: str, now: datetime) -> str | None:
    of_interest = sa.or_(
        outbox.c.state == State.WAITING.value,
        sa.and_(outbox.c.state == State.FAILED.value, outbox.c.ended_at > now - LATELY),
    )
    query = (
        sa.select(outbox.c.problem)
        .where(outbox.c.channel == channel, outbox.c.problem.is_not(None), of_interest)
        .order_by(outbox.c.id.desc())
        .limit(1)
    )
    found: str | None = connection.execute(query).scalar_one_or_none()
    return found
