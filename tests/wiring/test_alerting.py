"""A deployment from its settings to a mail, and what the log says of it to an outsider."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from tests.alerts.alert_worlds import PERSON, WANTED, alert_document
from tests.alerts.channels.smtp_receiver import Mailbox, receive_mail
from tests.deployments import change_settings
from tests.intake.stored import make_picture
from tests.worlds import NOON, READERS, SetClock, make_read

from fairplate.audit.words import Decision, Outcome, Suspended
from fairplate.core.errors import InputError
from fairplate.intake import Arriving
from fairplate.settings import FILE_NAME, read_settings
from fairplate.storage.schema import readers
from fairplate.verify.log_check import Trust, check_log
from fairplate.verify.log_directory import LogDirectory
from fairplate.wiring import Deployment, opened_deployment
from fairplate.wiring.subscriptions import channels_of, subscribers_of

Deploy = Callable[..., Path]
MINUTE = timedelta(minutes=1)
ON_ONE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
SETTINGS = """
[channels.mail]
kind = "email"
host = "127.0.0.1"
port = {port}
sender = "alerts@example.org"

[subscribers.anna]
channel = "mail"
address = "anna@example.org"

[subscribers.desk]
channel = "mail"
address = "desk@example.org"
dispatcher = true
"""
LIST = """
name = "county"
title = "List county"
format = "csv"
purposes = ["stolen-vehicle", "test"]
look_alikes = true
refresh = "12 hours"
"""
ROWS = f"""plate,purpose,reference,jurisdiction,vehicle
{WANTED},stolen-vehicle,2026/17,unknown,unknown
TEST123,test,T1,unknown,unknown
"""


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with receive_mail() as mailbox:
        yield mailbox


class Story:
    """One deployment, a clock, and the acts of its programs and people."""

    def __init__(self, folder: Path, clock: SetClock) -> None:
        self.folder, self.clock, self.number = folder, clock, 0

    def by(self, actor: str) -> AbstractContextManager[Deployment]:
        return opened_deployment(self.folder, actor=actor, clock=self.clock)

    def import_list(self) -> None:
        path = self.folder.parent / "county.csv"
        path.write_text(ROWS, encoding="utf-8")
        with self.by(PERSON) as deployment:
            deployment.hot_lists.set(LIST, where="test")
            lists = deployment.hot_lists
            assert lists.commit(lists.preview("county", path), "a test")

    def arriving(self, plate: str = WANTED, reader_id: str = READERS[0]) -> Arriving:
        self.number += 1
        read = make_read(plate, reader_id)
        return Arriving(
            f"r{self.number}", reader_id, self.clock(), read, make_picture(), from_video=True
        )

    def pass_time(self, deployment: Deployment, time: timedelta) -> None:
        """Let time go by as the worker does: each key ends when it is due."""
        until = self.clock() + time
        while self.clock() < until:
            report = deployment.expire()
            assert not report.problems
            self.clock.now = min(report.next_due or until, until)

    def take(self, deployment: Deployment, *plates: str) -> list[str]:
        """Take reads of `plates` by what a process would have loaded, and return the alerts."""
        desk = deployment.alerting.desk(deployment.alerting.live_lists())
        taken = deployment.intake(desk).take([self.arriving(plate) for plate in plates])
        return [alert_id for one in taken for alert_id in one.alerts]


@pytest.fixture
def story(deploy: Deploy, mailbox: Mailbox) -> Story:
    clock = SetClock(NOON)
    folder = deploy(alert_document(two_looks='"held-until-confirmed"'), at=NOON)
    with (folder / FILE_NAME).open("a", encoding="utf-8") as settings:
        settings.write(SETTINGS.format(port=mailbox.port))
    made = Story(folder, clock)
    with made.by(PERSON) as deployment:
        for reader_id in READERS:
            deployment.enrol_reader(reader_id, f"Reader {reader_id}")
    made.import_list()
    return made


def deliver(deployment: Deployment) -> int:
    delivery = deployment.alerting.delivery()
    accepted = 0
    while done := delivery.deliver_due("mail").accepted:
        accepted += done
    delivery.close()
    return accepted


def recipients(mailbox: Mailbox) -> list[str]:
    return [address for mail in mailbox.mails for address in mail.rcpt_tos]


def test_from_the_read_to_the_outcome_and_an_outsider_finds_nothing_wrong(
    story: Story, mailbox: Mailbox
) -> None:
    with story.by("system") as system, story.by(PERSON) as person:
        (alert_id,) = story.take(system, WANTED)
        assert deliver(system) == 1
        assert recipients(mailbox) == ["desk@example.org"]
        person.alerts.decide(alert_id, Decision.CONFIRMED, "compared")
        assert deliver(system) == 1
        assert recipients(mailbox)[1:] == ["anna@example.org"]
        assert story.take(system, WANTED, "TEST123")  # a repeat, and a test
        person.alerts.record_outcome(alert_id, Outcome.MISTAKEN, "another car")
        for _ in range(9):
            story.clock.move(11 * MINUTE)
            (wrong,) = story.take(system, WANTED)
            person.alerts.decide(wrong, Decision.WRONG_PLATE)
        assert len(person.alerts.suspensions()) == 2
        story.clock.move(11 * MINUTE)
        assert story.take(system, WANTED) == []
        for what, of in ((Suspended.LIST, "county"), (Suspended.READER, READERS[0])):
            person.alerts.lift(what, of, "cleaned")
        assert story.take(system, WANTED)  # the window is over and it may alert again
        story.pass_time(system, timedelta(hours=11))
        system.alerts.run_round(system.alerting.live_lists())  # the list is stale by now
        assert story.take(system, WANTED) == []
        story.pass_time(system, timedelta(hours=13))
        system.alerts.run_round(system.alerting.live_lists())  # the last one expired
        report = system.publish_log()
        assert not report.problems
        trust = Trust(system.log.keys.signing.verifier)
        folder = system.settings.log_directory
        states = {one.state for one in person.alerts.all()}
    assert states == {"confirmed", "wrong-plate", "expired"}
    with LogDirectory(folder) as directory:
        found = check_log(directory, trust, now=story.clock())
    assert [str(one) for one in found.findings] == []
    assert WANTED.encode() not in b"".join(
        path.read_bytes() for path in folder.rglob("*") if path.is_file()
    )
    figures = {
        name: found.facts[name]
        for name in ("alerts_raised", "alerts_confirmed", "alerts_wrong", "alerts_mistaken",
                     "alerts_expired", "suspensions")
    }  # fmt: skip
    assert figures == {
        "alerts_raised": 12, "alerts_confirmed": 1, "alerts_wrong": 9, "alerts_mistaken": 1,
        "alerts_expired": 2, "suspensions": 2,
    }  # fmt: skip


@ON_ONE
def test_what_is_told_is_composed_from_what_is_sealed(story: Story, mailbox: Mailbox) -> None:
    with story.by("system") as system:
        (alert_id,) = story.take(system, WANTED)
        message = system.alerting.delivery().compose
        with system.database.reading() as connection:
            told = message(connection, alert_id)
            with pytest.raises(InputError, match="none of that id"):
                message(connection, "al-none")
        assert told is not None
        assert (told.plate, told.reader_name, told.confirmed_by_dispatcher) == (
            WANTED, "Reader gate-north", False,
        )  # fmt: skip
        deliver(system)
    content = mailbox.mails[0].content
    assert isinstance(content, bytes)
    parsed = message_from_bytes(content, policy=policy.default)
    assert {part.get_content_type() for part in parsed.walk()} >= {"text/plain", "image/jpeg"}
    assert "UNCONFIRMED" in parsed["Subject"]


@ON_ONE
def test_a_reader_that_is_gone_is_told_by_its_id(story: Story) -> None:
    with story.by("system") as system:
        (alert_id,) = story.take(system, WANTED)
        with system.database.transaction() as connection:
            connection.execute(readers.delete())
        with system.database.reading() as connection:
            told = system.alerting.compose(connection, alert_id)
    assert told is not None
    assert told.reader_name == READERS[0]


@ON_ONE
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('kind = "email"', 'kind = "pigeon"', "channels.mail: kind"),
        ('kind = "email"', 'hint = "email"', "channels.mail: kind"),
        ('address = "anna@example.org"', 'address = "anna"', "subscribers.anna"),
        ('channel = "mail"\naddress = "desk', 'channel = "fax"\naddress = "desk',
         "subscribers.desk: channel"),
    ],
)  # fmt: skip
def test_settings_that_contradict_themselves(story: Story, old: str, new: str, said: str) -> None:
    change_settings(story.folder, old, new)
    settings = read_settings(story.folder)
    with pytest.raises(InputError, match=said):
        (subscribers_of(settings), channels_of(settings))


@ON_ONE
def test_who_is_told_from_the_settings(story: Story) -> None:
    settings = read_settings(story.folder)
    assert [(one.name, one.channel, one.dispatcher) for one in subscribers_of(settings)] == [
        ("anna", "mail", False), ("desk", "mail", True),
    ]  # fmt: skip
    assert list(channels_of(settings)) == ["mail"]
    assert subscribers_of(replace(settings, subscribers={})) == ()
