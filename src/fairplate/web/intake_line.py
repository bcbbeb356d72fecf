"""The line of requests before the intake: one thread takes them in batches, in one commit each.

Decides that a request is answered only after the commit of its own reads, that a request which the
intake cannot take spoils no other's, and that what waits is bounded.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from fairplate.core.errors import FairplateError, StorageError
from fairplate.intake import Arriving, Intake, Taken

MOST_READS_AT_ONCE = 500
MOST_WAITING_READS = 5_000
MOST_WAITING_BYTES = 256 << 20
_LOOKED_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class _Request:
    batch: Sequence[Arriving]
    answer: "Future[tuple[Taken, ...]]"

    @property
    def picture_bytes(self) -> int:
        return sum(len(one.picture) for one in self.batch if one.picture is not None)


@dataclass(slots=True)
class IntakeLine:
    """Takes requests from any thread or task, and answers each once it is committed."""

    intake: Intake
    tell: Callable[[FairplateError], None]
    _queue: "queue.Queue[_Request | None]" = field(default_factory=queue.Queue)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _reads: int = 0
    _bytes: int = 0
    _ended: bool = False

    async def take(self, batch: Sequence[Arriving]) -> tuple[Taken, ...]:
        """Return what became of each read of `batch`, after the commit.

        Raises what `Intake.take` raises, and a StorageError worth another try where too many wait.
        """
        return await asyncio.wrap_future(self.put(batch))

    def put(self, batch: Sequence[Arriving]) -> "Future[tuple[Taken, ...]]":
        """Put a request into the line; StorageError where too many wait or all is to end."""
        request = _Request(batch, Future())
        size = request.picture_bytes
        with self._lock:
            full = (
                self._reads + len(batch) > MOST_WAITING_READS
                or self._bytes + size > MOST_WAITING_BYTES
            )
            if self._ended or (full and self._reads):
                expected, found = "room for more reads", "the end" if self._ended else "none"
                raise StorageError("intake", expected=expected, found=found, retryable=True)
            self._reads += len(batch)
            self._bytes += size
            self._queue.put(request)
        return request.answer

    @property
    def waiting(self) -> int:
        """How many reads wait or are under way."""
        return self._reads

    def end(self) -> None:
        """Take no more; what waits is still taken."""
        with self._lock:
            self._ended = True
            self._queue.put(None)

    def run(self) -> None:
        """Take requests until the end; the thread that runs this is the only one at the intake."""
        while True:
            requests, is_last = self._next_requests()
            if requests:
                self._take(requests)
            else:
                self.intake.let_go_of_due()
            if is_last:
                return

    def _next_requests(self) -> tuple[list[_Request], bool]:
        requests: list[_Request] = []
        number = 0
        while number < MOST_READS_AT_ONCE:
            try:
                one = self._queue.get(block=not requests, timeout=_LOOKED_EVERY_S)
            except queue.Empty:
                break
            if one is None:
                return requests, True
            requests.append(one)
            number += len(one.batch)
        return requests, False

    def _take(self, requests: Sequence[_Request]) -> None:
        together = [one for request in requests for one in request.batch]
        try:
            taken = self.intake.take(together)
        except Exception as error:  # noqa: BLE001 - whoever waits is told, and the line goes on
            self._fail(requests, error)
            return
        begin = 0
        for request in requests:
            end = begin + len(request.batch)
            self._let_go(request)
            request.answer.set_result(taken[begin:end])
            begin = end

    def _fail(self, requests: Sequence[_Request], error: Exception) -> None:
        """Try each request alone, unless all would fail alike, so that none spoils another."""
        if isinstance(error, FairplateError):
            self.tell(error)
        if len(requests) > 1 and not getattr(error, "retryable", False):
            for request in requests:
                self._take([request])
            return
        for request in requests:
            self._let_go(request)
            request.answer.set_exception(error)

    def _let_go(self, request: _Request) -> None:
        with self._lock:
            self._reads -= len(request.batch)
            self._bytes -= request.picture_bytes
