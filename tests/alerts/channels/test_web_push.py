"""Web Push with a push service that opens what it gets as a browser does."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st
from tests.alerts.channels.certificates import Certificates
from tests.alerts.channels.conftest import write_private
from tests.alerts.channels.http_receiver import Receiver
from tests.alerts.channels.push_service import Browser, check_statement, from_base64url
from tests.alerts.messages import KEY, NOTICE, SECRETS, envelope, illustrated

from fairplate.alerts.channel import Channel, DeliveryError
from fairplate.alerts.channels.web_push import check_address, open_web_push, push_payload, topic
from fairplate.alerts.push_encryption import (
    MAX_PLAINTEXT,
    encrypt_push,
    parse_subscription,
)
from fairplate.alerts.vapid import create_vapid_key
from fairplate.core.errors import InputError

CONTACT = "mailto:privacy@example.org"
Opener = Callable[..., Channel]


@pytest.fixture
def public_key(folder: Path) -> str:
    return create_vapid_key(folder / "vapid.pem")


@pytest.fixture
def open_to(public_key: str, folder: Path, certificates: Certificates) -> Opener:
    assert public_key

    def open_it(**more: object) -> Channel:
        options = {"vapid_key_file": "vapid.pem", "contact": CONTACT, "allow_private": True,
                   "ca_file": str(certificates.ca_file), **more}  # fmt: skip
        given = {key: value for key, value in options.items() if value is not None}
        return open_web_push("phones", given, folder)

    return open_it


def browser() -> Browser:
    return Browser(ec.generate_private_key(ec.SECP256R1()), b"0123456789abcdef")


def address(subscriber: Browser, endpoint: str) -> str:
    return check_address("subscriber", subscriber.subscription(endpoint))


# RFC 8291, appendix A.
VECTOR = {
    "plaintext": b"When I grow up, I want to be a watermelon",
    "sender": "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw",
    "receiver": "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94",
    "auth": "BTBZMqHH6r4Tts7J_aSIgg",
    "salt": "DGv6ra1nlYgDCS1FRnbzlw",
    "body": "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLoc"
    "InmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexS"
    "gSxsj_Qulcy4a-fN",
}


def _private(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(from_base64url(text), "big"), ec.SECP256R1())


def test_the_example_of_rfc_8291() -> None:
    receiver = Browser(_private(str(VECTOR["receiver"])), from_base64url(str(VECTOR["auth"])))
    plaintext, expected = VECTOR["plaintext"], from_base64url(str(VECTOR["body"]))
    assert isinstance(plaintext, bytes)
    body = encrypt_push(
        plaintext,
        parse_subscription("x", receiver.subscription("https://push.example.org/x")),
        sender_key=_private(str(VECTOR["sender"])),
        salt=from_base64url(str(VECTOR["salt"])),
        padded=False,
    )
    assert body == expected
    assert receiver.open(expected) == plaintext


def test_what_the_browser_opens(tls_receiver: Receiver, open_to: Opener, public_key: str) -> None:
    phone, channel = browser(), open_to(ttl_s=600)
    endpoint = f"{tls_receiver.url}/push/abc?x=1"
    channel.deliver(envelope(address(phone, endpoint), illustrated()))
    channel.deliver(envelope(address(phone, endpoint), replace(NOTICE, is_loud=False)))
    alert, notice = tls_receiver.posted
    assert alert.path == "/push/abc?x=1"
    told = json.loads(phone.open(alert.body))
    assert told == {
        "title": "UNCONFIRMED alert: stolen vehicle, Gate 7 north",
        "body": told["body"],
        "alert_id": "alert-0042",
        "key": KEY,
    }
    assert "87 %: likely right" in told["body"]
    assert not any(secret in str(told) for secret in SECRETS)
    assert json.loads(phone.open(notice.body))["alert_id"] is None
    assert (alert.headers["ttl"], alert.headers["urgency"]) == ("600", "high")
    assert notice.headers["urgency"] == "normal"
    assert alert.headers["content-encoding"] == "aes128gcm"
    assert alert.headers["topic"] == notice.headers["topic"] == topic(KEY)
    claims = check_statement(alert, public_key)
    assert (claims["aud"], claims["sub"]) == (tls_receiver.url, CONTACT)
    assert isinstance(claims["exp"], int)
    assert 0 < claims["exp"] - time.time() < 24 * 3600
    assert alert.body[:86] != notice.body[:86]  # a new salt and a new key for each


def test_the_plate_only_if_it_may(tls_receiver: Receiver, open_to: Opener) -> None:
    phone = browser()
    open_to().deliver(envelope(address(phone, tls_receiver.url), plate=True))
    told = json.loads(phone.open(tls_receiver.posted[0].body))
    assert "KV[8]ZRD1" in told["title"]
    assert "entry KV[B]ZRD1" in told["body"]


def test_nobody_else_can_open_it(tls_receiver: Receiver, open_to: Opener) -> None:
    open_to().deliver(envelope(address(browser(), tls_receiver.url)))
    with pytest.raises(InvalidTag):
        browser().open(tls_receiver.posted[0].body)


@pytest.mark.parametrize(
    ("status", "retryable", "gone"),
    [(404, False, True), (410, False, True), (413, False, False), (400, False, False),
     (403, False, False), (429, True, False), (500, True, False)],
)  # fmt: skip
def test_refusals(
    tls_receiver: Receiver, open_to: Opener, status: int, retryable: bool, gone: bool  # noqa: FBT001
) -> None:  # fmt: skip
    tls_receiver.status = status
    with pytest.raises(DeliveryError) as caught:
        open_to().deliver(envelope(address(browser(), tls_receiver.url)))
    assert (caught.value.retryable, caught.value.gone) == (retryable, gone)
    assert str(caught.value) == f"the push service answered {status}"


def test_an_endpoint_inside_the_network_is_refused(tls_receiver: Receiver, open_to: Opener) -> None:
    with pytest.raises(DeliveryError, match="private network") as caught:
        open_to(allow_private=False).deliver(envelope(address(browser(), tls_receiver.url)))
    assert not caught.value.retryable
    assert tls_receiver.posted == []


def test_a_subscription_that_was_spoiled_is_permanent(open_to: Opener) -> None:
    with pytest.raises(DeliveryError, match="address of the push subscription") as caught:
        open_to().deliver(envelope("{}"))
    assert not caught.value.retryable


@given(st.lists(st.text(max_size=200), min_size=1, max_size=60))
def test_no_notice_is_too_long(lines: list[str]) -> None:
    payload = push_payload(envelope("x", replace(NOTICE, lines=tuple(lines))))
    assert len(payload) <= MAX_PLAINTEXT
    assert set(json.loads(payload)) == {"title", "body", "alert_id", "key"}


@given(st.binary(max_size=MAX_PLAINTEXT))
def test_lengths_say_little_and_never_too_much(plaintext: bytes) -> None:
    phone, marked = _PHONE, b"x" + plaintext[1:].rstrip(b"\0")
    subscription = parse_subscription("x", phone.subscription("https://p.example.org"))
    body = encrypt_push(marked, subscription, sender_key=phone.key, salt=bytes(16))
    assert phone.open(body) == marked
    assert len(body) <= 4096
    assert (len(body) - 86 - 17) % 512 == 0 or len(body) == 4096


_PHONE = browser()


def test_too_long_is_refused() -> None:
    subscription = parse_subscription("x", _PHONE.subscription("https://p.example.org"))
    with pytest.raises(ValueError, match="too long"):
        encrypt_push(b"x" * 3994, subscription, sender_key=_PHONE.key, salt=bytes(16))


@given(st.from_regex(r"[a-z0-9-]{1,64}", fullmatch=True))
def test_a_topic_is_one(key: str) -> None:
    assert len(topic(key)) == 32
    assert set(topic(key)) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    )


def test_a_key_is_private_and_never_overwritten(folder: Path, public_key: str) -> None:
    path = folder / "vapid.pem"
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(from_base64url(public_key)) == 65
    content = path.read_bytes()
    with pytest.raises(InputError, match="another key ends every subscription"):
        create_vapid_key(path)
    assert path.read_bytes() == content


def _pem(curve: ec.EllipticCurve) -> str:
    key = ec.generate_private_key(curve)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.mark.parametrize("content", ["", "no PEM", _pem(ec.SECP384R1())])
def test_what_is_no_key(folder: Path, open_to: Opener, content: str) -> None:
    write_private(folder / "other.pem", content)
    with pytest.raises(InputError, match=r"channels\.phones: vapid_key_file: expected"):
        open_to(vapid_key_file="other.pem")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"contact": "privacy@example.org"}, "contact: expected mailto:"),
        ({"contact": "http://example.org"}, "contact: expected mailto:"),
        ({"contact": None}, "contact: expected a text"),
        ({"ttl_s": -1}, "ttl_s: expected a whole number from 0 to 604800"),
        ({"vapid_key_file": None}, "vapid_key_file: expected a text"),
    ],
)
def test_options_that_are_refused(
    options: Mapping[str, object], said: str, open_to: Opener
) -> None:
    with pytest.raises(InputError) as caught:
        open_to(**options)
    assert str(caught.value).startswith(f"channels.phones: {said}")


def _without(name: str, **changed: object) -> str:
    given = json.loads(_PHONE.subscription("https://push.example.org/x"))
    given["keys"].update(changed)
    (given if name in given else given["keys"]).pop(name, None)
    return json.dumps(given)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", "1", "[" * 4000, "{}", '{"endpoint":"https://x.org"}', "x" * 5000,
     _without("endpoint"), _without("p256dh"), _without("auth"), _without("keys"),
     _without("", auth="c2hvcnQ"), _without("", p256dh="c2hvcnQ"), _without("", p256dh="B" * 87),
     _without("", auth=7), _without("", auth="üüüü"), _PHONE.subscription("http://x.org/"),
     _PHONE.subscription("https://user:pw@x.org/"), _PHONE.subscription("x"),
     _without("").replace('"https://push.example.org/x"', "7")],
    ids=lambda text: text[:20],
)  # fmt: skip
def test_what_is_no_subscription(text: str) -> None:
    with pytest.raises(InputError, match="subscriber: address: expected") as caught:
        check_address("subscriber", text)
    assert "pw" not in str(caught.value)


@given(st.text(max_size=100))
def test_no_text_breaks_the_check(text: str) -> None:
    with pytest.raises(InputError):
        check_address("x", text)
