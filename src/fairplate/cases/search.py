"""Searching under a case: on record before a key is derived, and again with what was shown.

Decides that a search stands in the log before it runs, and that its results are returned only once
their number stands there, and only if the case still lets them. Leaves to the vault what is opened.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from fairplate.audit.event_types import EventType
from fairplate.cases.approval import CaseApproval
from fairplate.cases.case import Asked, Case
from fairplate.cases.rules import Rule, require_search
from fairplate.cases.store import CaseStore
from fairplate.core.periods import Period
from fairplate.hotlists.confusions import characters_like
from fairplate.policy.rules import Policy
from fairplate.storage.schema import case_searches
from fairplate.vault.approval import Grant
from fairplate.vault.errors import SealedRowError
from fairplate.vault.grants import use_grant
from fairplate.vault.hits import FoundHits
from fairplate.vault.holds import hold_reads, open_held
from fairplate.vault.payloads import OpenedRead
from fairplate.vault.vault import Vault

_SLACK = timedelta(minutes=1)
"""The vault looks at the clock again; until then it must not be too far back."""

AndThen = Callable[[sa.Connection, Case], None]
"""What is recorded with a search, in its transaction."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, by time of capture; the other fields are as `Opened` has them."""

    reads: tuple[OpenedRead, ...] = field(repr=False)
    damaged: tuple[SealedRowError, ...] = ()
    lost: tuple[Period, ...] = ()
    complete: bool = True

    def joined(self, more: FoundHits) -> "Found":
        """Return this with `more`, each read once: one may be kept in two places."""
        reads = {read_key(one): one for one in (*self.reads, *more.reads)}
        in_order = tuple(sorted(reads.values(), key=lambda one: one.captured_at))
        return replace(self, reads=in_order, damaged=(*self.damaged, *more.damaged))


@dataclass(frozen=True, slots=True)
class CaseSearch:
    """One look into the vault, by `person` under one case, as `rule` lets it."""

    vault: Vault
    store: CaseStore
    case_id: str
    policy: Policy
    person: str
    rule: Rule = require_search

    def look(self) -> Found:
        """Return what the case reaches. Nobody may see it before `record` has returned."""
        with self.vault.database.transaction() as connection:
            case = self._require(connection)
            approval = CaseApproval(case, self.store.recorder.clock())
            if approval.exigent:
                approval = replace(approval, case=self.store.note_owed(connection, case))
        found = self._open(approval)
        if case.asked.hold:
            held = open_held(self.vault, grant_of(case.asked), approval, self.policy)
            found = found.joined(held)
        return found

    def record(self, found: Found, *and_then: AndThen) -> Case:
        """Put on record that `found` is shown, and return the case as it is then.

        Raises PolicyError if the case ended, or was refused, while the vault was searched.
        """
        with self.vault.database.transaction() as connection:
            case = self._require(connection)
            _record(connection, self.store, case, found.reads)
            for act in and_then:
                act(connection, case)
        return case

    def _open(self, approval: CaseApproval) -> Found:
        """Open what the policy still lets anybody reach, and hold it if the case does."""
        grant = _clip(grant_of(approval.case.asked), self.policy, approval.now)
        if grant is None:
            return Found(())
        alike = characters_like if approval.case.asked.look_alikes else None
        until = approval.hold_until
        if until is None:
            opened = use_grant(
                self.vault, grant, approval, self.policy, look_alikes=alike, still=self._require
            )
        else:
            opened = hold_reads(
                self.vault,
                grant,
                approval,
                self.policy,
                until=until,
                look_alikes=alike,
                still=self._require,
            ).opened
        return Found(opened.reads, opened.damaged, opened.lost, opened.complete)

    def _require(self, connection: sa.Connection) -> Case:
        """Return the case, which nobody else changes until the commit; raise as `rule` does."""
        case = self.store.lock(connection, self.case_id)
        blocked = self.store.is_blocked(connection, self.person)
        self.rule(case, person=self.person, blocked=blocked, now=self.store.recorder.clock())
        return case


def read_key(read: OpenedRead) -> tuple[str, str]:
    """Return what tells `read` from every other: ids are the readers' own."""
    return read.reader_id, read.read_id


def _clip(grant: Grant, policy: Policy, now: datetime) -> Grant | None:
    """Return what of `grant` the policy's longest look-back still reaches at `now`; None: nothing.

    A case may ask for as far back as that, and is searched days later.
    """
    first = now - policy.longest_look_back + _SLACK
    if first <= grant.captured_from:
        return grant
    return None if first >= grant.captured_until else replace(grant, captured_from=first)


def grant_of(asked: Asked) -> Grant:
    """Return all that a case may ever open."""
    return Grant(
        plates=tuple(sorted(asked.plates)),
        reader_ids=tuple(sorted(asked.reader_ids)),
        captured_from=asked.captured_from,
        captured_until=asked.captured_until,
    )


def search_case(
    vault: Vault, store: CaseStore, case_id: str, policy: Policy, *, person: str
) -> Found:
    """Return the reads that the case reaches.

    Raises PolicyError where the case, the person or the policy does not permit it, InputError for
    no such case, and what the vault raises. A search that fails half-way stands in the log.
    """
    search = CaseSearch(vault, store, case_id, policy, person)
    found = search.look()
    search.record(found)
    return found


def _record(
    connection: sa.Connection, store: CaseStore, case: Case, reads: Sequence[OpenedRead]
) -> None:
    recorder = replace(store.recorder, actor=case.opened_by)
    row = {"case_id": case.id, "at": recorder.clock(), "found": len(reads)}
    connection.execute(sa.insert(case_searches).values(row))
    recorder.record(
        connection,
        EventType.CASE_SEARCHED,
        public={
            "case": case.id,
            "purpose": case.asked.purpose.value,
            "plates": len(case.asked.plates),
            "readers": len(case.asked.reader_ids),
            "found": len(reads),
        },
        private={
            "plates": sorted(case.asked.plates),
            "readers": sorted(case.asked.reader_ids),
        },
    )
