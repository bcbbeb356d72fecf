"""The workers that look after lists and deliver messages, on a real vault with real lists."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.alerts.alert_fixture import alert_world
from tests.alerts.alert_worlds import MAIL, PERSON, AlertWorld
from tests.alerts.channels.smtp_receiver import Mailbox, receive_mail
from tests.test_worker import Ticks

from fairplate.alerts.delivery import Delivered, Delivery
from fairplate.alerts.live_lists import LiveLists
from fairplate.audit.words import Suspended
from fairplate.core.errors import FairplateError, StorageError
from fairplate.wiring.alert_book import AlertBook
from fairplate.wiring.case_book import CaseBook
from fairplate.worker import LISTS_EVERY, ROUND_EVERY, run_delivery, run_lists

__all__ = ["alert_world"]

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
HOUR = timedelta(hours=1)


class Looked:
    """What `run_lists` needs of a deployment; counts the rounds."""

    def __init__(self, world: AlertWorld, error: FairplateError | None = None) -> None:
        self.world, self.error = world, error
        self.rounds: list[object] = []

    def now(self) -> object:
        return self.world.now

    @property
    def alerts(self) -> "Looked":
        return self

    @property
    def cases(self) -> CaseBook:
        return CaseBook(self.world.world.vault)

    def run_round(self, lists: LiveLists) -> None:
        self.rounds.append(self.world.now)
        if self.error is not None:
            raise self.error
        AlertBook(self.world.alerting()).run_round(lists)


def look(
    world: AlertWorld, looked: Looked, lists: LiveLists, seconds: int, back_at: int | None = None
) -> list[str]:
    """Let the worker run for so long, the clock set back once if asked; return what it told."""
    told: list[str] = []

    class Stopping(Ticks):
        def wait(self, timeout: float | None = None) -> bool:
            super().wait(timeout)
            if len(self.waited) == back_at:
                world.move(-HOUR)
            if len(self.waited) >= seconds:
                self.set()
            return self.is_set()

    run_lists(looked, lists, Stopping(world.world.clock), lambda error: told.append(str(error)))  # type: ignore[arg-type] - it has what the worker asks for
    return told


def test_a_change_is_known_within_a_second_and_rounds_go_on(alert_world: AlertWorld) -> None:
    lists, looked = alert_world.live(), Looked(alert_world)
    alert_world.put_list(name="state")
    start = alert_world.now
    assert look(alert_world, looked, lists, 21) == []
    assert [one.kept.id for one in lists.lists] == ["county", "state"]
    assert looked.rounds == [start, start + ROUND_EVERY, start + 2 * ROUND_EVERY]
    alert_world.book().suspend(Suspended.READER, "gate-north", "a test")
    look(alert_world, looked, lists, 1)
    assert lists.is_suspended("gate-north")
    assert timedelta(seconds=1) == LISTS_EVERY


def test_a_clock_that_is_set_back_stops_no_round(alert_world: AlertWorld) -> None:
    looked = Looked(alert_world)
    look(alert_world, looked, alert_world.live(), 30, back_at=5)
    assert len(looked.rounds) == 4  # one at once, as the time is another, and each ten seconds


def test_an_error_is_told_and_the_rest_goes_on(alert_world: AlertWorld) -> None:
    error = StorageError("database", expected="a reply", found="none", retryable=True)
    lists, looked = alert_world.live(), Looked(alert_world, error)
    told = look(alert_world, looked, lists, 11)
    assert told == [str(error)] * 2
    assert len(looked.rounds) == 2

    class Spoilt(LiveLists):
        def refresh(self) -> None:
            raise error

    spoilt = Spoilt(alert_world.world.database, alert_world.alerting().key, alert_world.world.clock)
    healthy = Looked(alert_world)
    assert len(look(alert_world, healthy, spoilt, 11)) == 11
    assert len(healthy.rounds) == 2  # alerts still expire, and people are still told


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with receive_mail() as mailbox:
        yield mailbox


def deliver(
    delivery: Delivery, until: int, wake: threading.Event | None = None
) -> list[Delivered | FairplateError]:
    """Let the worker run until it told so often."""
    stop, told = threading.Event(), list[Delivered | FairplateError]()
    wake = wake or threading.Event()

    def tell(what: Delivered | FairplateError) -> None:
        told.append(what)
        if len(told) == until:
            stop.set()
            wake.set()

    run_delivery(delivery, "mail", wake, stop, tell)
    return told


def test_all_that_is_due_is_delivered_without_a_pause(
    alert_world: AlertWorld, mailbox: Mailbox
) -> None:
    plates = [f"ABC1{number}" for number in range(230, 240)]
    alert_world.put_list([f"{plate},stolen-vehicle,{plate}" for plate in plates])
    alert_world.take(*(alert_world.arriving(plate) for plate in plates))
    alert_world.channels = {"mail": {**MAIL, "port": mailbox.port}}
    delivery = alert_world.alerting().delivery()
    told = deliver(delivery, 4)
    delivery.close()
    assert [one.accepted for one in told if isinstance(one, Delivered)] == [3, 3, 3, 1]
    assert len(mailbox.mails) == 10


def test_an_outbox_that_cannot_be_used_is_told_and_tried_again(
    alert_world: AlertWorld, mailbox: Mailbox
) -> None:
    alert_world.raise_one()
    alert_world.channels = {"mail": {**MAIL, "port": mailbox.port}}
    delivery = alert_world.alerting().delivery()
    error = StorageError("database", expected="a reply", found="none", retryable=True)
    failing = iter([error])

    def clock() -> object:
        for each in failing:
            raise each
        return alert_world.now

    wake = threading.Event()
    wake.set()
    acting = Delivery(
        delivery.database,
        delivery.channels,
        delivery.subscribers,
        delivery.compose,
        clock,  # type: ignore[arg-type] - it fails once, and is a clock otherwise
    )
    first, second = deliver(acting, 2, wake)
    delivery.close()
    assert first is error
    assert second == Delivered(accepted=1)


def test_it_ends_when_it_is_told_to(alert_world: AlertWorld) -> None:
    delivery = alert_world.alerting(PERSON).delivery()
    stop, wake = threading.Event(), threading.Event()
    thread = threading.Thread(target=run_delivery, args=(delivery, "mail", wake, stop, print))
    thread.start()
    stop.set()
    wake.set()
    thread.join(30)
    assert not thread.is_alive()
