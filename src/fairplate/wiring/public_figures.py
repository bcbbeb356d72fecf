"""What everybody may know of a deployment: its rules, and how often it was used and was wrong.

Decides what is told. All that events tell is counted by the rules that the offline verifier counts
by, over the events that are in the log's tree, so that an outsider finds the same numbers. Numbers
of reads are no events: of them small ones are not told.
"""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from fairplate.audit.rounds import AuditLog
from fairplate.audit.status import LogStatus, read_status
from fairplate.deployment.policy_in_force import read_policy_in_force
from fairplate.policy.rules import Policy
from fairplate.storage.schema import counts, events
from fairplate.verify.events import EventReader
from fairplate.verify.rules import LogRules

FEWEST_TOLD = 5
"""A smaller number of reads could be somebody's."""

READS_OF = timedelta(days=30)
COUNTED_EVERY = timedelta(seconds=10)
_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The figures at one moment; in `reads` None stands for a number below FEWEST_TOLD."""

    at: datetime
    policy: Policy
    reads: Mapping[str, int | None]
    figures: Mapping[str, int | str]
    searches: Mapping[str, int]
    log: LogStatus


@dataclass(slots=True)
class PublicFigures:
    """Counts on where it left off; for any thread. The first count takes the longest."""

    audit_log: AuditLog
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _reader: EventReader = field(default_factory=EventReader)
    _rules: LogRules = field(default_factory=LogRules)
    _searches: Counter[str] = field(default_factory=Counter)
    _next: int = 0
    _told: Told | None = None

    def tell(self) -> Told:
        """Return the figures, not older than COUNTED_EVERY. StorageError as the database has it."""
        now = self.audit_log.recorder.clock()
        with self._lock:
            told = self._told
            if told is None or not timedelta(0) <= now - told.at < COUNTED_EVERY:
                told = self._told = self._count(now)
            return told

    def _count(self, now: datetime) -> Told:
        while self._take_some():
            pass
        status = read_status(self.audit_log)
        with self.audit_log.database.reading() as connection:
            policy = read_policy_in_force(connection).policy
            reads = _count_reads(connection, since=now - READS_OF)
        # What is overdue the rules know only at a log's end.
        figures = {**self._rules.facts(), "overdue_reviews": status.overdue_reviews}
        return Told(
            at=now,
            policy=policy,
            reads=reads,
            figures=figures,
            searches=dict(sorted(self._searches.items())),
            log=status,
        )

    def _take_some(self) -> bool:
        """Count the next events of the tree; say whether there were any."""
        query = (
            sa.select(events.c.position, events.c.body)
            .where(events.c.position >= self._next)
            .order_by(events.c.position)
            .limit(_AT_ONCE)
        )
        with self.audit_log.database.reading() as connection:
            rows = connection.execute(query).all()
        for row in rows:
            event = self._reader.read(row.position, bytes(row.body))
            for _ in self._rules.take(event):
                pass  # faults are for the verifier, which trusts nothing that is counted here
            if event.type == "grant.used":
                self._searches[event.public["purpose"]] += 1
            self._next = row.position + 1
        return bool(rows)


def _count_reads(connection: sa.Connection, *, since: datetime) -> dict[str, int | None]:
    total = sa.func.sum(counts.c.number)
    query = (
        sa.select(counts.c.outcome, total)
        .where(counts.c.day >= since.date())
        .group_by(counts.c.outcome)
        .order_by(counts.c.outcome)
    )
    rows = connection.execute(query).all()
    return {row[0]: int(row[1]) if row[1] >= FEWEST_TOLD else None for row in rows}
