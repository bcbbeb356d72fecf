"""Events `log.restored`: a database came back from a backup, the log did not go back.

Decides what that excuses: acts that the restored database did not know of, which are told by the
events it lacked, may be done and told once more. Policies are not excused: what was told in public
stays in force. Each restore is a notice, since somebody could claim one to do a thing twice.
"""

from bisect import bisect_right
from collections.abc import Sequence

from fairplate.verify.events import LoggedEvent
from fairplate.verify.findings import Finding
from fairplate.verify.rules.faults import RulesByType, fault, notice


class Restores:
    """Every restore so far, as spans of events that do not touch."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    @property
    def rules(self) -> RulesByType:
        """The rule for each type of event."""
        return {"log.restored": self._take}

    def excuses(self, index: int) -> bool:
        """Say whether the database may have forgotten what the event at `index` tells."""
        place = bisect_right(self._starts, index) - 1
        return place >= 0 and index < self._ends[place]

    def _take(self, event: LoggedEvent) -> Sequence[Finding]:
        first, events = event.public["first"], event.public["events"]
        if events == 0 or first + events != event.index:
            message = f"expected the events directly before it, found {events} from {first} on"
            return [fault("restored-range-wrong", event.index, message)]
        start = first
        while self._ends and self._ends[-1] >= first:
            start = min(start, self._starts.pop())
            self._ends.pop()
        self._starts.append(start)
        self._ends.append(event.index)
        message = f"a database without the events {first} to {event.index - 1} was restored"
        return [notice("log-restored", event.index, message)]
