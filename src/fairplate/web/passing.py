"""What cameras send on its way to the intake: messages about one car gathered into one read.

Decides when a read goes on. A vendor that sends one message a car is answered once that is stored.
Where several messages tell of one car, each is answered at once and the read goes on with the last
one, or when the car was quiet for a second: what waits then, three seconds at most, is lost if the
process is killed. It is stored first where the server is asked to stop.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from fairplate.core.errors import FairplateError
from fairplate.ingest.arrival import Arrival, Unread
from fairplate.ingest.passages import Passages
from fairplate.intake import Arriving, Taken
from fairplate.web.intake_line import IntakeLine

MOST_LEFT = 1_000
"""Reads that the intake could not take, kept to be tried again; beyond them the oldest goes."""

_EVERY_S = 0.25


class Step(StrEnum):
    """What became of a vehicle in a payload, as a camera is told, where the intake does not say."""

    WAITING = "waiting"  # for the last message about it
    REPEATED = "repeated"  # of a passing that was told before


@dataclass(slots=True)
class Passing:
    """For the event loop's thread alone. `tell` gets what could not be stored, and why."""

    line: IntakeLine
    clock: Callable[[], datetime]
    count: Callable[[Sequence[Taken]], None]
    tell: Callable[[FairplateError], None]
    _passages: Passages = field(default_factory=Passages)
    _left: list[Arrival] = field(default_factory=list)

    @property
    def waiting(self) -> int:
        """How many passings wait for their last word, or for the intake."""
        return self._passages.waiting + len(self._left)

    async def take(self, words: Sequence[Arrival | Unread]) -> list[Taken | Unread | Step]:
        """Return what became of each, after the commit of all that goes on now.

        Raises what the intake line raises; then nothing that goes on now is stored.
        """
        now, told, due = self.clock(), list[Taken | Unread | Step](), list[Arrival]()
        for word in words:
            handed = self._passages.take(word, now=now)
            due += handed
            told.append(_step_of(word, handed))
        if not due:
            return told
        try:
            taken = await self._store(due)
        except FairplateError:
            # A camera sends again, but of a passing that is over nothing more is heard.
            self._leave([one for one in due if one.passage is not None])
            raise
        by_id = {one.read_id: one for one in taken}
        return [
            by_id.get(word.read_id, step) if isinstance(word, Arrival) else step
            for word, step in zip(words, told, strict=True)
        ]

    async def run(self) -> None:
        """Take what became due, until this is cancelled."""
        while True:
            await asyncio.sleep(_EVERY_S)
            await self.take_due()

    async def take_due(self) -> None:
        """Store what waited long enough, and what could not be stored before."""
        await self._try(self._passages.take_due(now=self.clock()))

    async def finish(self) -> None:
        """Store all that waits: the process is about to end."""
        await self._try(self._passages.take_all(now=self.clock()))

    async def _try(self, due: Sequence[Arrival]) -> None:
        due, self._left = [*self._left, *due], []
        if not due:
            return
        try:
            await self._store(due)
        except FairplateError as error:
            self.tell(error)
            if error.retryable:
                self._leave(due)

    async def _store(self, due: Sequence[Arrival]) -> tuple[Taken, ...]:
        taken = await self.line.take([arriving_of(one) for one in due])
        self.count(taken)
        return taken

    def _leave(self, due: Sequence[Arrival]) -> None:
        self._left = [*self._left, *due][-MOST_LEFT:]


def arriving_of(arrival: Arrival) -> Arriving:
    """Return what the intake takes."""
    return Arriving(
        read_id=arrival.read_id,
        reader_id=arrival.reader_id,
        captured_at=arrival.captured_at,
        read=arrival.read,
        picture=arrival.picture,
        other_boxes=arrival.other_boxes,
        direction=arrival.direction,
    )


def _step_of(word: Arrival | Unread, handed: Sequence[Arrival]) -> Unread | Step:
    if isinstance(word, Unread):
        return word
    if word.is_last and not handed:
        return Step.REPEATED
    return Step.WAITING
