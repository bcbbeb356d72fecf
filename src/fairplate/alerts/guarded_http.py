"""One POST over HTTP that cannot be turned against the network it is sent from.

Decides what an answer's status means for the message. Follows no redirect, keeps no cookie, asks
no proxy, and reads nothing but the status and the headers. `guarded_connection.py` decides which
addresses are reached.
"""

import contextlib
import email.utils
import http.client
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import cast
from urllib.parse import SplitResult, urlsplit

from fairplate.alerts.channel import TIMEOUT_S, DeliveryError
from fairplate.alerts.guarded_connection import (
    RefusedAddressError,
    TimedSocket,
    connect,
    encrypt,
    tell_failure,
)
from fairplate.alerts.options import Options
from fairplate.core.errors import InputError

HTTP_OPTIONS = ("allow_private", "ca_file")
MAX_URL = 2048
LONGEST_WAIT = timedelta(hours=1)
"""A server may ask for patience, but not for so long that an alert is forgotten."""

_AGAIN = frozenset({408, 425, 429})
_GONE = 410


@dataclass(frozen=True, slots=True)
class GuardedHttp:
    """What may be reached, and how TLS is verified. `who` begins the sentences of errors."""

    who: str
    allow_private: bool
    tls: ssl.SSLContext = field(repr=False)

    def post(
        self,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        gone: frozenset[int] = frozenset({_GONE}),
    ) -> None:
        """Return once the server answered 2xx; raise DeliveryError for everything else.

        `gone` are the statuses that end an address.
        """
        deadline = time.monotonic() + TIMEOUT_S
        try:
            status, asked = self._post(urlsplit(url), body, headers, deadline)
        except (OSError, RefusedAddressError, http.client.HTTPException, ValueError) as error:
            raise tell_failure(self.who, error) from None
        _judge(self.who, status, _wait(asked, datetime.now(UTC)), gone)

    def _post(
        self, parts: SplitResult, body: bytes, headers: Mapping[str, str], deadline: float
    ) -> tuple[int, str]:
        host, is_tls = parts.hostname or "", parts.scheme == "https"
        port = parts.port or (443 if is_tls else 80)
        if not is_tls and not self.allow_private:
            told = f"{self.who} has no https:// address, and allow_private is not set"
            raise DeliveryError(told, retryable=False)
        connection = connect(host, port, deadline, allow_private=self.allow_private)
        request: http.client.HTTPConnection
        if is_tls:
            connection = encrypt(connection, self.tls, host, deadline)
            request = http.client.HTTPSConnection(host, port, context=self.tls)
        else:
            request = http.client.HTTPConnection(host, port)
        with contextlib.closing(connection):
            request.sock = cast("ssl.SSLSocket", TimedSocket(connection, deadline))
            target = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
            sent = {"User-Agent": "fairplate", "Connection": "close", **headers}
            request.request("POST", target, body, sent)
            response = request.getresponse()
            return response.status, response.headers.get("Retry-After", "")


def open_http(options: Options, who: str) -> GuardedHttp:
    """Return what `HTTP_OPTIONS` of a channel's options allow."""
    allow_private = options.flag("allow_private", default=False)
    return GuardedHttp(who, allow_private, options.tls())


def require_url(where: str, text: str, *, schemes: tuple[str, ...] = ("http", "https")) -> str:
    """Return `text` if it is a URL that can be posted to; raise InputError, never quoting it."""
    expected = f"{' or '.join(f'{scheme}://HOST/…' for scheme in schemes)}, without a password"
    try:
        parts = urlsplit(text)
        is_url = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_url = False
    plain = text.isascii() and text.isprintable() and not set(text) & set(' #\\<>"')
    if not is_url or not plain or "@" in parts.netloc:
        raise InputError(where, "address", expected=expected, found="another text")
    if len(text) > MAX_URL:
        expected = f"a URL of at most {MAX_URL} characters"
        raise InputError(where, "address", expected=expected, found="more")
    return text


def _judge(who: str, status: int, wait: timedelta | None, gone: frozenset[int]) -> None:
    """Raise what a status other than 2xx means."""
    if 200 <= status < 300:  # noqa: PLR2004 - RFC 9110, section 15
        return
    if 300 <= status < 400:  # noqa: PLR2004
        told = f"{who} answered {status}, a redirect: none is followed, give the final address"
        raise DeliveryError(told, retryable=False)
    retryable = status in _AGAIN or status >= 500  # noqa: PLR2004
    told = f"{who} answered {status}"
    raise DeliveryError(
        told, retryable=retryable, retry_after=wait if retryable else None, gone=status in gone
    )


def _wait(text: str, now: datetime) -> timedelta | None:
    """Return what `Retry-After` asks for (RFC 9110, section 10.2.3), at most LONGEST_WAIT."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:9])), LONGEST_WAIT)
    try:
        until = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return min(max(until - now, timedelta(0)), LONGEST_WAIT)
