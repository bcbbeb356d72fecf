"""How the alerts of a deployment stand: what waits, how often they were wrong, what is suspended.

Gathers what the ledger and the outbox know; decides nothing.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from fairplate.alerts.backlog import Backlog, count_undecided, read_backlogs
from fairplate.alerts.ledger import Record, Suspension, read_record, read_suspensions
from fairplate.audit.words import Suspended
from fairplate.deployment.policy_in_force import read_policy_in_force
from fairplate.deployment.readers import read_readers
from fairplate.hotlists.register import read_lists
from fairplate.wiring.alerting import Alerting


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What people found of the last alerts of one list or reader; `suspension` None: it alerts."""

    what: Suspended
    id: str
    record: Record
    suspension: Suspension | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertingStatus:
    """How alerts stand; `limit` is the share of wrong ones past which a list is suspended."""

    undecided: int
    oldest: datetime | None
    limit: float
    standings: tuple[Standing, ...]
    backlogs: tuple[Backlog, ...]


def read_alerting_status(alerting: Alerting) -> AlertingStatus:
    """Return how alerts stand: every list and reader, and every channel that is set up or known."""
    now = alerting.vault.recorder.clock()
    with alerting.vault.database.reading() as connection:
        undecided, oldest = count_undecided(connection)
        backlogs = {one.channel: one for one in read_backlogs(connection, now=now)}
        for name in alerting.settings.channels:
            backlogs.setdefault(name, Backlog.empty(name))
        return AlertingStatus(
            undecided=undecided,
            oldest=oldest,
            limit=read_policy_in_force(connection).policy.wrong_alerts,
            standings=_standings(connection),
            backlogs=tuple(backlogs[name] for name in sorted(backlogs)),
        )


def _standings(connection: sa.Connection) -> tuple[Standing, ...]:
    suspended = {(one.what, one.id): one for one in read_suspensions(connection)}
    known = [(Suspended.LIST, list_id) for list_id in read_lists(connection)]
    known += [(Suspended.READER, reader_id) for reader_id in read_readers(connection)]
    # A list that was retired while it was suspended is still told of: it may be set anew.
    known += [one for one in suspended if one not in known]
    return tuple(
        Standing(
            what=what,
            id=of,
            record=read_record(connection, what, of),
            suspension=suspended.get((what, of)),
        )
        for what, of in known
    )
