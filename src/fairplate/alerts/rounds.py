"""What goes on by itself with lists and alerts, a round at a time.

Decides when somebody is told of a stale list, of entries that will end, of repeats, when an alert
that nobody decided expires, and when what is over is deleted. Nothing here raises or decides an
alert.
"""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from fairplate.alerts.decisions import KEPT_FOR, drop_old_alerts, expire_alerts
from fairplate.alerts.live_lists import LiveLists
from fairplate.alerts.message import Notice
from fairplate.alerts.outbox import drop_old, follow_settings, put_notice
from fairplate.alerts.raising import TEST_KEPT
from fairplate.alerts.repeats import end_repeats
from fairplate.alerts.subscribers import Subscriber
from fairplate.audit.log import Recorder
from fairplate.audit.words import Decision
from fairplate.hotlists.loaded import LoadedList
from fairplate.hotlists.register import (
    REMINDED_BEFORE,
    KeptList,
    note_ended,
    note_reminded,
    note_stale,
)
from fairplate.policy.rules import Policy
from fairplate.storage.database import Database
from fairplate.storage.schema import alerts, held_back

REMINDED_AGAIN = timedelta(days=7)
"""So often at most, whatever batches come: every entry is told of a week before its end or more."""


def run_round(
    database: Database,
    recorder: Recorder,
    lists: LiveLists,
    subscribers: tuple[Subscriber, ...],
    policy: Policy,
) -> None:
    """Run one round; each part is a transaction of its own. Raises StorageError."""
    told = tuple(one for one in subscribers if one.notices)
    now = recorder.clock()
    with database.transaction() as connection:
        expire_alerts(connection, recorder)
        follow_settings(connection, subscribers, at=now)
    with database.transaction() as connection:
        end_repeats(connection, subscribers, policy, now)
    with database.transaction() as connection:
        drop_what_is_over(connection, now)
    for one in lists.lists:
        with database.transaction() as connection:
            look_after_list(connection, recorder, one, _told_of_list(one.kept.id, told), now)


def drop_what_is_over(connection: sa.Connection, now: datetime) -> None:
    """Delete what tests told, and what nobody looks back at any more."""
    tests = sa.update(alerts).where(alerts.c.told.is_not(None))
    connection.execute(tests.where(alerts.c.raised_at <= now - TEST_KEPT).values(told=None))
    drop_old(connection, now)
    drop_old_alerts(connection, now)
    before = (now - KEPT_FOR).astimezone(UTC).date()
    connection.execute(sa.delete(held_back).where(held_back.c.day < before))


def look_after_list(
    connection: sa.Connection,
    recorder: Recorder,
    loaded: LoadedList,
    told: tuple[Subscriber, ...],
    now: datetime,
) -> None:
    """Note and tell that a list is stale, once a batch, and that entries ended or will soon."""
    kept = loaded.kept
    stale = kept.fresh_until is not None and now >= kept.fresh_until
    if stale and kept.stale_told_at is None and note_stale(connection, recorder, kept):
        put_notice(connection, f"stale-{kept.batch_id}", _stale_notice(kept, now), told)
    note_ended(connection, recorder, kept, loaded.ended(now))
    soon = loaded.next_end(now)
    lately = kept.reminded_at is not None and now < kept.reminded_at + REMINDED_AGAIN
    if not lately and soon is not None and soon <= now + REMINDED_BEFORE:
        number = loaded.ended(now + REMINDED_BEFORE) - loaded.ended(now)
        note_reminded(connection, kept, now)
        notice = _reminder(kept, number, soon, now)
        put_notice(connection, f"ending-{kept.id}-{now:%Y%m%d}", notice, told)


def wrong_notice(alert_id: str, decision: Decision, at: datetime) -> Notice:
    """Return what those are told who may have been told of an alert that a person found wrong."""
    return Notice(
        subject=f"Wrong, do not act on it: alert {alert_id}",
        lines=(
            f"A person compared the picture of alert {alert_id} with the entry: {decision}.",
            "Nobody is to act on this alert any more.",
        ),
        at=at,
        is_loud=True,
    )


def suspension_notice(what: str, of: str, wrong: int, decided: int, at: datetime) -> Notice:
    """Return what is told when a list or reader was suspended for its wrong alerts."""
    return Notice(
        subject=f"Suspended from alerting: {what} {of}",
        lines=(
            f"{wrong} of the last {decided} alerts of {what} {of} that people decided were wrong.",
            "That is more than the policy lets. It raises no alerts until a person lifts this:",
            f"fairplate alert lift {what} {of} --note TEXT",
        ),
        at=at,
        is_loud=True,
    )


def _told_of_list(list_id: str, told: tuple[Subscriber, ...]) -> tuple[Subscriber, ...]:
    return tuple(one for one in told if one.lists is None or list_id in one.lists)


def _stale_notice(kept: KeptList, now: datetime) -> Notice:
    due = kept.fresh_until or now
    return Notice(
        subject=f"Hot list out of date: {kept.definition.title}",
        lines=(
            f"The next batch of {kept.definition.title} was due {due:%Y-%m-%d %H:%M} UTC.",
            "Until one comes the list raises no alerts.",
        ),
        at=now,
        is_loud=True,
    )


def _reminder(kept: KeptList, number: int, first: datetime, now: datetime) -> Notice:
    days = max((first - now) // timedelta(days=1), 0)
    entries = "1 entry ends" if number == 1 else f"{number} entries end"
    return Notice(
        subject=f"Entries of {kept.definition.title} will end",
        lines=(
            f"{entries} within 14 days, the first in {days} days ({first:%Y-%m-%d %H:%M} UTC).",
            "Import a new batch with those that still stand; the others go by themselves.",
        ),
        at=now,
    )
