"""Cases in the database: opened, voted on, closed, each with its event in the same transaction.

Decides nothing of who may: `rules.py` does, asked here under the case's lock, so that of two people
who act at once the second is judged by what the first did.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

import sqlalchemy as sa

from fairplate.audit.event_types import EventType
from fairplate.audit.kinds import spell_time
from fairplate.audit.log import Recorder
from fairplate.audit.words import CaseEnd
from fairplate.cases.case import Asked, Case, Vote, is_blocked
from fairplate.cases.rules import approval_end, require_asked, require_close, require_vote
from fairplate.cases.sealing import CasesKey
from fairplate.core.errors import InputError, UnknownIdError
from fairplate.core.purposes import Purpose
from fairplate.policy.rules import Policy
from fairplate.storage.schema import case_votes, cases

LONGEST_NOTE = 2_000
_ID_BYTES = 8


@dataclass(frozen=True, slots=True)
class CaseStore:
    """The cases of one deployment; whoever acts is given, as a pseudonym."""

    key: CasesKey
    recorder: Recorder

    def open(
        self,
        connection: sa.Connection,
        asked: Asked,
        policy: Policy,
        *,
        person: str,
        readers: Collection[str],
    ) -> Case:
        """Open a case. Raises as `require_asked` does."""
        now = self.recorder.clock()
        blocked = self.is_blocked(connection, person)
        require_asked(asked, policy, person=person, readers=readers, blocked=blocked, now=now)
        case_id = f"case-{self.recorder.random_bytes(_ID_BYTES).hex()}"
        case = Case(
            id=case_id, asked=asked, opened_by=person, opened_at=now, needed=policy.approvals
        )
        row = {
            "id": case_id,
            "purpose": asked.purpose.value,
            "sealed": self.key.seal(case_id, asked, self.recorder.random_bytes),
            "exigent": asked.exigent,
            "needed": case.needed,
            "opened_by": person,
            "opened_at": now,
            "ends_at": asked.ends_at,
        }
        connection.execute(sa.insert(cases).values(row))
        self._acting(person).record(
            connection,
            EventType.CASE_OPENED,
            public={
                "case": case_id,
                "purpose": asked.purpose.value,
                "plates": len(asked.plates),
                "readers": len(asked.reader_ids),
                "captured_from": spell_time(asked.captured_from),
                "captured_until": spell_time(asked.captured_until),
                "approvals": case.needed,
                "exigent": asked.exigent,
            },
            private={
                "plates": sorted(asked.plates),
                "readers": sorted(asked.reader_ids),
                "reference": asked.reference,
                "why": asked.why,
            },
        )
        return case

    def approve(
        self, connection: sa.Connection, case_id: str, *, person: str, note: str = ""
    ) -> Case:
        """Say yes. Raises as `require_vote` does, InputError for no such case."""
        case, now = self.lock(connection, case_id), self.recorder.clock()
        require_vote(case, person=person, now=now)
        return self._vote(connection, case, Vote(person, now, approval_end(case, now)), note)

    def refuse(self, connection: sa.Connection, case_id: str, *, person: str, note: str) -> Case:
        """Say no, and why. Raises as `require_vote` does, InputError for no such case."""
        if not note.strip():
            raise InputError("case", "note", expected="why it is refused", found="none")
        case, now = self.lock(connection, case_id), self.recorder.clock()
        require_vote(case, person=person, now=now, refuses=True)
        return self._vote(connection, case, Vote(person, now, None), note)

    def close(self, connection: sa.Connection, case_id: str, *, person: str) -> Case:
        """End a case before its time: done if it was ever approved, else withdrawn."""
        case = self.lock(connection, case_id)
        require_close(case, person=person)
        ever = any(vote.is_approval for vote in case.votes)
        end = CaseEnd.DONE if ever or case.owed_since is not None else CaseEnd.WITHDRAWN
        return self._close(connection, case, end, self._acting(person))

    def close_due(self, connection: sa.Connection) -> tuple[Case, ...]:
        """Close every case whose time is over; return them."""
        now = self.recorder.clock()
        due = sa.and_(cases.c.closed_at.is_(None), cases.c.ends_at <= now)
        return tuple(
            self._close(connection, case, CaseEnd.EXPIRED, self.recorder)
            for case in self._read(connection, due, lock=True)
        )

    def lock(self, connection: sa.Connection, case_id: str) -> Case:
        """Return a case that nobody else changes in this transaction; InputError for none."""
        return self._only(self._read(connection, cases.c.id == case_id, lock=True))

    def one(self, connection: sa.Connection, case_id: str) -> Case:
        """Return a case; InputError if there is none of that id."""
        return self._only(self._read(connection, cases.c.id == case_id))

    def all(self, connection: sa.Connection, *, open_only: bool = False) -> tuple[Case, ...]:
        """Return every case, or those that are not closed, the oldest first."""
        wanted = cases.c.closed_at.is_(None) if open_only else sa.true()
        return tuple(self._read(connection, wanted))

    def is_blocked(self, connection: sa.Connection, person: str) -> bool:
        """Say whether `person` has an emergency whose approval is overdue."""
        owing = sa.and_(cases.c.opened_by == person, cases.c.owed_since.is_not(None))
        return is_blocked(person, tuple(self._read(connection, owing)), self.recorder.clock())

    def note_owed(self, connection: sa.Connection, case: Case) -> Case:
        """Put down that `case`, which is locked, is searched before it is approved."""
        if case.owed_since is not None:
            return case
        now = self.recorder.clock()
        connection.execute(sa.update(cases).where(cases.c.id == case.id).values(owed_since=now))
        return replace(case, owed_since=now)

    def _vote(self, connection: sa.Connection, case: Case, vote: Vote, note: str) -> Case:
        if len(note) > LONGEST_NOTE:
            expected = f"at most {LONGEST_NOTE} characters"
            raise InputError("case", "note", expected=expected, found=f"{len(note)}")
        row = {
            "case_id": case.id,
            "person": vote.person,
            "at": vote.at,
            "expires_at": vote.expires_at,
        }
        connection.execute(sa.insert(case_votes).values(row))
        public: dict[str, str] = {"case": case.id}
        if vote.expires_at is not None:
            public["expires_at"] = spell_time(vote.expires_at)
        self._acting(vote.person).record(
            connection,
            EventType.CASE_APPROVED if vote.is_approval else EventType.CASE_REFUSED,
            public=public,
            private={"note": note},
        )
        return replace(case, votes=(*case.votes, vote))

    def _close(
        self, connection: sa.Connection, case: Case, end: CaseEnd, recorder: Recorder
    ) -> Case:
        now = recorder.clock()
        values = {"closed_at": now, "closed_as": end.value}
        connection.execute(sa.update(cases).where(cases.c.id == case.id).values(values))
        public = {"case": case.id, "reason": end.value}
        recorder.record(connection, EventType.CASE_CLOSED, public=public, private={})
        return replace(case, closed_at=now)

    def _acting(self, person: str) -> Recorder:
        return replace(self.recorder, actor=person)

    def _read(
        self, connection: sa.Connection, wanted: sa.ColumnElement[bool], *, lock: bool = False
    ) -> Iterable[Case]:
        query = sa.select(cases).where(wanted).order_by(cases.c.opened_at, cases.c.id)
        rows = connection.execute(query.with_for_update() if lock else query).all()
        ids = [row.id for row in rows]
        votes: dict[str, list[Vote]] = {}
        known = sa.select(case_votes).where(case_votes.c.case_id.in_(ids)).order_by(case_votes.c.id)
        for one in connection.execute(known) if ids else ():
            vote = Vote(one.person, one.at, one.expires_at)
            votes.setdefault(one.case_id, []).append(vote)
        return [self._case(row, votes.get(row.id, ())) for row in rows]

    def _case(self, row: "sa.Row[tuple[object, ...]]", votes: Iterable[Vote]) -> Case:
        asked = self.key.open(
            row.id,
            bytes(row.sealed),
            purpose=Purpose(row.purpose),
            ends_at=row.ends_at,
            exigent=bool(row.exigent),
        )
        return Case(
            id=row.id,
            asked=asked,
            opened_by=row.opened_by,
            opened_at=row.opened_at,
            needed=row.needed,
            votes=tuple(votes),
            owed_since=row.owed_since,
            closed_at=row.closed_at,
        )

    @staticmethod
    def _only(found: Iterable[Case]) -> Case:
        for case in found:
            return case
        raise UnknownIdError("case", expected="one of a case here")
