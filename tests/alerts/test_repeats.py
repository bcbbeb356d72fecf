"""What is a repeat, until when, and how it is told; on SQLite and on PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from tests.alerts.alert_worlds import WANTED, AlertWorld, alert_document, mail_to
from tests.worlds import READERS

from fairplate.audit.words import Decision
from fairplate.policy.alert_figures import MOST_REPEAT_WINDOW, REPEAT_WINDOW

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
ON_ONE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


def again(world: AlertWorld, by: timedelta, plate: str = WANTED) -> int:
    """Let the vehicle pass once more, and return how many alerts that raises."""
    world.move(by)
    (taken,) = world.take(world.arriving(plate))
    return len(taken.alerts)


def run_round(world: AlertWorld) -> None:
    world.book("system").run_round(world.live())


def test_within_the_window_it_is_one_alert(alert_world: AlertWorld) -> None:
    alert_world.raise_one()
    assert again(alert_world, REPEAT_WINDOW - SECOND) == 0
    assert again(alert_world, REPEAT_WINDOW - SECOND) == 0  # counted from the last time
    (alert,) = alert_world.alerts()
    assert (alert.repeats, alert.seen_at) == (2, alert_world.now)
    assert again(alert_world, REPEAT_WINDOW) == 1
    assert alert_world.held_back() == {("county", "repeat"): 2}
    assert len(alert_world.alerts()) == 2


@ON_ONE
def test_another_reader_entry_list_or_purpose_is_no_repeat(alert_world: AlertWorld) -> None:
    rows = [f"{WANTED},stolen-vehicle,1", "A8C1234,stolen-vehicle,2", f"{WANTED},court-order,3"]
    alert_world.put_list(rows)
    assert again(alert_world, SECOND) == 2  # one for each purpose
    assert again(alert_world, SECOND, "A8C1234") == 1  # the other plate is read exactly
    (taken,) = alert_world.take(alert_world.arriving(reader_id=READERS[1]))
    assert len(taken.alerts) == 2
    alert_world.put_list(name="state")
    assert again(alert_world, SECOND) == 1


def test_the_window_is_the_policys(alert_world: AlertWorld) -> None:
    alert_world.world.set_policy(alert_document(repeat_window='"2 hours"'))
    alert_world.raise_one()
    assert again(alert_world, timedelta(hours=2) - SECOND) == 0
    assert again(alert_world, timedelta(hours=2)) == 1


@ON_ONE
def test_a_vehicle_that_stays_is_told_again_after_a_day(alert_world: AlertWorld) -> None:
    alert_world.world.set_policy(alert_document(repeat_window='"12 hours"'))
    alert_world.raise_one()
    hours = 0
    while again(alert_world, timedelta(hours=6)) == 0:
        hours += 6
    assert timedelta(hours=hours + 6) == MOST_REPEAT_WINDOW
    assert [row.repeats for row in sorted(alert_world.alerts(), key=lambda a: a.raised_at)] == [
        3, 0,
    ]  # fmt: skip


@ON_ONE
@pytest.mark.parametrize("decision", [one for one in Decision if one is not Decision.EXPIRED])
def test_a_wrong_alert_hides_nothing_for_long(alert_world: AlertWorld, decision: Decision) -> None:
    """A vehicle taken for the wanted one drives to and fro, and then the wanted one comes."""
    alert_world.book().decide(alert_world.raise_one(), decision)
    assert again(alert_world, REPEAT_WINDOW - SECOND) == 0
    assert again(alert_world, SECOND) == (decision is not Decision.CONFIRMED)


@ON_ONE
def test_an_alert_that_expired_hides_nothing(alert_world: AlertWorld) -> None:
    alert_world.put_list([f"{WANTED},test,T1"])
    alert_world.world.set_policy(alert_document(repeat_window='"2 hours"'))
    alert_world.raise_one()
    alert_world.move(timedelta(hours=1))
    run_round(alert_world)
    assert alert_world.alerts()[0].state == "expired"
    assert again(alert_world, SECOND) == 1


def test_repeats_are_told_once_when_they_are_over(alert_world: AlertWorld) -> None:
    alert_world.subscribers = {"anna": mail_to("anna"), "bert": mail_to("bert", lists=["state"])}
    alert_id = alert_world.raise_one()
    again(alert_world, MINUTE)
    again(alert_world, MINUTE)
    alert_world.move(REPEAT_WINDOW - SECOND)
    run_round(alert_world)
    assert alert_world.told() == [("anna", "alert")]
    alert_world.move(SECOND)
    run_round(alert_world)
    run_round(alert_world)
    assert alert_world.told() == [("anna", "alert"), ("anna", "again")]
    notice = alert_world.outbox()[1].notice
    assert f"Seen again 2 times: alert {alert_id}" in notice
    assert "Reader gate-north" in notice
    assert "2026-11-23 12:02 UTC" in notice
    assert WANTED not in notice
    assert alert_world.alerts()[0].repeat_token is None  # nothing links it to the next


def test_they_are_told_too_where_the_vehicle_comes_first(alert_world: AlertWorld) -> None:
    """The window ends with the next read, before any round."""
    alert_world.raise_one()
    again(alert_world, MINUTE)
    assert again(alert_world, REPEAT_WINDOW) == 1
    run_round(alert_world)
    assert [what for _, what in alert_world.told()] == ["alert", "again", "alert"]


def test_without_repeats_nothing_more_is_told(alert_world: AlertWorld) -> None:
    alert_world.raise_one()
    alert_world.move(REPEAT_WINDOW)
    run_round(alert_world)
    assert alert_world.told() == [("anna", "alert")]
    assert alert_world.alerts()[0].repeat_token is None


@ON_ONE
def test_repeats_of_what_can_wait_do_wait(alert_world: AlertWorld) -> None:
    quiet = {"quiet_hours": "12:05-13:00", "zone": "UTC"}
    alert_world.subscribers = {"anna": mail_to("anna", **quiet)}
    alert_world.put_list([f"{WANTED},site-access,1"])
    alert_world.raise_one()
    again(alert_world, MINUTE)
    alert_world.move(REPEAT_WINDOW)
    run_round(alert_world)
    first, second = alert_world.outbox()
    assert first.due_at.hour == 12
    assert (second.due_at.hour, second.due_at.minute) == (13, 0)


def test_two_intakes_at_once_raise_one_alert(alert_world: AlertWorld) -> None:
    """Whichever transaction is first raises it; the other counts a repeat."""
    lists = alert_world.live()
    arriving = [alert_world.arriving() for _ in range(6)]
    intakes = [alert_world.intake(lists) for _ in arriving]
    for intake in intakes:
        intake.take([alert_world.arriving("XYZ9876")])
    with ThreadPoolExecutor(len(arriving)) as pool:
        taken = list(
            pool.map(lambda two: two[0].take([two[1]]), zip(intakes, arriving, strict=True))
        )
    assert sum(len(one[0].alerts) for one in taken) == 1
    (alert,) = alert_world.alerts()
    assert alert.repeats == len(arriving) - 1
    assert alert_world.held_back() == {("county", "repeat"): len(arriving) - 1}
