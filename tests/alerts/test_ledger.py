"""Wrong-alert rates, what they suspend and who lifts it; on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from itertools import product

import pytest
import sqlalchemy as sa
from tests.alerts.alert_rows import PERSON, add_alert, logged, recorder
from tests.alerts.matches import NOON, alert_policy
from tests.worlds import SetClock

from fairplate.alerts.decisions import decide, record_outcome
from fairplate.alerts.ledger import (
    LAST_DECIDED,
    Record,
    Suspension,
    is_past_limit,
    lift,
    read_record,
    read_suspensions,
    suspend,
)
from fairplate.audit.log import Recorder
from fairplate.audit.words import Decision, Outcome, Suspended, SuspendReason
from fairplate.core.errors import InputError, PolicyError
from fairplate.policy.alert_figures import LEAST_DECIDED
from fairplate.storage.database import Database

SECOND = timedelta(seconds=1)
POLICY = alert_policy(wrong_alerts=0.2)
LIST, READER = Suspended.LIST, Suspended.READER
ON_ONE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


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


def decided(connection: sa.Connection, state: str, number: int = 1, **values: object) -> None:
    for _ in range(number):
        add_alert(connection, state=state, **{"decided_at": NOON, **values})


@ON_ONE
@pytest.mark.parametrize("state", ["unconfirmed", *Decision])
@pytest.mark.parametrize("outcome", [None, *Outcome])
@pytest.mark.parametrize("purpose", ["stolen-vehicle", "test"])
def test_what_counts_and_what_counts_as_wrong(
    connection: sa.Connection, state: str, outcome: Outcome | None, purpose: str
) -> None:
    decided(connection, state, outcome=outcome and outcome.value, purpose=purpose)
    by_people = state not in ("unconfirmed", "expired")
    mistaken = outcome == "mistaken"
    of_list = state in ("wrong-plate", "wrong-jurisdiction", "wrong-vehicle", "stale-entry")
    assert read_record(connection, LIST, "county") == Record(
        int(by_people and (of_list or mistaken)), int(by_people)
    )
    counts = by_people and purpose != "test"
    assert read_record(connection, READER, "gate") == Record(
        int(counts and (state == "wrong-plate" or mistaken)), int(counts)
    )
    assert read_record(connection, LIST, "gate") == Record(0, 0)
    assert read_record(connection, READER, "county") == Record(0, 0)


def test_the_limit_is_passed_by_more_than_it_says() -> None:
    for wrong, number, limit in product(range(31), range(31), (0.01, 0.2, 0.5)):
        if wrong > number:
            continue
        past = is_past_limit(Record(wrong, number), alert_policy(wrong_alerts=limit))
        rate = Fraction(wrong, number) if number else Fraction(0)
        assert past is (number >= LEAST_DECIDED and rate > Fraction(str(limit)))


def test_a_rate_is_of_the_last_hundred(connection: sa.Connection) -> None:
    decided(connection, "wrong-plate", 50, decided_at=NOON - SECOND)
    decided(connection, "confirmed", LAST_DECIDED - 10)
    assert read_record(connection, LIST, "county") == Record(10, LAST_DECIDED)
    assert read_record(connection, LIST, "county").rate == 0.1
    assert read_record(connection, LIST, "other").rate == 0.0


def test_a_list_that_is_too_often_wrong_is_suspended(
    connection: sa.Connection, person: Recorder
) -> None:
    decided(connection, "confirmed", 7)
    decided(connection, "wrong-vehicle", 2)
    alert_id = add_alert(connection)
    decide(connection, person, POLICY, alert_id, Decision.STALE_ENTRY)
    (found,) = read_suspensions(connection)
    assert found == Suspension(what=LIST, id="county", since=NOON, reason="wrong-alert-rate")
    assert logged(connection) == [
        {"type": "alert.decided", "actor": PERSON, "alert": alert_id, "decision": "stale-entry"},
        {"type": "alerting.suspended", "actor": PERSON, "what": "list", "id": "county",
         "reason": "wrong-alert-rate", "wrong": 3, "decided": 10},
    ]  # fmt: skip


def test_a_reader_that_misreads_is_suspended_with_the_list(
    connection: sa.Connection, person: Recorder
) -> None:
    decided(connection, "wrong-plate", 9)
    decide(connection, person, POLICY, add_alert(connection), Decision.WRONG_PLATE)
    assert {(one.what, one.id) for one in read_suspensions(connection)} == {
        (LIST, "county"), (READER, "gate"),
    }  # fmt: skip
    decide(connection, person, POLICY, add_alert(connection), Decision.WRONG_PLATE)
    assert [one["type"] for one in logged(connection)].count("alerting.suspended") == 2


def test_a_vehicle_stopped_in_error_counts_when_it_is_told(
    connection: sa.Connection, person: Recorder
) -> None:
    decided(connection, "confirmed", 7)
    decided(connection, "confirmed", 2, outcome="mistaken")
    alert_id = add_alert(connection)
    decide(connection, person, POLICY, alert_id, Decision.CONFIRMED)
    assert read_suspensions(connection) == ()
    record_outcome(connection, person, POLICY, alert_id, Outcome.MISTAKEN)
    assert len(read_suspensions(connection)) == 2


def test_tests_hide_no_bad_reader(connection: sa.Connection, person: Recorder) -> None:
    """The operator's own plate, read right a hundred times, is no evidence for the others."""
    decided(connection, "confirmed", 95, purpose="test", list_id="tests", decided_at=NOON + SECOND)
    decided(connection, "wrong-plate", 9)
    decide(connection, person, POLICY, add_alert(connection), Decision.WRONG_PLATE)
    assert (READER, "gate") in {(one.what, one.id) for one in read_suspensions(connection)}


@pytest.mark.parametrize("what", Suspended)
def test_only_a_person_lifts_it_and_says_why(
    connection: sa.Connection, clock: SetClock, what: Suspended
) -> None:
    person, by_itself = recorder(clock), recorder(clock, "system")
    assert suspend(connection, by_itself, what, "x", SuspendReason.WRONG_ALERT_RATE)
    for note in ("mended", ""):
        with pytest.raises(PolicyError):
            lift(connection, by_itself, what, "x", note)
    for note in ("", " \n"):
        with pytest.raises(InputError, match="note"):
            lift(connection, person, what, "x", note)
    with pytest.raises(InputError, match="suspended"):
        lift(connection, person, what, "y", "mended")
    assert [one.id for one in read_suspensions(connection)] == ["x"]
    lift(connection, person, what, "x", "mended")
    assert read_suspensions(connection) == ()
    assert logged(connection)[-1] == {
        "type": "alerting.lifted", "actor": PERSON, "what": what.value, "id": "x",
    }  # fmt: skip
    with pytest.raises(InputError):
        lift(connection, person, what, "x", "mended")


@pytest.mark.parametrize("what", Suspended)
def test_a_person_suspends_what_they_like_once(
    connection: sa.Connection, clock: SetClock, what: Suspended
) -> None:
    asked = SuspendReason.ASKED
    with pytest.raises(PolicyError):
        suspend(connection, recorder(clock, "system"), what, "x", asked)
    assert suspend(connection, recorder(clock), what, "x", asked, note="it was turned")
    assert not suspend(connection, recorder(clock), what, "x", asked)
    other = LIST if what is READER else READER
    assert suspend(connection, recorder(clock), other, "x", asked)  # another of the same id
    assert [(one.what, one.reason) for one in read_suspensions(connection)] == [
        (LIST, "asked"), (READER, "asked"),
    ]  # fmt: skip


def test_what_was_decided_before_it_was_lifted_counts_no_more(
    connection: sa.Connection, clock: SetClock, person: Recorder
) -> None:
    decided(connection, "wrong-plate", 9)
    decide(connection, person, POLICY, add_alert(connection), Decision.WRONG_PLATE)
    for what, of in ((LIST, "county"), (READER, "gate")):
        lift(connection, person, what, of, "the camera was cleaned")
        assert read_record(connection, what, of) == Record(0, 0)
    clock.move(SECOND)
    for at in range(1, 11):
        decide(connection, person, POLICY, add_alert(connection), Decision.WRONG_PLATE)
        assert len(read_suspensions(connection)) == (2 if at >= LEAST_DECIDED else 0)
