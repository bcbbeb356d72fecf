"""Reading from and writing to a connection until a moment, however slow the other side is.

A socket's own timeout starts again with every byte, so one byte now and then would hold on forever.
"""

import io
import socket
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer


class TimedStream(io.RawIOBase):
    """A connection's bytes; TimeoutError once the seconds that were last allowed are over.

    Closing it leaves the connection open.
    """

    def __init__(self, connection: socket.socket, seconds: float) -> None:
        """Allow `seconds` from now."""
        super().__init__()
        self._connection = connection
        self.allow(seconds)

    def allow(self, seconds: float) -> None:
        """Count again, from now."""
        self._deadline = time.monotonic() + seconds

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Wait for what comes next; 0 at the end."""
        self._set_timeout()
        return self._connection.recv_into(buffer)

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def write(self, data: "ReadableBuffer") -> int:
        """Send all of `data`."""
        self._set_timeout()
        self._connection.sendall(data)
        return len(memoryview(data).cast("B"))

    def _set_timeout(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._connection.settimeout(left)
