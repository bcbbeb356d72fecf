"""What the ledger says of each list at each reader, for the chance that its alerts are right.

Decides since when reads and decisions count, and what a decision tells of the reader. Leaves the
formulas to `hotlists/chance.py`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import sqlalchemy as sa

from fairplate.audit.words import Decision
from fairplate.hotlists.chance import (
    DEFAULT_MISREAD_RATE,
    PLATES_ALIKE,
    Circumstances,
    measured_circumstances,
)
from fairplate.hotlists.register import KeptList
from fairplate.storage.rows import count_reads
from fairplate.storage.schema import alerts

LEDGER_SINCE = timedelta(days=90)
"""Misread rates and shares are of so long: cameras are moved and lists change."""

# Of vehicles that are not listed and match all the same, so many match because of a misread, where
# a list allows look-alikes; the others were read as they are. An alert does not keep its kind.
_MISREAD_SHARE = DEFAULT_MISREAD_RATE / (DEFAULT_MISREAD_RATE + PLATES_ALIKE)


@dataclass(frozen=True, slots=True)
class Counted:
    """What the ledger said at `at`: reads by list and reader, and alerts by state as well."""

    at: datetime
    reads: Mapping[tuple[str, str], int]
    decided: Mapping[tuple[str, str, str], int]


def count_ledger(connection: sa.Connection, lists: Iterable[KeptList], now: datetime) -> Counted:
    """Return what the ledger says of the lists at every reader at `now`.

    Both counts begin on one day, in UTC: 90 days ago, or the day after the list was last set.
    """
    reads_since: dict[date, dict[str, int]] = {}
    reads: dict[tuple[str, str], int] = {}
    decided: dict[tuple[str, str, str], int] = {}
    for kept in lists:
        since = _since(kept, now)
        if since not in reads_since:
            reads_since[since] = count_reads(connection, since=since)
        reads |= {(kept.id, reader): number for reader, number in reads_since[since].items()}
        query = (
            sa.select(alerts.c.reader_id, alerts.c.state, sa.func.count())
            .where(alerts.c.list_id == kept.id)
            .where(alerts.c.raised_at >= datetime.combine(since, time(), UTC))
            .group_by(alerts.c.reader_id, alerts.c.state)
        )
        for reader_id, state, number in connection.execute(query):
            decided[kept.id, reader_id, state] = number
    return Counted(now, reads, decided)


def measure(
    counted: Counted | None, kept: KeptList, entries: int, reader_id: str, *, plate_space: float
) -> Circumstances:
    """Return what is known of a list with so many entries at a reader."""

    def decided(decision: Decision) -> int:
        return 0 if counted is None else counted.decided.get((kept.id, reader_id, decision), 0)

    share = _MISREAD_SHARE if kept.definition.look_alikes else 1.0
    return measured_circumstances(
        entries=max(entries, 1),
        plate_space=plate_space,
        reads=0 if counted is None else counted.reads.get((kept.id, reader_id), 0),
        right=decided(Decision.CONFIRMED),
        wrong=round(share * decided(Decision.WRONG_PLATE)),
    )


def _since(kept: KeptList, now: datetime) -> date:
    """Return the first whole day on which the list was as it is now."""
    return max((now - LEDGER_SINCE).date(), kept.set_at.date() + timedelta(days=1))
