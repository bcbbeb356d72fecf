"""What an ntfy server gets: never a plate where a locked screen shows it."""

from dataclasses import replace
from email.header import decode_header, make_header
from pathlib import Path

import pytest
from tests.alerts.channels.conftest import write_private
from tests.alerts.channels.http_receiver import Receiver
from tests.alerts.messages import ALERT, NOTICE, SECRETS, crop_jpeg, envelope, illustrated

from fairplate.alerts.channel import Channel, DeliveryError
from fairplate.alerts.channels.ntfy import check_address, open_ntfy
from fairplate.core.errors import InputError

TOPIC = "gate-7_kx81"


def open_to(receiver: Receiver, folder: Path, **more: object) -> Channel:
    options = {"server": f"{receiver.url}/", "allow_private": True, **more}
    return open_ntfy("phone", options, folder)


def test_what_arrives(receiver: Receiver, folder: Path) -> None:
    channel = open_to(receiver, folder, token_file="token")  # noqa: S106 - a file's name
    channel.deliver(envelope(TOPIC, illustrated()))
    channel.deliver(envelope(TOPIC, NOTICE))
    channel.deliver(envelope(TOPIC, replace(NOTICE, is_loud=False)))
    alert, loud, quiet = receiver.posted
    assert alert.path == f"/{TOPIC}"
    assert alert.headers["title"] == "UNCONFIRMED alert: stolen vehicle, Gate 7 north"
    assert (alert.headers["priority"], alert.headers["tags"]) == ("urgent", "oncoming_automobile")
    assert alert.headers["authorization"] == "Bearer tk_0123456789"
    assert b"Chance of being right: 87 %" in alert.body
    assert not any(secret in str(alert) for secret in SECRETS)
    assert (loud.headers["priority"], quiet.headers["priority"]) == ("urgent", "default")
    assert loud.body.decode() == "\n".join(NOTICE.lines)


@pytest.mark.parametrize("plate", [False, True])
@pytest.mark.parametrize("attach", [False, True])
def test_the_crop_needs_the_option_and_the_policy(
    receiver: Receiver, folder: Path, plate: bool, attach: bool  # noqa: FBT001
) -> None:  # fmt: skip
    open_to(receiver, folder, attach_crop=attach).deliver(
        envelope(TOPIC, illustrated(), plate=plate)
    )
    (posted,) = receiver.posted
    is_attached = plate and attach
    assert (posted.body == crop_jpeg()) == is_attached
    assert ("filename" in posted.headers) == is_attached
    text = _decoded(posted.headers["message"]) if is_attached else posted.body.decode()
    assert ("KV[8]ZRD1" in text) == plate
    assert ("KV[8]ZRD1" in _decoded(posted.headers["title"])) == plate


def test_other_scripts_travel_in_headers(receiver: Receiver, folder: Path) -> None:
    alert = replace(illustrated(), reader_name="Übergang 7 שער\r\nX-Evil: 1")
    channel = open_to(receiver, folder, attach_crop=True)
    for plate in (False, True):
        channel.deliver(envelope(TOPIC, alert, plate=plate))
    for posted in receiver.posted:
        assert "x-evil" not in posted.headers
        assert "Übergang 7 שער" in _decoded(posted.headers["title"])
    shown = _decoded(receiver.posted[1].headers["message"]).split("\\n")
    assert "Übergang 7 שער" in shown[0]
    assert "entry KV[B]ZRD1" in shown[1]


def test_a_long_message_is_cut_between_characters(receiver: Receiver, folder: Path) -> None:
    notice = replace(NOTICE, lines=("ü" * 200,) * 20)
    open_to(receiver, folder).deliver(envelope(TOPIC, notice))
    body = receiver.posted[0].body
    assert 3490 < len(body) <= 3500
    assert set(body.decode()) == {"ü", "\n"}


def test_a_refusal_is_told(receiver: Receiver, folder: Path) -> None:
    receiver.status = 429
    with pytest.raises(DeliveryError) as caught:
        open_to(receiver, folder).deliver(envelope(TOPIC, ALERT))
    assert caught.value.retryable
    assert str(caught.value) == "the ntfy server answered 429"


def test_a_server_in_the_own_network_needs_the_option(receiver: Receiver, folder: Path) -> None:
    channel = open_to(receiver, folder, allow_private=False)
    with pytest.raises(DeliveryError, match="allow_private is not set"):
        channel.deliver(envelope(TOPIC, ALERT))


@pytest.mark.parametrize("server", ["", "ntfy.sh", "https://user:pw@ntfy.sh", "ftp://ntfy.sh"])
def test_what_is_no_server(folder: Path, server: str) -> None:
    with pytest.raises(InputError, match=r"channels\.phone: server: expected"):
        open_ntfy("phone", {"server": server}, folder)


def test_what_is_no_token(folder: Path) -> None:
    write_private(folder / "token", "schlüssel")
    with pytest.raises(InputError, match="token_file: expected an access token"):
        open_ntfy("phone", {"server": "https://ntfy.sh", "token_file": "token"}, folder)


@pytest.mark.parametrize("text", ["", "a/b", "a b", "ü", "x" * 65, "a?b"])
def test_what_is_no_topic(text: str) -> None:
    with pytest.raises(InputError, match="subscriber: address: expected a topic"):
        check_address("subscriber", text)


def _decoded(header: str) -> str:
    return str(make_header(decode_header(header)))
