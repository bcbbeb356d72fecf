"""The log's own rules: what its events may tell, whoever wrote them.

`LogRules` takes every event once, in order, and nothing else but, at the end, the checkpoint's time
and the witnessed checkpoints. `codes.py` lists what it may find, `figures.py` what it counts.
Leaves to others whether the bytes are those that were signed.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from fairplate.verify.events import LoggedEvent
from fairplate.verify.findings import Finding
from fairplate.verify.rules.alerts import Alerts
from fairplate.verify.rules.cases import Cases
from fairplate.verify.rules.faults import NO_FINDINGS, Rule, fault
from fairplate.verify.rules.figures import BY_TYPE, FIGURES
from fairplate.verify.rules.keys import Keys
from fairplate.verify.rules.lists import HotLists
from fairplate.verify.rules.moments import millis
from fairplate.verify.rules.people import People
from fairplate.verify.rules.policies import Policies
from fairplate.verify.rules.readers import Readers
from fairplate.verify.rules.restores import Restores
from fairplate.verify.rules.reviews import Reviews, WitnessedNote
from fairplate.verify.rules.searches import Searches
from fairplate.verify.rules.times import Times
from fairplate.verify.rules.witnesses import Witnesses

__all__ = ["LogRules", "WitnessedNote"]


class LogRules:
    """All rules together; each keeps what it must remember."""

    def __init__(self) -> None:
        restores, policies = Restores(), Policies()
        self._policies = policies
        self._times, self._keys = Times(), Keys(policies, restores)
        self._cases = Cases(policies, restores)
        self._searches = Searches(policies, self._cases)
        self._alerts, self._lists = Alerts(policies, restores), HotLists(restores)
        self._readers = Readers(restores)
        self._people, self._witnesses = People(restores), Witnesses(restores)
        self._reviews = Reviews(restores)
        self._number: Counter[str] = Counter()
        self._rules: dict[str, tuple[Rule, ...]] = {"event.opened": (_judge_opened,)}
        for part in (
            *(restores, policies, self._keys, self._cases, self._searches, self._alerts),
            *(self._lists, self._readers, self._people, self._witnesses, self._reviews),
        ):
            for event_type, rule in part.rules.items():
                self._rules[event_type] = (*self._rules.get(event_type, ()), rule)

    @property
    def witness_keys(self) -> set[str]:
        """The keys of the witnesses that are asked now, as events spell them."""
        return self._witnesses.keys

    @property
    def quorum(self) -> int:
        """How many witnesses make a checkpoint witnessed now."""
        return self._witnesses.quorum

    def take(self, event: LoggedEvent) -> Iterable[Finding]:
        """Return what is wrong with `event`; events come in the order of their indices."""
        self._number[event.type] += 1
        found = self._times.take(event)
        for rule in self._rules.get(event.type, ()):
            more = rule(event)
            if more:
                found = [*found, *more]
        return found

    def mark(self, size: int) -> None:
        """Remember how things stand after the first `size` events, for `compare_times`."""
        self._times.mark(size)

    def compare_times(self, size: int, time: datetime) -> Iterable[Finding]:
        """Hold the times of events against a checkpoint of the marked `size`, made at `time`."""
        return self._times.compare(size, time)

    def finish(self, now: datetime, witnessed: Mapping[str, WitnessedNote]) -> Iterable[Finding]:
        """Return what only the end tells, once; `now` (aware) is the checkpoint's own time."""
        return [
            *self._times.finish(now),
            *self._keys.finish(millis(now)),
            *self._cases.finish(millis(now)),
            *self._reviews.finish(now, witnessed),
        ]

    def facts(self) -> Mapping[str, int | str]:
        """Return the numbers that `figures.FIGURES` lists, in its order."""
        found: dict[str, int | str] = {
            **self._policies.facts,
            **{name: self._number[event_type] for name, event_type in BY_TYPE.items()},
            "readers": self._readers.enrolled,
            "people": self._people.with_role,
            "cases_opened": self._cases.opened,
            "cases_approved": self._cases.approved,
            "cases_refused": self._cases.refused,
            "searches_exigent": self._searches.exigent,
            "searches_exigent_refused": self._cases.exigent_refused,
            "lists": self._lists.in_force,
            "suspended": self._lists.suspended,
            "alerts_confirmed": self._alerts.confirmed,
            "alerts_wrong": self._alerts.wrong,
            "alerts_expired": self._alerts.expired,
            "alerts_mistaken": self._alerts.mistaken,
            "keys_made": self._keys.made,
            "keys_destroyed": self._keys.destroyed,
            "keys_living": self._keys.living,
            "keys_late": self._keys.late,
            "reviews_drawn": self._reviews.picked,
            "reviews_done": self._reviews.done,
            "reviews_questioned": self._reviews.questioned,
            "overdue_reviews": self._reviews.overdue,
            "witnesses": len(self._witnesses.keys),
            "quorum": self._witnesses.quorum,
        }
        return {name: found[name] for name in FIGURES if name in found}


def _judge_opened(event: LoggedEvent) -> Sequence[Finding]:
    if event.public["event"] < event.index:
        return NO_FINDINGS
    message = f"event {event.public['event']} was not there yet"
    return [fault("opened-unknown-event", event.index, message)]
