"""Everything else that https://github.com/caronc/apprise speaks: chats, pagers, text messages.

Decides which of the URLs in a private file an address stands for. Apprise tells only that a service
refused, not why, so every refusal counts as one that may pass.
"""

import logging
import queue
import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from fairplate.alerts.channel import TIMEOUT_S, ChannelKind, DeliveryError, Envelope
from fairplate.alerts.message import AlertMessage
from fairplate.alerts.options import Options
from fairplate.alerts.wording import plain_text, short_text, subject
from fairplate.core.errors import InputError

if TYPE_CHECKING:
    from apprise import Apprise

OPTIONS = ("url_file",)
WHO = "the service that Apprise speaks to"
_WORD = re.compile(r"[a-z0-9-]{1,64}")


class AppriseChannel:
    """Sends every message through the service whose URL the address names."""

    def __init__(self, services: Mapping[str, "Apprise"]) -> None:
        self._services = services

    def deliver(self, envelope: Envelope) -> None:
        """Return once the service took the message."""
        service = self._services.get(envelope.address)
        if service is None:
            told = "the file of Apprise URLs has none for this address"
            raise DeliveryError(told, retryable=False)
        message, show_plate = envelope.message, envelope.plate_in_subject
        is_whole = show_plate or not isinstance(message, AlertMessage)
        text = plain_text(message) if is_whole else short_text(message, show_plate=False)
        title = subject(message, show_plate=show_plate)
        answers: queue.SimpleQueue[bool] = queue.SimpleQueue()

        def notify() -> None:
            is_taken = False
            try:
                is_taken = bool(service.notify(title=title, body=text, body_format="text"))
            finally:  # a plug-in of Apprise may raise anything
                answers.put(is_taken)

        # Each service of Apprise has time limits of its own, some none.
        threading.Thread(target=notify, daemon=True).start()
        try:
            is_taken = answers.get(timeout=TIMEOUT_S)
        except queue.Empty:
            raise DeliveryError(f"{WHO} did not answer in time", retryable=True) from None
        if not is_taken:
            raise DeliveryError(f"{WHO} did not take the message", retryable=True)

    def close(self) -> None:
        """Hold nothing open."""


def open_apprise(name: str, given: Mapping[str, object], folder: Path) -> AppriseChannel:
    """Return the channel that the options describe."""
    options = Options(name, given, folder, known=OPTIONS)
    secret = options.secret("url_file")
    try:
        from apprise import Apprise  # noqa: PLC0415 - an extra, and slow to load
    except ImportError:
        expected = "the package apprise: pip install 'fairplate[apprise]'"
        raise options.error("kind", expected=expected, found="none") from None
    # It logs what it sends, and to whom.
    logging.getLogger("apprise").disabled = True
    services: dict[str, Apprise] = {}
    for number, line in enumerate(secret.decode("utf-8", "replace").splitlines(), start=1):
        word, _, url = line.strip().partition(" ")
        if not word or word.startswith("#"):
            continue
        service = Apprise()
        if _WORD.fullmatch(word) is None or word in services or not service.add(url.strip()):
            expected = "in each line an address of its own, a space, and a URL that Apprise knows"
            raise options.error("url_file", expected=expected, found=f"another in line {number}")
        services[word] = service
    if not services:
        expected = "lines of an address, a space, and a URL"
        raise options.error("url_file", expected=expected, found="none")
    return AppriseChannel(services)


def check_address(where: str, text: str) -> str:
    """Return the word that stands before a URL in the file."""
    word = text.strip()
    if _WORD.fullmatch(word) is None:
        expected = "a word of at most 64 small letters, digits and hyphens"
        raise InputError(where, "address", expected=expected, found="another text")
    return word


KIND = ChannelKind(open=open_apprise, check_address=check_address)
