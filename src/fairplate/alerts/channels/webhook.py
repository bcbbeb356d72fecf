"""A JSON document posted to another program, signed as https://www.standardwebhooks.com says.

Decides the signature. Leaves the fields to `message_json.py`, the request to `guarded_http.py`.
"""

import base64
import binascii
import hmac
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from fairplate.alerts.channel import ChannelKind, Envelope
from fairplate.alerts.guarded_http import HTTP_OPTIONS, GuardedHttp, open_http, require_url
from fairplate.alerts.message_json import message_json
from fairplate.alerts.options import Options

OPTIONS = ("secret_file", "pictures", *HTTP_OPTIONS)
_PREFIX = "whsec_"
_LEAST_SECRET, _MOST_SECRET = 24, 64  # bytes, as the specification has it


class WebhookChannel:
    """Posts every message to the address."""

    def __init__(
        self, http: GuardedHttp, secret: bytes, *, pictures: bool, clock: Callable[[], float]
    ) -> None:
        self._http, self._secret, self._pictures, self._clock = http, secret, pictures, clock

    def deliver(self, envelope: Envelope) -> None:
        """Return once the other side answered 2xx."""
        body = message_json(envelope.message, key=envelope.key, pictures=self._pictures)
        stamp = str(int(self._clock()))
        headers = {
            "Content-Type": "application/json",
            "webhook-id": envelope.key,
            "webhook-timestamp": stamp,
            "webhook-signature": sign(self._secret, envelope.key, stamp, body),
        }
        self._http.post(envelope.address, body, headers)

    def close(self) -> None:
        """Hold nothing open."""


def sign(secret: bytes, key: str, stamp: str, body: bytes) -> str:
    """Return the signature of `key`.`stamp`.`body` (Standard Webhooks, symmetric)."""
    mac = hmac.digest(secret, f"{key}.{stamp}.".encode() + body, "sha256")
    return f"v1,{base64.b64encode(mac).decode('ascii')}"


def open_webhook(name: str, given: Mapping[str, object], folder: Path) -> WebhookChannel:
    """Return the channel that the options describe."""
    options = Options(name, given, folder, known=OPTIONS)
    text = options.secret_text("secret_file")
    try:
        secret = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        secret = b""
    if not text.startswith(_PREFIX) or not _LEAST_SECRET <= len(secret) <= _MOST_SECRET:
        expected = f"{_PREFIX} and the base64 of {_LEAST_SECRET} to {_MOST_SECRET} bytes"
        raise options.error("secret_file", expected=expected, found="another content")
    pictures = options.flag("pictures", default=True)
    http = open_http(options, "the webhook's server")
    return WebhookChannel(http, secret, pictures=pictures, clock=time.time)


def check_address(where: str, text: str) -> str:
    """Return the URL to post to."""
    return require_url(where, text.strip())


KIND = ChannelKind(open=open_webhook, check_address=check_address)
