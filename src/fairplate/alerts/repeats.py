"""Repeats: the same entry seen again at the same reader is one alert, until its window is over.

Decides what is a repeat, which only the database knows, and tells once how many there were. The
window starts anew with each of them, but a vehicle that keeps coming is told again after a day; and
an alert that people found wrong hides what comes after it no longer than one window.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from fairplate.alerts.decisions import WRONG
from fairplate.alerts.message import Notice
from fairplate.alerts.outbox import put_notice
from fairplate.alerts.subscribers import Subscriber
from fairplate.audit.words import Decision
from fairplate.core.purposes import Purpose
from fairplate.policy.alert_figures import MOST_REPEAT_WINDOW
from fairplate.policy.rules import Policy
from fairplate.storage.schema import alerts, outbox, readers

_MOST_AT_ONCE = 200
_WRONG = tuple(one.value for one in WRONG)


def insert_unless_repeat(
    connection: sa.Connection,
    row: dict[str, object],
    subscribers: tuple[Subscriber, ...],
    policy: Policy,
    now: datetime,
) -> bool:
    """Insert the alert; if its entry was seen at its reader within the window, count that instead.

    The unique token settles which of two transactions raises the alert.
    """
    same = alerts.c.repeat_token == row["repeat_token"]
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    unless_known = insert(alerts).on_conflict_do_nothing(index_elements=["repeat_token"])
    new = unless_known.values(row).returning(alerts.c.id)  # an INSERT has no count of rows
    again = sa.update(alerts).where(same).values(repeats=alerts.c.repeats + 1, seen_at=now)
    while True:  # once, unless another transaction ends the window between the two statements
        _end(connection, sa.and_(same, _is_over(policy, now)), subscribers, now)
        if connection.execute(new).one_or_none() is not None:
            return True
        if connection.execute(again).rowcount:
            return False


def end_repeats(
    connection: sa.Connection, subscribers: tuple[Subscriber, ...], policy: Policy, now: datetime
) -> None:
    """Tell those who were told of an alert how often its vehicle was seen again, once it is not."""
    token = alerts.c.repeat_token.is_not(None)
    _end(connection, sa.and_(token, _is_over(policy, now)), subscribers, now, skip_locked=True)


def _is_over(policy: Policy, now: datetime) -> sa.ColumnElement[bool]:
    before = now - policy.repeat_window
    return sa.or_(
        alerts.c.seen_at <= before,
        alerts.c.raised_at <= now - MOST_REPEAT_WINDOW,
        sa.and_(alerts.c.state.in_(_WRONG), alerts.c.raised_at <= before),
        alerts.c.state == Decision.EXPIRED.value,  # there is nothing left to compare
    )


def _end(
    connection: sa.Connection,
    which: sa.ColumnElement[bool],
    subscribers: tuple[Subscriber, ...],
    now: datetime,
    *,
    skip_locked: bool = False,
) -> None:
    query = (
        sa.select(alerts, readers.c.name.label("reader_name"))
        .outerjoin(readers, readers.c.id == alerts.c.reader_id)
        .where(which)
        .limit(_MOST_AT_ONCE)
        .with_for_update(of=alerts, skip_locked=skip_locked)
    )
    for row in connection.execute(query).all():
        connection.execute(sa.update(alerts).where(alerts.c.id == row.id).values(repeat_token=None))
        if row.repeats:
            names = sa.select(outbox.c.subscriber).where(outbox.c.alert_id == row.id)
            known = set(connection.execute(names).scalars())
            told = tuple(one for one in subscribers if one.name in known)
            notice = _notice(row, now)
            put_notice(connection, f"again-{row.id}", notice, told, Purpose(row.purpose))


def _notice(row: sa.Row[tuple[object, ...]], now: datetime) -> Notice:
    times = "once" if row.repeats == 1 else f"{row.repeats} times"
    return Notice(
        subject=f"Seen again {times}: alert {row.id}",
        lines=(
            f"Vehicle of alert {row.id} read again {times}, by {row.reader_name or row.reader_id}.",
            f"The last time was {row.seen_at:%Y-%m-%d %H:%M} UTC.",
        ),
        at=now,
    )
