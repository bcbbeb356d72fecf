"""Real SMTP servers: one that takes mail, and those that misbehave as servers do."""

import contextlib
import itertools
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class Mailbox:
    """What was delivered, and what the server answers at each step; "" is what is usual."""

    host: str = "127.0.0.1"
    port: int = 0
    connections: int = 0
    mails: list[Envelope] = field(default_factory=list)
    users: list[tuple[bytes, bytes]] = field(default_factory=list)
    at_mail: str = ""
    at_recipient: str = ""
    at_text: str = ""

    async def handle_MAIL(  # noqa: N802
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        if not self.at_mail:
            envelope.mail_from = address
        return self.at_mail or "250 OK"

    async def handle_RCPT(  # noqa: N802
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        if not self.at_recipient:
            envelope.rcpt_tos.append(address)
        return self.at_recipient or "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.at_text:
            return self.at_text
        self.mails.append(envelope)
        return "250 accepted"

    def authenticate(self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str,
                     given: LoginPassword) -> AuthResult:  # fmt: skip
        self.users.append((given.login, given.password))
        return AuthResult(success=given.password == b"correct horse", handled=False)


class _Counting(Controller):
    def factory(self) -> SMTP:
        self.handler.connections += 1
        return super().factory()  # type: ignore[no-any-return]


@contextlib.contextmanager
def receive_mail(
    *, tls: ssl.SSLContext | None = None, security: str = "none", auth: bool = False,
    idle_s: float = 300,
) -> Iterator[Mailbox]:  # fmt: skip
    mailbox = Mailbox()
    controller = _Counting(
        mailbox,
        hostname="127.0.0.1",
        port=_free_port(),
        ssl_context=tls if security == "tls" else None,
        tls_context=tls if security == "starttls" else None,
        require_starttls=security == "starttls",
        authenticator=mailbox.authenticate if auth else None,
        auth_required=auth and security == "starttls",
        auth_require_tls=security == "starttls",
        timeout=idle_s,
    )
    controller.start()
    mailbox.port = controller.port
    mailbox.connections = 0  # the controller connected once to see that it runs
    try:
        yield mailbox
    finally:
        controller.stop()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


Script = Callable[["Line"], None]


class Line:
    """One connection of a scripted server."""

    def __init__(self, connection: socket.socket, done: threading.Event) -> None:
        self._connection, self.done = connection, done
        self._file = connection.makefile("rb")

    def say(self, *lines: str) -> None:
        self._connection.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def hear(self) -> bytes:
        return self._file.readline()

    def hear_until(self, end: bytes) -> None:
        while (line := self._file.readline()) and line != end:
            pass

    def take_mail(self, answer: str = "250 OK") -> None:
        """Take one mail as a server does, from MAIL to the end of its text."""
        for said in ("250 OK", "250 OK", "354 go on"):
            self.hear()
            self.say(said)
        self.hear_until(b".\r\n")
        self.say(answer)

    def greet(self) -> None:
        self.say("220 mx.example.org ESMTP")
        self.hear()
        self.say("250-mx.example.org", "250 SIZE 1000000")

    def close(self) -> None:
        self._file.close()
        self._connection.close()


@contextlib.contextmanager
def scripted_server(*scripts: Script) -> Iterator[tuple[int, list[int]]]:
    """Speak with each connection as its script says; yields the port and who came."""
    listener = socket.create_server(("127.0.0.1", 0))
    done, came = threading.Event(), list[int]()

    def serve(all_scripts: Sequence[Script]) -> None:
        numbers = itertools.count()
        for script in all_scripts:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            came.append(next(numbers))
            connection.settimeout(30)
            line = Line(connection, done)
            with contextlib.suppress(OSError):
                script(line)
            line.close()

    thread = threading.Thread(target=serve, args=(scripts,))
    thread.start()
    try:
        yield listener.getsockname()[1], came
    finally:
        done.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
