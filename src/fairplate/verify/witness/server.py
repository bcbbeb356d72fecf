"""The witness's HTTP face: add-checkpoint, and the first note of each month.

Decides what a request may cost in bytes, seconds and threads. The answers are cosigner.py's.
"""

import contextlib
import io
import socket
import socketserver
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TextIO, cast
from urllib.parse import unquote

from fairplate.verify.errors import LogFormatError, parse_decimal
from fairplate.verify.witness.answers import Answer, refuse
from fairplate.verify.witness.cosigner import Cosigner
from fairplate.verify.witness.deadlines import TimedStream
from fairplate.verify.witness.submissions import MAX_SUBMISSION_BYTES, PATH

FIRST_PATH = "/first/"
REQUEST_S = 20.0
"""In how many seconds a whole request must have come, from the answer to the one before."""

MAX_CONNECTIONS = 64

_BUSY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_MAX_TOLD = 300


class WitnessServer(ThreadingHTTPServer):
    """A thread for each connection, and no more than so many of them."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(
        self,
        address: tuple[str, int],
        cosigner: Cosigner,
        now_s: Callable[[], int],
        out: TextIO,
        *,
        request_s: float = REQUEST_S,
        connections: int = MAX_CONNECTIONS,
    ) -> None:
        """Listen on `address`; write a line for each request to `out`."""
        self.cosigner = cosigner
        self._now_s = now_s
        self._out = out
        self.request_s = request_s
        self._room = threading.BoundedSemaphore(connections)
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Bind, without asking a name server for the machine's own name as http.server does."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.socket.getsockname()[:2]

    @property
    def url(self) -> str:
        """Where it listens."""
        host = f"[{self.server_name}]" if ":" in self.server_name else self.server_name
        return f"http://{host}:{self.server_port}"

    def tell(self, line: str) -> None:
        """Write a line with the time in front; what is not plain ASCII is spelled out."""
        moment = datetime.fromtimestamp(self._now_s(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        plain = line[:_MAX_TOLD].encode("unicode_escape").decode("ascii")
        with contextlib.suppress(OSError):  # a log that nobody reads any more stops nothing
            self._out.write(f"{moment} {plain}\n")
            self._out.flush()

    def process_request(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        """Start a thread if there is room; otherwise say 503 and close."""
        if not isinstance(request, socket.socket):  # which only datagrams are not
            return
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
            return
        self.tell("503 too many connections")
        request.settimeout(0)
        with contextlib.suppress(OSError):
            request.send(_BUSY)
        self.shutdown_request(request)

    def process_request_thread(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        """Handle a connection, and make room again."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, _request: object, _client_address: object) -> None:
        """Tell the kind of an error in one line; what was sent may be anything."""
        kind = sys.exc_info()[0]
        self.tell(f"connection lost: {kind.__name__ if kind else 'unknown'}")


class _Handler(BaseHTTPRequestHandler):
    server: WitnessServer
    protocol_version = "HTTP/1.1"
    server_version = "fairplate-witness"
    sys_version = ""

    def setup(self) -> None:
        super().setup()
        self.rfile.close()
        self._stream = TimedStream(self.connection, self.server.request_s)
        self.rfile = io.BufferedReader(self._stream)
        # Unbuffered, as http.server has it.
        self.wfile = cast("io.BufferedIOBase", self._stream)

    def handle_one_request(self) -> None:
        self._stream.allow(self.server.request_s)
        super().handle_one_request()

    def do_POST(self) -> None:
        if self.path != PATH:
            self._answer(refuse(404, "expected POST /add-checkpoint"), close=True)
            return
        body = self._read_body()
        if isinstance(body, Answer):
            self._answer(body, close=True)
        else:
            self._answer(self.server.cosigner.add_checkpoint(body))

    def do_GET(self) -> None:
        # Its body, if it has one, is not read: then what follows cannot be understood.
        close = "Content-Length" in self.headers or "Transfer-Encoding" in self.headers
        if self.path.startswith(FIRST_PATH):
            month, _, origin = self.path.removeprefix(FIRST_PATH).partition("/")
            self._answer(self.server.cosigner.first_of_month(month, unquote(origin)), close=close)
        else:
            self._answer(refuse(404, "expected /first/YYYY-MM/ORIGIN"), close=close)

    def _read_body(self) -> bytes | Answer:
        lengths = self.headers.get_all("Content-Length", [])
        if "Transfer-Encoding" in self.headers or len(lengths) != 1:
            return refuse(411, "expected one Content-Length and no Transfer-Encoding")
        try:
            length = parse_decimal(lengths[0], "Content-Length")
        except LogFormatError as error:
            return refuse(400, str(error))
        if length > MAX_SUBMISSION_BYTES:
            return refuse(413, f"expected at most {MAX_SUBMISSION_BYTES} bytes")
        body = self.rfile.read(length)
        return body if len(body) == length else refuse(400, "the body ended early")

    def _answer(self, answer: Answer, *, close: bool = False) -> None:
        """Send `answer`, and tell of it; with `close` as the last on this connection."""
        self._stream.allow(self.server.request_s)
        method = self.command or "-"
        self.server.tell(f"{answer.status} {method} {answer.told}")
        self.send_response_only(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        if close:
            self.close_connection = True
            self.send_header("Connection", "close")
        self.end_headers()
        if method != "HEAD":
            self.wfile.write(answer.body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what http.server refuses by itself, in plain text."""
        del explain
        self.command = getattr(self, "command", None) or "-"
        self._answer(refuse(code, message or "refused"), close=True)

    def log_error(self, *_: object) -> None:
        """Say nothing: of requests that do not end."""
