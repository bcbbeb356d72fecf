"""What a webhook's receiver gets and can verify by itself."""

import base64
import hashlib
import hmac
import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
from tests.alerts.channels.certificates import Certificates
from tests.alerts.channels.conftest import write_private
from tests.alerts.channels.http_receiver import Receiver
from tests.alerts.messages import (
    ALERT,
    ENTRY_PLATE,
    KEY,
    NOTICE,
    PLATE,
    SECRETS,
    blurred_jpeg,
    crop_jpeg,
    envelope,
    illustrated,
)

from fairplate.alerts.channel import Channel, DeliveryError
from fairplate.alerts.channels.webhook import check_address, open_webhook, sign
from fairplate.core.errors import InputError

FIELDS = {
    "": "version key type alert_id raised_at heading confirmed_by_dispatcher chance doubts read"
        " entry not_to_conclude crop_jpeg blurred_jpeg",
    "read": "plate characters at reader direction",
    "entry": "plate fit jurisdiction vehicle purpose reference call age_s list list_age_s",
}  # fmt: skip


def open_to(folder: Path, **more: object) -> Channel:
    return open_webhook("hook", {"secret_file": "webhook", "allow_private": True, **more}, folder)


def test_what_arrives_and_that_its_signature_holds(receiver: Receiver, folder: Path) -> None:
    open_to(folder).deliver(envelope(f"{receiver.url}/hook", illustrated()))
    (posted,) = receiver.posted
    assert posted.path == "/hook"
    assert posted.headers["content-type"] == "application/json"
    assert posted.headers["webhook-id"] == KEY
    assert abs(int(posted.headers["webhook-timestamp"]) - time.time()) < 60
    # As the specification tells a receiver to check it.
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = f"{KEY}.{posted.headers['webhook-timestamp']}.".encode() + posted.body
    expected = hmac.new(secret, signed, hashlib.sha256).digest()
    version, _, signature = posted.headers["webhook-signature"].partition(",")
    assert version == "v1"
    assert base64.b64decode(signature) == expected
    told = json.loads(posted.body)
    assert (told["version"], told["key"], told["type"]) == (1, KEY, "alert")
    assert (told["read"]["plate"], told["entry"]["plate"]) == (PLATE, ENTRY_PLATE)
    assert told["heading"].startswith("UNCONFIRMED")
    assert told["raised_at"] == "2026-11-23T12:00:03.000Z"
    assert [c["char"] for c in told["read"]["characters"] if c["doubtful"]] == ["8"]
    assert base64.b64decode(told["crop_jpeg"]) == crop_jpeg()
    assert base64.b64decode(told["blurred_jpeg"]) == blurred_jpeg()


def test_the_fields_are_those_promised(receiver: Receiver, folder: Path) -> None:
    open_to(folder).deliver(envelope(receiver.url))
    open_to(folder).deliver(envelope(receiver.url, NOTICE))
    open_to(folder, pictures=False).deliver(envelope(receiver.url, illustrated()))
    alert, notice, without = (json.loads(one.body) for one in receiver.posted)
    for part, names in FIELDS.items():
        assert list(alert[part] if part else alert) == names.split()
    assert alert["crop_jpeg"] is alert["blurred_jpeg"] is None
    assert list(notice) == "version key type at subject lines loud".split()
    assert not {"crop_jpeg", "blurred_jpeg"} & without.keys()


def test_a_chance_is_cut_and_an_odd_name_survives(receiver: Receiver, folder: Path) -> None:
    alert = replace(ALERT, chance=0.99999, reader_name='a"\u202e\ud800<b>', call="")
    open_to(folder).deliver(envelope(receiver.url, alert))
    told = json.loads(receiver.posted[0].body)
    assert told["chance"] == 0.9999
    assert told["read"]["reader"] == 'a"\u202e?<b>'
    assert told["entry"]["call"] is None


def test_the_signature_of_the_specifications_example() -> None:
    # https://www.standardwebhooks.com: the example of its reference libraries.
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signature = sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("status", "retryable", "gone"),
    [(400, False, False), (401, False, False), (404, False, False), (410, False, True),
     (413, False, False), (307, False, False), (408, True, False), (425, True, False),
     (429, True, False), (500, True, False), (503, True, False)],
)  # fmt: skip
def test_refusals(
    receiver: Receiver, folder: Path, status: int, retryable: bool, gone: bool  # noqa: FBT001
) -> None:  # fmt: skip
    receiver.status = status
    with pytest.raises(DeliveryError) as caught:
        open_to(folder).deliver(envelope(f"{receiver.url}/secret-path"))
    assert (caught.value.retryable, caught.value.gone) == (retryable, gone)
    told = str(caught.value)
    assert told.startswith(f"the webhook's server answered {status}")
    assert not any(secret in told for secret in (*SECRETS, "secret-path", "127.0.0.1"))


def test_a_private_address_is_refused_unless_it_may(
    tls_receiver: Receiver, certificates: Certificates, folder: Path
) -> None:
    given = {"ca_file": str(certificates.ca_file)}
    with pytest.raises(DeliveryError, match="private network"):
        open_to(folder, allow_private=False, **given).deliver(envelope(tls_receiver.url))
    assert tls_receiver.posted == []
    open_to(folder, **given).deliver(envelope(tls_receiver.url))
    assert len(tls_receiver.posted) == 1


@pytest.mark.parametrize(
    "content",
    ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_c2hvcnQ=", "whsec_MfKQ9r8GKYqrTwjUPD8!",
     "whsec_" + "A" * 100, "two\nlines", ""],
)  # fmt: skip
def test_what_is_no_secret(folder: Path, content: str) -> None:
    write_private(folder / "webhook", content)
    with pytest.raises(InputError, match=r"channels\.hook: secret_file: expected") as caught:
        open_to(folder)
    assert content.removeprefix("whsec_") not in str(caught.value) or len(content) < 7


def test_the_address_is_a_url() -> None:
    assert check_address("x", " https://example.org/a ") == "https://example.org/a"
    with pytest.raises(InputError):
        check_address("x", "https://user:pw@example.org/")
