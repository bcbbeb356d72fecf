"""The policies that were in force, and what follows from their figures.

Decides what a policy may say at most (SCOPE.md: 90 days, a second person), how long a key may live
under one, and which policies may have been in force for whoever acted at a moment. Leaves to the
other rules what to hold against them.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from fairplate.verify.events import LoggedEvent
from fairplate.verify.findings import Finding
from fairplate.verify.rules.faults import NO_FINDINGS, RulesByType, fault
from fairplate.verify.rules.moments import DAY_MS, HOUR_MS, SECOND_MS, SLACK_MS, millis

CEILING_MS = 90 * DAY_MS
"""No read that matched nothing, and no hit without a case, is kept for longer."""
MOST_APPROVALS = 5
RECEIPTS_KEPT_MS = 3 * HOUR_MS
"""Where non-hits are never written: how long it is known which reads arrived."""
ALERT_TIME_MS = 24 * HOUR_MS
"""How long a lone hit is kept where non-hits never are, and hits until a case ends."""

_SHORTEST_S = 180
_FOR_EVER = 2**63


class PolicyInForce(NamedTuple):
    """One policy: times in milliseconds, in force in [since, until)."""

    since: int
    until: int
    reads_kept: int
    hits_kept: int
    hits_kept_with_case: bool
    look_back: int
    approvals: int
    exigent: bool
    purposes: frozenset[str]
    none_kept_since: int | None
    """Since when no non-hits are written, without a break."""

    @property
    def reads_life(self) -> int:
        """How long after a period's start its key lives."""
        return self.reads_kept or RECEIPTS_KEPT_MS

    @property
    def hits_life(self) -> int:
        """How long after a period's start its hits key lives."""
        return self.hits_kept

    def case_reach(self) -> int:
        """How far back a case may ask: to the oldest read or hit that may still be there."""
        return max(self.look_back, CEILING_MS if self.hits_kept_with_case else self.hits_kept)


class Policies:
    """Every policy so far, in order."""

    def __init__(self) -> None:
        self._history: list[PolicyInForce] = []
        self._last: tuple[PolicyInForce, ...] = ()  # at most one: from `_settled_at` on, no other
        self._settled_at = -_FOR_EVER
        self._told_missing = False
        self.facts: dict[str, int | str] = {}

    @property
    def rules(self) -> RulesByType:
        """The rule for each type of event."""
        return {"policy.set": self._take}

    @property
    def last(self) -> PolicyInForce | None:
        """The policy in force, None before the first."""
        return self._last[0] if self._last else None

    def since(self, moment: int) -> Iterator[PolicyInForce]:
        """Yield the policies that were in force at `moment` or later, the newest first."""
        for policy in reversed(self._history):
            if policy.until <= moment:
                return
            yield policy

    def around(self, moment: int) -> Sequence[PolicyInForce]:
        """Return the policies that may have been in force for somebody who acted at `moment`.

        An act that began under one policy may stand behind the next one in the log.
        """
        if moment >= self._settled_at:
            return self._last
        return tuple(self.since(moment - SLACK_MS))

    def require(self, event: LoggedEvent) -> Sequence[Finding]:
        """Say, once, if no policy was in force for an event that needs one."""
        if self._history or self._told_missing:
            return NO_FINDINGS
        self._told_missing = True
        message = "the first of those that need a policy, and none was set before it"
        return [fault("policy-missing", event.index, message)]

    def _take(self, event: LoggedEvent) -> Sequence[Finding]:
        public, at = event.public, millis(event.at)
        reads_kept, hits_kept = public["non_hits_kept_s"], public["hits_kept_s"]
        last = None
        if self._history:
            last = self._history[-1] = self._history[-1]._replace(until=at)
        none_kept_since = None
        if reads_kept == 0:
            unbroken = None if last is None else last.none_kept_since
            none_kept_since = at if unbroken is None else unbroken
        reads_ms = _clamp(reads_kept)
        self._history.append(
            PolicyInForce(
                since=at,
                until=_FOR_EVER,
                reads_kept=reads_ms,
                hits_kept=(reads_ms or ALERT_TIME_MS) if hits_kept is None else _clamp(hits_kept),
                hits_kept_with_case=hits_kept is None,
                look_back=_clamp(public["longest_look_back_s"]),
                approvals=public["approvals"],
                exigent=public["exigent"],
                purposes=frozenset(public["purposes"]),
                none_kept_since=none_kept_since,
            )
        )
        self._last = (self._history[-1],)
        self._settled_at = at + SLACK_MS
        self.facts = {
            "policy": public["name"],
            "reads_kept_s": reads_kept,
            "hits_kept_s": "until the case ends" if hits_kept is None else hits_kept,
            "look_back_s": public["longest_look_back_s"],
            "approvals": public["approvals"],
        }
        return self._check(event)

    def _check(self, event: LoggedEvent) -> Sequence[Finding]:
        public = event.public
        reads_kept, hits_kept = public["non_hits_kept_s"], public["hits_kept_s"]
        kept_right = reads_kept == 0 or _SHORTEST_S <= reads_kept <= CEILING_MS // SECOND_MS
        hits_right = hits_kept is None or _SHORTEST_S <= hits_kept <= CEILING_MS // SECOND_MS
        wrong = {
            "non_hits_kept_s": not kept_right,
            "hits_kept_s": not hits_right,
            "longest_look_back_s": public["longest_look_back_s"] > reads_kept,
            "approvals": not 1 <= public["approvals"] <= MOST_APPROVALS,
            "purposes": not public["purposes"],
        }
        fields = ", ".join(name for name, stands in wrong.items() if stands)
        if not fields:
            return NO_FINDINGS
        return [fault("policy-not-permitted", event.index, f"no policy may say so: {fields}")]


def permit_purpose(policies: Iterable[PolicyInForce], purpose: str) -> bool:
    """Say whether `purpose` was on the list of one of them."""
    for policy in policies:  # noqa: SIM110 - `any` takes three times as long, for every event
        if purpose in policy.purposes:
            return True
    return False


def permit_exigent(policies: Iterable[PolicyInForce]) -> bool:
    """Say whether one of them let a case be searched before it was approved."""
    return any(policy.exigent for policy in policies)


def _clamp(seconds: int) -> int:
    """Return at most the ceiling: what is more is a fault, and must not excuse another."""
    return min(seconds * SECOND_MS, CEILING_MS)
