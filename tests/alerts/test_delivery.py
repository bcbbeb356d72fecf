"""From the outbox to a real SMTP server: accepted, put off, given up, and what a double is."""

import itertools
from collections.abc import Callable, Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from tests.alerts.alert_worlds import MAIL, WANTED, AlertWorld, mail_to
from tests.alerts.channels.smtp_receiver import Line, Mailbox, receive_mail, scripted_server
from tests.intake.stored import make_picture

from fairplate.alerts.channel import Envelope
from fairplate.alerts.delivery import Delivered, Delivery
from fairplate.alerts.outbox import TAKEN_FOR, take_due
from fairplate.alerts.retries import LONGEST, WAITS
from fairplate.audit.words import Decision
from fairplate.core.errors import StorageError
from fairplate.storage.schema import alerts as alert_table

SECOND = timedelta(seconds=1)
pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with receive_mail() as mailbox:
        yield mailbox


def delivery(world: AlertWorld, port: int) -> Delivery:
    world.channels = {"mail": {**MAIL, "port": port}}
    return world.alerting().delivery()


def run(world: AlertWorld, port: int) -> Delivered:
    sender = delivery(world, port)
    try:
        return sender.deliver_due("mail")
    finally:
        sender.close()


def row(world: AlertWorld) -> Any:
    (found,) = world.outbox()
    return found


def parse(mail: bytes | str | None) -> EmailMessage:
    assert isinstance(mail, bytes)
    return message_from_bytes(mail, policy=policy.default)


def test_an_alert_comes_and_is_told_once(alert_world: AlertWorld, mailbox: Mailbox) -> None:
    alert_id = alert_world.raise_one()
    assert run(alert_world, mailbox.port) == Delivered(accepted=1)
    assert run(alert_world, mailbox.port) == Delivered()
    (mail,) = mailbox.mails
    assert mail.rcpt_tos == ["anna@example.org"]
    parsed = parse(mail.content)
    assert WANTED not in parsed["Subject"]
    assert "UNCONFIRMED" in parsed["Subject"]
    body = parsed.get_body(("plain",))
    assert body is not None
    assert WANTED in body.get_content()
    assert f"{alert_id}-anna" in parsed["Message-ID"]
    assert (row(alert_world).state, row(alert_world).ended_at) == ("accepted", alert_world.now)


def refuse_recipient(mailbox: Mailbox) -> None:
    mailbox.at_recipient = "550 no such user here"


def refuse_sender(mailbox: Mailbox) -> None:
    mailbox.at_mail = "553 sender refused"


def refuse_text(mailbox: Mailbox) -> None:
    mailbox.at_text = "554 looks like spam"


@pytest.mark.parametrize("refuse", [refuse_recipient, refuse_sender, refuse_text])
def test_a_refusal_for_good_is_given_up_at_once_and_seen(
    alert_world: AlertWorld, mailbox: Mailbox, refuse: Callable[[Mailbox], None]
) -> None:
    alert_world.raise_one()
    refuse(mailbox)
    done = run(alert_world, mailbox.port)
    assert (done.accepted, done.put_off, done.given_up) == (0, 0, 1)
    (problem,) = done.problems
    assert problem.startswith("mail: ")
    assert "anna@example.org" not in problem
    assert WANTED not in problem
    found = row(alert_world)
    assert (found.state, found.attempts, f"mail: {found.problem}") == ("failed", 1, problem)
    alert_world.move(LONGEST)
    assert run(alert_world, mailbox.port) == Delivered()


@pytest.mark.parametrize(
    ("answer", "waited"),
    [
        ("451 4.7.1 greylisted, try again later", [timedelta(minutes=1)] * 4),
        ("452 too many recipients", list(WAITS[:4])),
    ],
)
def test_a_server_that_is_not_ready_gets_it_again(
    alert_world: AlertWorld, mailbox: Mailbox, answer: str, waited: list[timedelta]
) -> None:
    alert_world.raise_one()
    mailbox.at_recipient = answer
    waits = []
    for _ in range(4):
        done = run(alert_world, mailbox.port)
        assert (done.put_off, done.given_up, len(done.problems)) == (1, 0, 1)
        waits.append(row(alert_world).due_at - alert_world.now)
        assert run(alert_world, mailbox.port) == Delivered()  # not before its time
        alert_world.move(waits[-1])
    assert waits == waited
    mailbox.at_recipient = ""
    assert run(alert_world, mailbox.port).accepted == 1
    assert len(mailbox.mails) == 1
    assert (row(alert_world).state, row(alert_world).problem) == ("accepted", None)


def test_after_a_day_of_trying_it_is_given_up(alert_world: AlertWorld) -> None:
    alert_world.raise_one()
    states = []
    for _ in range(60):
        done = run(alert_world, 1)  # nobody listens there
        states.append((done.put_off, done.given_up))
        if done.given_up:
            break
        alert_world.move(row(alert_world).due_at - alert_world.now)
    assert states == [(1, 0)] * 30 + [(0, 1)]
    assert row(alert_world).state == "failed"


def die_in_text(line: Line) -> None:
    line.greet()
    for said in ("250 OK", "250 OK", "354 go on"):
        line.hear()
        line.say(said)
    line.hear()


def die_after_text(line: Line) -> None:
    """Take the whole mail and die before saying so: the sender cannot know."""
    line.greet()
    for said in ("250 OK", "250 OK", "354 go on"):
        line.hear()
        line.say(said)
    line.hear_until(b".\r\n")


@pytest.mark.parametrize("script", [die_in_text, die_after_text])
def test_a_server_that_dies_gets_the_same_mail_again(
    alert_world: AlertWorld, mailbox: Mailbox, script: Callable[[Line], None]
) -> None:
    alert_world.raise_one()
    with scripted_server(script, script) as (port, _):
        done = run(alert_world, port)
    assert (done.accepted, done.put_off) == (0, 1)
    alert_world.move(WAITS[0])
    assert run(alert_world, mailbox.port).accepted == 1
    (mail,) = mailbox.mails
    assert row(alert_world).key in parse(mail.content)["Message-ID"]


def test_a_sender_that_dies_sends_a_double_with_the_same_id(
    alert_world: AlertWorld, mailbox: Mailbox
) -> None:
    """Between the server's yes and noting it: another takes the message over after a while."""
    alert_world.raise_one()
    sender = delivery(alert_world, mailbox.port)
    with alert_world.world.database.transaction() as connection:
        (taken,) = take_due(connection, "mail", now=alert_world.now)
    message = alert_world.book().message(taken.alert_id or "")
    assert message is not None
    envelope = Envelope(key=taken.key, address="anna@example.org", message=message)
    sender.channels["mail"].deliver(envelope)
    sender.close()
    assert run(alert_world, mailbox.port) == Delivered()
    alert_world.move(TAKEN_FOR)
    assert run(alert_world, mailbox.port).accepted == 1
    first, second = (parse(mail.content)["Message-ID"] for mail in mailbox.mails)
    assert first == second


def test_two_look_words_follow_the_decision(alert_world: AlertWorld, mailbox: Mailbox) -> None:
    alert_world.book().decide(alert_world.raise_one(), Decision.CONFIRMED)
    assert run(alert_world, mailbox.port).accepted == 1
    assert parse(mailbox.mails[0].content)["Subject"].startswith("Confirmed alert")


def test_a_wrong_alert_leaves_no_more(alert_world: AlertWorld, mailbox: Mailbox) -> None:
    alert_world.book().decide(alert_world.raise_one(), Decision.WRONG_PLATE)
    assert run(alert_world, mailbox.port) == Delivered()
    assert mailbox.mails == []
    assert row(alert_world).state == "moot"


def test_who_was_told_of_a_wrong_alert_is_told_that_too(
    alert_world: AlertWorld, mailbox: Mailbox
) -> None:
    alert_id = alert_world.raise_one()
    run(alert_world, mailbox.port)
    alert_world.subscribers = {**alert_world.subscribers, "bert": mail_to("bert")}  # not told
    alert_world.book().decide(alert_id, Decision.WRONG_VEHICLE)
    assert run(alert_world, mailbox.port).accepted == 1
    told = parse(mailbox.mails[1].content)
    assert mailbox.mails[1].rcpt_tos == ["anna@example.org"]
    assert alert_id in told["Subject"]
    body = told.get_body(("plain",))
    assert body is not None
    assert "wrong-vehicle" in body.get_content()
    assert WANTED not in body.get_content()


def test_what_is_withdrawn_while_it_is_taken_is_not_sent(
    alert_world: AlertWorld, mailbox: Mailbox
) -> None:
    alert_id = alert_world.raise_one()
    sender = delivery(alert_world, mailbox.port)
    compose = sender.compose

    class DecidedMeanwhile:
        """A channel before which somebody decides; the message after it is withdrawn too."""

        def deliver(self, envelope: Envelope) -> None:
            if envelope.key.startswith(alert_id):
                alert_world.book().decide(other, Decision.WRONG_PLATE)
            sender.channels["mail"].deliver(envelope)

        def close(self) -> None:
            sender.close()

    alert_world.put_list(name="state")
    alert_world.move(timedelta(minutes=1))
    (taken,) = alert_world.take(alert_world.arriving())
    (other,) = taken.alerts
    acting = Delivery(
        sender.database, {"mail": DecidedMeanwhile()}, sender.subscribers, compose, sender.clock
    )
    done = acting.deliver_due("mail")
    acting.close()
    assert (done.accepted, done.given_up) == (1, 0)
    assert len(mailbox.mails) == 1


def test_nothing_is_left_to_tell(alert_world: AlertWorld, mailbox: Mailbox) -> None:
    """The hit's key was destroyed before the message came through: that is a failure, and seen."""
    alert_world.raise_one()
    alert_world.move(timedelta(days=2))
    alert_world.world.expire()
    done = run(alert_world, mailbox.port)
    assert (done.accepted, done.given_up) == (0, 1)
    assert row(alert_world).state == "failed"
    assert mailbox.mails == []


def test_a_tests_message_is_gone_after_an_hour(alert_world: AlertWorld, mailbox: Mailbox) -> None:
    alert_world.put_list([f"{WANTED},test,T1"])
    alert_world.raise_one()
    alert_world.move(timedelta(hours=1))
    alert_world.book("system").run_round(alert_world.live())
    done = run(alert_world, mailbox.port)
    assert (done.given_up, done.problems) == (1, ("mail: what was to be told is destroyed",))


@pytest.mark.parametrize("change", ["gone", "moved"])
def test_a_subscriber_that_the_settings_lost(
    alert_world: AlertWorld, mailbox: Mailbox, change: str
) -> None:
    alert_world.raise_one()
    moved = {"anna": {"channel": "other", "address": "anna@example.org"}}
    alert_world.subscribers = moved if change == "moved" else {"bert": mail_to("bert")}
    mail = {**MAIL, "port": mailbox.port}
    alert_world.channels = {"mail": mail, "other": mail}
    alert_world.book("system").run_round(alert_world.live())
    sender = alert_world.alerting().delivery()
    done = sender.deliver_due("other")
    sender.close()
    assert done.accepted == (change == "moved")
    assert row(alert_world).state == ("accepted" if change == "moved" else "failed")


class _Broken:
    """A channel with a fault of its own; what it says may hold anything."""

    def __init__(self) -> None:
        self.calls = itertools.count()

    def deliver(self, envelope: Envelope) -> None:
        if next(self.calls) == 0:
            raise ValueError(envelope.address)

    def close(self) -> None:
        pass


def test_one_message_that_breaks_a_channel_does_not_stop_the_others(
    alert_world: AlertWorld,
) -> None:
    alert_world.subscribers = {"anna": mail_to("anna"), "bert": mail_to("bert")}
    alert_world.raise_one()
    made = delivery(alert_world, 1)
    acting = Delivery(
        made.database, {"mail": _Broken()}, made.subscribers, made.compose, made.clock
    )
    done = acting.deliver_due("mail")
    assert (done.accepted, done.put_off) == (1, 1)
    assert done.problems == ("mail: the channel failed: ValueError",)


def test_a_policy_that_cannot_be_read_loses_no_alert(
    alert_world: AlertWorld, mailbox: Mailbox
) -> None:
    alert_world.raise_one()
    made = delivery(alert_world, mailbox.port)

    def fail(*_arguments: object) -> None:
        raise StorageError("policy", expected="one in force", found="none")

    acting = Delivery(made.database, made.channels, made.subscribers, fail, made.clock)
    assert acting.deliver_due("mail").put_off == 1
    alert_world.move(WAITS[0])
    assert made.deliver_due("mail").accepted == 1
    made.close()


def test_what_waits_is_counted_without_what_sleeps(alert_world: AlertWorld) -> None:
    alert_world.subscribers = {
        "anna": mail_to("anna", quiet_hours="11:00-13:00", zone="UTC"),
        "bert": mail_to("bert"),
    }
    alert_world.put_list([f"{WANTED},site-access,1"])
    alert_world.raise_one()
    made = delivery(alert_world, 1)
    assert made.count_waiting() == 1
    alert_world.move(timedelta(hours=1))
    assert made.count_waiting() == 2


def test_an_alert_that_is_not_there_is_given_up(alert_world: AlertWorld, mailbox: Mailbox) -> None:
    """A row was deleted by hand: nothing can be told, and the rest goes on."""
    alert_world.raise_one()
    alert_world.take(alert_world.arriving(picture=make_picture(), reader_id="gate-south"))
    first, _ = alert_world.alerts()
    with alert_world.world.database.transaction() as connection:
        gone = alert_table.c.id == first.id
        connection.execute(alert_table.update().where(gone).values(record_id="none"))
    done = run(alert_world, mailbox.port)
    assert (done.accepted, done.given_up) == (1, 1)
