"""HTTP that does not wait for ever for a request to begin (slow loris), nor takes endless heads.

uvicorn bounds neither: a thousand connections that never send a whole head would be all there are.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_WITHIN_S = 10.0
MOST_HEAD_BYTES = 64 << 10


class ImpatientProtocol(HttpToolsProtocol):
    """One connection, closed unless each head comes whole in time and is not too long.

    A new connection must send one; afterwards the time runs from a head's first byte on. How long a
    connection may be idle in between is uvicorn's to decide.
    """

    _deadline: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: Any) -> None:
        """Begin to wait."""
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._head_is_there()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take some bytes; more than a head may have without one being whole are too many."""
        super().data_received(data)
        if self._deadline is None:
            return
        self._head_bytes += len(data)
        if self._head_bytes > MOST_HEAD_BYTES:
            self.transport.close()

    def on_message_begin(self) -> None:
        """Begin to wait for a head of which the first byte came."""
        super().on_message_begin()
        if self._deadline is None:
            self._expect_head()

    def on_headers_complete(self) -> None:
        """Wait no more: the head is whole."""
        self._head_is_there()
        super().on_headers_complete()

    def _expect_head(self) -> None:
        self._head_bytes = 0
        self._deadline = self.loop.call_later(HEAD_WITHIN_S, self.transport.close)

    def _head_is_there(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
