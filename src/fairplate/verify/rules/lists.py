"""Hot lists: what they may hold, and when they raise no alerts.

Decides from definitions, batches and suspensions. A list that another program ended or suspended
may raise an alert for one more minute. Readers' suspensions bind their alerts too, but who read is
sealed. Leaves to `alerts.py` what becomes of an alert.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from fairplate.verify.events import LoggedEvent
from fairplate.verify.findings import Finding
from fairplate.verify.rules.faults import NO_FINDINGS, RulesByType, fault
from fairplate.verify.rules.moments import (
    MINUTE_MS,
    SECOND_MS,
    SLACK_MS,
    millis,
    millis_of,
    spell,
)
from fairplate.verify.rules.restores import Restores

_LOOK_ALIKE = "look-alike"
_SYSTEM = "system"
"""The actor of what Fairplate does by itself."""


class _Definition(NamedTuple):
    """What a list may hold, and how soon its next batch is due; None: not ever."""

    since: int
    event: int
    purposes: frozenset[str]
    look_alikes: bool
    refreshed: int | None


class _Batch(NamedTuple):
    """The last batch: its event, and until when the list is fresh; None: for ever."""

    event: int
    fresh_until: int | None


class _Turn(NamedTuple):
    """A moment at which something was switched on or off, and the index of its event."""

    is_on: bool
    since: int
    event: int


@dataclass(slots=True)
class _HotList:
    definitions: list[_Definition] = field(default_factory=list)
    batch: _Batch | None = None
    ended: _Turn | None = None  # on: the list is retired

    def may_alert(self, purpose: str, match: str, at: int) -> bool:
        """Say whether nothing at all is odd about an alert at `at`: so it is with most."""
        return (
            self.ended is None
            and self.batch is not None
            and (self.batch.fresh_until is None or at <= self.batch.fresh_until)
            and purpose in self.definitions[-1].purposes
            and (match != _LOOK_ALIKE or self.definitions[-1].look_alikes)
        )


class HotLists:
    """Every hot list there was, and every suspension."""

    def __init__(self, restores: Restores) -> None:
        self._restores = restores
        self._lists: dict[str, _HotList] = {}
        self._suspended: dict[tuple[str, str], _Turn] = {}

    @property
    def rules(self) -> RulesByType:
        """The rule for each type of event."""
        return {
            "list.set": self._take_set,
            "list.retired": self._take_retired,
            "batch.imported": self._take_batch,
            "list.stale": self._take_stale,
            "alert.raised": self._take_alert,
            "alerting.suspended": self._take_suspended,
            "alerting.lifted": self._take_lifted,
        }

    @property
    def in_force(self) -> int:
        """How many lists there are that were not retired."""
        lists = self._lists.values()
        return sum(one.ended is None or not one.ended.is_on for one in lists)

    @property
    def suspended(self) -> int:
        """How many lists and readers raise no alerts until somebody lifts that."""
        return sum(turn.is_on for turn in self._suspended.values())

    def _take_set(self, event: LoggedEvent) -> Sequence[Finding]:
        public, at = event.public, millis(event.at)
        refreshed = public["refreshed_s"]
        definition = _Definition(
            at,
            event.index,
            frozenset(public["purposes"]),
            public["look_alikes"],
            None if refreshed is None else refreshed * SECOND_MS,
        )
        hot_list = self._lists.setdefault(public["list"], _HotList())
        hot_list.definitions.append(definition)
        if hot_list.ended is not None:
            hot_list.ended = hot_list.ended._replace(is_on=False)
        return NO_FINDINGS

    def _take_retired(self, event: LoggedEvent) -> Sequence[Finding]:
        hot_list = self._lists.get(event.public["list"])
        found = self._judge_list(event, hot_list, None)
        if hot_list is not None:
            hot_list.ended = _Turn(is_on=True, since=millis(event.at), event=event.index)
        return found

    def _take_batch(self, event: LoggedEvent) -> Sequence[Finding]:
        public, at = event.public, millis(event.at)
        hot_list = self._lists.get(public["list"])
        found = list(self._judge_list(event, hot_list, None))
        if hot_list is None:
            return found
        text = public["fresh_until"]
        fresh_until = None if text is None else millis_of(text)
        hot_list.batch = _Batch(event.index, fresh_until)
        definitions = tuple(self._definitions(hot_list, at))
        found.extend(_judge_purposes(event, definitions, public["purposes"]))
        if not any(_may_be_fresh(one, at, fresh_until) for one in definitions):
            message = "it is due later than the list's definition says"
            found.append(fault("batch-fresh-too-long", event.index, message))
        return found

    def _take_stale(self, event: LoggedEvent) -> Sequence[Finding]:
        hot_list, due = self._lists.get(event.public["list"]), millis_of(event.public["due"])
        if hot_list is not None and hot_list.batch is not None:
            fresh_until = hot_list.batch.fresh_until
            fresh_until = due if fresh_until is None else min(fresh_until, due)
            hot_list.batch = hot_list.batch._replace(fresh_until=fresh_until)
        return self._judge_list(event, hot_list, MINUTE_MS)

    def _take_alert(self, event: LoggedEvent) -> Sequence[Finding]:
        public, at = event.public, millis(event.at)
        hot_list = self._lists.get(public["list"])
        if hot_list is None:
            return [_unknown(event)]
        suspended = self._suspended.get(("list", public["list"]))
        if suspended is None and hot_list.may_alert(public["purpose"], public["match"], at):
            return NO_FINDINGS
        found = list(self._judge_list(event, hot_list, MINUTE_MS))
        definitions = tuple(self._definitions(hot_list, at))
        found.extend(_judge_purposes(event, definitions, (public["purpose"],)))
        if public["match"] == _LOOK_ALIKE and not any(one.look_alikes for one in definitions):
            message = "its list takes no look-alikes"
            found.append(fault("look-alike-not-permitted", event.index, message))
        found.extend(self._judge_batch(event, hot_list, at))
        if suspended is not None and self._binds(suspended, at, MINUTE_MS):
            message = f"event {suspended.event} suspended its list, and nobody lifted that"
            found.append(fault("alert-suspended", event.index, message))
        return found

    def _take_suspended(self, event: LoggedEvent) -> Sequence[Finding]:
        public, at = event.public, millis(event.at)
        found: list[Finding] = []
        before = self._suspended.get((public["what"], public["id"]))
        if before is not None and self._binds(before, at, None):
            message = f"event {before.event} suspended it before"
            found.append(fault("suspended-twice", event.index, message))
        if public["what"] == "list" and public["id"] not in self._lists:
            found.append(_unknown(event))
        counted = public["reason"] == "wrong-alert-rate"
        if not counted <= public["wrong"] <= public["decided"]:
            message = f"{public['wrong']} of {public['decided']} alerts are said to be wrong"
            found.append(fault("suspension-unfounded", event.index, message))
        turn = _Turn(is_on=True, since=at, event=event.index)
        self._suspended[public["what"], public["id"]] = turn
        return found

    def _take_lifted(self, event: LoggedEvent) -> Sequence[Finding]:
        what = event.public["what"], event.public["id"]
        before = self._suspended.get(what)
        found: list[Finding] = []
        if before is None or not (before.is_on or self._restores.excuses(before.event)):
            message = "no event before it suspended it"
            found.append(fault("lifted-not-suspended", event.index, message))
        if event.actor == _SYSTEM:
            found.append(fault("lifted-by-nobody", event.index, "the actor is no person"))
        self._suspended[what] = _Turn(is_on=False, since=millis(event.at), event=event.index)
        return found

    def _judge_list(
        self, event: LoggedEvent, hot_list: _HotList | None, grace: int | None
    ) -> Sequence[Finding]:
        """Say if the list is none, or was retired."""
        if hot_list is None:
            return [_unknown(event)]
        ended = hot_list.ended
        if ended is None or not self._binds(ended, millis(event.at), grace):
            return NO_FINDINGS
        return [fault("list-retired", event.index, f"event {ended.event} retired the list")]

    def _judge_batch(self, event: LoggedEvent, hot_list: _HotList, at: int) -> Sequence[Finding]:
        """Say if an alert came of a list that had no entries, or old ones."""
        batch, ended = hot_list.batch, hot_list.ended
        if batch is None:
            message = "no batch was imported to its list"
            return [fault("alert-list-empty", event.index, message)]
        if ended is not None and not ended.is_on and ended.event > batch.event:
            if self._restores.excuses(ended.event):
                return NO_FINDINGS
            message = "no batch was imported to its list since it was retired and made anew"
            return [fault("alert-list-empty", event.index, message)]
        if batch.fresh_until is None or at <= batch.fresh_until + MINUTE_MS:
            return NO_FINDINGS
        if self._restores.excuses(batch.event):
            return NO_FINDINGS
        message = f"its list was fresh until {spell(batch.fresh_until)}"
        return [fault("alert-list-stale", event.index, message)]

    def _definitions(self, hot_list: _HotList, at: int) -> Iterator[_Definition]:
        """Yield the definitions that may have been in force for who acted at `at`."""
        for definition in reversed(hot_list.definitions):
            yield definition
            recent = at < definition.since + SLACK_MS
            if not recent and not self._restores.excuses(definition.event):
                return

    def _binds(self, turn: _Turn, at: int, grace: int | None) -> bool:
        """Say whether whoever acted at `at` had to know; no `grace`: by the order of events."""
        is_known = grace is None or at > turn.since + grace
        return turn.is_on and is_known and not self._restores.excuses(turn.event)


def _judge_purposes(
    event: LoggedEvent, definitions: Iterable[_Definition], purposes: Iterable[str]
) -> Sequence[Finding]:
    permitted = [definition.purposes for definition in definitions]
    if any(one.issuperset(purposes) for one in permitted):
        return NO_FINDINGS
    message = "its list is not for that purpose"
    return [fault("list-purpose-differs", event.index, message)]


def _may_be_fresh(definition: _Definition, at: int, fresh_until: int | None) -> bool:
    if definition.refreshed is None:
        return True
    return fresh_until is not None and fresh_until <= at + definition.refreshed + MINUTE_MS


def _unknown(event: LoggedEvent) -> Finding:
    return fault("list-unknown", event.index, "no event before it made the list")
