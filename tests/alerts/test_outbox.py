"""Nothing is lost, little is doubled, and what waits is bounded; on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from tests.alerts.matches import NOON

from fairplate.alerts.channel import TIMEOUT_S
from fairplate.alerts.message import Notice
from fairplate.alerts.outbox import (
    DIGEST_AFTER,
    KEPT_FOR,
    MOST_A_MINUTE,
    MOST_TAKEN,
    MOST_WAITING,
    TAKEN_FOR,
    UNKNOWN,
    State,
    count_waiting,
    drop_old,
    end,
    follow_settings,
    is_waiting,
    put_alert,
    put_notice,
    put_off,
    take_due,
    withdraw_alert,
)
from fairplate.alerts.subscribers import QuietHours, Subscriber
from fairplate.core.purposes import Purpose
from fairplate.storage.database import Database
from fairplate.storage.schema import alerts, outbox

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
STOLEN, SITE = Purpose.STOLEN_VEHICLE, Purpose.SITE_ACCESS
ANNA = Subscriber(name="anna", channel="mail", address="anna@example.org")
BERT = Subscriber(name="bert", channel="mail", address="bert@example.org")
NIGHT = datetime(2026, 11, 23, 23, tzinfo=UTC)
MORNING = datetime(2026, 11, 24, 7, tzinfo=UTC)
SLEEPER = Subscriber(
    name="sleeper", channel="mail", address="s@example.org",
    quiet=QuietHours(time(22), time(7), ZoneInfo("UTC")),
)  # fmt: skip
NUMBERS = count()
ON_ONE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture
def connection(database: Database) -> Iterator[sa.Connection]:
    with database.transaction() as connection:
        yield connection


def add_alert(connection: sa.Connection) -> str:
    alert_id = f"al-{next(NUMBERS)}"
    connection.execute(
        sa.insert(alerts).values(
            id=alert_id, list_id="county", reader_id="gate", purpose="stolen-vehicle",
            chance_permille=900, raised_at=NOON, ends_at=NOON + timedelta(days=1), repeats=0,
            seen_at=NOON, state="unconfirmed",
        )
    )  # fmt: skip
    return alert_id


def put(
    connection: sa.Connection,
    *people: Subscriber,
    now: datetime = NOON,
    purpose: Purpose = STOLEN,
    title: str = "County",
    number: int = 1,
) -> list[str]:
    ids = [add_alert(connection) for _ in range(number)]
    for alert_id in ids:
        put_alert(connection, alert_id, title, purpose, people or (ANNA,), now=now)
    return ids


def rows(connection: sa.Connection) -> list[Any]:
    return list(connection.execute(sa.select(outbox).order_by(outbox.c.id)))


def notice(at: datetime = NOON, *, loud: bool = False) -> Notice:
    return Notice(
        subject="A list is old", lines=("It was due.", "It is late."), at=at, is_loud=loud
    )


def test_an_alert_is_told_once_to_each(connection: sa.Connection) -> None:
    (alert_id,) = put(connection, ANNA, BERT)
    put_alert(connection, alert_id, "County", STOLEN, (ANNA, BERT), now=NOON + MINUTE)
    assert [(row.key, row.subscriber, row.due_at, row.attempts) for row in rows(connection)] == [
        (f"{alert_id}-anna", "anna", NOON, 0),
        (f"{alert_id}-bert", "bert", NOON, 0),
    ]


def test_a_notice_is_told_once_and_comes_out_as_it_went_in(connection: sa.Connection) -> None:
    for at in (NOON, NOON + MINUTE):
        put_notice(connection, "stale-7", notice(at, loud=True), (ANNA,))
    (taken,) = take_due(connection, "mail", now=NOON)
    assert (taken.key, taken.notice, taken.alert_id) == ("stale-7-anna", notice(loud=True), None)


def test_a_message_is_taken_by_one_sender_for_a_while(connection: sa.Connection) -> None:
    put(connection)
    put(connection, now=NOON + SECOND)
    assert len(take_due(connection, "mail", now=NOON)) == 1  # the other is not due yet
    assert take_due(connection, "push", now=NOON + SECOND) == []
    assert len(take_due(connection, "mail", now=NOON + SECOND)) == 1
    assert take_due(connection, "mail", now=NOON + TAKEN_FOR - SECOND) == []
    (again,) = take_due(connection, "mail", now=NOON + TAKEN_FOR)
    assert again.attempts == 0


def test_nobody_takes_more_than_time_outs_leave_time_for() -> None:
    assert timedelta(seconds=TIMEOUT_S) * MOST_TAKEN < TAKEN_FOR


def test_two_senders_at_once_take_others(database: Database) -> None:
    with database.transaction() as connection:
        put(connection, number=2)
    if not database.is_postgresql:
        return  # there the second waits for the first
    with database.transaction() as first:
        one = take_due(first, "mail", now=NOON, most=1)
        with database.transaction() as second:
            other = take_due(second, "mail", now=NOON, most=9)
    assert len({one[0].id, other[0].id}) == len(one) + len(other) == 2


def test_what_was_never_tried_goes_first(connection: sa.Connection) -> None:
    put(connection, number=5)
    for taken in take_due(connection, "mail", now=NOON, most=9):
        put_off(connection, taken.id, NOON + SECOND, problem="it hangs")
    (new,) = put(connection, BERT, now=NOON + MINUTE)
    first, *_ = take_due(connection, "mail", now=NOON + MINUTE)
    assert first.alert_id == new


def test_accepted_is_the_end(connection: sa.Connection) -> None:
    put(connection)
    (taken,) = take_due(connection, "mail", now=NOON)
    end(connection, taken.id, State.ACCEPTED, at=NOON + SECOND)
    put_off(connection, taken.id, NOON + 2 * SECOND, problem="a second sender was slower")
    end(connection, taken.id, State.FAILED, at=NOON + MINUTE, problem="and gave up")
    (row,) = rows(connection)
    assert (row.state, row.ended_at, row.attempts, row.problem) == (
        "accepted", NOON + SECOND, 1, None,
    )  # fmt: skip
    assert take_due(connection, "mail", now=NOON + timedelta(days=2)) == []


def test_what_is_put_off_waits_with_its_problem(connection: sa.Connection) -> None:
    put(connection)
    (taken,) = take_due(connection, "mail", now=NOON)
    put_off(connection, taken.id, NOON + MINUTE, problem="p" * 300)
    assert take_due(connection, "mail", now=NOON + MINUTE - SECOND) == []
    (again,) = take_due(connection, "mail", now=NOON + MINUTE)
    assert (again.key, again.attempts, again.created_at) == (taken.key, 1, NOON)
    assert rows(connection)[0].problem == "p" * 200


@pytest.mark.parametrize("then", ["waits", "taken", "tried", "accepted", "failed"])
def test_a_withdrawn_alert_is_told_to_nobody_more(connection: sa.Connection, then: str) -> None:
    (alert_id,) = put(connection, ANNA)
    (other,) = put(connection, BERT, now=NOON + MINUTE)
    if then != "waits":
        (taken,) = take_due(connection, "mail", now=NOON)
        if then == "tried":
            put_off(connection, taken.id, NOON + MINUTE, problem="busy")
        elif then != "taken":
            end(connection, taken.id, State(then), at=NOON)
    names = withdraw_alert(connection, alert_id, at=NOON + SECOND)
    # Who was told, and who may be told this very moment.
    assert names == (set() if then == "waits" else {"anna"}) or then == "failed"
    (row, left) = rows(connection)
    ended = then in ("accepted", "failed")
    assert row.state == (then if ended else "moot")
    assert is_waiting(connection, row.id) is False
    assert (left.alert_id, left.state) == (other, "waiting")
    end(connection, row.id, State.ACCEPTED, at=NOON + MINUTE)
    assert rows(connection)[0].state == "accepted"  # it was on its way, and came


def test_messages_follow_the_settings(connection: sa.Connection) -> None:
    put(connection, ANNA, BERT, SLEEPER)
    (done,) = take_due(connection, "mail", now=NOON, most=1)
    end(connection, done.id, State.ACCEPTED, at=NOON)
    moved = Subscriber(name="bert", channel="push", address="x")
    put(connection, ANNA, now=NOON + SECOND)
    follow_settings(connection, [moved, SLEEPER], at=NOON + MINUTE)
    found = [(row.subscriber, row.channel, row.state, row.problem) for row in rows(connection)]
    assert found == [
        ("anna", "mail", "accepted", None),
        ("bert", "push", "waiting", None),
        ("sleeper", "mail", "waiting", None),
        ("anna", "mail", "failed", UNKNOWN),
    ]


def test_more_than_thirty_a_minute_become_one_digest(connection: sa.Connection) -> None:
    put(connection, number=MOST_A_MINUTE)
    put(connection, number=7, now=NOON + SECOND)
    put(connection, number=3, now=NOON + SECOND, title="State")
    put(connection, BERT, now=NOON + SECOND)  # who is told enough is another's matter
    *single, digest, of_bert = rows(connection)
    assert len(single) == MOST_A_MINUTE
    assert of_bert.alert_id is not None
    assert digest.due_at == NOON + SECOND + DIGEST_AFTER
    taken = take_due(connection, "mail", now=digest.due_at, most=99)
    (told,) = [one.notice for one in taken if one.notice]
    assert told.is_loud
    assert told.subject == "10 more alerts that were not sent one by one"
    assert {"County: 7", "State: 3"} < set(told.lines)


def test_after_a_minute_each_is_told_again(connection: sa.Connection) -> None:
    put(connection, number=MOST_A_MINUTE)
    put(connection, now=NOON + MINUTE - SECOND)
    put(connection, now=NOON + MINUTE + SECOND)
    assert [row.alert_id is None for row in rows(connection)][-2:] == [True, False]


def test_no_alert_is_counted_into_a_digest_that_is_on_its_way(connection: sa.Connection) -> None:
    """It would be told by nothing: the sender has read the digest already."""
    put(connection, number=MOST_A_MINUTE + 2)
    at = NOON + DIGEST_AFTER
    taken = take_due(connection, "mail", now=at, most=99)
    assert [one.notice.subject[:6] for one in taken if one.notice] == ["2 more"]
    put(connection, number=MOST_A_MINUTE + 4, now=at)  # the digest is one of thirty
    found = [row for row in rows(connection) if row.alert_id is None]
    assert [row.notice.count("County: ") for row in found] == [1, 1]
    assert ["County: 2" in found[0].notice, "County: 5" in found[1].notice] == [True, True]


@ON_ONE
def test_a_dead_channel_holds_so_many_and_few_digests(connection: sa.Connection) -> None:
    """Nothing is accepted for a day, while more and more is to be told."""
    put(connection, number=MOST_A_MINUTE, now=NOON - timedelta(days=1))
    (alert_id, *_) = (row.alert_id for row in rows(connection))
    for tenth in range(10):
        at = NOON - timedelta(hours=10 - tenth)
        put(connection, number=min(MOST_A_MINUTE, MOST_WAITING - len(rows(connection))), now=at)
    assert len(rows(connection)) == MOST_WAITING
    for minutes in range(0, 24 * 60, 4):
        now = NOON + minutes * MINUTE
        put_alert(connection, f"{alert_id}-{minutes}", "County", STOLEN, (ANNA,), now=now)
        for taken in take_due(connection, "mail", now=now, most=999 if minutes % 60 == 0 else 3):
            put_off(connection, taken.id, now + timedelta(hours=1), problem="down")
    digests = [row for row in rows(connection) if row.alert_id is None]
    assert len(rows(connection)) == MOST_WAITING + len(digests)
    assert len(digests) < 30
    numbers = [int(row.notice.split('"subject": "')[1].split()[0]) for row in digests]
    assert sum(numbers) == 24 * 60 / 4  # none is forgotten


def test_quiet_hours_hold_what_can_wait(connection: sa.Connection) -> None:
    put(connection, SLEEPER, now=NIGHT, purpose=SITE)
    put(connection, SLEEPER, now=NIGHT, purpose=STOLEN)
    put_notice(connection, "again-1", notice(NIGHT), (SLEEPER,), SITE)
    put_notice(connection, "again-2", notice(NIGHT), (SLEEPER,), STOLEN)
    put_notice(connection, "ending-1", notice(NIGHT), (SLEEPER,))
    put_notice(connection, "stale-1", notice(NIGHT, loud=True), (SLEEPER,))
    dues = [row.due_at for row in rows(connection)]
    assert dues == [MORNING, NIGHT, MORNING, NIGHT, MORNING, NIGHT]
    assert len(take_due(connection, "mail", now=MORNING - SECOND, most=9)) == 3
    assert count_waiting(connection, now=NIGHT) == 3
    assert count_waiting(connection, now=MORNING) == 6


def test_a_busy_night_leaves_the_urgent_through(connection: sa.Connection) -> None:
    """However much waits for the morning, it neither wakes nor hides what cannot wait."""
    for minute in range(300):
        put(connection, SLEEPER, now=NIGHT + minute * SECOND, purpose=SITE)
    found = rows(connection)
    assert len(found) == MOST_A_MINUTE + 1
    assert found[-1].due_at == MORNING + DIGEST_AFTER
    assert take_due(connection, "mail", now=MORNING - SECOND, most=999) == []
    (urgent,) = put(connection, SLEEPER, now=NIGHT + timedelta(hours=1), purpose=STOLEN)
    (taken,) = take_due(connection, "mail", now=NIGHT + timedelta(hours=1), most=999)
    assert taken.alert_id == urgent


def test_an_urgent_flood_at_night_pulls_the_digest_forward(connection: sa.Connection) -> None:
    put(connection, SLEEPER, now=NIGHT, purpose=SITE, number=MOST_A_MINUTE + 2)
    put(connection, SLEEPER, now=NIGHT, purpose=STOLEN, number=MOST_A_MINUTE + 3)
    (digest,) = [row for row in rows(connection) if row.alert_id is None]
    assert digest.due_at == digest.created_at == NIGHT + DIGEST_AFTER
    assert "County: 5" in digest.notice
    taken = take_due(connection, "mail", now=digest.due_at, most=999)
    assert len(taken) == MOST_A_MINUTE + 1
    put(connection, SLEEPER, now=NIGHT + DIGEST_AFTER, purpose=SITE)
    assert [row.due_at for row in rows(connection)][-1] > MORNING  # a new one, not the taken


def test_what_ended_is_dropped_after_a_month(connection: sa.Connection) -> None:
    put(connection, ANNA, BERT)
    (first, _) = take_due(connection, "mail", now=NOON)
    end(connection, first.id, State.ACCEPTED, at=NOON)
    drop_old(connection, NOON + KEPT_FOR)
    assert len(rows(connection)) == 2
    drop_old(connection, NOON + KEPT_FOR + SECOND)
    assert [row.state for row in rows(connection)] == ["waiting"]


def test_what_waits_is_found_by_its_index(database: Database) -> None:
    """A month of accepted messages must not be read each second."""
    if database.is_postgresql:
        return  # a table of no rows is read whole there, whatever indexes it has
    seen: list[str] = []

    def explain(cursor: Any, statement: str, parameters: Any) -> None:
        if statement.startswith("SELECT") and "outbox" in statement:
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            seen.extend(row[3] for row in cursor.fetchall())

    with database.transaction() as connection:
        sa.event.listen(
            connection,
            "before_cursor_execute",
            lambda _c, cursor, statement, parameters, _ctx, _many: explain(
                cursor, statement, parameters
            ),
        )
        take_due(connection, "mail", now=NOON)
        put(connection)
        count_waiting(connection, now=NOON)
    assert seen
    assert not [line for line in seen if line.startswith("SCAN outbox") and "INDEX" not in line]
