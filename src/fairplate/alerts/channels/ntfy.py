"""A push through an ntfy server (https://ntfy.sh, or a site's own): the address is a topic.

Decides what a locked screen may show: neither the plate nor its picture unless the policy lets it.
"""

import base64
import re
from collections.abc import Mapping
from pathlib import Path

from fairplate.alerts.channel import ChannelKind, Envelope
from fairplate.alerts.guarded_http import HTTP_OPTIONS, GuardedHttp, open_http, require_url
from fairplate.alerts.message import AlertMessage
from fairplate.alerts.options import Options
from fairplate.alerts.wording import is_urgent, short_text, subject
from fairplate.core.errors import InputError

OPTIONS = ("server", "token_file", "attach_crop", *HTTP_OPTIONS)
_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MAX_BYTES = 3500
"""The server turns a message of more than 4096 bytes into a file."""


class NtfyChannel:
    """Publishes every message to a topic."""

    def __init__(
        self, http: GuardedHttp, server: str, token: str | None, *, attach_crop: bool
    ) -> None:
        self._http, self._server, self._token = http, server, token
        self._attach_crop = attach_crop

    def deliver(self, envelope: Envelope) -> None:
        """Return once the server took the message."""
        message = envelope.message
        show_plate = envelope.plate_in_subject
        is_alert = isinstance(message, AlertMessage)
        headers = {
            "Title": _header(subject(message, show_plate=show_plate)),
            "Priority": "urgent" if is_urgent(message) else "default",
            "Tags": "oncoming_automobile" if is_alert else "information_source",
        }
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        text = short_text(message, show_plate=show_plate)
        crop = message.crop if isinstance(message, AlertMessage) else None
        url = f"{self._server}/{envelope.address}"
        if crop is not None and self._attach_crop and show_plate:
            shown = _header(text.replace("\n", "\\n"))  # ntfy makes a line break of it
            told = {**headers, "Message": shown, "Filename": "crop.jpg"}
            self._http.post(url, crop, told)
        else:
            body = text.encode("utf-8", "replace")[:_MAX_BYTES].decode("utf-8", "ignore")
            self._http.post(url, body.encode(), headers)

    def close(self) -> None:
        """Hold nothing open."""


def open_ntfy(name: str, given: Mapping[str, object], folder: Path) -> NtfyChannel:
    """Return the channel that the options describe."""
    options = Options(name, given, folder, known=OPTIONS)
    try:
        server = require_url(options.where, options.text("server")).rstrip("/")
    except InputError as error:
        raise options.error("server", expected=error.expected, found=error.found) from None
    token = options.secret_text("token_file") if options.has("token_file") else None
    if token is not None and not token.isascii():
        raise options.error("token_file", expected="an access token", found="another text")
    attach_crop = options.flag("attach_crop", default=False)
    return NtfyChannel(
        open_http(options, "the ntfy server"), server, token, attach_crop=attach_crop
    )


def check_address(where: str, text: str) -> str:
    """Return the topic: whoever knows it can read it, so it should be hard to guess."""
    topic = text.strip()
    if _TOPIC.fullmatch(topic) is None:
        expected = "a topic of at most 64 letters, digits, hyphens and underscores"
        raise InputError(where, "address", expected=expected, found="another text")
    return topic


def _header(text: str) -> str:
    """Return `text` for a header: ntfy reads the encoded words of RFC 2047."""
    if text.isascii():
        return text
    return f"=?UTF-8?B?{base64.b64encode(text.encode('utf-8', 'replace')).decode('ascii')}?="


KIND = ChannelKind(open=open_ntfy, check_address=check_address)
