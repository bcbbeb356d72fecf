"""One connection to an SMTP server, kept open from mail to mail, with a deadline over each.

Decides whether a refusal is for ever. A connection that was dropped while idle is opened again
without a word; once the mail's text went out nothing is sent twice in one call.
"""

import contextlib
import re
import smtplib
import ssl
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, cast

from fairplate.alerts.channel import TIMEOUT_S, DeliveryError
from fairplate.alerts.guarded_connection import TimedSocket, connect, encrypt, tell_failure

if TYPE_CHECKING:
    import socket

WHO = "the SMTP server"
IDLE_LIMIT_S = 60
"""An older connection is not used again: something in between may have forgotten it silently."""

GREYLIST_WAIT = timedelta(seconds=60)
"""Unless the server says for how long it greylists; many accept after a minute."""

_LONGEST_GREYLIST = timedelta(hours=1)
_REUSE_S = 4.0  # an open connection that does not answer by then is given up for a new one
_OK, _CLOSING = 250, 421
_GREYLISTED = re.compile(r"gr[ea]y-?list|\b4\.7\.1\b", re.IGNORECASE)
_SECONDS = re.compile(r"\b(\d{1,5})\s*(s|sec|second|m|min|minute)s?\b", re.IGNORECASE)
_STATUS = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")  # RFC 3463


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """Where the server is and how it is spoken to; `security` is starttls, tls or none."""

    host: str
    port: int
    security: str
    tls: ssl.SSLContext = field(repr=False)
    user: str | None = None
    password: str | None = field(default=None, repr=False)


class SmtpSession:
    """The connection to one server; not for two threads at once."""

    def __init__(self, server: SmtpServer) -> None:
        """Remember the server; connect when the first mail is sent."""
        self._server = server
        self._smtp: _Smtp | None = None
        self._used_at = 0.0

    def send(self, sender: str, recipient: str, mail: bytes) -> None:
        """Return once the server took the mail over; raises DeliveryError."""
        deadline = time.monotonic() + TIMEOUT_S
        try:
            smtp = self._begin(sender, deadline)
            _require(*smtp.rcpt(recipient))
            _require(*smtp.data(mail))
        except smtplib.SMTPResponseException as error:
            self._begin_anew()
            raise _failure(error) from None
        except (smtplib.SMTPException, OSError, ValueError) as error:
            self.close()
            raise _failure(error) from None
        except BaseException:
            self.close()
            raise
        self._used_at = time.monotonic()

    def close(self) -> None:
        """Drop the connection, without waiting for a goodbye."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()

    def _begin_anew(self) -> None:
        """Keep the connection after a refusal if the server is ready for another mail."""
        code = 0
        if self._smtp is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                code, _ = self._smtp.rset()
        if code != _OK:
            self.close()

    def _begin(self, sender: str, deadline: float) -> "_Smtp":
        """Return a connection on which the server took `sender`: the open one, or a new one."""
        if self._smtp is not None and time.monotonic() - self._used_at < IDLE_LIMIT_S:
            code, text = _CLOSING, b""
            with contextlib.suppress(OSError):  # which smtplib's errors are, too
                self._smtp.allow_until(min(deadline, time.monotonic() + _REUSE_S))
                code, text = self._smtp.mail(sender)
            if code != _CLOSING:
                self._smtp.allow_until(deadline)
                _require(code, text)
                return self._smtp
        self.close()
        smtp = _Smtp(self._server, deadline)
        try:
            smtp.open()
        except BaseException:
            smtp.close()
            raise
        self._smtp, self._used_at = smtp, time.monotonic()
        _require(*smtp.mail(sender))
        return smtp


class _Smtp(smtplib.SMTP):
    """smtplib's protocol over a connection of ours."""

    def __init__(self, server: SmtpServer, deadline: float) -> None:
        super().__init__(timeout=TIMEOUT_S)
        self._server, self._deadline = server, deadline
        self._timed: TimedSocket | None = None

    def open(self) -> None:
        """Connect, encrypt and sign in."""
        server = self._server
        code, text = self.connect(server.host, server.port)
        _require(code, text)
        self.ehlo_or_helo_if_needed()
        if server.security == "starttls":
            self._start_tls()
        if server.user is not None and server.password is not None:
            self.login(server.user, server.password)

    def allow_until(self, deadline: float) -> None:
        """Set another deadline for what follows."""
        self._deadline = deadline
        if self._timed is not None:
            self._timed.allow_until(deadline)

    def _get_socket(self, host: str, port: int, _timeout: float) -> "socket.socket":
        """Return what smtplib speaks through; it calls this when it connects."""
        # An administrator named this server: it is often the machine itself.
        connection = connect(host, port, self._deadline, allow_private=True)
        if self._server.security == "tls":
            connection = encrypt(connection, self._server.tls, host, self._deadline)
        return self._speak_through(connection)

    def _start_tls(self) -> None:
        """Do what smtplib.starttls does, which cannot wrap a connection with a deadline."""
        if not self.has_extn("starttls") or self._timed is None:
            raise smtplib.SMTPNotSupportedError
        _require(*self.docmd("STARTTLS"))
        plain = self._timed.connection
        self.sock = self._speak_through(
            encrypt(plain, self._server.tls, self._server.host, self._deadline)
        )
        # RFC 3207, section 4.2: what was said in the clear counts for nothing.
        self.file = None
        self.helo_resp = self.ehlo_resp = None
        self.esmtp_features = {}
        self.does_esmtp = False
        self.ehlo_or_helo_if_needed()

    def _speak_through(self, connection: "socket.socket") -> "socket.socket":
        self._timed = TimedSocket(connection, self._deadline)
        return cast("socket.socket", self._timed)


def _require(code: int, text: bytes) -> None:
    """Raise what a reply other than 2xx means."""
    if 200 <= code < 300:  # noqa: PLR2004 - RFC 5321, section 4.2.1
        return
    if code == -1:
        raise smtplib.SMTPServerDisconnected
    raise smtplib.SMTPResponseException(code, text)


def _failure(error: Exception) -> DeliveryError:
    """Return what an error means, without the server's words: they may quote an address."""
    match error:
        case smtplib.SMTPServerDisconnected():
            return DeliveryError(f"{WHO} closed the connection", retryable=True)
        case smtplib.SMTPNotSupportedError():
            told = f"{WHO} does not offer what the settings ask for (STARTTLS or signing in)"
            return DeliveryError(told, retryable=False)
        case smtplib.SMTPResponseException():
            return _refusal(error)
        case smtplib.SMTPHeloError() | smtplib.SMTPException():
            return DeliveryError(f"{WHO} speaks another protocol", retryable=True)
        case _:
            return tell_failure(WHO, error)


def _refusal(error: smtplib.SMTPResponseException) -> DeliveryError:
    code, said = error.smtp_code, error.smtp_error
    text = said.decode("ascii", "replace") if isinstance(said, bytes) else str(said)
    status = _STATUS.search(text)
    what = "the password" if isinstance(error, smtplib.SMTPAuthenticationError) else "the mail"
    told = f"{WHO} refused {what} with {code}{f' ({status[0]})' if status else ''}"
    is_temporary = not 500 <= code < 600  # noqa: PLR2004
    is_greylisted = is_temporary and _GREYLISTED.search(text) is not None
    wait = _greylist_wait(text) if is_greylisted else None
    return DeliveryError(told, retryable=is_temporary, retry_after=wait)


def _greylist_wait(text: str) -> timedelta:
    found = _SECONDS.search(text)
    if found is None:
        return GREYLIST_WAIT
    unit = timedelta(minutes=1) if found[2].lower().startswith("m") else timedelta(seconds=1)
    return min(int(found[1]) * unit, _LONGEST_GREYLIST)
