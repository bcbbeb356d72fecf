"""From reads to alerts, inside the intake's transaction: what is stored is told, or neither is.

Decides what the database alone knows: whether a match is a repeat, and whom an alert is for. The
gate decides the rest before, outside of the transaction.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Protocol

import sqlalchemy as sa

from fairplate.alerts.decisions import UNCONFIRMED
from fairplate.alerts.evidence import encode_verdicts
from fairplate.alerts.gate import GateHold, Passing, Verdict, judge
from fairplate.alerts.keeping import HeldCounts, Keeping, Raised
from fairplate.alerts.ledger import read_suspensions
from fairplate.alerts.live_lists import LiveLists
from fairplate.alerts.outbox import put_alert
from fairplate.alerts.repeats import insert_unless_repeat
from fairplate.alerts.subscribers import Subscriber
from fairplate.audit.event_types import EventType
from fairplate.audit.kinds import spell_time
from fairplate.audit.log import Recorder
from fairplate.audit.words import Suspended
from fairplate.core.purposes import Purpose
from fairplate.core.reads import Box, PlateRead
from fairplate.hotlists.chunks import ListsKey
from fairplate.hotlists.match import Match
from fairplate.policy.alert_figures import TwoLooks
from fairplate.policy.rules import Policy
from fairplate.storage.schema import alerts, held_back

TEST_KEPT = timedelta(hours=1)
"""A test has no record: what its alert tells is sealed beside it until delivered, or so long."""

_ID_BYTES = 10  # keys of the outbox have 64 characters at most

_COUNT = sa.text(
    "INSERT INTO held_back (day, list_id, reader_id, reason, number)"
    " VALUES (:day, :list_id, :reader_id, :reason, :number)"
    " ON CONFLICT (day, list_id, reader_id, reason)"
    " DO UPDATE SET number = held_back.number + excluded.number"
).bindparams(sa.bindparam("day", type_=sa.Date))


class SecondEngine(Protocol):
    """Another engine, which reads a plate that was found already."""

    def __call__(self, picture: bytes, box: Box) -> str | None:
        """Return the plate in `box` of the picture, empty if there is none; None: cannot tell."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A read on its way through the intake."""

    read: PlateRead = field(repr=False)
    reader_id: str
    captured_at: datetime
    picture: bytes | None = field(default=None, repr=False)
    from_video: bool = False
    direction: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What the gate found of one read: the best verdict of each list and purpose.

    They are apart if they were held back. Each purpose has its own people to tell, and quiet hours.
    """

    seen: Seen
    passed: tuple[Verdict, ...] = ()
    held: tuple[Verdict, ...] = ()

    @property
    def matches_held(self) -> tuple[Match, ...]:
        """The matches that were held back."""
        return tuple(verdict.listed.match for verdict in self.held)

    def evidence(self, *, tests: bool) -> bytes:
        """Return what is kept of the matches that passed: of the tests, or of all others."""
        told = [verdict for verdict in self.passed if _is_test(verdict) is tests]
        return encode_verdicts(told, self.seen.direction)


def _is_test(verdict: Verdict) -> bool:
    return verdict.listed.match.entry.purpose is Purpose.TEST


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertDesk:
    """What raises alerts: the lists, who is told, and another engine to look again, if any."""

    lists: LiveLists
    key: ListsKey
    recorder: Recorder
    subscribers: tuple[Subscriber, ...] = ()
    second_engine: SecondEngine | None = None
    wake: Callable[[], None] = lambda: None
    """Called once alerts are committed: whoever delivers them need not look all the time."""

    def judge(self, seen: Seen, policy: Policy, *, now: datetime) -> Judged:
        """Return which alerts the read may raise at `now`, and what the gate held back."""
        listed = self.lists.match(seen.read, seen.reader_id, now=now)
        if not listed:
            return Judged(seen=seen)
        passing = Passing(
            read=seen.read,
            from_video=seen.from_video,
            reader_suspended=self.lists.is_suspended(seen.reader_id),
        )
        verdicts = [judge(passing, one, policy, now=now) for one in listed]
        if self.second_engine is not None and seen.picture is not None and _any_passed(verdicts):
            second = self.second_engine(seen.picture, seen.read.box)
            again = replace(passing, second_plate=second)
            verdicts = [judge(again, one, policy, now=now) for one in listed]
        return _best_of_each(seen, verdicts)

    def raise_alerts(
        self,
        connection: sa.Connection,
        judged: Judged,
        policy: Policy,
        keeping: Keeping,
        *,
        now: datetime,
    ) -> Raised:
        """Raise what passed, unless it is a repeat or was suspended since it was judged."""
        seen, record_id, ids = judged.seen, None, []
        held: HeldCounts = Counter(
            (verdict.listed.standing.id, seen.reader_id, hold.reason.value)
            for verdict in judged.held
            for hold in verdict.held_back
        )
        suspended = _suspended_now(connection) if judged.passed else frozenset()
        for verdict in judged.passed:
            list_id = verdict.listed.standing.id
            row = self._row(seen, verdict, keeping, now)
            if (Suspended.LIST, list_id) in suspended:
                held[list_id, seen.reader_id, GateHold.LIST_SUSPENDED.value] += 1
            elif (Suspended.READER, seen.reader_id) in suspended:
                held[list_id, seen.reader_id, GateHold.READER_SUSPENDED.value] += 1
            elif row is None:
                held[list_id, seen.reader_id, GateHold.NO_KEY.value] += 1
            elif not insert_unless_repeat(connection, row, self.subscribers, policy, now):
                held[list_id, seen.reader_id, GateHold.REPEAT.value] += 1
            else:
                alert_id = str(row["id"])
                if not _is_test(verdict) and keeping.keep is not None:
                    record_id = record_id or keeping.keep()
                    _note_record(connection, alert_id, record_id)
                self._tell(connection, alert_id, seen, verdict, policy, now=now)
                ids.append(alert_id)
        return Raised(ids=tuple(ids), record_id=record_id, held=held)

    def _row(
        self, seen: Seen, verdict: Verdict, keeping: Keeping, now: datetime
    ) -> dict[str, object] | None:
        """Return the alert's row, or None if there is nowhere for what is to be compared."""
        entry, list_id = verdict.listed.match.entry, verdict.listed.standing.id
        alert_id = f"al-{self.recorder.random_bytes(_ID_BYTES).hex()}"
        ends_at, told = keeping.ends_at, None
        if _is_test(verdict):
            ends_at = now + TEST_KEPT
            told = self.key.seal(alert_id, keeping.test_parts, self.recorder.random_bytes)
        if ends_at is None:
            return None
        identity = (list_id, entry.plate, entry.purpose, entry.reference, seen.reader_id)
        return {
            "id": alert_id,
            "list_id": list_id,
            "reader_id": seen.reader_id,
            "purpose": entry.purpose.value,
            "chance_permille": _permille(verdict.chance),
            "raised_at": now,
            "ends_at": ends_at,
            "record_id": None,
            "told": told,
            "repeat_token": self.key.token(*identity),
            "repeats": 0,
            "seen_at": now,
            "state": UNCONFIRMED,
        }

    def _tell(
        self,
        connection: sa.Connection,
        alert_id: str,
        seen: Seen,
        verdict: Verdict,
        policy: Policy,
        *,
        now: datetime,
    ) -> None:
        """Write the alert's event, and put it into the outbox of those it is for."""
        match, standing = verdict.listed.match, verdict.listed.standing
        purpose = match.entry.purpose
        self.recorder.record(
            connection,
            EventType.ALERT_RAISED,
            public={
                "alert": alert_id,
                "list": standing.id,
                "purpose": purpose.value,
                "match": match.kind.value,
                "chance_permille": _permille(verdict.chance),
            },
            private={
                "plate": seen.read.plate,
                "entries": [match.entry.reference],
                "reader": seen.reader_id,
                "captured_at": spell_time(seen.captured_at),
            },
        )
        only_dispatchers = policy.two_looks is TwoLooks.HELD_UNTIL_CONFIRMED
        told_to = tuple(
            one
            for one in self.subscribers
            if one.wants(standing.id, purpose) and (one.dispatcher or not only_dispatchers)
        )
        put_alert(connection, alert_id, standing.title, purpose, told_to, now=now)


def count_held_back(connection: sa.Connection, day: date, numbers: HeldCounts) -> None:
    """Add to the counts of matches held back on `day` (UTC)."""
    rows = [  # in order: two transactions that add to the same counts wait, and block no other
        {"day": day, "list_id": list_id, "reader_id": reader_id, "reason": reason, "number": number}
        for (list_id, reader_id, reason), number in sorted(numbers.items())
    ]
    if rows:
        connection.execute(_COUNT, rows)


def sum_held_back(connection: sa.Connection, *, since: date) -> dict[tuple[str, str], int]:
    """Return how many matches were held back on `since` and later, by list and reason."""
    query = (
        sa.select(held_back.c.list_id, held_back.c.reason, sa.func.sum(held_back.c.number))
        .where(held_back.c.day >= since)
        .group_by(held_back.c.list_id, held_back.c.reason)
        .order_by(held_back.c.list_id, held_back.c.reason)
    )
    return {(a, reason): int(number) for a, reason, number in connection.execute(query)}


def _suspended_now(connection: sa.Connection) -> frozenset[tuple[Suspended, str]]:
    """Return what raises no alerts: the lists in memory may be older than a suspension."""
    return frozenset((one.what, one.id) for one in read_suspensions(connection))


def _note_record(connection: sa.Connection, alert_id: str, record_id: str) -> None:
    changed = sa.update(alerts).where(alerts.c.id == alert_id).values(record_id=record_id)
    connection.execute(changed)


def _any_passed(verdicts: Sequence[Verdict]) -> bool:
    return any(not verdict.held_back for verdict in verdicts)


def _best_of_each(seen: Seen, verdicts: Sequence[Verdict]) -> Judged:
    """Return the best that passed of each list and purpose; where none did, the best held back."""
    passed: dict[tuple[str, Purpose], Verdict] = {}
    held: dict[tuple[str, Purpose], Verdict] = {}
    for verdict in verdicts:
        kind = verdict.listed.standing.id, verdict.listed.match.entry.purpose
        (held if verdict.held_back else passed).setdefault(kind, verdict)
    return Judged(
        seen=seen,
        passed=tuple(passed.values()),
        held=tuple(verdict for kind, verdict in held.items() if kind not in passed),
    )


def _permille(chance: float) -> int:
    """Return a chance in whole thousandths, cut and not rounded."""
    return int(chance * 1000 + 1e-9)
