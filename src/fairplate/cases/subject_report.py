"""What is kept of one plate, for the driver whose plate it is.

Decides what the driver is told: every read of exactly that plate at the readers and in the days of
the case, and which of them matched an entry; not of which list, nor what for. Who the driver is, is
shown outside; the case says how, and somebody else approves it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import sqlalchemy as sa

from fairplate.audit.event_types import EventType
from fairplate.audit.kinds import spell_time
from fairplate.cases.approval import CaseApproval
from fairplate.cases.case import Case
from fairplate.cases.search import CaseSearch, Found, grant_of, read_key
from fairplate.policy.rules import KeptFor, Policy
from fairplate.storage.schema import alerts
from fairplate.vault.hits import FoundHits, find_hits

_DECIMALS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectReport:
    """What is kept of the one plate of `case`; `matched` are the ids of reads that matched."""

    case: Case
    made_by: str
    made_at: datetime
    policy: Policy
    found: Found = field(repr=False)
    matched: frozenset[tuple[str, str]] = field(repr=False)

    def fields(self) -> Mapping[str, object]:
        """Return everything but the reads, each under its name in JSON."""
        asked, hits_kept = self.case.asked, self.policy.hits_kept
        return {
            "plate": next(iter(asked.plates)),
            "case": self.case.id,
            "made_by": self.made_by,
            "made_at": spell_time(self.made_at),
            "readers": sorted(asked.reader_ids),
            "captured_from": spell_time(asked.captured_from),
            "captured_until": spell_time(asked.captured_until),
            "reads_kept_s": int(self.policy.non_hits_kept.total_seconds()),
            "hits_kept_s": (
                int(hits_kept.time.total_seconds()) if isinstance(hits_kept, KeptFor) else None
            ),
            "damaged": len(self.found.damaged),
            "lost": [str(period) for period in self.found.lost],
        }

    def reads(self) -> tuple[Mapping[str, object], ...]:
        """Return the reads, each under its names in JSON."""
        return tuple(
            {
                "captured_at": spell_time(one.captured_at),
                "reader": one.reader_id,
                "plate": one.read.plate,
                "confidence": round(one.read.confidence, _DECIMALS),
                "region": one.read.region,
                "matched": read_key(one) in self.matched,
            }
            for one in self.found.reads
        )


def report_subject(search: CaseSearch) -> SubjectReport:
    """Search under the case, and return what a driver may be told; it is in the log then.

    Raises as `search_case` does. `search.rule` is `rules.require_report`.
    """
    found = search.look()
    recorder = replace(search.store.recorder, actor=search.person)
    now = recorder.clock()
    hits = _find_hits(search, now)
    found = found.joined(hits)

    def record(connection: sa.Connection, case: Case) -> None:
        (plate,) = case.asked.plates
        recorder.record(
            connection,
            EventType.SUBJECT_REPORTED,
            public={"case": case.id, "reads": len(found.reads), "hits": len(hits.reads)},
            private={"plate": plate, "reference": case.asked.reference},
        )

    case = search.record(found, record)
    return SubjectReport(
        case=case,
        made_by=search.person,
        made_at=now,
        policy=search.policy,
        found=found,
        matched=frozenset(map(read_key, hits.reads)),
    )


def _find_hits(search: CaseSearch, now: datetime) -> FoundHits:
    with search.vault.database.reading() as connection:
        case = search.store.one(connection, search.case_id)
        wanted = alerts.c.record_id.is_not(None) & alerts.c.reader_id.in_(case.asked.reader_ids)
        ids = connection.execute(sa.select(alerts.c.record_id).where(wanted).distinct()).scalars()
        record_ids = sorted(ids)
    grant = grant_of(case.asked)
    return find_hits(search.vault, record_ids, grant, CaseApproval(case, now), search.policy)
