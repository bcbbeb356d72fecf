"""An SMTP server in a process of its own, which tells when it accepted each message."""

import multiprocessing
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection


class _Mailbox:
    """Notes when each message was accepted, by its Message-ID."""

    def __init__(self, results: Connection) -> None:
        self.results = results

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:  # noqa: N802, ARG002 - aiosmtpd's protocol
        """Accept."""
        content = getattr(envelope, "content", b"")
        line = next(one for one in content.split(b"\r\n") if one.lower().startswith(b"message-id"))
        self.results.send((line.decode(), time.monotonic()))
        return "250 OK"


def serve_smtp(results: Connection) -> None:
    """Be an SMTP server; sends its port first, and then each message's id and time."""
    from aiosmtpd.controller import Controller  # noqa: PLC0415 - in the child alone

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])  # a controller cannot choose one itself
    controller = Controller(_Mailbox(results), hostname="127.0.0.1", port=port)
    controller.start()
    results.send(port)
    threading.Event().wait()


@contextmanager
def smtp_server() -> Iterator[tuple[int, Connection]]:
    """Run the server; yield its port and what it receives: `time.monotonic()` of each message."""
    context = multiprocessing.get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=serve_smtp, args=(sending,), daemon=True)
    process.start()
    sending.close()  # so that the end of a server that fails is noticed
    try:
        yield receiving.recv(), receiving
    finally:
        process.kill()
        process.join()


def receive_ids(received: Connection, number: int) -> dict[str, float]:
    """Return when each alert's message was accepted, by the alert's id."""
    arrived: dict[str, float] = {}
    while len(arrived) < number and received.poll(10):
        line, at = received.recv()
        alert_id = line.partition("<")[2].partition("-desk-")[0]
        arrived.setdefault(alert_id, at)
    return arrived
