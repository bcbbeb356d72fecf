"""Cases: who asked, who said yes, and whether what was done under one was within it.

Decides that nobody looks back without other people's approval, after the end of a case, or beyond
what the case names. Leaves what a case names in private to whoever opens its events.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from fairplate.verify.events import LoggedEvent
from fairplate.verify.findings import Finding
from fairplate.verify.rules.faults import NO_FINDINGS, RulesByType, fault, notice
from fairplate.verify.rules.moments import HOUR_MS, SLACK_MS, millis, millis_of, spell
from fairplate.verify.rules.policies import Policies, permit_exigent, permit_purpose
from fairplate.verify.rules.restores import Restores

OWED_MS = 72 * HOUR_MS
"""How long after an emergency search the approvals that it owes may take."""


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's yes: until when, and the index of its event."""

    expires: int
    index: int


@dataclass(slots=True)
class Case:
    """One case, as its events tell it so far."""

    index: int
    opened_by: str
    purpose: str
    plates: int
    readers: int
    captured_from: int
    captured_until: int
    exigent: bool
    needed: int
    approvals: dict[str, Approval] = field(default_factory=dict)
    refused: bool = False
    closed: bool = False
    approved_once: bool = False
    owed_since: tuple[int, int] | None = None
    """Time and index of a search that came before its approvals."""

    def approvals_at(self, moment: int) -> int:
        """How many other people's approvals hold at `moment`."""
        least, number = moment - SLACK_MS, 0
        for approval in self.approvals.values():
            number += approval.expires > least
        return number


class Cases:
    """Every case: those that go on, and the ids of those that ended."""

    def __init__(self, policies: Policies, restores: Restores) -> None:
        self._policies, self._restores = policies, restores
        self._open: dict[str, Case] = {}
        self._ended: dict[str, int] = {}  # the index of the end
        self.opened = self.approved = self.refused = self.exigent_refused = 0

    @property
    def rules(self) -> RulesByType:
        """The rule for each type of event."""
        return {
            "case.opened": self._take_opened,
            "case.approved": self._take_approved,
            "case.refused": self._take_refused,
            "case.closed": self._take_closed,
        }

    def find(self, event: LoggedEvent) -> Case | Finding:
        """Return the case of `event` if it still goes on, or what is wrong about it."""
        name = event.public["case"]
        case = self._open.get(name)
        if case is None and name not in self._ended:
            return fault("case-unknown", event.index, "no event before it opened the case")
        if case is None or case.closed:
            return fault("case-closed", event.index, "the case was closed before")
        if case.refused:
            return fault("case-refused", event.index, "the case was refused before")
        return case

    def finish(self, now: int) -> Sequence[Finding]:
        """Say which emergency searches nobody approved in time."""
        return [self._unapproved(case) for case in self._open.values() if _is_overdue(case, now)]

    def _take_opened(self, event: LoggedEvent) -> Sequence[Finding]:
        self.opened += 1
        public, at = event.public, millis(event.at)
        name, purpose = public["case"], public["purpose"]
        found = list(self._policies.require(event))
        known = self._open.get(name)
        index = self._ended.pop(name, None) if known is None else known.index
        if index is not None and not self._restores.excuses(index):
            found.append(fault("case-opened-twice", event.index, "its id is that of another case"))
        policies = self._policies.around(at)
        captured_from = millis_of(public["captured_from"])
        if policies:
            if not permit_purpose(policies, purpose):
                message = f"the policy does not permit {purpose}"
                found.append(fault("purpose-not-permitted", event.index, message))
            if public["exigent"] and not permit_exigent(policies):
                message = "the policy lets nobody search before approval"
                found.append(fault("exigent-not-permitted", event.index, message))
            furthest = at - max(policy.case_reach() for policy in policies)
            if captured_from < furthest - SLACK_MS:
                message = f"it asks from {spell(captured_from)} on, {spell(furthest)} is the first"
                found.append(fault("case-too-far-back", event.index, message))
        self._open[name] = Case(
            owed_since=None if known is None else known.owed_since,
            index=event.index,
            opened_by=event.actor,
            purpose=purpose,
            plates=public["plates"],
            readers=public["readers"],
            captured_from=captured_from,
            captured_until=millis_of(public["captured_until"]),
            exigent=public["exigent"],
            needed=max(
                public["approvals"], min((policy.approvals for policy in policies), default=1)
            ),
        )
        return found

    def _take_approved(self, event: LoggedEvent) -> Sequence[Finding]:
        case = self._find_undecided(event)
        if isinstance(case, Finding):
            return [case]
        at, actor = millis(event.at), event.actor
        if actor == case.opened_by:
            message = "who asks cannot approve"
            return [fault("approved-own-request", event.index, message)]
        earlier = case.approvals.get(actor)
        expires = millis_of(event.public["expires_at"])
        case.approvals[actor] = Approval(expires, event.index)
        found = []
        if (
            earlier is not None
            and earlier.expires > at + SLACK_MS
            and not self._restores.excuses(earlier.index)
        ):
            message = f"the same person's approval of event {earlier.index} still held"
            found.append(fault("approved-twice", event.index, message))
        if case.approvals_at(at) >= case.needed:
            found += self._note_approved(case, at)
        return found

    def _note_approved(self, case: Case, at: int) -> Sequence[Finding]:
        self.approved += not case.approved_once
        case.approved_once = True
        late = _is_overdue(case, at - SLACK_MS)
        found = [self._unapproved(case)] if late else []
        case.owed_since = None
        return found

    def _take_refused(self, event: LoggedEvent) -> Sequence[Finding]:
        case = self._find_undecided(event)
        if isinstance(case, Finding):
            return () if case.code == "case-refused" else [case]
        if event.actor == case.opened_by:
            message = "who asks withdraws; somebody else refuses"
            return [fault("refused-own-request", event.index, message)]
        self.refused += 1
        case.refused = True
        if case.owed_since is None:
            return NO_FINDINGS
        self.exigent_refused += 1
        _, index = case.owed_since
        case.owed_since = None
        message = f"it was searched in an emergency before, at event {index}"
        return [notice("exigent-refused", event.index, message)]

    def _take_closed(self, event: LoggedEvent) -> Sequence[Finding]:
        name = event.public["case"]
        case = self._open.get(name)
        if case is None or case.closed:
            ended = self._ended.get(name) if case is None else case.index
            if ended is None:
                return [fault("case-unknown", event.index, "no event before it opened the case")]
            if self._restores.excuses(ended):
                return NO_FINDINGS
            return [fault("case-closed", event.index, "the case was closed before")]
        case.closed = True
        if case.owed_since is None:
            del self._open[name]
            self._ended[name] = event.index
        return NO_FINDINGS

    def _find_undecided(self, event: LoggedEvent) -> Case | Finding:
        """Return the case of an approval or a refusal; one that owes approvals may be closed."""
        case = self._open.get(event.public["case"])
        if case is not None and not case.refused and case.owed_since is not None:
            return case
        return self.find(event)

    def _unapproved(self, case: Case) -> Finding:
        index = case.index if case.owed_since is None else case.owed_since[1]
        message = "it was searched in an emergency, and not approved within 72 hours"
        return fault("exigent-not-approved", index, message)


def _is_overdue(case: Case, now: int) -> bool:
    return case.owed_since is not None and case.owed_since[0] + OWED_MS < now
