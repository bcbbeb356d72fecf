"""What is done under a case: uses of grants, searches, holds and exports.

Decides that each is within its case and the policy. Leaves to `cases.py` what makes a case.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from fairplate.verify.events import LoggedEvent
from fairplate.verify.findings import Finding
from fairplate.verify.rules.cases import Case, Cases
from fairplate.verify.rules.faults import NO_FINDINGS, RulesByType, fault
from fairplate.verify.rules.moments import SLACK_MS, millis, spell
from fairplate.verify.rules.policies import Policies, PolicyInForce, permit_exigent, permit_purpose

_NEVER_KEPT = "test"
"""The purpose of plates that belong to the operator: their reads are never written."""

_CASE_FILE, _SUBJECT_ACCESS = "case-file", "subject-access"

_LENGTHS = {
    "P1D": timedelta(days=1),
    "PT1H": timedelta(hours=1),
    "PT10M": timedelta(minutes=10),
    "PT1M": timedelta(minutes=1),
}

_PERIODS_KEPT = 4096


class Searches:
    """Judges by the cases and the policies; keeps but a count of its own."""

    def __init__(self, policies: Policies, cases: Cases) -> None:
        self._policies, self._cases = policies, cases
        self.exigent = 0

    @property
    def rules(self) -> RulesByType:
        """The rule for each type of event."""
        return {
            "grant.used": self._take_grant,
            "case.searched": self._take_search,
            "hold.placed": self._take_hold,
            "export.made": self._take_export,
            "subject.reported": self._take_report,
        }

    def _take_grant(self, event: LoggedEvent) -> Sequence[Finding]:
        public = event.public
        case = self._cases.find(event)
        if isinstance(case, Finding):
            return [case]
        at = millis(event.at)
        policies = self._policies.around(at)
        self.exigent += public["exigent"]
        found = self._judge(event, case, at, policies, claims_exigent=public["exigent"])
        if not found and not public["exigent"] and not public["approved_by"]:
            message = "it names nobody who approved"
            found.append(fault("case-not-approved", event.index, message))
        found += _compare(event, case)
        if not public["asked_by"] == event.actor == case.opened_by:
            message = "another person opened the case"
            found.append(fault("search-by-another", event.index, message))
        if not case.approvals.keys() >= set(public["approved_by"]):
            message = "it names somebody as an approver who has not approved"
            found.append(fault("approver-not-on-record", event.index, message))
        if public["exigent"] and not case.exigent:
            message = "the case was not opened as an emergency"
            found.append(fault("exigent-not-permitted", event.index, message))
        found += _judge_reach(event, case, at, policies)
        return found

    def _take_search(self, event: LoggedEvent) -> Sequence[Finding]:
        case = self._cases.find(event)
        if isinstance(case, Finding):
            return [case]
        found = [*self._take_hold(event), *_compare(event, case)]
        if event.actor != case.opened_by:
            message = "another person opened the case"
            found.append(fault("search-by-another", event.index, message))
        return found

    def _take_hold(self, event: LoggedEvent) -> Sequence[Finding]:
        case = self._cases.find(event)
        if isinstance(case, Finding):
            return [case]
        at = millis(event.at)
        policies = self._policies.around(at)
        return self._judge(event, case, at, policies, claims_exigent=case.exigent)

    def _take_export(self, event: LoggedEvent) -> Sequence[Finding]:
        if event.public["case"] is None and event.public["what"] != _CASE_FILE:
            return NO_FINDINGS
        case = self._cases.find(event)
        return [case] if isinstance(case, Finding) else self._judge_handing_out(event, case)

    def _take_report(self, event: LoggedEvent) -> Sequence[Finding]:
        case = self._cases.find(event)
        if isinstance(case, Finding):
            return [case]
        found = self._judge_handing_out(event, case)
        if case.purpose != _SUBJECT_ACCESS:
            message = f"the case was opened for {case.purpose}"
            found.append(fault("purpose-differs", event.index, message))
        if case.plates > 1:
            message = f"it is of one plate, the case names {case.plates}"
            found.append(fault("search-too-wide", event.index, message))
        return found

    def _judge_handing_out(self, event: LoggedEvent, case: Case) -> list[Finding]:
        """Say if the case lets nothing leave: emergencies wait for the approvals they owe."""
        at = millis(event.at)
        policies = self._policies.around(at)
        found = self._judge(event, case, at, policies, claims_exigent=False)
        if event.actor != case.opened_by:
            message = "another person opened the case"
            found.append(fault("export-by-another", event.index, message))
        return found

    def _judge(
        self,
        event: LoggedEvent,
        case: Case,
        at: int,
        policies: Sequence[PolicyInForce],
        *,
        claims_exigent: bool,
    ) -> list[Finding]:
        """Say if the case lets nothing be opened at `at`."""
        found = []
        if not permit_purpose(policies, case.purpose):
            message = f"the policy does not permit {case.purpose}"
            found.append(fault("purpose-not-permitted", event.index, message))
        needed = max(case.needed, min([policy.approvals for policy in policies], default=0))
        if case.approvals_at(at) >= needed:
            return found
        if claims_exigent and case.exigent:
            if permit_exigent(policies):
                case.owed_since = case.owed_since or (at, event.index)
            else:
                message = "the policy lets nobody search before approval"
                found.append(fault("exigent-not-permitted", event.index, message))
        elif len(case.approvals) >= needed:
            found.append(fault("approval-expired", event.index, "approvals had expired"))
        elif not claims_exigent:
            message = f"{len(case.approvals)} of {needed} other people had approved"
            found.append(fault("case-not-approved", event.index, message))
        return found


def _judge_reach(
    event: LoggedEvent, case: Case, at: int, policies: Sequence[PolicyInForce]
) -> Sequence[Finding]:
    """Say if it reached what the policy keeps from everybody, or times that the case lacks."""
    found = []
    reach = 0
    kept = False
    for policy in policies:
        reach = max(reach, policy.look_back)
        kept = kept or policy.reads_kept > 0
    if not kept or case.purpose == _NEVER_KEPT:
        message = f"no read is kept that a case for {case.purpose} could open"
        found.append(fault("search-not-kept", event.index, message))
    public = event.public
    periods, first, last = public["periods"], public["first_period"], public["last_period"]
    if not _agree(periods, first, last):
        message = "the first period, the last and their number contradict each other"
        return [*found, fault("search-reach-wrong", event.index, message)]
    if periods == 0:
        return found
    end, start = _span_of(first)[1], _span_of(last)[0]
    if end <= case.captured_from or start >= case.captured_until:
        message = "it reached times that the case does not name"
        found.append(fault("search-too-wide", event.index, message))
    if kept and end <= at - reach - SLACK_MS:
        message = f"{spell(at - reach)} is the furthest that the policy lets anybody look back"
        found.append(fault("search-too-far-back", event.index, message))
    return found


def _agree(periods: int, first: str | None, last: str | None) -> bool:
    if first is None or last is None:
        return first is last and periods == 0
    if periods == 1:
        return first == last
    return periods > 1 and first != last and _span_of(first) <= _span_of(last)


def _compare(event: LoggedEvent, case: Case) -> Sequence[Finding]:
    public, found = event.public, []
    if public["purpose"] != case.purpose:
        message = f"the case was opened for {case.purpose}"
        found.append(fault("purpose-differs", event.index, message))
    if public["plates"] > case.plates or public["readers"] > case.readers:
        message = f"the case names {case.plates} plates and {case.readers} readers"
        found.append(fault("search-too-wide", event.index, message))
    return found


@lru_cache(_PERIODS_KEPT)
def _span_of(period: str) -> tuple[int, int]:
    """Return the start and the end of `period`."""
    start, _, length = period.partition("/")
    moment = datetime.fromisoformat(start)
    return millis(moment), millis(moment + _LENGTHS[length])
