"""A flood of alerts is told by a digest, counted to the last, and the outbox stays small.

The number is smaller than a misconfigured list makes of a day's traffic; every bound is a constant,
so it is the same for any number.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

import pytest
from tests.alerts.alert_worlds import MAIL, AlertWorld, mail_to
from tests.alerts.channels.smtp_receiver import Mailbox, receive_mail
from tests.worlds import READERS, make_read

from fairplate.alerts.delivery import Delivery
from fairplate.alerts.outbox import MOST_A_MINUTE, MOST_WAITING
from fairplate.core.clock import Clock
from fairplate.intake import Arriving, Intake

NUMBER = 120
IN_A_BATCH = 30
MINUTE = timedelta(minutes=1)
LIST = "List county"
OTHER = "XY98765"
DIGEST = re.compile(r"(\d+) more alerts that were not sent one by one")


@dataclass(slots=True)
class Flood:
    """A list that holds half the cars of a town, and whoever is told of it by a real server."""

    world: AlertWorld
    mailbox: Mailbox
    number: int = NUMBER
    most_waiting: int = 0
    delivery: Delivery = field(init=False)
    intake: Intake = field(init=False)

    def __post_init__(self) -> None:
        self.world.channels = {"mail": {**MAIL, "port": self.mailbox.port}}
        self.world.put_list([f"{plate},stolen-vehicle,2026/1" for plate in self.plates()])
        self.open()

    def open(self) -> None:
        self.delivery, self.intake = self.world.alerting().delivery(), self.world.intake()

    def plates(self) -> list[str]:
        return [f"AB{number:05d}" for number in range(self.number)]

    def batches(self) -> list[list[str]]:
        plates = self.plates()
        return [plates[at : at + IN_A_BATCH] for at in range(0, len(plates), IN_A_BATCH)]

    def pass_by(self, deliver: Callable[[], None] = lambda: None) -> None:
        """Let every listed car pass within one minute; `deliver` after each batch."""
        batches = self.batches()
        for batch in batches:
            self.take(self.intake, batch)
            deliver()
            self.world.move(MINUTE / len(batches))

    def take(self, intake: Intake, plates: Sequence[str]) -> None:
        now, numbers = self.world.now, self.world.numbers
        arriving = [
            Arriving(f"read-{next(numbers)}", READERS[0], now, make_read(plate)) for plate in plates
        ]
        taken = intake.take(arriving)
        assert [len(one.alerts) for one in taken] == [1] * len(plates)

    def deliver(self) -> None:
        """Deliver all that is due, as the worker does."""
        while True:
            self.most_waiting = max(self.most_waiting, self.delivery.count_waiting())
            done = self.delivery.deliver_due("mail")
            if not (done.accepted or done.put_off or done.given_up):
                return

    def deliver_for(self, long: timedelta, every: timedelta = MINUTE) -> None:
        for _ in range(long // every):
            self.world.move(every)
            self.deliver()

    def mails(self, name: str = "anna") -> list[EmailMessage]:
        parser = BytesParser(policy=policy.default)
        sent = [one for one in self.mailbox.mails if one.rcpt_tos == [f"{name}@example.org"]]
        return [parser.parsebytes(bytes(one.content or b"")) for one in sent]

    def counted(self, name: str = "anna") -> tuple[int, list[int]]:
        """Return how many alerts were mailed one by one, and how many each digest counts."""
        found = [DIGEST.search(mail["subject"]) for mail in self.mails(name)]
        return found.count(None), [int(one[1]) for one in found if one is not None]


@pytest.fixture
def flood(alert_world: AlertWorld) -> Iterator[Flood]:
    with receive_mail() as mailbox:
        made = Flood(alert_world, mailbox)
        yield made
        made.delivery.close()


def test_a_flood_becomes_thirty_mails_and_a_digest_that_says_how_many_more(flood: Flood) -> None:
    flood.pass_by(flood.deliver)
    flood.deliver_for(2 * MINUTE)
    single, digests = flood.counted()
    assert (single, sum(digests)) == (MOST_A_MINUTE, flood.number - MOST_A_MINUTE)
    assert len(digests) == 1
    assert flood.most_waiting <= MOST_A_MINUTE + 1
    assert len(flood.world.outbox()) == MOST_A_MINUTE + 1
    assert {one.state for one in flood.world.alerts()} == {"unconfirmed"}
    assert len(flood.world.alerts()) == flood.number  # all are kept, told or not
    require_loud(flood)


def require_loud(flood: Flood) -> None:
    """The last mail is a digest, and says what to look at without naming a vehicle."""
    digest = flood.mails()[-1]
    body = digest.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    more = flood.number - MOST_A_MINUTE
    assert digest["subject"].startswith(f"Fairplate WARNING: {more} more alerts")
    assert digest["importance"] == "high"
    assert f"{LIST}: {more}" in text
    assert "a list may be wrong or too large" in text
    assert "fairplate alert list" in text
    for plate in flood.plates():
        assert plate not in digest.as_string()


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_server_that_is_down_for_hours_holds_few_and_loses_none(flood: Flood) -> None:
    """A list of a car park that is wrong: after each window everything raises its alert anew."""
    flood.mailbox.at_recipient = "451 4.7.1 later"
    flood.number, floods = MOST_A_MINUTE + 10, MOST_WAITING // MOST_A_MINUTE + 2
    for each in range(floods):
        flood.pass_by()
        flood.world.move(14 * MINUTE)
        if each % 4 == 0:
            flood.deliver()
    digests = [row for row in flood.world.outbox() if row.alert_id is None]
    assert MOST_WAITING <= len(flood.world.outbox()) <= MOST_WAITING + len(digests) < 210
    assert len(flood.world.alerts()) == floods * flood.number
    flood.mailbox.at_recipient = ""
    flood.deliver_for(timedelta(hours=3), every=timedelta(hours=1))
    single, counted = flood.counted()
    assert single + sum(counted) == floods * flood.number
    assert {row.state for row in flood.world.outbox()} == {"accepted"}


def test_who_is_told_of_another_list_gets_theirs_at_once(flood: Flood) -> None:
    flood.world.put_list([f"{OTHER},stolen-vehicle,2026/2"], name="state")
    flood.world.subscribers = {
        "anna": mail_to("anna", lists=["county"]),
        "bert": mail_to("bert", lists=["state"]),
    }
    flood.open()
    flood.take(flood.intake, [*flood.batches()[0], OTHER])
    flood.deliver()
    assert flood.counted("bert") == (1, [])
    assert flood.counted("anna") == (MOST_A_MINUTE, [])  # the digest collects for a minute


def test_two_intakes_at_once_count_every_alert(flood: Flood) -> None:
    halves, clock = (flood.batches()[::2], flood.batches()[1::2]), flood.world.world.clock

    def take(half: list[list[str]], of: Clock) -> None:
        vault = flood.world.world.vault
        recorder = replace(vault.recorder, clock=of)
        desk = replace(flood.world.alerting().desk(flood.world.live()), recorder=recorder)
        intake = Intake(replace(vault, recorder=recorder), desk)
        for batch in half:
            flood.take(intake, batch)

    with ThreadPoolExecutor(2) as pool:
        later = timedelta(microseconds=1)  # no two transactions have the same microsecond
        running = [pool.submit(take, halves[0], clock)]
        running += [pool.submit(take, halves[1], lambda: clock.now + later)]
        for one in running:
            one.result()
    flood.deliver_for(5 * MINUTE)
    single, digests = flood.counted()
    assert single + sum(digests) == flood.number
    assert MOST_A_MINUTE <= single <= MOST_A_MINUTE + IN_A_BATCH
