"""What waits and what was given up, as an operator sees it; on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from tests.alerts.alert_rows import add_alert
from tests.alerts.matches import NOON

from fairplate.alerts.backlog import (
    LATELY,
    LONGEST_WAIT,
    Backlog,
    count_undecided,
    find_outbox_problems,
    read_backlogs,
)
from fairplate.alerts.outbox import State, end, put_alert, put_off, take_due, withdraw_alert
from fairplate.alerts.subscribers import Subscriber, read_subscriber
from fairplate.core.purposes import Purpose
from fairplate.storage.database import Database

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
ANNA = Subscriber(name="anna", channel="mail", address="a@b")
BERT = Subscriber(name="bert", channel="push", address="b")
SLEEPER = read_subscriber(
    "carla", {"channel": "mail", "address": "c", "quiet_hours": "22:00-07:00", "zone": "UTC"}
)


@pytest.fixture
def connection(database: Database) -> Iterator[sa.Connection]:
    with database.transaction() as connection:
        yield connection


def put(
    connection: sa.Connection,
    person: Subscriber = ANNA,
    at: datetime = NOON,
    purpose: Purpose = Purpose.STOLEN_VEHICLE,
) -> str:
    alert_id = add_alert(connection, at)
    put_alert(connection, alert_id, "County", purpose, (person,), now=at)
    return alert_id


def mail(connection: sa.Connection, now: datetime) -> Backlog:
    (one,) = [one for one in read_backlogs(connection, now=now) if one.channel == "mail"]
    return one


def problems(connection: sa.Connection, now: datetime) -> list[str]:
    return list(find_outbox_problems(read_backlogs(connection, now=now), now=now))


def test_each_channel_has_its_numbers(connection: sa.Connection) -> None:
    for person in (ANNA, ANNA, ANNA, ANNA, BERT):
        put(connection, person)
    first, second, third = take_due(connection, "mail", now=NOON)
    end(connection, first.id, State.ACCEPTED, at=NOON)
    end(connection, second.id, State.FAILED, at=NOON, problem="no such user")
    put_off(connection, third.id, NOON + MINUTE, problem="busy")
    assert read_backlogs(connection, now=NOON) == (
        Backlog(channel="mail", waiting=2, overdue_since=NOON, accepted=1, failed=1,
                problem="busy"),
        Backlog(channel="push", waiting=1, overdue_since=NOON, accepted=0, failed=0, problem=None),
    )  # fmt: skip
    later = mail(connection, NOON + LATELY)
    assert (later.accepted, later.failed, later.waiting) == (0, 0, 2)


def test_an_empty_outbox_has_none(connection: sa.Connection) -> None:
    assert read_backlogs(connection, now=NOON) == ()
    assert problems(connection, NOON) == []
    assert Backlog.empty("mail").waiting == 0


def test_trying_again_moves_no_time(connection: sa.Connection) -> None:
    put(connection)
    now = NOON
    for _ in range(3):
        now += 5 * MINUTE
        (taken,) = take_due(connection, "mail", now=now)
        assert mail(connection, now).overdue_since == NOON  # nor does being taken
        put_off(connection, taken.id, now + MINUTE, problem="busy")
    assert mail(connection, now).overdue_since == NOON
    (told,) = problems(connection, now)
    assert told == (
        "channel mail: expected every message accepted within 10 min, found 1 waiting, the first "
        "for 15 min (the last said: busy)"
    )


def test_a_sender_that_dies_each_time_is_seen(connection: sa.Connection) -> None:
    put(connection)
    for minutes in range(0, 12, 2):
        take_due(connection, "mail", now=NOON + minutes * MINUTE)
    assert len(problems(connection, NOON + 12 * MINUTE)) == 1


def test_quiet_hours_are_no_delay(connection: sa.Connection) -> None:
    night, morning = NOON + timedelta(hours=11), NOON + timedelta(hours=19)
    put(connection, SLEEPER, night, Purpose.SITE_ACCESS)
    assert mail(connection, morning - SECOND).overdue_since is None
    assert mail(connection, morning - SECOND).waiting == 1
    assert problems(connection, morning - SECOND) == []
    (taken,) = take_due(connection, "mail", now=morning)
    put_off(connection, taken.id, morning + MINUTE, problem="busy")
    assert mail(connection, morning + SECOND).overdue_since == morning  # not since the evening
    assert problems(connection, morning + LONGEST_WAIT) == []
    assert len(problems(connection, morning + LONGEST_WAIT + SECOND)) == 1


@pytest.mark.parametrize(("waited", "number"), [(LONGEST_WAIT, 0), (LONGEST_WAIT + SECOND, 1)])
def test_ten_minutes_are_long(connection: sa.Connection, waited: timedelta, number: int) -> None:
    put(connection)
    assert len(problems(connection, NOON + waited)) == number


def test_what_was_given_up_is_told_for_a_day(connection: sa.Connection) -> None:
    put(connection)
    (taken,) = take_due(connection, "mail", now=NOON)
    end(connection, taken.id, State.FAILED, at=NOON, problem="no such user")
    told = (
        "channel mail: expected no message given up in a day, found 1 (the last said: no such user)"
    )
    assert problems(connection, NOON + DAY - SECOND) == [told]
    assert problems(connection, NOON + DAY) == []


def test_a_withdrawn_alert_is_no_failure(connection: sa.Connection) -> None:
    alert_id = put(connection)
    withdraw_alert(connection, alert_id, at=NOON)
    one = mail(connection, NOON)
    assert (one.waiting, one.failed, one.accepted, one.overdue_since) == (0, 0, 0, None)


def test_undecided_alerts_are_counted_with_the_oldest(connection: sa.Connection) -> None:
    assert count_undecided(connection) == (0, None)
    for at in (MINUTE, SECOND, DAY):
        add_alert(connection, NOON + at)
    add_alert(connection, NOON, state="confirmed")
    assert count_undecided(connection) == (3, NOON + SECOND)
