"""Whether one look-back may run under a policy: every reason against it, or none.

Decides from names and times alone. Leaves to `cases/` who the people are, whether the case is
open, and when an approval that an exigent search owes is overdue.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from fairplate.core.clock import require_aware
from fairplate.core.purposes import Purpose
from fairplate.policy.rules import NEVER, Policy, reference_fits


class Refusal(StrEnum):
    """Why a look-back may not run; the value is the word in messages and the audit log."""

    PURPOSE = "purpose-not-permitted"
    REFERENCE = "reference-of-another-form"
    NOTHING_KEPT = "nothing-is-kept"
    TOO_FAR_BACK = "too-far-back"
    IN_FUTURE = "in-the-future"
    NOT_APPROVED = "approvals-missing"
    NOT_EXIGENT = "no-exigent-path"


@dataclass(frozen=True, slots=True, kw_only=True)
class LookBack:
    """What is asked: reads captured since `since`, by `asked_by`, approved by `approved_by`.

    People are pseudonyms. `exigent`: search first, approval owed.
    """

    purpose: Purpose
    reference: str
    since: datetime
    asked_by: str
    approved_by: frozenset[str] = frozenset()
    exigent: bool = False

    def __post_init__(self) -> None:
        """Refuse a time without an offset."""
        require_aware(self.since, where="look-back", field="since")


def reasons_against(policy: Policy, asked: LookBack, *, now: datetime) -> tuple[Refusal, ...]:
    """Return every reason why `asked` may not run at `now` (aware), in the order of `Refusal`."""
    age = require_aware(now, where="look-back", field="now") - asked.since
    # Nobody approves what they ask for themselves.
    approvals = len(asked.approved_by - {asked.asked_by})
    exigent = asked.exigent and policy.exigent
    found = {
        Refusal.PURPOSE: asked.purpose not in policy.purposes,
        Refusal.REFERENCE: not reference_fits(policy, asked.purpose, asked.reference),
        # Plates read for a test are never kept, whatever else is.
        Refusal.NOTHING_KEPT: policy.non_hits_kept == NEVER or asked.purpose is Purpose.TEST,
        Refusal.TOO_FAR_BACK: age > policy.longest_look_back,
        Refusal.IN_FUTURE: age < timedelta(0),
        Refusal.NOT_APPROVED: approvals < policy.approvals and not exigent,
        Refusal.NOT_EXIGENT: asked.exigent and not policy.exigent,
    }
    return tuple(reason for reason, stands in found.items() if stands)


def may_search(policy: Policy, asked: LookBack, *, now: datetime) -> bool:
    """Say whether nothing stands against `asked`."""
    return not reasons_against(policy, asked, now=now)
