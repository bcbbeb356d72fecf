"""The outcome ledger: how often the alerts of a list and of a reader were wrong.

Decides when too many were, and suspends; only a person lifts that. A list's alerts are wrong if
people found another plate, jurisdiction or vehicle, or an entry out of date, or stopped the wrong
vehicle; a reader's only if it read another plate than was there. Tests say nothing about a reader:
the operator sends them past it as often as they like.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from fairplate.audit.event_types import EventType
from fairplate.audit.log import Recorder
from fairplate.audit.words import Decision, Outcome, Suspended, SuspendReason
from fairplate.core.errors import InputError, PolicyError
from fairplate.core.purposes import Purpose
from fairplate.policy.alert_figures import LEAST_DECIDED
from fairplate.policy.rules import Policy
from fairplate.storage.schema import alerting, alerts

LAST_DECIDED = 100
"""The rate is of so many alerts, the last ones that people decided."""

BY_ITSELF = "system"
"""Who acts in the events of what goes on without a person."""

_BY_PEOPLE = tuple(one.value for one in Decision if one is not Decision.EXPIRED)
_WRONG_OF_LIST = frozenset(_BY_PEOPLE) - {Decision.CONFIRMED.value}
_WRONG_OF_READER = frozenset({Decision.WRONG_PLATE.value})


@dataclass(frozen=True, slots=True)
class Record:
    """What people found of the last alerts of one list or reader."""

    wrong: int
    decided: int

    @property
    def rate(self) -> float:
        """The share that was wrong; 0 where nothing was decided."""
        return self.wrong / self.decided if self.decided else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspension:
    """A list or reader that raises no alerts."""

    what: Suspended
    id: str
    since: datetime
    reason: str


def require_person(recorder: Recorder) -> None:
    """Raise PolicyError where nobody acts: people decide about alerts, and answer for it."""
    if recorder.actor == BY_ITSELF:
        raise PolicyError("alert: actor: expected a person, found what goes on by itself")


def is_past_limit(record: Record, policy: Policy) -> bool:
    """Say whether more were wrong than the policy lets; a few decisions say nothing."""
    return record.decided >= LEAST_DECIDED and record.rate > policy.wrong_alerts


def read_record(connection: sa.Connection, what: Suspended, of: str) -> Record:
    """Return what people found of the last alerts of a list or reader since it was last lifted."""
    column = alerts.c.list_id if what is Suspended.LIST else alerts.c.reader_id
    lifted = connection.execute(
        sa.select(alerting.c.lifted_at).where(alerting.c.kind == what.value, alerting.c.id == of)
    ).scalar_one_or_none()
    query = (
        sa.select(alerts.c.state, alerts.c.outcome)
        .where(column == of, alerts.c.state.in_(_BY_PEOPLE))
        .order_by(alerts.c.decided_at.desc(), alerts.c.id)
        .limit(LAST_DECIDED)
    )
    if lifted is not None:
        query = query.where(alerts.c.decided_at > lifted)
    if what is Suspended.READER:
        query = query.where(alerts.c.purpose != Purpose.TEST.value)
    rows = connection.execute(query).all()
    wrong = _WRONG_OF_LIST if what is Suspended.LIST else _WRONG_OF_READER
    number = sum(row.state in wrong or row.outcome == Outcome.MISTAKEN.value for row in rows)
    return Record(number, len(rows))


def suspend_if_past_limit(
    connection: sa.Connection, recorder: Recorder, policy: Policy, what: Suspended, of: str
) -> bool:
    """Suspend a list or reader whose rate is past the limit; say whether that was done."""
    record = read_record(connection, what, of)
    if not is_past_limit(record, policy):
        return False
    return suspend(connection, recorder, what, of, SuspendReason.WRONG_ALERT_RATE, record=record)


def suspend(
    connection: sa.Connection,
    recorder: Recorder,
    what: Suspended,
    of: str,
    reason: SuspendReason,
    *,
    record: Record | None = None,
    note: str = "",
) -> bool:
    """Let a list or reader raise no alerts, with an event; False if it is suspended already.

    Raises PolicyError if a person is said to have asked for it and there is none.
    """
    if reason is SuspendReason.ASKED:
        require_person(recorder)
    record = record or read_record(connection, what, of)
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    # The first one makes the row, later ones find it; of two at once only one changes it.
    connection.execute(
        insert(alerting)
        .values(kind=what.value, id=of)
        .on_conflict_do_nothing(index_elements=["kind", "id"])
    )
    changed = connection.execute(
        _row(what, of)
        .where(alerting.c.suspended_at.is_(None))
        .values(suspended_at=recorder.clock(), reason=reason.value)
    )
    if not changed.rowcount:
        return False
    recorder.record(
        connection,
        EventType.ALERTING_SUSPENDED,
        public={
            "what": what.value,
            "id": of,
            "reason": reason.value,
            "wrong": record.wrong,
            "decided": record.decided,
        },
        private={"note": note},
    )
    return True


def lift(
    connection: sa.Connection, recorder: Recorder, what: Suspended, of: str, note: str
) -> None:
    """Let a list or reader raise alerts again; what was decided before counts no more.

    Raises PolicyError if no person does it, InputError if it is not suspended, or nobody says why
    it may.
    """
    require_person(recorder)
    if not note.strip():
        raise InputError("alerting", "note", expected="why it may raise alerts", found="nothing")
    lifted = connection.execute(
        _row(what, of)
        .where(alerting.c.suspended_at.is_not(None))
        .values(suspended_at=None, reason=None, lifted_at=recorder.clock())
    )
    if not lifted.rowcount:
        raise InputError("alerting", what.value, expected="a suspended one", found="another")
    recorder.record(
        connection,
        EventType.ALERTING_LIFTED,
        public={"what": what.value, "id": of},
        private={"note": note},
    )


def read_suspensions(connection: sa.Connection) -> tuple[Suspension, ...]:
    """Return every list and reader that raises no alerts now."""
    query = sa.select(alerting).where(alerting.c.suspended_at.is_not(None))
    rows = connection.execute(query.order_by(alerting.c.kind, alerting.c.id))
    return tuple(
        Suspension(
            what=Suspended(row.kind), id=row.id, since=row.suspended_at, reason=row.reason or ""
        )
        for row in rows
    )


def _row(what: Suspended, of: str) -> sa.Update:
    return sa.update(alerting).where(alerting.c.kind == what.value, alerting.c.id == of)
