"""How the lists of a deployment stand, and what is to be expected of them.

Gathers what lists, ledger and counts know; decides only from which day on reads are counted.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import numpy as np
import sqlalchemy as sa

from fairplate.alerts.ledger import Record, Suspension, read_record, read_suspensions
from fairplate.alerts.list_record import Counted, count_ledger, measure
from fairplate.alerts.raising import sum_held_back
from fairplate.audit.words import Suspended
from fairplate.deployment.policy_in_force import read_policy_in_force
from fairplate.deployment.readers import EnrolledReader, read_readers
from fairplate.hotlists.chunks import NO_KEY, ListsKey, moment_of
from fairplate.hotlists.outlook import Outlook, look_ahead
from fairplate.hotlists.plate_spaces import plate_space
from fairplate.hotlists.register import REMINDED_BEFORE, KeptList, hold_to_policy, read_lists
from fairplate.hotlists.stored_chunks import read_entries_at, read_marks
from fairplate.policy.rules import Policy
from fairplate.storage.rows import count_reads
from fairplate.wiring.hot_lists import HotLists, Preview, require_known

LATELY = timedelta(days=7)
"""Reads a day, and what was held back, are of so long."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListStatus:
    """One list as it stands now.

    `ended` of its entries are over, `ending` more will be within 14 days, the first at `next_end`.
    `held_back` counts matches of the last days by reason.
    """

    kept: KeptList
    ended: int
    ending: int
    next_end: datetime | None
    held_back: dict[str, int]
    record: Record
    suspension: Suspension | None
    outlooks: tuple[Outlook, ...]


def read_list_statuses(hot_lists: HotLists, list_id: str | None = None) -> tuple[ListStatus, ...]:
    """Return how each list stands, or one of them; InputError if there is none of that id."""
    now = hot_lists.recorder.clock()
    with hot_lists.database.reading() as connection:
        known = read_lists(connection)
        if list_id is not None:
            known = {list_id: require_known(known, list_id)}
        known_now = _Known.read(connection, known.values(), now)
        return tuple(_status(connection, hot_lists.key, kept, known_now) for kept in known.values())


def read_outlooks(hot_lists: HotLists, preview: Preview) -> tuple[Outlook, ...]:
    """Return what is to be expected of the list with the batch that was looked at."""
    prepared = preview.prepared
    if prepared is None or not prepared.entries:
        return ()
    with hot_lists.database.reading() as connection:
        known = _Known.read(connection, (preview.kept,), hot_lists.recorder.clock())
    return known.outlooks(preview.kept, prepared.entries, prepared.patterns())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What is known at `now` of all lists and readers."""

    now: datetime
    policy: Policy
    counted: Counted
    reads_a_day: dict[str, float | None]  # of the readers that are enrolled
    held_back: dict[tuple[str, str], int]
    suspensions: tuple[Suspension, ...]

    @classmethod
    def read(cls, connection: sa.Connection, lists: Iterable[KeptList], now: datetime) -> "_Known":
        since = (now - LATELY).date()
        reads = count_reads(connection, since=since)
        start = datetime.combine(since, time(), UTC)
        readers = [one for one in read_readers(connection).values() if one.disabled_at is None]
        return cls(
            now=now,
            policy=read_policy_in_force(connection).policy,
            counted=count_ledger(connection, lists, now),
            reads_a_day={
                one.id: _reads_a_day(one, reads.get(one.id, 0), start, now) for one in readers
            },
            held_back=sum_held_back(connection, since=since),
            suspensions=read_suspensions(connection),
        )

    def outlooks(
        self, kept: KeptList, entries: int, patterns: Collection[str]
    ) -> tuple[Outlook, ...]:
        """Return an outlook for each enrolled reader, or one for a reader that is not known."""
        if not entries:
            return ()
        room = plate_space(self.policy.jurisdiction)
        return tuple(
            look_ahead(
                reader_id or None,
                measure(self.counted, kept, entries, reader_id, plate_space=room),
                patterns=patterns,
                look_alikes=kept.definition.look_alikes,
                reads_a_day=reads_a_day,
            )
            for reader_id, reads_a_day in (self.reads_a_day or {"": None}).items()
        )


def _status(connection: sa.Connection, key: ListsKey, kept: KeptList, known: _Known) -> ListStatus:
    marks = read_marks(connection, key, kept)
    at, soon = known.now.timestamp(), (known.now + REMINDED_BEFORE).timestamp()
    later = marks.ends[(marks.ends > at) & (marks.ends <= soon)]
    rows = np.flatnonzero(marks.keys == NO_KEY).tolist()
    patterns = tuple(entry.plate for entry in read_entries_at(connection, key, kept, rows))
    suspended = (one for one in known.suspensions if one.what is Suspended.LIST)
    return ListStatus(
        kept=hold_to_policy(kept, known.policy),
        ended=int((marks.ends <= at).sum()),
        ending=len(later),
        next_end=moment_of(later.min()) if len(later) else None,
        held_back={reason: n for (of, reason), n in known.held_back.items() if of == kept.id},
        record=read_record(connection, Suspended.LIST, kept.id),
        suspension=next((one for one in suspended if one.id == kept.id), None),
        outlooks=known.outlooks(kept, kept.entries, patterns),
    )


def _reads_a_day(
    reader: EnrolledReader, reads: int, start: datetime, now: datetime
) -> float | None:
    """Return what the reader sends a day; None before it has sent for one."""
    counted = now - max(start, reader.enrolled_at)
    return reads / (counted / _DAY) if reads and counted >= _DAY else None
