"""E-mail through an SMTP server of the site's or a provider's.

Decides the options. Leaves the mail to `mail_message.py`, the server to `smtp_session.py`.
"""

import ipaddress
import re
from collections.abc import Mapping
from pathlib import Path

from fairplate.alerts.channel import ChannelKind, Envelope
from fairplate.alerts.mail_message import compose_mail
from fairplate.alerts.options import Options
from fairplate.alerts.smtp_session import SmtpServer, SmtpSession
from fairplate.core.errors import InputError

OPTIONS = ("host", "port", "security", "sender", "user", "password_file", "ca_file")
_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_MAX_ADDRESS = 254  # RFC 5321, section 4.5.3.1.3, without its brackets
# Dot-atoms only: quoted local parts are allowed by RFC 5321 and given to nobody.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?=.{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")


class MailChannel:
    """Sends every message as one e-mail."""

    def __init__(self, sender: str, session: SmtpSession) -> None:
        self._sender, self._session = sender, session

    def deliver(self, envelope: Envelope) -> None:
        """Return once the SMTP server took the mail over."""
        mail = compose_mail(envelope, sender=self._sender)
        self._session.send(self._sender, envelope.address, mail)

    def close(self) -> None:
        """Drop the connection."""
        self._session.close()


def open_mail(name: str, given: Mapping[str, object], folder: Path) -> MailChannel:
    """Return the channel that the options describe."""
    options = Options(name, given, folder, known=OPTIONS)
    host = options.text("host")
    security = options.one_of("security", _PORTS, "none" if _is_loopback(host) else "starttls")
    if options.has("user") != options.has("password_file"):
        raise options.error("user", expected="user and password_file, or neither", found="one")
    has_user = options.has("user")
    if has_user and security == "none" and not _is_loopback(host):
        expected = "starttls or tls where a password is sent to another machine"
        raise options.error("security", expected=expected, found="none")
    server = SmtpServer(
        host=host,
        port=options.number("port", _PORTS[security], least=1, most=65535),
        security=security,
        tls=options.tls(),
        user=options.text("user") if has_user else None,
        password=options.secret_text("password_file") if has_user else None,
    )
    sender = _address(options.where, "sender", options.text("sender"))
    return MailChannel(sender, SmtpSession(server))


def check_address(where: str, text: str) -> str:
    """Return a mailbox, its domain in ASCII; raise InputError for anything else."""
    return _address(where, "address", text)


def _address(where: str, field: str, text: str) -> str:
    local, _, domain = text.strip().rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        ascii_domain = ""
    address = f"{local}@{ascii_domain}"
    if len(address) > _MAX_ADDRESS or _ADDRESS.fullmatch(address) is None:
        raise InputError(where, field, expected="a mailbox as name@example.org", found="another")
    return address


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


KIND = ChannelKind(open=open_mail, check_address=check_address)
