"""One POST to a witness, over before a deadline, whatever the other side does.

Decides nothing of what the answer means. Follows no redirect, keeps no cookie, asks no proxy, and
reads so many bytes and no more. Connecting tries each address of a name for the time that is left,
so with several dead ones it may take longer; `ask_witnesses` does not wait for that.
"""

import contextlib
import http.client
import io
import socket
import ssl
import time
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

from fairplate.verify.witness.deadlines import TimedStream

MAX_REPLY_BYTES = 1 << 15


class CallError(Exception):
    """No answer was had; the message says why, `retryable` whether that may pass by itself."""

    def __init__(self, problem: str, *, retryable: bool = True) -> None:
        """Take the problem as words that follow the witness's name."""
        super().__init__(problem)
        self.retryable = retryable


@dataclass(frozen=True, slots=True)
class Reply:
    """What a witness answered: status, content type, and at most MAX_REPLY_BYTES of a body."""

    status: int
    content_type: str
    body: bytes


def post(url: str, body: bytes, deadline: float) -> Reply:
    """Send `body` to `url` and return the answer, by `deadline` (monotonic); raises CallError."""
    try:
        return _post(url, body, deadline)
    except TimeoutError:
        raise CallError("did not answer in time") from None
    except ssl.SSLCertVerificationError as error:
        raise CallError(
            f"has no valid TLS certificate: {error.verify_message}", retryable=False
        ) from None
    except ssl.SSLError as error:
        raise CallError(f"cannot be reached over TLS: {error.reason}") from None
    except socket.gaierror:
        raise CallError("cannot be found: its host has no address") from None
    except OSError as error:
        raise CallError(f"cannot be reached: {error.strerror or type(error).__name__}") from None
    except (http.client.HTTPException, ValueError):
        raise CallError("answered with something that is not HTTP", retryable=False) from None


def _post(url: str, body: bytes, deadline: float) -> Reply:
    connection = _connect(url, deadline)
    with contextlib.closing(connection.sock) as real:
        connection.sock = cast("socket.socket", _TimedSocket(real, deadline))
        headers = {"Content-Type": "text/plain; charset=utf-8", "Connection": "close"}
        connection.request("POST", urlsplit(url).path, body, headers)
        response = connection.getresponse()
        found = response.read(MAX_REPLY_BYTES + 1)
        if len(found) > MAX_REPLY_BYTES:
            raise CallError(f"answered with more than {MAX_REPLY_BYTES} bytes", retryable=False)
        return Reply(response.status, response.headers.get_content_type(), found)


def _connect(url: str, deadline: float) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    host = parts.hostname or ""
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context()
        connection = http.client.HTTPSConnection(host, parts.port, timeout=left, context=context)
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=left)
    connection.connect()
    return connection


class _TimedSocket:
    """What http.client uses of a socket, with one deadline over all of it."""

    def __init__(self, real: socket.socket, deadline: float) -> None:
        self._stream = TimedStream(real, deadline - time.monotonic())

    def sendall(self, data: bytes) -> None:
        self._stream.write(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self._stream)

    def close(self) -> None:
        """Leave it open: http.client closes before it has read the body."""
