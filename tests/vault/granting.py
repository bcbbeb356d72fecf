"""Grants that may be used or not, and a keyring that counts who asks it for readers' keys."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from tests.worlds import (
    NOON,
    PRIVATE_PARTS,
    READERS,
    TestApproval,
    World,
    policy_document,
)

from fairplate.audit.events import ParsedEvent, commitment_opens, read_event
from fairplate.audit.kinds import parse_time
from fairplate.core.errors import FairplateError
from fairplate.core.periods import Period
from fairplate.core.purposes import Purpose
from fairplate.policy.document import check_policy
from fairplate.policy.rules import Policy
from fairplate.storage.schema import events, kept_records
from fairplate.vault.approval import Grant
from fairplate.vault.errors import KeyringStorageError
from fairplate.vault.keyring import Keyring
from fairplate.vault.seal import ReaderKey

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MOMENT = timedelta(microseconds=1)
PLATE, OTHER = "AB12CDE", "XY98ZWV"
NORTH, SOUTH = READERS
MONTH = check_policy(policy_document(), where="test").require()
STRICT = check_policy(policy_document("never"), where="test").require()
GRANT = Grant(
    plates=(PLATE,),
    reader_ids=READERS,
    captured_from=NOON - 10 * DAY,
    captured_until=NOON + HOUR,
)
APPROVAL = TestApproval(plates=frozenset({PLATE}))

REFUSED: dict[str, tuple[Grant, TestApproval, Policy]] = {
    "approval-expired": (GRANT, replace(APPROVAL, expires_at=NOON), MONTH),
    "plates-not-approved": (replace(GRANT, plates=(PLATE, OTHER)), APPROVAL, MONTH),
    "readers-not-approved": (GRANT, replace(APPROVAL, reader_ids=frozenset({NORTH})), MONTH),
    "times-not-approved": (GRANT, replace(APPROVAL, captured_from=NOON - 9 * DAY), MONTH),
    "purpose-not-permitted": (
        GRANT,
        APPROVAL,
        replace(MONTH, purposes=frozenset({Purpose.COURT_ORDER})),
    ),
    "reference-of-another-form": (
        GRANT,
        APPROVAL,
        replace(MONTH, references=((Purpose.STOLEN_VEHICLE, ("@@-####",)),)),
    ),
    "nothing-is-kept, too-far-back": (GRANT, APPROVAL, STRICT),
    "nothing-is-kept": (GRANT, replace(APPROVAL, purpose=Purpose.TEST), MONTH),
    "too-far-back": (replace(GRANT, captured_from=NOON - 31 * DAY), APPROVAL, MONTH),
    "in-the-future": (replace(GRANT, captured_from=NOON + timedelta(seconds=1)), APPROVAL, MONTH),
    "approvals-missing": (GRANT, replace(APPROVAL, approved_by=frozenset()), MONTH),
    "no-exigent-path": (GRANT, replace(APPROVAL, exigent=True), MONTH),
}
"""By reason, what may not be used at noon."""

ALSO_REFUSED: tuple[tuple[TestApproval, Policy], ...] = (
    (replace(APPROVAL, approved_by=frozenset({"officer-1"})), MONTH),  # who asked
    (APPROVAL, replace(MONTH, approvals=2)),
    (
        replace(APPROVAL, approved_by=frozenset({"officer-1", "approver-1"})),
        replace(MONTH, approvals=2),
    ),
    (replace(APPROVAL, captured_until=NOON + HOUR - MOMENT), MONTH),
    (replace(APPROVAL, reference="  "), MONTH),
)


@dataclass(slots=True)
class CountingKeyring:
    """A keyring that notes each call for readers' keys; `broken` it gives none, as a lost disk."""

    inner: Keyring
    asked: list[tuple[Period, tuple[str, ...]]] = field(default_factory=list)
    broken: bool = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def reader_keys(self, period: Period, reader_ids: Sequence[str]) -> Sequence[ReaderKey]:
        self.asked.append((period, tuple(reader_ids)))
        if self.broken:
            raise KeyringStorageError("keyring", "disk", expected="one", found="none")
        return self.inner.reader_keys(period, reader_ids)


@dataclass(frozen=True, slots=True)
class Told:
    """An event and its private part, as canonical JSON, which opens the commitment."""

    event: ParsedEvent
    private: bytes


def put_between(world: World) -> CountingKeyring:
    """Put a counting keyring between the vault and its keyring."""
    counting = CountingKeyring(world.keyring)
    keyring: Any = counting  # mypy does not look into __getattr__
    world.vault = replace(world.vault, keyring=keyring)
    return counting


def read_events(world: World, *types: str) -> list[Told]:
    """Return the events of `types`, in order; each private part opens its commitment."""
    with world.database.reading() as connection:
        rows = connection.execute(sa.select(events).order_by(events.c.id)).all()
    whole = [PRIVATE_PARTS.open(row.body, row.private) for row in rows]
    for event in whole:
        if not commitment_opens(event.body, event.salt, event.private):
            raise FairplateError("an event does not open")
    told = [Told(read_event(event.body), event.private) for event in whole]
    return [one for one in told if one.event.type in types]


def count_kept(world: World) -> int:
    """Return how many parts of records there are."""
    with world.database.reading() as connection:
        query = sa.select(sa.func.count()).select_from(kept_records)
        return int(connection.execute(query).scalar_one())


def until_of(told: Told) -> object:
    return parse_time(str(told.event.public["until"]))
