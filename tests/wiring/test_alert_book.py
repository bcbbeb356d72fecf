"""What people do with alerts: decisions and whom they concern, suspensions and whom they tell."""

from datetime import timedelta

import pytest
from tests.alerts.alert_fixture import alert_world
from tests.alerts.alert_worlds import PERSON, WANTED, AlertWorld, alert_document, mail_to
from tests.worlds import READERS

from fairplate.audit.words import Decision, Outcome, Suspended
from fairplate.core.errors import InputError, PolicyError
from fairplate.wiring.alert_standing import read_alerting_status

__all__ = ["alert_world"]

ON_ONE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
CONFIRMED, WRONG = Decision.CONFIRMED, Decision.WRONG_PLATE
PEOPLE = {
    "anna": mail_to("anna"),
    "dispatch": mail_to("dispatch", dispatcher=True),
    "state": mail_to("state", lists=["state"]),
}
TOLD, HELD = (f'"{word}"' for word in ("told-unconfirmed", "held-until-confirmed"))


def names(world: AlertWorld, what: str = "alert") -> list[str]:
    return sorted(name for name, told in world.told() if told == what)


def test_nothing_leaves_before_a_dispatcher_has_confirmed(alert_world: AlertWorld) -> None:
    alert_world.subscribers = PEOPLE
    alert_world.world.set_policy(alert_document(two_looks=HELD))
    alert_id = alert_world.raise_one()
    assert names(alert_world) == ["dispatch"]
    kept = alert_world.book().decide(alert_id, CONFIRMED, "compared twice")
    assert (kept.state, kept.decided_by) == ("confirmed", PERSON)
    assert names(alert_world) == ["anna", "dispatch"]
    message = alert_world.book().message(alert_id)
    assert message is not None
    assert message.confirmed_by_dispatcher


@pytest.mark.parametrize("decision", [one for one in Decision if one is not Decision.EXPIRED])
@ON_ONE
def test_of_a_wrong_one_nobody_else_ever_hears(alert_world: AlertWorld, decision: Decision) -> None:
    alert_world.subscribers = PEOPLE
    alert_world.world.set_policy(alert_document(two_looks=HELD))
    alert_world.book().decide(alert_world.raise_one(), decision)
    assert ("anna" in names(alert_world)) is (decision is CONFIRMED)
    states = {row.subscriber: row.state for row in alert_world.outbox()}
    assert states["dispatch"] == ("waiting" if decision is CONFIRMED else "moot")


@ON_ONE
@pytest.mark.parametrize(("before", "after"), [(HELD, TOLD), (TOLD, HELD), (TOLD, TOLD)])
def test_a_change_of_the_rule_neither_loses_nor_doubles(
    alert_world: AlertWorld, before: str, after: str
) -> None:
    alert_world.subscribers = PEOPLE
    alert_world.world.set_policy(alert_document(two_looks=before))
    alert_id = alert_world.raise_one()
    alert_world.world.set_policy(alert_document(two_looks=after))
    alert_world.book().decide(alert_id, CONFIRMED)
    assert names(alert_world) == ["anna", "dispatch"]


def test_a_decision_is_made_once_and_by_a_person(alert_world: AlertWorld) -> None:
    alert_id = alert_world.raise_one()
    with pytest.raises(PolicyError):
        alert_world.book("system").decide(alert_id, CONFIRMED)
    alert_world.book().decide(alert_id, WRONG)
    for decision in (CONFIRMED, WRONG):
        with pytest.raises(InputError, match=f"wrong-plate, by {PERSON}"):
            alert_world.book("cli:2000").decide(alert_id, decision)
    with pytest.raises(InputError, match="a confirmed alert"):
        alert_world.book().record_outcome(alert_id, Outcome.FOUND)
    assert [one["type"] for one in alert_world.events("alert.")] == [
        "alert.raised", "alert.decided",
    ]  # fmt: skip


def test_a_decision_whose_message_cannot_be_written_is_none(alert_world: AlertWorld) -> None:
    """The settings are broken: whom it concerns is not known, so nothing is decided."""
    alert_id = alert_world.raise_one()
    good, alert_world.subscribers = alert_world.subscribers, {"anna": {"channel": "mail"}}
    for decision in (CONFIRMED, WRONG):
        with pytest.raises(InputError):
            alert_world.book().decide(alert_id, decision)
    assert alert_world.book().one(alert_id).state == "unconfirmed"
    assert len(alert_world.events("alert.")) == 1
    alert_world.subscribers = good
    assert alert_world.book().decide(alert_id, CONFIRMED).state == "confirmed"


def test_the_outcome_is_told_once(alert_world: AlertWorld) -> None:
    alert_id = alert_world.raise_one()
    book = alert_world.book()
    book.decide(alert_id, CONFIRMED)
    assert book.record_outcome(alert_id, Outcome.NOT_FOUND, "gone").outcome == "not-found"
    with pytest.raises(InputError, match="not-found"):
        book.record_outcome(alert_id, Outcome.FOUND)
    assert [one.outcome for one in book.all()] == ["not-found"]
    assert book.all(only_undecided=True) == ()


def test_too_many_wrong_ones_suspend_and_everybody_hears(alert_world: AlertWorld) -> None:
    alert_world.subscribers = {**PEOPLE, "deaf": mail_to("deaf", notices=False)}
    alert_world.decide_many([CONFIRMED] * 7 + [WRONG] * 2)
    assert alert_world.book().suspensions() == ()
    last = alert_world.raise_next()
    lists = alert_world.live()
    alert_world.book().decide(last, WRONG)
    found = alert_world.book().suspensions()
    assert {(one.what, one.id) for one in found} == {
        (Suspended.LIST, "county"), (Suspended.READER, READERS[0]),
    }  # fmt: skip
    # Of the list those who are told of it, of the reader everybody; each in a message of its own.
    assert names(alert_world, "off") == ["anna", "anna", "dispatch", "dispatch", "state"]
    notices = [row.notice for row in alert_world.outbox() if row.key.startswith("off-")]
    assert sum("3 of the last 10 alerts of list county" in one for one in notices) == 2
    assert sum("3 of the last 10 alerts of reader gate-north" in one for one in notices) == 3
    alert_world.move(timedelta(minutes=11))
    for known in (lists, alert_world.live()):
        arriving = [alert_world.arriving(reader_id=reader) for reader in READERS]
        taken = alert_world.intake(known).take(arriving)
        assert [one.alerts for one in taken] == [(), ()]


def test_only_a_person_lifts_a_suspension(alert_world: AlertWorld) -> None:
    book, by_itself = alert_world.book(), alert_world.book("system")
    for what, of in ((Suspended.LIST, "county"), (Suspended.READER, READERS[0])):
        with pytest.raises(PolicyError):
            by_itself.suspend(what, of, "x")
        assert book.suspend(what, of, "a test")
        assert not book.suspend(what, of, "a test")
        with pytest.raises(PolicyError):
            by_itself.lift(what, of, "mended")
        with pytest.raises(InputError):
            book.lift(what, of, " ")
        book.lift(what, of, "mended")
        with pytest.raises(InputError):
            book.lift(what, of, "mended")
    assert book.suspensions() == ()
    assert {one["actor"] for one in alert_world.events("alerting.")} == {PERSON}
    assert alert_world.raise_one()


@ON_ONE
@pytest.mark.parametrize("what", Suspended)
def test_what_is_not_known_is_not_suspended(alert_world: AlertWorld, what: Suspended) -> None:
    with pytest.raises(InputError, match="none of that id"):
        alert_world.book().suspend(what, "nobody", "a test")


def test_a_flood_that_was_digested_is_told_when_it_is_confirmed(alert_world: AlertWorld) -> None:
    """Anna got thirty and a digest; of the one that proved right she hears after all."""
    rows = [f"ABC1{number:03},stolen-vehicle,{number}" for number in range(200, 232)]
    alert_world.put_list(rows)
    alert_world.take(*(alert_world.arriving(row.split(",")[0]) for row in rows))
    assert len(names(alert_world)) == 30
    assert names(alert_world, "digest") == ["anna"]
    told = {row.alert_id for row in alert_world.outbox()}
    (untold, _) = (one.id for one in alert_world.alerts() if one.id not in told)
    known = next(one.id for one in alert_world.alerts() if one.id in told)
    alert_world.move(timedelta(minutes=2))
    alert_world.book().decide(known, CONFIRMED)
    assert len(names(alert_world)) == 30
    alert_world.book().decide(untold, CONFIRMED)
    assert len(names(alert_world)) == 31


def test_how_alerts_stand(alert_world: AlertWorld) -> None:
    first = alert_world.raise_one()
    alert_world.book().decide(first, WRONG)
    alert_world.raise_next()
    alert_world.channels = {**alert_world.channels, "unused": dict(alert_world.channels["mail"])}
    alert_world.book().suspend(Suspended.READER, READERS[1], "it was turned")
    status = read_alerting_status(alert_world.alerting())
    assert (status.undecided, status.oldest, status.limit) == (1, alert_world.now, 0.2)
    standings = {
        (one.what.value, one.id): (one.record.wrong, one.record.decided, one.suspension is None)
        for one in status.standings
    }
    assert standings == {
        ("list", "county"): (1, 1, True),
        ("reader", READERS[0]): (1, 1, True),
        ("reader", READERS[1]): (0, 0, False),
    }
    assert [(one.channel, one.waiting) for one in status.backlogs] == [("mail", 1), ("unused", 0)]


@ON_ONE
def test_a_retired_list_that_is_suspended_is_still_told_of(alert_world: AlertWorld) -> None:
    alert_world.book().suspend(Suspended.LIST, "county", "a test")
    alert_world.hot_lists().retire("county", "no longer kept")
    status = read_alerting_status(alert_world.alerting())
    assert ("county", False) in {(one.id, one.suspension is None) for one in status.standings}


@ON_ONE
def test_what_was_held_back_is_counted_for_a_week(alert_world: AlertWorld) -> None:
    alert_world.raise_one()
    alert_world.take(alert_world.arriving(WANTED))
    assert alert_world.book().held_back() == {("county", "repeat"): 1}
    alert_world.move(timedelta(days=7))
    assert alert_world.book().held_back() == {("county", "repeat"): 1}
    alert_world.move(timedelta(days=1))
    assert alert_world.book().held_back() == {}
    assert alert_world.book().held_back(days=30) == {("county", "repeat"): 1}


@ON_ONE
def test_the_rate_of_one_list_or_reader(alert_world: AlertWorld) -> None:
    alert_world.book().decide(alert_world.raise_one(), Decision.STALE_ENTRY)
    records = [
        alert_world.book().record(what, of)
        for what, of in ((Suspended.LIST, "county"), (Suspended.READER, READERS[0]))
    ]
    assert [(one.wrong, one.decided) for one in records] == [(1, 1), (0, 1)]
