"""The outbox: what is to be told to whom, written with what it tells and taken out when accepted.

Decides that nothing is lost and little is doubled: a message is waiting until its channel accepted
it, is taken by one sender at a time, and has the same key whenever it is sent. What waits for one
subscriber is bounded: past that, alerts are counted into one digest.

`created_at` is when a message was first to be told, which for quiet hours is their end. As long as
nobody has taken it, `due_at` is the same.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa

from fairplate.alerts.digests import digest_notice
from fairplate.alerts.message import Notice
from fairplate.alerts.subscribers import Subscriber
from fairplate.core.purposes import Purpose
from fairplate.storage.schema import outbox

MOST_A_MINUTE = 30
"""More alerts a minute are no help to one person: the rest becomes a digest."""

MOST_WAITING = 200
"""So many wait for a subscriber whose channel is down; more are counted into the digest."""

DIGEST_AFTER = timedelta(seconds=60)
TAKEN_FOR = timedelta(seconds=60)
MOST_TAKEN = 3
"""A message that was taken by a sender which then died is free again after `TAKEN_FOR`; it takes no
more at once than it has answers or time-outs for by then (`channel.TIMEOUT_S`)."""

KEPT_FOR = timedelta(days=30)
"""How long it is kept that a message was accepted, or given up."""

UNKNOWN = "the settings know no such subscriber any more"
_MOST_PROBLEM = 200
_MOST_DOUBLED = 6
_IS_WAITING = outbox.c.state == sa.literal_column("'waiting'")
"""Spelled out: an index of waiting messages alone is of no use where the state is a parameter."""


class State(StrEnum):
    """Where a message is."""

    WAITING = "waiting"
    ACCEPTED = "accepted"  # by the channel's other side
    FAILED = "failed"  # given up
    MOOT = "moot"  # people found the alert wrong before it was told


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One message as taken from the outbox; either `alert_id` or `notice` is there."""

    id: int
    key: str
    subscriber: str
    alert_id: str | None
    notice: Notice | None
    attempts: int
    created_at: datetime


def put_alert(
    connection: sa.Connection,
    alert_id: str,
    list_title: str,
    purpose: Purpose,
    subscribers: Sequence[Subscriber],
    *,
    now: datetime,
) -> None:
    """Tell `subscribers` of an alert, or count it into the digest of those who are told enough."""
    for subscriber in subscribers:
        due_at, key = subscriber.due_at(purpose, now), f"{alert_id}-{subscriber.name}"
        if _is_known(connection, key):
            continue
        if _is_told_enough(connection, subscriber, due_at):
            _count_into_digest(connection, subscriber, list_title, now=now, at=due_at)
        else:
            _insert(connection, subscriber, key, due_at=due_at, alert_id=alert_id)


def put_notice(
    connection: sa.Connection,
    key: str,
    notice: Notice,
    subscribers: Sequence[Subscriber],
    purpose: Purpose | None = None,
) -> None:
    """Tell `subscribers` something of the system, once for each `key` (a-z, 0-9, hyphens)."""
    for subscriber in subscribers:
        due_at = notice.at if notice.is_loud else subscriber.due_at(purpose, notice.at)
        own_key = f"{key}-{subscriber.name}"
        if not _is_known(connection, own_key):
            _insert(connection, subscriber, own_key, due_at=due_at, notice=_encode(notice))


def take_due(
    connection: sa.Connection, channel: str, *, now: datetime, most: int = MOST_TAKEN
) -> list[Waiting]:
    """Take messages of a channel that are due, for this sender alone for a minute.

    Those that were never tried come first: an address that hangs does not hold them up.
    """
    due = (
        sa.select(outbox)
        .where(outbox.c.channel == channel, _IS_WAITING, outbox.c.due_at <= now)
        .order_by(outbox.c.attempts, outbox.c.due_at, outbox.c.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    rows = connection.execute(due).all()
    if rows:
        taken = outbox.c.id.in_([row.id for row in rows])
        connection.execute(sa.update(outbox).where(taken).values(due_at=now + TAKEN_FOR))
    return [
        Waiting(
            id=row.id,
            key=row.key,
            subscriber=row.subscriber,
            alert_id=row.alert_id,
            notice=None if row.notice is None else _decode(row.notice),
            attempts=row.attempts,
            created_at=row.created_at,
        )
        for row in rows
    ]


def is_waiting(connection: sa.Connection, message_id: int) -> bool:
    """Say whether a message is still to be told, which somebody may have withdrawn."""
    query = sa.select(outbox.c.id).where(outbox.c.id == message_id, _IS_WAITING)
    return connection.execute(query).one_or_none() is not None


def end(
    connection: sa.Connection, message_id: int, state: State, *, at: datetime, problem: str = ""
) -> None:
    """Note that a message was accepted or given up. That it was accepted is true in any case."""
    which = _IS_WAITING if state is not State.ACCEPTED else sa.true()
    connection.execute(
        sa.update(outbox)
        .where(outbox.c.id == message_id, which)
        .values(
            state=state.value,
            ended_at=at,
            problem=problem[:_MOST_PROBLEM] or None,
            attempts=outbox.c.attempts + 1,
        )
    )


def put_off(connection: sa.Connection, message_id: int, until: datetime, *, problem: str) -> None:
    """Note that a message was not accepted and is to be tried again."""
    connection.execute(
        sa.update(outbox)
        .where(outbox.c.id == message_id, _IS_WAITING)
        .values(due_at=until, attempts=outbox.c.attempts + 1, problem=problem[:_MOST_PROBLEM])
    )


def withdraw_alert(connection: sa.Connection, alert_id: str, *, at: datetime) -> frozenset[str]:
    """Tell nobody of the alert any more; return which subscribers may have been told."""
    rows = connection.execute(sa.select(outbox).where(outbox.c.alert_id == alert_id)).all()
    waiting = sa.update(outbox).where(outbox.c.alert_id == alert_id, _IS_WAITING)
    connection.execute(waiting.values(state=State.MOOT.value, ended_at=at))
    accepted = State.ACCEPTED.value
    return frozenset(
        row.subscriber for row in rows if row.state == accepted or row.due_at != row.created_at
    )


def follow_settings(
    connection: sa.Connection, subscribers: Sequence[Subscriber], *, at: datetime
) -> None:
    """Move what waits to the channels that subscribers have now; give up what is for nobody."""
    known = {one.name: one.channel for one in subscribers}
    places = sa.select(outbox.c.subscriber, outbox.c.channel).where(_IS_WAITING).distinct()
    for name, channel in connection.execute(places).all():
        those = sa.update(outbox).where(
            outbox.c.subscriber == name, outbox.c.channel == channel, _IS_WAITING
        )
        if name not in known:
            failed = State.FAILED.value
            connection.execute(those.values(state=failed, ended_at=at, problem=UNKNOWN))
        elif known[name] != channel:
            connection.execute(those.values(channel=known[name]))


def count_waiting(connection: sa.Connection, *, now: datetime) -> int:
    """Return how many messages wait, but for those that quiet hours hold."""
    soon = outbox.c.created_at <= now + DIGEST_AFTER
    query = sa.select(sa.func.count()).where(_IS_WAITING, soon)
    return int(connection.execute(query).scalar_one())


def drop_old(connection: sa.Connection, now: datetime) -> None:
    """Delete what ended long ago."""
    connection.execute(sa.delete(outbox).where(outbox.c.ended_at < now - KEPT_FOR))


def _is_told_enough(connection: sa.Connection, subscriber: Subscriber, at: datetime) -> bool:
    """Say whether they get enough by `at`; what quiet hours hold until later does not count."""
    until = outbox.c.subscriber == subscriber.name, outbox.c.created_at <= at
    number = sa.select(sa.func.count()).where(*until)
    lately = number.where(outbox.c.created_at > at - timedelta(minutes=1))
    if connection.execute(lately).scalar_one() >= MOST_A_MINUTE:
        return True
    waiting = number.where(outbox.c.channel == subscriber.channel, _IS_WAITING)
    return bool(connection.execute(waiting).scalar_one() >= MOST_WAITING)


def _count_into_digest(
    connection: sa.Connection,
    subscriber: Subscriber,
    list_title: str,
    *,
    now: datetime,
    at: datetime,
) -> None:
    """Add one to the digest that nobody has taken, or begin one; it is loud: it is no accident.

    Where others wait, each new one collects twice as long as the last.
    """
    digests = (
        sa.select(outbox.c.id, outbox.c.notice, outbox.c.due_at, outbox.c.created_at)
        .where(outbox.c.subscriber == subscriber.name, outbox.c.channel == subscriber.channel)
        .where(_IS_WAITING, outbox.c.key.like("digest-%"))
        .with_for_update()
    )
    rows = connection.execute(digests).all()
    row = next((one for one in rows if one.due_at == one.created_at), None)
    others = len(rows) - (row is not None)
    due_at = at + DIGEST_AFTER * 2 ** min(others, _MOST_DOUBLED)
    numbers = {} if row is None else json.loads(row.notice)["numbers"]
    numbers[list_title] = numbers.get(list_title, 0) + 1
    notice = _encode(digest_notice(numbers, now), numbers)
    if row is None:
        key = f"digest-{now:%Y%m%d%H%M%S%f}-{subscriber.name}"
        _insert(connection, subscriber, key, due_at=due_at, notice=notice)
        return
    due_at = min(due_at, row.due_at)
    changed = sa.update(outbox).where(outbox.c.id == row.id)
    connection.execute(changed.values(notice=notice, due_at=due_at, created_at=due_at))


def _is_known(connection: sa.Connection, key: str) -> bool:
    known = sa.select(outbox.c.id).where(outbox.c.key == key)
    return connection.execute(known).one_or_none() is not None


def _insert(
    connection: sa.Connection,
    subscriber: Subscriber,
    key: str,
    *,
    due_at: datetime,
    alert_id: str | None = None,
    notice: str | None = None,
) -> None:
    connection.execute(
        sa.insert(outbox).values(
            key=key,
            subscriber=subscriber.name,
            channel=subscriber.channel,
            alert_id=alert_id,
            notice=notice,
            state=State.WAITING.value,
            attempts=0,
            due_at=due_at,
            created_at=due_at,
        )
    )


def _encode(notice: Notice, numbers: dict[str, int] | None = None) -> str:
    fields = {
        "subject": notice.subject,
        "lines": notice.lines,
        "at": notice.at.isoformat(),
        "loud": notice.is_loud,
        "numbers": numbers or {},
    }
    return json.dumps(fields, ensure_ascii=False)


def _decode(text: str) -> Notice:
    fields = json.loads(text)
    return Notice(
        subject=fields["subject"],
        lines=tuple(fields["lines"]),
        at=datetime.fromisoformat(fields["at"]),
        is_loud=fields["loud"],
    )
