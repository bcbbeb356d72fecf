"""E-mail through real SMTP servers: what arrives, and what is told when it does not."""

import email
import email.policy
import time
from collections.abc import Mapping
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from tests.alerts.channels.certificates import Certificates
from tests.alerts.channels.smtp_receiver import Line, receive_mail, scripted_server
from tests.alerts.messages import (
    ENTRY_PLATE,
    KEY,
    NOTICE,
    PLATE,
    RAISED,
    SECRETS,
    blurred_jpeg,
    crop_jpeg,
    envelope,
    illustrated,
)

from fairplate.alerts import smtp_session
from fairplate.alerts.channel import Channel, DeliveryError
from fairplate.alerts.channels.mail import check_address, open_mail
from fairplate.alerts.wording import UNCONFIRMED, plain_text
from fairplate.core.errors import InputError

TO = "officer@example.org"
HERE = Path()


def open_to(port: int, folder: Path = HERE, **more: object) -> Channel:
    options = {"host": "127.0.0.1", "port": port, "sender": "alerts@example.net", **more}
    return open_mail("mail", options, folder)


def failure(channel: Channel) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        channel.deliver(envelope(TO))
    told = str(caught.value)
    assert not any(secret in told for secret in (*SECRETS, "officer", "correct horse"))
    return caught.value


def parse(content: bytes | str | None) -> EmailMessage:
    assert isinstance(content, bytes)
    return email.message_from_bytes(content, policy=email.policy.default)  # type: ignore[return-value]  # the default policy makes EmailMessage


def test_what_arrives() -> None:
    with receive_mail() as mailbox:
        channel = open_to(mailbox.port)
        channel.deliver(envelope(TO, illustrated()))
        channel.close()
    (received,) = mailbox.mails
    assert (received.mail_from, received.rcpt_tos) == ("alerts@example.net", [TO])
    mail = parse(received.content)
    assert mail["From"] == "Fairplate <alerts@example.net>"
    assert mail["To"] == TO
    assert mail["Message-ID"] == f"<{KEY}@example.net>"
    assert mail["Date"].datetime == RAISED
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Subject"] == "UNCONFIRMED alert: stolen vehicle, Gate 7 north"
    assert mail.get_content_type() == "multipart/alternative"
    plain, related = mail.iter_parts()
    assert plain.get_content().replace("\r\n", "\n") == plain_text(illustrated())  # type: ignore[attr-defined]
    html, crop, blurred = related.iter_parts()  # type: ignore[attr-defined]
    assert UNCONFIRMED in html.get_content()
    for part, content in ((crop, crop_jpeg()), (blurred, blurred_jpeg())):
        assert part.get_content_type() == "image/jpeg"
        assert part.get_content_disposition() == "inline"
        assert part.get_content() == content
        assert f'src="cid:{part["Content-ID"].strip("<>")}"' in html.get_content()
    assert all(line.isascii() and len(line) <= 998 for line in received.content.split(b"\r\n"))  # type: ignore[union-attr, arg-type]


def test_a_double_is_the_same_to_a_mail_program() -> None:
    with receive_mail() as mailbox:
        channel = open_to(mailbox.port)
        for _ in range(2):
            channel.deliver(envelope(TO))
        channel.deliver(envelope(TO, key="another"))
        channel.close()
    mails = [parse(one.content) for one in mailbox.mails]
    told = [(mail["Message-ID"], mail["Date"], mail["Subject"]) for mail in mails]
    assert told[0] == told[1]
    assert told[2][0] != told[0][0]
    assert mailbox.connections == 1


def test_headers_show_the_plate_only_if_they_may() -> None:
    with receive_mail() as mailbox:
        channel = open_to(mailbox.port)
        for may in (False, True):
            channel.deliver(envelope(TO, illustrated(), plate=may))
        channel.deliver(envelope(TO, NOTICE))
        channel.close()
    hidden, shown, notice = (parse(one.content) for one in mailbox.mails)
    headers = str(hidden.items()) + str([part.items() for part in hidden.walk()])
    assert not any(secret in headers for secret in SECRETS)
    assert "KV[8]ZRD1" in shown["Subject"]
    assert notice["Subject"] == "Fairplate WARNING: the list County is stale"
    assert [part.get_content_type() for part in notice.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("with_user", [False, True])
def test_over_tls(
    security: str, with_user: bool, certificates: Certificates, folder: Path  # noqa: FBT001
) -> None:  # fmt: skip
    user = {"user": "gate", "password_file": "password"} if with_user else {}
    given = {"security": security, "ca_file": str(certificates.ca_file), **user}
    tls = certificates.server_context()
    with receive_mail(tls=tls, security=security, auth=with_user) as mailbox:
        channel = open_to(mailbox.port, folder, **given)
        for _ in range(2):
            channel.deliver(envelope(TO))
        channel.close()
    assert (len(mailbox.mails), mailbox.connections) == (2, 1)
    assert mailbox.users == ([(b"gate", b"correct horse")] if with_user else [])


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_that_cannot_prove_its_name_gets_nothing(
    security: str, certificates: Certificates
) -> None:
    with receive_mail(tls=certificates.server_context(), security=security) as mailbox:
        error = failure(open_to(mailbox.port, security=security))
    assert "no valid TLS certificate" in str(error)
    assert error.retryable
    assert mailbox.mails == []


def test_no_mail_in_the_clear_where_tls_was_asked_for() -> None:
    with receive_mail() as mailbox:
        error = failure(open_to(mailbox.port, security="starttls"))
    assert "does not offer what the settings ask for" in str(error)
    assert not error.retryable
    assert mailbox.mails == []


def test_a_wrong_password_is_permanent(certificates: Certificates, folder: Path) -> None:
    (folder / "password").write_text("wrong battery")
    given = {"security": "starttls", "ca_file": str(certificates.ca_file),
             "user": "gate", "password_file": "password"}  # fmt: skip
    tls = certificates.server_context()
    with receive_mail(tls=tls, security="starttls", auth=True) as mailbox:
        error = failure(open_to(mailbox.port, folder, **given))
    assert "refused the password with 535" in str(error)
    assert "battery" not in str(error)
    assert not error.retryable


@pytest.mark.parametrize("step", ["at_mail", "at_recipient", "at_text"])
@pytest.mark.parametrize(
    ("answer", "retryable", "wait_s", "said"),
    [
        ("451 4.7.1 Greylisted, try again later", True, 60, "451 (4.7.1)"),
        ("450 4.2.0 <officer@example.org>: Greylisted for 300 seconds", True, 300, "450 (4.2.0)"),
        ("451 greylisting, back in 9 minutes", True, 540, "451"),
        ("451 greylisted for 99999 seconds", True, 3600, "451"),
        ("452 4.2.2 mailbox full", True, None, "452 (4.2.2)"),
        ("550 5.1.1 <officer@example.org> unknown", False, None, "550 (5.1.1)"),
        ("552 5.3.4 too big; KV8ZRD1", False, None, "552 (5.3.4)"),
        ("554 5.7.1 greylisted for ever", False, None, "554 (5.7.1)"),
    ],
)
def test_a_refusal_at_each_step(
    step: str, answer: str, retryable: bool, wait_s: int | None, said: str  # noqa: FBT001
) -> None:  # fmt: skip
    with receive_mail() as mailbox:
        channel = open_to(mailbox.port)
        channel.deliver(envelope(TO))
        setattr(mailbox, step, answer)
        error = failure(channel)
        setattr(mailbox, step, "")
        channel.deliver(envelope(TO))
        channel.close()
    assert f"refused the mail with {said}" in str(error)
    assert error.retryable == retryable
    assert error.retry_after == (None if wait_s is None else timedelta(seconds=wait_s))
    assert (len(mailbox.mails), mailbox.connections) == (2, 1)


def _refuse(line: Line) -> None:
    line.say("554 no service here")


def _busy(line: Line) -> None:
    line.say("421 4.3.2 too busy")


def _hang(line: Line) -> None:
    line.done.wait(30)


def _hang_up(line: Line) -> None:
    line.close()


def _hang_after_hello(line: Line) -> None:
    line.greet()
    line.done.wait(30)


def _drip(line: Line) -> None:
    while not line.done.wait(0.01):
        line.say("220-and so on")


def _die_in_text(line: Line) -> None:
    line.greet()
    for said in ("250 OK", "250 OK", "354 go on"):
        line.hear()
        line.say(said)
    line.hear()


def _die_after_text(line: Line) -> None:
    line.greet()
    for said in ("250 OK", "250 OK", "354 go on"):
        line.hear()
        line.say(said)
    line.hear_until(b".\r\n")


def _speak_http(line: Line) -> None:
    line.say("HTTP/1.1 400 Bad Request", "", "")
    line.hear()


@pytest.mark.parametrize(
    ("script", "retryable"),
    [
        (_refuse, False), (_busy, True), (_hang, True), (_hang_up, True), (_hang_after_hello, True),
        (_drip, True), (_die_in_text, True), (_die_after_text, True), (_speak_http, True),
    ],
)  # fmt: skip
def test_servers_that_misbehave(
    script: object, retryable: bool, monkeypatch: pytest.MonkeyPatch  # noqa: FBT001
) -> None:  # fmt: skip
    monkeypatch.setattr(smtp_session, "TIMEOUT_S", 0.4)
    begun = time.monotonic()
    with scripted_server(script) as (port, came):  # type: ignore[arg-type]
        assert failure(open_to(port)).retryable == retryable
        # Once its text went out a mail is not sent again by itself.
        assert came == [0]
    assert time.monotonic() - begun < 10


def test_nobody_listens() -> None:
    with scripted_server() as (port, _):
        pass
    error = failure(open_to(port))
    assert error.retryable
    assert "cannot be reached (Connection refused)" in str(error)


def _take_one_then_drop(line: Line) -> None:
    line.greet()
    line.take_mail()


def _take_one_then_close_politely(line: Line) -> None:
    line.greet()
    line.take_mail()
    line.hear()
    line.say("421 4.4.2 idle for too long")


def _take_one_then_forget(line: Line) -> None:
    line.greet()
    line.take_mail()
    line.hear()  # and no answer: as a firewall that forgot the connection
    line.done.wait(2)


@pytest.mark.parametrize(
    "script", [_take_one_then_drop, _take_one_then_close_politely, _take_one_then_forget]
)
def test_a_connection_dropped_while_idle_is_opened_again(
    script: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp_session, "_REUSE_S", 0.2)
    with scripted_server(script, _take_one_then_drop) as (port, came):  # type: ignore[arg-type]
        channel = open_to(port)
        channel.deliver(envelope(TO))
        channel.deliver(envelope(TO))
        channel.close()
        assert came == [0, 1]


def test_an_old_connection_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp_session, "IDLE_LIMIT_S", 0)
    with receive_mail() as mailbox:
        channel = open_to(mailbox.port)
        for _ in range(3):
            channel.deliver(envelope(TO))
        channel.close()
    assert (len(mailbox.mails), mailbox.connections) == (3, 3)


def test_a_closed_channel_opens_again() -> None:
    with receive_mail() as mailbox:
        channel = open_to(mailbox.port)
        for _ in range(2):
            channel.deliver(envelope(TO))
            channel.close()
            channel.close()
    assert (len(mailbox.mails), mailbox.connections) == (2, 2)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"security": "none", "host": "mail.example.org", "user": "u", "password_file": "password"},
         "security: expected starttls or tls where a password"),
        ({"security": "ssl"}, "security: expected starttls or tls or none"),
        ({"user": "u"}, "user: expected user and password_file"),
        ({"password_file": "password"}, "user: expected user and password_file"),
        ({"password_file": "nowhere", "user": "u"}, "password_file: expected a file that can be"),
        ({"password_file": "", "user": "u"}, "password_file: expected a text"),
        ({"port": 0}, "port: expected a whole number"),
        ({"port": True}, "port: expected a whole number"),
        ({"port": "25"}, "port: expected a whole number"),
        ({"sender": "alerts"}, "sender: expected a mailbox"),
        ({"sender": "a@b.org\r\nBcc: x@y.org"}, "sender: expected a text of one line"),
        ({"ca_file": "password"}, "ca_file: expected a file of certificates"),
        ({"ca_file": "nowhere"}, "ca_file: expected a file of certificates"),
        ({"password": "correct horse"}, "'password': expected one of "),
    ],
)  # fmt: skip
def test_options_that_are_refused(options: Mapping[str, object], said: str, folder: Path) -> None:
    with pytest.raises(InputError) as caught:
        open_mail("mail", {"host": "::1", "sender": "a@b.org", **options}, folder)
    assert str(caught.value).startswith(f"channels.mail: {said}")
    assert "correct horse" not in str(caught.value)


def test_security_is_never_less_than_starttls_to_another_machine() -> None:
    for host, security in (("localhost", "none"), ("127.0.0.1", "none"), ("::1", "none"),
                           ("mail.example.org", "starttls"), ("10.0.0.1", "starttls")):  # fmt: skip
        channel = open_mail("m", {"host": host, "sender": "a@b.org"}, HERE)
        assert channel._session._server.security == security


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o660])
def test_a_password_that_others_may_read_is_refused(folder: Path, mode: int) -> None:
    (folder / "password").chmod(mode)
    with pytest.raises(InputError, match="mode 0600 or less"):
        open_to(25, folder, user="u", password_file="password")  # noqa: S106 - a file's name


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" officer@example.org ", "officer@example.org"),
        ("o'brien+alerts@sub.example.org", "o'brien+alerts@sub.example.org"),
        ("root@localhost", "root@localhost"),
        ("officer@münchen.example", "officer@xn--mnchen-3ya.example"),
    ],
)
def test_mailboxes(text: str, address: str) -> None:
    assert check_address("subscriber", text) == address


@pytest.mark.parametrize(
    "text",
    ["", "officer", "@example.org", "officer@", "a@b@c.org", "a b@c.org", "a@b.org\nBcc: d@e.org",
     "a@-b.org", "a@b..org", "x" * 65 + "@b.org", "a@" + "b." * 130 + "org", "ö@b.org", '"a"@b.org',
     "Name <a@b.org>", "a@[127.0.0.1]"],
)  # fmt: skip
def test_what_is_no_mailbox(text: str) -> None:
    with pytest.raises(InputError, match="subscriber: address: expected a mailbox"):
        check_address("subscriber", text)


def test_the_text_has_plates_but_previews_do_not() -> None:
    text = plain_text(illustrated())
    assert PLATE not in text[:130]
    assert ENTRY_PLATE not in text[:130]
