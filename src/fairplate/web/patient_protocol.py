"""HTTP that does not wait for ever for a request to begin (slow loris).

uvicorn waits without end for the head of a first request; a thousand such connections would be all.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_WITHIN_S = 10.0


class ImpatientProtocol(H11Protocol):
    """One connection, closed unless a request's head has come whole in time."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin to wait."""
        super().connection_made(transport)
        self._deadline = self.loop.call_later(HEAD_WITHIN_S, self._require_head)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        if self._deadline is not None:
            self._deadline.cancel()
        super().connection_lost(exc)

    def _require_head(self) -> None:
        """Close the connection if it is neither answered nor read by the application."""
        idle = self.cycle is None or self.cycle.response_complete
        begun = bool(self.conn.trailing_data[0])
        if self.cycle is None or (idle and begun):
            self.transport.close()
            return
        self._deadline = self.loop.call_later(HEAD_WITHIN_S, self._require_head)
