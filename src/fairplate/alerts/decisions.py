"""What people find on comparing, and what came of it: each is told once, and stays.

Decides that only people decide, that the first decision counts, that an outcome follows only a
confirmed alert, and how long is kept what was decided.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from fairplate.alerts.ledger import require_person, suspend_if_past_limit
from fairplate.audit.event_types import EventType
from fairplate.audit.log import Recorder
from fairplate.audit.words import Decision, Outcome, Suspended
from fairplate.core.errors import InputError, UnknownIdError
from fairplate.policy.rules import Policy
from fairplate.storage.schema import alerts, outbox

UNCONFIRMED = "unconfirmed"
KEPT_FOR = timedelta(days=90)
"""So long the ledger looks back; after that nobody needs to know where an alert was raised."""

WRONG = frozenset(Decision) - {Decision.CONFIRMED, Decision.EXPIRED}
"""What a person says of an alert on which nobody is to act."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAlert:
    """One alert as the database has it; what is to be compared is in its kept record."""

    id: str
    list_id: str
    reader_id: str
    purpose: str
    chance: float
    raised_at: datetime
    ends_at: datetime
    record_id: str | None
    repeats: int
    state: str
    decided_at: datetime | None
    decided_by: str | None
    outcome: str | None


def read_alerts(
    connection: sa.Connection, *, only_undecided: bool = False, most: int = 100
) -> tuple[KeptAlert, ...]:
    """Return alerts: undecided ones first by age, then the last that were decided."""
    waiting = alerts.c.state == UNCONFIRMED
    query = sa.select(alerts).where(waiting).order_by(alerts.c.raised_at, alerts.c.id).limit(most)
    rows = list(connection.execute(query))
    if not only_undecided and len(rows) < most:
        decided = sa.select(alerts).where(~waiting)
        latest = decided.order_by(alerts.c.decided_at.desc(), alerts.c.id).limit(most - len(rows))
        rows += connection.execute(latest)
    return tuple(_kept(row) for row in rows)


def read_alert_page(
    connection: sa.Connection, *, undecided: bool, after: tuple[datetime, str] | None, most: int
) -> tuple[KeptAlert, ...]:
    """Return the next alerts after one, by when it was raised and its id.

    Undecided ones the oldest first; or all, the newest first.
    """
    query = sa.select(alerts)
    place = sa.tuple_(alerts.c.raised_at, alerts.c.id)
    if undecided:
        query = query.where(alerts.c.state == UNCONFIRMED)
        query = query.order_by(alerts.c.raised_at, alerts.c.id)
    else:
        query = query.order_by(alerts.c.raised_at.desc(), alerts.c.id.desc())
    if after is not None:
        bound = sa.tuple_(sa.literal(after[0], type_=alerts.c.raised_at.type), sa.literal(after[1]))
        query = query.where(place > bound if undecided else place < bound)
    return tuple(_kept(row) for row in connection.execute(query.limit(most)))


def read_alert(connection: sa.Connection, alert_id: str) -> KeptAlert:
    """Return one alert; InputError if there is none of that id."""
    row = connection.execute(sa.select(alerts).where(alerts.c.id == alert_id)).one_or_none()
    if row is None:
        raise UnknownIdError("alert", expected="one that was raised")
    return _kept(row)


def decide(
    connection: sa.Connection,
    recorder: Recorder,
    policy: Policy,
    alert_id: str,
    decision: Decision,
    *,
    note: str = "",
) -> KeptAlert:
    """Put a person's decision on record; suspend list or reader if too many were wrong by now.

    Raises PolicyError if no person does it, InputError, naming what was decided and by whom, if it
    was decided before.
    """
    require_person(recorder)
    if decision is Decision.EXPIRED:
        raise InputError("alert", "decision", expected="what a person saw", found="expired")
    if not _end(connection, recorder, alert_id, decision, note):
        before = read_alert(connection, alert_id)
        found = f"{before.state}, by {before.decided_by}"
        raise InputError("alert", "state", expected="an undecided alert", found=found)
    kept = read_alert(connection, alert_id)
    _suspend_past_limit(connection, recorder, policy, kept)
    return kept


def record_outcome(
    connection: sa.Connection,
    recorder: Recorder,
    policy: Policy,
    alert_id: str,
    outcome: Outcome,
    *,
    note: str = "",
) -> KeptAlert:
    """Put on record what came of a confirmed alert; InputError for others, and for a second one.

    Raises PolicyError if no person does it.
    """
    require_person(recorder)
    kept = read_alert(connection, alert_id)
    if kept.state != Decision.CONFIRMED:
        raise InputError("alert", "state", expected="a confirmed alert", found=kept.state)
    done = connection.execute(
        sa.update(alerts)
        .where(alerts.c.id == alert_id, alerts.c.outcome.is_(None))
        .values(outcome=outcome.value)
    )
    if not done.rowcount:
        found = kept.outcome or "one told meanwhile"
        raise InputError("alert", "outcome", expected="none before", found=found)
    recorder.record(
        connection,
        EventType.ALERT_OUTCOME,
        public={"alert": alert_id, "outcome": outcome.value},
        private={"note": note},
    )
    _suspend_past_limit(connection, recorder, policy, kept)
    return read_alert(connection, alert_id)


def expire_alerts(connection: sa.Connection, recorder: Recorder) -> int:
    """End the alerts that nobody decided in time; return how many."""
    now = recorder.clock()
    due = sa.select(alerts.c.id).where(alerts.c.state == UNCONFIRMED, alerts.c.ends_at <= now)
    ids = connection.execute(due.order_by(alerts.c.raised_at).limit(500)).scalars().all()
    return sum(_end(connection, recorder, one, Decision.EXPIRED, "") for one in ids)


def drop_old_alerts(connection: sa.Connection, now: datetime) -> None:
    """Delete alerts that were decided or expired, and that nobody is told of any more."""
    states = [one.value for one in Decision]
    connection.execute(
        sa.delete(alerts)
        .where(alerts.c.state.in_(states), alerts.c.raised_at < now - KEPT_FOR)
        .where(alerts.c.ends_at <= now, ~sa.exists().where(outbox.c.alert_id == alerts.c.id))
    )


def _suspend_past_limit(
    connection: sa.Connection, recorder: Recorder, policy: Policy, kept: KeptAlert
) -> None:
    suspend_if_past_limit(connection, recorder, policy, Suspended.LIST, kept.list_id)
    suspend_if_past_limit(connection, recorder, policy, Suspended.READER, kept.reader_id)


def _end(
    connection: sa.Connection, recorder: Recorder, alert_id: str, decision: Decision, note: str
) -> bool:
    """Put a decision on an undecided alert, with its event; say whether it was undecided."""
    done = connection.execute(
        sa.update(alerts)
        .where(alerts.c.id == alert_id, alerts.c.state == UNCONFIRMED)
        .values(
            state=decision.value,
            decided_at=recorder.clock(),
            decided_by=recorder.actor,
        )
    )
    if not done.rowcount:
        return False
    recorder.record(
        connection,
        EventType.ALERT_DECIDED,
        public={"alert": alert_id, "decision": decision.value},
        private={"note": note},
    )
    return True


def _kept(row: sa.Row[tuple[object, ...]]) -> KeptAlert:
    return KeptAlert(
        id=row.id,
        list_id=row.list_id,
        reader_id=row.reader_id,
        purpose=row.purpose,
        chance=row.chance_permille / 1000,
        raised_at=row.raised_at,
        ends_at=row.ends_at,
        record_id=row.record_id,
        repeats=row.repeats,
        state=row.state,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        outcome=row.outcome,
    )
