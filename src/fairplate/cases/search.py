"""Searching under a case: on record before a key is derived, and again with what was shown.

Decides that a search stands in the log before it runs, and that its results are returned only once
their number stands there. Leaves to the vault what is opened.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from fairplate.audit.event_types import EventType
from fairplate.cases.case import Case
from fairplate.cases.rules import require_search
from fairplate.cases.store import CaseStore
from fairplate.core.purposes import Purpose
from fairplate.policy.rules import Policy
from fairplate.storage.schema import case_searches
from fairplate.vault.approval import Grant
from fairplate.vault.grants import Opened, use_grant
from fairplate.vault.vault import Vault


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
        """A case holds nothing past its time."""
        return None

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


def search_case(
    vault: Vault,
    store: CaseStore,
    case_id: str,
    policy: Policy,
    *,
    person: str,
    look_alikes: Callable[[str], str] | None = None,
) -> Opened:
    """Return the reads that the case reaches.

    Raises PolicyError where the case, the person or the policy does not permit it, InputError for
    no such case, and what the vault raises. A search that fails half-way stands in the log.
    """
    with vault.database.transaction() as connection:
        case, now = store.lock(connection, case_id), store.recorder.clock()
        blocked = store.is_blocked(connection, person)
        require_search(case, person=person, blocked=blocked, now=now)
        approval = CaseApproval(case, now)
        if approval.exigent:
            approval = CaseApproval(store.note_owed(connection, case), now)
    asked = case.asked
    grant = Grant(
        plates=tuple(sorted(asked.plates)),
        reader_ids=tuple(sorted(asked.reader_ids)),
        captured_from=asked.captured_from,
        captured_until=asked.captured_until,
    )
    opened = use_grant(vault, grant, approval, policy, look_alikes=look_alikes)
    with vault.database.transaction() as connection:
        _record(connection, store, case, len(opened.reads))
    return opened


def _record(connection: sa.Connection, store: CaseStore, case: Case, found: int) -> None:
    recorder = replace(store.recorder, actor=case.opened_by)
    row = {"case_id": case.id, "at": recorder.clock(), "found": found}
    connection.execute(sa.insert(case_searches).values(row))
    recorder.record(
        connection,
        EventType.CASE_SEARCHED,
        public={
            "case": case.id,
            "purpose": case.asked.purpose.value,
            "plates": len(case.asked.plates),
            "readers": len(case.asked.reader_ids),
            "found": found,
        },
        private={
            "plates": sorted(case.asked.plates),
            "readers": sorted(case.asked.reader_ids),
        },
    )
