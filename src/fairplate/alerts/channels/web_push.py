"""Web Push (RFC 8030): a notification in a browser that subscribed, also on a phone.

Decides what the notification says and when it is too late for it. Leaves the encryption to
`push_encryption.py`, the sender's proof to `vapid.py`.
"""

import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec

from fairplate.alerts.channel import ChannelKind, DeliveryError, Envelope
from fairplate.alerts.guarded_http import HTTP_OPTIONS, GuardedHttp, open_http, require_url
from fairplate.alerts.message import AlertMessage
from fairplate.alerts.options import Options
from fairplate.alerts.push_encryption import (
    MAX_PLAINTEXT,
    SALT_BYTES,
    encode_base64url,
    encrypt_push,
    parse_subscription,
)
from fairplate.alerts.vapid import authorization, parse_vapid_key
from fairplate.alerts.wording import is_urgent, short_text, subject
from fairplate.core.errors import InputError

OPTIONS = ("vapid_key_file", "contact", "ttl_s", *HTTP_OPTIONS)
_WEEK_S = 7 * 86_400
_CONTACT = re.compile(r"mailto:[^\s@<>\"]+@[^\s@<>\"]+|https://[^\s<>\"]+", re.ASCII)
_TOPIC_LENGTH = 32  # RFC 8030, section 5.4
_GONE = frozenset({404, 410})  # RFC 8030, section 7.3


class WebPushChannel:
    """Sends every message as one encrypted notification."""

    def __init__(
        self,
        http: GuardedHttp,
        key: ec.EllipticCurvePrivateKey,
        *,
        contact: str,
        ttl_s: int,
        clock: Callable[[], datetime],
    ) -> None:
        self._http, self._key = http, key
        self._contact, self._ttl_s, self._clock = contact, ttl_s, clock

    def deliver(self, envelope: Envelope) -> None:
        """Return once the push service took the message."""
        message = envelope.message
        try:
            subscription = parse_subscription("subscription", envelope.address)
        except InputError as error:
            told = f"{error.field} of the push subscription is not as it must be"
            raise DeliveryError(told, retryable=False) from None
        body = encrypt_push(
            push_payload(envelope),
            subscription,
            sender_key=ec.generate_private_key(ec.SECP256R1()),
            salt=os.urandom(SALT_BYTES),
        )
        parts = urlsplit(subscription.endpoint)
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Encoding": "aes128gcm",
            "TTL": str(self._ttl_s),
            "Urgency": "high" if is_urgent(message) else "normal",
            "Topic": topic(envelope.key),
            "Authorization": authorization(
                self._key,
                origin=f"{parts.scheme}://{parts.netloc}",
                contact=self._contact,
                now=self._clock(),
            ),
        }
        self._http.post(subscription.endpoint, body, headers, gone=_GONE)

    def close(self) -> None:
        """Hold nothing open."""


def push_payload(envelope: Envelope) -> bytes:
    """Return what the browser's service worker shows, as JSON of at most MAX_PLAINTEXT bytes."""
    message, show_plate = envelope.message, envelope.plate_in_subject
    fields: dict[str, str | None] = {
        "title": subject(message, show_plate=show_plate),
        "body": short_text(message, show_plate=show_plate),
        "alert_id": message.alert_id if isinstance(message, AlertMessage) else None,
        "key": envelope.key,
    }
    while True:
        payload = json.dumps(fields, ensure_ascii=False).encode("utf-8", "replace")
        if len(payload) <= MAX_PLAINTEXT:
            return payload
        body = fields["body"] or ""
        fields["body"] = f"{body[: len(body) * 3 // 4]}…"


def topic(key: str) -> str:
    """Return the word by which a push service replaces a double that still waits."""
    return encode_base64url(hashlib.sha256(key.encode()).digest())[:_TOPIC_LENGTH]


def open_web_push(name: str, given: Mapping[str, object], folder: Path) -> WebPushChannel:
    """Return the channel that the options describe."""
    options = Options(name, given, folder, known=OPTIONS)
    key = parse_vapid_key(options.secret("vapid_key_file"))
    if key is None:
        expected = "a private key on P-256 as PEM"
        raise options.error("vapid_key_file", expected=expected, found="another content")
    contact = options.text("contact")
    if _CONTACT.fullmatch(contact) is None:
        expected = "mailto:name@example.org or https://…"
        raise options.error("contact", expected=expected, found="another text")
    return WebPushChannel(
        open_http(options, "the push service"),
        key,
        contact=contact,
        ttl_s=options.number("ttl_s", 3600, least=0, most=_WEEK_S),
        clock=lambda: datetime.now(UTC),
    )


def check_address(where: str, text: str) -> str:
    """Return the subscription as one line of JSON, without what is not needed of it."""
    subscription = parse_subscription(where, text)
    require_url(where, subscription.endpoint, schemes=("https",))
    return subscription.to_json()


KIND = ChannelKind(open=open_web_push, check_address=check_address)
