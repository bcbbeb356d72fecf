"""Which decision and outcome may follow what, over every pair there is; on both databases."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.alerts.alert_rows import PERSON, add_alert, logged, recorder
from tests.alerts.matches import NOON, alert_policy
from tests.worlds import SetClock

from fairplate.alerts.decisions import (
    KEPT_FOR,
    UNCONFIRMED,
    WRONG,
    decide,
    drop_old_alerts,
    expire_alerts,
    read_alert,
    read_alerts,
    record_outcome,
)
from fairplate.alerts.outbox import put_alert
from fairplate.alerts.subscribers import Subscriber
from fairplate.audit.log import Recorder
from fairplate.audit.words import Decision, Outcome
from fairplate.core.errors import InputError, PolicyError
from fairplate.core.purposes import Purpose
from fairplate.storage.database import Database
from fairplate.storage.schema import alerts

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
POLICY = alert_policy()
STATES = (UNCONFIRMED, *(one.value for one in Decision))
BY_PEOPLE = [one for one in Decision if one is not Decision.EXPIRED]


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOON)


@pytest.fixture
def person(clock: SetClock) -> Recorder:
    return recorder(clock)


@pytest.fixture
def connection(database: Database) -> Iterator[sa.Connection]:
    with database.transaction() as connection:
        yield connection


def test_every_decision_in_every_state(connection: sa.Connection, person: Recorder) -> None:
    """Only an undecided alert can be decided, only by what a person saw, and only once."""
    done = 0
    for state in STATES:
        for decision in Decision:
            before = len(logged(connection))
            other = "cli:2000"
            alert_id = add_alert(connection, state=state, decided_by=other)
            if state == UNCONFIRMED and decision in BY_PEOPLE:
                kept = decide(connection, person, POLICY, alert_id, decision, note="seen")
                assert (kept.state, kept.decided_by, kept.decided_at) == (decision, PERSON, NOON)
                assert kept == read_alert(connection, alert_id)
                assert logged(connection)[before:] == [
                    {"type": "alert.decided", "actor": PERSON, "alert": alert_id,
                     "decision": decision.value}
                ]  # fmt: skip
                done += 1
                continue
            with pytest.raises(InputError) as refused:
                decide(connection, person, POLICY, alert_id, decision)
            told = "what a person saw" if decision is Decision.EXPIRED else f"{state}, by {other}"
            assert told in str(refused.value)
            assert read_alert(connection, alert_id).state == state
            assert len(logged(connection)) == before
    assert done == len(BY_PEOPLE) == 5


def test_every_outcome_in_every_state(connection: sa.Connection, person: Recorder) -> None:
    """Only a confirmed alert has an outcome, and one alone."""
    done = 0
    for state in STATES:
        for earlier in (None, *Outcome):
            for outcome in Outcome:
                before = len(logged(connection))
                given = None if earlier is None else earlier.value
                alert_id = add_alert(connection, state=state, outcome=given, decided_at=NOON)
                if state == Decision.CONFIRMED and earlier is None:
                    kept = record_outcome(connection, person, POLICY, alert_id, outcome)
                    assert (kept.state, kept.outcome) == (state, outcome)
                    assert logged(connection)[before:] == [
                        {"type": "alert.outcome", "actor": PERSON, "alert": alert_id,
                         "outcome": outcome.value}
                    ]  # fmt: skip
                    done += 1
                    # What is decided stays, and so does what came of it.
                    connection.execute(sa.delete(alerts).where(alerts.c.id == alert_id))
                    continue
                with pytest.raises(InputError):
                    record_outcome(connection, person, POLICY, alert_id, outcome)
                assert read_alert(connection, alert_id).outcome == given
                assert len(logged(connection)) == before
    assert done == len(Outcome) == 4


def test_nothing_but_a_person_decides(connection: sa.Connection, clock: SetClock) -> None:
    by_itself = recorder(clock, "system")
    alert_id = add_alert(connection)
    confirmed = add_alert(connection, state="confirmed")
    for decision in Decision:
        with pytest.raises(PolicyError):
            decide(connection, by_itself, POLICY, alert_id, decision)
    for outcome in Outcome:
        with pytest.raises(PolicyError):
            record_outcome(connection, by_itself, POLICY, confirmed, outcome)
    assert [read_alert(connection, one).state for one in (alert_id, confirmed)] == [
        UNCONFIRMED, "confirmed",
    ]  # fmt: skip
    assert logged(connection) == []


def test_an_alert_that_is_not_there(connection: sa.Connection, person: Recorder) -> None:
    for act in (
        lambda: read_alert(connection, "al-none"),
        lambda: decide(connection, person, POLICY, "al-none", Decision.CONFIRMED),
        lambda: record_outcome(connection, person, POLICY, "al-none", Outcome.FOUND),
    ):
        with pytest.raises(InputError, match="none of that id"):
            act()


def test_a_half_done_decision_is_none(database: Database, person: Recorder) -> None:
    """What goes wrong after the row was changed takes it back, event and all."""
    with database.transaction() as connection:
        alert_id = add_alert(connection)

    def decide_and_die() -> None:
        with database.transaction() as connection:
            decide(connection, person, POLICY, alert_id, Decision.CONFIRMED)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        decide_and_die()
    with database.transaction() as connection:
        assert read_alert(connection, alert_id).state == UNCONFIRMED
        assert logged(connection) == []
        note = "\ud800"  # no text: the event cannot be made once the row is changed
        with pytest.raises(InputError), connection.begin_nested():
            decide(connection, person, POLICY, alert_id, Decision.CONFIRMED, note=note)
        assert read_alert(connection, alert_id).state == UNCONFIRMED


def test_of_two_at_once_the_first_counts(database: Database, clock: SetClock) -> None:
    with database.transaction() as connection:
        alert_id = add_alert(connection)

    def decide_too() -> None:
        with database.transaction() as connection:
            decide(connection, recorder(clock, "cli:2"), POLICY, alert_id, Decision.WRONG_PLATE)

    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as first:
            decide(first, recorder(clock), POLICY, alert_id, Decision.CONFIRMED)
            second = pool.submit(decide_too)
        with pytest.raises(InputError, match=f"confirmed, by {PERSON}"):
            second.result()
    with database.reading() as connection:
        assert [one["decision"] for one in logged(connection)] == ["confirmed"]


def test_what_nobody_decides_expires_in_time(connection: sa.Connection, clock: SetClock) -> None:
    by_itself = recorder(clock, "system")
    due = add_alert(connection, NOON - DAY)
    early = add_alert(connection, NOON - DAY + SECOND)
    decided = add_alert(connection, NOON - 2 * DAY, state="confirmed", decided_by=PERSON)
    assert expire_alerts(connection, by_itself) == 1
    assert [read_alert(connection, one).state for one in (due, early, decided)] == [
        "expired", UNCONFIRMED, "confirmed",
    ]  # fmt: skip
    assert logged(connection) == [
        {"type": "alert.decided", "actor": "system", "alert": due, "decision": "expired"}
    ]
    assert expire_alerts(connection, by_itself) == 0
    with pytest.raises(InputError, match="expired, by system"):
        decide(connection, recorder(clock), POLICY, due, Decision.CONFIRMED)


def test_a_misconfigured_lists_alerts_expire_in_rounds(
    connection: sa.Connection, clock: SetClock
) -> None:
    for _ in range(501):
        add_alert(connection, NOON - 2 * DAY)
    by_itself = recorder(clock, "system")
    assert [expire_alerts(connection, by_itself) for _ in range(3)] == [500, 1, 0]


def test_undecided_ones_come_first(connection: sa.Connection) -> None:
    late, early = add_alert(connection, NOON + SECOND), add_alert(connection, NOON)
    older, newer = (
        add_alert(connection, state="confirmed", decided_at=NOON + at * SECOND) for at in (1, 2)
    )
    found = [one.id for one in read_alerts(connection)]
    assert found == [early, late, newer, older]
    assert [one.id for one in read_alerts(connection, most=3)] == found[:3]
    assert [one.id for one in read_alerts(connection, most=1)] == found[:1]
    assert [one.id for one in read_alerts(connection, only_undecided=True)] == found[:2]
    assert read_alert(connection, early).chance == 0.9


def test_what_the_ledger_needs_no_more_is_deleted(connection: sa.Connection) -> None:
    old = NOON - KEPT_FOR - SECOND
    undecided = add_alert(connection, old)
    told = add_alert(connection, old, state="confirmed")
    anna = Subscriber(name="anna", channel="mail", address="a@b")
    put_alert(connection, told, "County", Purpose.STOLEN_VEHICLE, (anna,), now=NOON)
    held = add_alert(connection, old, state="confirmed", ends_at=NOON + SECOND)
    young = add_alert(connection, old + SECOND, state="expired")
    for state in Decision:
        add_alert(connection, old, state=state.value)
    drop_old_alerts(connection, NOON)
    left = set(connection.execute(sa.select(alerts.c.id)).scalars())
    assert left == {undecided, told, held, young}


def test_which_decisions_call_an_alert_wrong() -> None:
    assert {one.value for one in WRONG} == {
        "wrong-plate", "wrong-jurisdiction", "wrong-vehicle", "stale-entry",
    }  # fmt: skip
