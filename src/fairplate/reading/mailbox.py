"""The hand-over between the thread that receives a stream and the one that reads plates.

Decides that at most one decoded frame waits, and who waits for whom; `streams.py` decides what is
handed over.
"""

import threading
from dataclasses import dataclass
from datetime import datetime

from fairplate.reading.video import Shot


@dataclass(frozen=True, slots=True, eq=False)
class Arrival:
    """A shot, and when it was received if it came from a live stream."""

    shot: Shot
    captured_at: datetime | None


class Mailbox:
    """Hands shots from the receiving thread to the reader; at most one waits."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: Arrival | None = None
        self._error: Exception | None = None
        self.ended = False
        self.closed = False

    def put(self, arrival: Arrival, *, skip_older: bool) -> None:
        """Leave a shot: in place of the one that waits, or after the reader took that one."""
        with self._changed:
            if not skip_older:
                self._changed.wait_for(lambda: self._waiting is None or self.closed)
            self._waiting = arrival
            self._changed.notify_all()

    def end(self, error: Exception | None) -> None:
        """Say that nothing more will come, and why if something went wrong."""
        with self._changed:
            self._error, self.ended = error, True
            self._changed.notify_all()

    def take(self, timeout_s: float) -> Arrival | None:
        """Return the waiting shot, or None after `timeout_s`; raise what ended it when empty."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting is not None or self.ended, timeout_s)
            arrival, self._waiting = self._waiting, None
            self._changed.notify_all()
            if arrival is None and self._error is not None:
                raise self._error
            return arrival

    def close(self) -> None:
        """Say that the reader has gone."""
        with self._changed:
            self.closed = True
            self._changed.notify_all()

    def pause(self, seconds: float) -> None:
        """Wait, but no longer than the reader stays."""
        with self._changed:
            self._changed.wait_for(lambda: self.closed, seconds)
