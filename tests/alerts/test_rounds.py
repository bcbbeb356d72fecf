"""What goes on by itself: stale lists, entries that end, expiry, and what is deleted."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.alerts.alert_worlds import WANTED, AlertWorld, mail_to
from tests.intake.stored import everything

from fairplate.alerts.decisions import KEPT_FOR
from fairplate.alerts.live_lists import LiveLists
from fairplate.audit.words import Decision
from fairplate.core.purposes import Purpose
from fairplate.policy.alert_figures import ENTRY_LIFE
from fairplate.storage.schema import alerts, held_back, outbox

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
ON_ONE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
EVERYBODY = {
    "anna": mail_to("anna"),
    "bert": mail_to("bert", lists=["state"]),
    "carla": mail_to("carla", notices=False),
    "dora": mail_to("dora", quiet_hours="00:00-23:59", zone="UTC"),
}


def run_round(world: AlertWorld, lists: LiveLists | None = None) -> None:
    world.book("system").run_round(lists or world.live())


def test_a_stale_list_is_told_once_and_loudly(alert_world: AlertWorld) -> None:
    alert_world.subscribers = EVERYBODY
    alert_world.put_list(refresh='"2 hours"')
    alert_world.move(2 * HOUR - SECOND)
    run_round(alert_world)
    assert (alert_world.told(), alert_world.events("list.stale")) == ([], [])
    alert_world.move(SECOND)
    lists = alert_world.live()
    run_round(alert_world, lists)
    run_round(alert_world, lists)  # also where the lists in memory do not know of it yet
    run_round(alert_world)
    assert alert_world.told() == [("anna", "stale"), ("dora", "stale")]
    assert {row.due_at for row in alert_world.outbox()} == {alert_world.now}  # it wakes people
    assert "List county" in alert_world.outbox()[0].notice
    assert alert_world.events("list.stale") == [
        {"type": "list.stale", "actor": "system", "list": "county",
         "due": "2026-11-23T14:00:00.000Z"}
    ]  # fmt: skip
    (taken,) = alert_world.take(alert_world.arriving())
    assert taken.alerts == ()
    assert alert_world.held_back() == {("county", "list-stale"): 1}
    alert_world.put_list(refresh='"2 hours"')  # the next batch
    assert alert_world.raise_one()


def test_entries_that_end_are_told_two_weeks_before(alert_world: AlertWorld) -> None:
    alert_world.subscribers = EVERYBODY
    life = ENTRY_LIFE[Purpose.STOLEN_VEHICLE]
    alert_world.move(life - 14 * DAY - SECOND)
    run_round(alert_world)
    assert alert_world.told() == []
    alert_world.move(SECOND)
    run_round(alert_world)
    run_round(alert_world)
    assert alert_world.told() == [("anna", "ending"), ("dora", "ending")]
    first, second = alert_world.outbox()
    assert "1 entry ends within 14 days, the first in 14 days" in first.notice
    assert first.due_at == alert_world.now
    assert second.due_at > alert_world.now  # it can wait until the quiet hours end
    alert_world.move(14 * DAY)
    run_round(alert_world)
    assert alert_world.events("batch.expired")[0]["entries"] == 1


def test_a_list_reminds_of_its_entries_once_a_week(alert_world: AlertWorld) -> None:
    alert_world.subscribers = {"anna": EVERYBODY["anna"]}
    alert_world.move(ENTRY_LIFE[Purpose.STOLEN_VEHICLE] - 10 * DAY)
    run_round(alert_world)
    assert alert_world.told() == [("anna", "ending")]
    alert_world.move(7 * DAY - SECOND)
    run_round(alert_world)
    assert alert_world.told() == [("anna", "ending")]
    alert_world.move(SECOND)
    run_round(alert_world)
    assert alert_world.told() == [("anna", "ending"), ("anna", "ending")]


def test_undecided_alerts_expire_when_there_is_nothing_left_to_compare(
    alert_world: AlertWorld,
) -> None:
    alert_id = alert_world.raise_one()
    ends_at = alert_world.alerts()[0].ends_at
    assert ends_at - alert_world.now <= DAY
    alert_world.move(ends_at - alert_world.now - SECOND)
    run_round(alert_world)
    assert alert_world.alerts()[0].state == "unconfirmed"
    alert_world.move(SECOND)
    run_round(alert_world)
    (alert,) = alert_world.alerts()
    assert (alert.id, alert.state, alert.decided_by) == (alert_id, "expired", "system")


def test_evidence_ends_no_later_than_the_hits_time(alert_world: AlertWorld) -> None:
    """Whoever keeps the whole database, and all that it ever was, opens nothing afterwards."""
    alert_id = alert_world.raise_one()
    assert alert_world.book().message(alert_id) is not None
    captured_at = alert_world.now
    alert_world.move(alert_world.alerts()[0].ends_at - alert_world.now)
    assert alert_world.now <= captured_at + DAY  # hits are kept for a day under this policy
    alert_world.world.expire()
    run_round(alert_world)
    with pytest.raises(Exception, match="record"):
        alert_world.book().message(alert_id)
    stored = everything(alert_world.world)
    assert WANTED.encode() not in stored


def test_a_tests_words_are_deleted_after_an_hour(alert_world: AlertWorld) -> None:
    alert_world.put_list([f"{WANTED},test,T1"])
    alert_id = alert_world.raise_one()
    alert_world.move(HOUR - SECOND)
    run_round(alert_world)
    assert alert_world.book().message(alert_id) is not None
    alert_world.move(SECOND)
    run_round(alert_world)
    assert alert_world.book().message(alert_id) is None
    assert alert_world.alerts()[0].told is None


def test_in_the_end_nothing_is_left_but_the_log(alert_world: AlertWorld) -> None:
    """Alerts, messages and counts of what was held back say where a listed vehicle was."""
    alert_world.book().decide(alert_world.raise_one(), Decision.CONFIRMED)
    alert_world.take(alert_world.arriving())
    assert alert_world.held_back() == {("county", "repeat"): 1}
    alert_world.move(KEPT_FOR)
    run_round(alert_world)
    tables = (alerts, outbox, held_back)
    assert count_all(alert_world, tables) == [1, 2, 1]
    sender = alert_world.alerting().delivery()
    assert sender.deliver_due("mail").given_up == 1  # there is nothing left of the alert
    alert_world.move(DAY)
    assert sender.deliver_due("mail").given_up == 1  # nobody listens, and a day is over
    sender.close()
    alert_world.move(31 * DAY)
    run_round(alert_world)
    assert count_all(alert_world, tables) == [0, 0, 0]
    assert [one["type"] for one in alert_world.events("alert.")] == [
        "alert.raised", "alert.decided",
    ]  # fmt: skip


def count_all(world: AlertWorld, tables: tuple[sa.Table, ...]) -> list[int]:
    with world.world.database.reading() as connection:
        return [
            connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in tables
        ]


@ON_ONE
def test_a_round_without_lists_and_people_is_quiet(alert_world: AlertWorld) -> None:
    alert_world.subscribers = {}
    run_round(alert_world, LiveLists(alert_world.world.database, alert_world.alerting().key,
                                     alert_world.world.clock))  # fmt: skip
    assert alert_world.outbox() == []
