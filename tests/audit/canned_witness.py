"""A server that answers every request with the same bytes, as slowly as it is told."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field


@dataclass
class Canned:
    """Where it listens, and what it was sent."""

    url: str
    requests: list[bytes] = field(default_factory=list)


def answer(status: int, body: bytes, content_type: str = "text/plain") -> bytes:
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


@contextlib.contextmanager
def serve_canned(
    *pieces: bytes, pause_s: float = 0.0, repeat: bool = False, tls: ssl.SSLContext | None = None
) -> Iterator[Canned]:
    """Answer with `pieces`, a pause after each, over and over if `repeat`; then close."""
    listener = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()
    scheme = "https" if tls else "http"
    canned = Canned(f"{scheme}://127.0.0.1:{listener.getsockname()[1]}")

    def accept() -> None:
        while not done.is_set():
            with contextlib.suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    connection.settimeout(30)
                    _speak(tls.wrap_socket(connection, server_side=True) if tls else connection)

    def _speak(connection: socket.socket) -> None:
        with connection:
            canned.requests.append(_read_request(connection))
            _send(connection, pieces)
            while repeat and not done.is_set():
                _send(connection, pieces)

    def _send(connection: socket.socket, pieces: Sequence[bytes]) -> None:
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(pause_s)

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield canned
    finally:
        done.set()
        with contextlib.suppress(OSError):
            socket.create_connection(listener.getsockname()[:2], timeout=5).close()
        thread.join()
        listener.close()


def _read_request(connection: socket.socket) -> bytes:
    data = _receive(connection)
    while b"\r\n\r\n" not in data:
        data += _receive(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    [length] = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while len(body) < int(length.partition(b":")[2]):
        body += _receive(connection)
    return head + b"\r\n\r\n" + body


def _receive(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionError
    return data
