"""A case at one moment, as the vault asks for an approved one.

Decides when too few approvals are left. Leaves to `rules.py` who may do what, and to the vault
whether that is enough.
"""

from dataclasses import dataclass
from datetime import datetime

from fairplate.cases.case import Case
from fairplate.cases.rules import hold_end
from fairplate.core.purposes import Purpose


@dataclass(frozen=True, slots=True)
class CaseApproval:
    """A case at one moment as the vault asks for it (`vault/approval.Approval`)."""

    case: Case
    now: datetime

    @property
    def case_id(self) -> str:
        """The case."""
        return self.case.id

    @property
    def purpose(self) -> Purpose:
        """Why."""
        return self.case.asked.purpose

    @property
    def reference(self) -> str:
        """The reference that the policy asks of the purpose."""
        return self.case.asked.reference

    @property
    def plates(self) -> frozenset[str]:
        """The plates, as patterns."""
        return self.case.asked.plates

    @property
    def reader_ids(self) -> frozenset[str]:
        """The readers."""
        return self.case.asked.reader_ids

    @property
    def captured_from(self) -> datetime:
        """The first moment of capture."""
        return self.case.asked.captured_from

    @property
    def captured_until(self) -> datetime:
        """The first moment of capture that is not approved."""
        return self.case.asked.captured_until

    @property
    def expires_at(self) -> datetime:
        """When too few approvals are left, or the case ends; an emergency ends with the case."""
        ends = sorted(
            (one.expires_at for one in self.case.approvals(self.now) if one.expires_at is not None),
            reverse=True,
        )
        if self.exigent:
            return self.case.asked.ends_at
        last = ends[self.case.needed - 1] if len(ends) >= self.case.needed else self.now
        return min(last, self.case.asked.ends_at)

    @property
    def hold_until(self) -> datetime | None:
        """Until when it may hold what it finds."""
        return hold_end(self.case, self.now)

    @property
    def asked_by(self) -> str:
        """Who asked."""
        return self.case.opened_by

    @property
    def approved_by(self) -> frozenset[str]:
        """Who approves now."""
        return frozenset(one.person for one in self.case.approvals(self.now))

    @property
    def exigent(self) -> bool:
        """Whether it is searched before it is approved: an approved one no more."""
        return self.case.asked.exigent and not self.case.is_approved(self.now)
