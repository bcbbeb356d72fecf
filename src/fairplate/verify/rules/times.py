"""Times of events: they go forward, but for a little, and none is of a year that cannot be.

Leaves to others how long things may take.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fairplate.verify.events import LoggedEvent
from fairplate.verify.findings import Finding
from fairplate.verify.rules.faults import NO_FINDINGS, fault
from fairplate.verify.rules.moments import SLACK_MS

_SLACK = timedelta(milliseconds=SLACK_MS)
_FIRST_YEAR = 2020
"""Before Fairplate was made: the clock of the machine was never set."""


@dataclass(slots=True)
class _Mark:
    """The latest time of the first `size` events, and the earliest up to the next mark."""

    size: int
    furthest: tuple[datetime, int] | None
    earliest: tuple[datetime, int] | None = None


class Times:
    """The latest time so far, and whether it could be."""

    def __init__(self) -> None:
        self._latest = self._floor = datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC)
        self._furthest: tuple[datetime, int] | None = None
        self._told_unlikely = False
        self._marks: list[_Mark] = []

    def take(self, event: LoggedEvent) -> Sequence[Finding]:
        """Check the time of any event."""
        at = event.at
        if self._marks:
            mark = self._marks[-1]
            if mark.earliest is None or at < mark.earliest[0]:
                mark.earliest = at, event.index
        if at > self._latest:
            self._latest, self._floor = at, at - _SLACK
            if self._furthest is None or at > self._furthest[0]:
                self._furthest = at, event.index
            return NO_FINDINGS
        return NO_FINDINGS if at >= self._floor else self._judge(event)

    def mark(self, size: int) -> None:
        """Remember how far the times are now, after the first `size` events."""
        self._marks.append(_Mark(size, self._furthest))

    def compare(self, size: int, time: datetime) -> Sequence[Finding]:
        """Hold the events against a checkpoint of the marked `size`, made at `time`."""
        found: list[Finding] = []
        told = f"a checkpoint of {size} entries was made at {time:%Y-%m-%d %H:%M:%S} UTC"
        for mark in self._marks:
            if mark.size == size and mark.furthest and mark.furthest[0] - _SLACK > time:
                found.append(fault("time-after-witnessed", mark.furthest[1], f"{told}, with it"))
            if mark.size >= size and mark.earliest and mark.earliest[0] + _SLACK < time:
                message = f"{told}, without it"
                found.append(fault("time-before-witnessed", mark.earliest[1], message))
        return found

    def finish(self, now: datetime) -> Sequence[Finding]:
        """Say if the log holds an event that is later than `now`, the checkpoint's time."""
        if self._furthest is None or self._furthest[0] - _SLACK <= now:
            return NO_FINDINGS
        at, index = self._furthest
        message = f"it says {at:%Y-%m-%d %H:%M:%S} UTC, after the checkpoint that holds it"
        return [fault("time-in-future", index, message)]

    def _judge(self, event: LoggedEvent) -> Sequence[Finding]:
        if event.at.year < _FIRST_YEAR:
            if self._told_unlikely:
                return NO_FINDINGS
            self._told_unlikely = True
            message = f"the first of those that say a year before {_FIRST_YEAR}"
            return [fault("time-unlikely", event.index, message)]
        behind = self._latest - event.at
        # What comes after goes by the new time, or one clock set forward would make all wrong.
        self._latest, self._floor = event.at, event.at - _SLACK
        message = f"its time is {behind} before that of an earlier event"
        return [fault("time-went-back", event.index, message)]
