"""The lists of a deployment: set, retired, and how each stands. Entries are in `kept_batches.py`.

Every change is an event in the transaction of the change.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from fairplate.audit.event_types import EventType
from fairplate.audit.kinds import spell_time
from fairplate.audit.log import Recorder
from fairplate.audit.words import Suspended
from fairplate.core.errors import InputError, PolicyError, UnknownIdError
from fairplate.hotlists.definition import ListDefinition, check_definition
from fairplate.policy.hot_lists import list_fresh_until
from fairplate.policy.rules import Policy
from fairplate.storage.schema import alerting, hot_lists, list_chunks

REMINDED_BEFORE = timedelta(days=14)
"""Entries that end are told of so long before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptList:
    """One list as the database has it; without a batch it has no entries.

    `fresh_until` is when the next batch was due when the last one came; None: never.
    """

    definition: ListDefinition
    set_at: datetime
    batch_id: str | None
    imported_at: datetime | None
    fresh_until: datetime | None
    entries: int
    ended: int
    refused_at: datetime | None
    stale_told_at: datetime | None
    reminded_at: datetime | None
    suspended: bool

    @property
    def id(self) -> str:
        """The list's id."""
        return self.definition.name

    def is_stale(self, now: datetime) -> bool:
        """Say whether the next batch is overdue."""
        return self.fresh_until is not None and now >= self.fresh_until


def set_list(
    connection: sa.Connection, recorder: Recorder, document: str, policy: Policy, *, where: str
) -> str:
    """Make the list that `document` (TOML) defines, or change it; return its id.

    A list that was retired begins anew, without entries. Raises InputError for a document that is
    none, PolicyError for a purpose that the policy does not permit.
    """
    definition = check_definition(document, where=where)
    _require_permitted(definition, policy, where)
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    told = {"document": document, "set_at": recorder.clock(), "retired_at": None}
    # Two that make it at once both succeed, one after the other.
    connection.execute(
        insert(hot_lists)
        .values(id=definition.name, entries=0, ended=0, **told)
        .on_conflict_do_update(index_elements=["id"], set_=told)
    )
    refresh = definition.refresh
    recorder.record(
        connection,
        EventType.LIST_SET,
        public={
            "list": definition.name,
            "purposes": sorted(purpose.value for purpose in definition.purposes),
            "look_alikes": definition.look_alikes,
            "refreshed_s": None if refresh is None else int(refresh.total_seconds()),
            "definition": hashlib.sha256(document.encode()).hexdigest(),
        },
        private={"definition": document},
    )
    return definition.name


def _require_permitted(definition: ListDefinition, policy: Policy, where: str) -> None:
    refused = [purpose for purpose in definition.purposes if purpose not in policy.purposes]
    if refused:
        expected = "purposes that the policy permits"
        raise PolicyError(f"{where}: purposes: expected {expected}, found {', '.join(refused)}")


def retire_list(connection: sa.Connection, recorder: Recorder, list_id: str, note: str) -> None:
    """End a list: its entries and its definition are deleted; only that it was there stays.

    Raises InputError if there is none of that id.
    """
    kept = require_list(connection, list_id)
    if kept.batch_id is not None:
        connection.execute(sa.delete(list_chunks).where(list_chunks.c.batch_id == kept.batch_id))
    _update(
        connection,
        list_id,
        document="",
        retired_at=recorder.clock(),
        batch_id=None,
        imported_at=None,
        fresh_until=None,
        entries=0,
        ended=0,
        refused_at=None,
        stale_told_at=None,
        reminded_at=None,
    )
    recorder.record(
        connection, EventType.LIST_RETIRED, public={"list": list_id}, private={"note": note}
    )


def read_lists(
    connection: sa.Connection, *, problems: list[InputError] | None = None
) -> dict[str, KeptList]:
    """Return every list that is not retired, by id.

    Raises InputError for a definition that was altered into none; with `problems` it is put there
    instead, and the other lists are returned.
    """
    query = (
        sa.select(hot_lists, alerting.c.suspended_at)
        .outerjoin(
            alerting,
            sa.and_(alerting.c.id == hot_lists.c.id, alerting.c.kind == Suspended.LIST.value),
        )
        .where(hot_lists.c.retired_at.is_(None))
        .order_by(hot_lists.c.id)
    )
    lists: dict[str, KeptList] = {}
    for row in connection.execute(query).mappings():
        try:
            lists[row["id"]] = _kept(row)
        except InputError as error:
            if problems is None:
                raise
            problems.append(error)
    return lists


def hold_to_policy(kept: KeptList, policy: Policy) -> KeptList:
    """Return the list with the time at which it is stale under the policy and its definition.

    Both may ask for sooner than they did when the batch came. What was told to be stale stays so
    until another batch comes.
    """
    if kept.imported_at is None:
        return kept
    refresh = kept.definition.refresh
    times = (
        kept.fresh_until,
        list_fresh_until(policy, refresh, kept.imported_at),
        kept.stale_told_at,
    )
    return replace(kept, fresh_until=min((one for one in times if one is not None), default=None))


def require_list(connection: sa.Connection, list_id: str) -> KeptList:
    """Return one list, locked against others' changes; InputError if there is none."""
    # Locked before it is read: who waited for another's change must see that.
    connection.execute(sa.select(hot_lists.c.id).where(hot_lists.c.id == list_id).with_for_update())
    known = read_lists(connection).get(list_id)
    if known is None:
        expected = "a list that is set (`fairplate hotlist set`)"
        raise UnknownIdError("hot list", expected=expected)
    return known


def put_batch(
    connection: sa.Connection,
    list_id: str,
    batch_id: str,
    *,
    entries: int,
    imported_at: datetime,
    fresh_until: datetime | None,
) -> None:
    """Put a batch in force; what was noted of the one before is over with it.

    But for when people were last reminded: a list may come twice a day.
    """
    _update(
        connection,
        list_id,
        batch_id=batch_id,
        imported_at=imported_at,
        fresh_until=fresh_until,
        entries=entries,
        ended=0,
        refused_at=None,
        stale_told_at=None,
    )


def note_refused(connection: sa.Connection, list_id: str, at: datetime) -> None:
    """Note that the last batch was refused."""
    _update(connection, list_id, refused_at=at)


def note_reminded(connection: sa.Connection, kept: KeptList, at: datetime) -> None:
    """Note that somebody was told of entries that will end."""
    _update(connection, kept.id, reminded_at=at)


def note_stale(connection: sa.Connection, recorder: Recorder, kept: KeptList) -> bool:
    """Put on record, once a batch, that the list is stale; say whether that is news."""
    if kept.fresh_until is None:
        return False
    told = connection.execute(
        sa.update(hot_lists)
        .where(hot_lists.c.id == kept.id, hot_lists.c.stale_told_at.is_(None))
        .where(hot_lists.c.batch_id == kept.batch_id)
        .values(stale_told_at=recorder.clock())
    )
    if not told.rowcount:
        return False
    due = kept.fresh_until
    recorder.record(
        connection,
        EventType.LIST_STALE,
        public={"list": kept.id, "due": spell_time(due)},
        private={},
    )
    return True


def note_ended(connection: sa.Connection, recorder: Recorder, kept: KeptList, ended: int) -> bool:
    """Put on record that `ended` of the batch's entries are over by now; say if that is news."""
    if ended <= kept.ended or kept.batch_id is None:
        return False
    told = connection.execute(
        sa.update(hot_lists)
        .where(hot_lists.c.id == kept.id, hot_lists.c.ended == kept.ended)
        .where(hot_lists.c.batch_id == kept.batch_id)
        .values(ended=ended)
    )
    if not told.rowcount:
        return False
    recorder.record(
        connection,
        EventType.BATCH_EXPIRED,
        public={"list": kept.id, "batch": kept.batch_id, "entries": ended - kept.ended},
        private={},
    )
    return True


def _update(connection: sa.Connection, list_id: str, **values: object) -> None:
    connection.execute(sa.update(hot_lists).where(hot_lists.c.id == list_id).values(**values))


def _kept(row: sa.RowMapping) -> KeptList:
    definition = check_definition(str(row["document"]), where=f"hot list {row['id']}")
    values = {
        name: row[name]
        for name in (
            "set_at", "batch_id", "imported_at", "fresh_until", "entries", "ended", "refused_at",
            "stale_told_at", "reminded_at",
        )
    }  # fmt: skip
    suspended = row["suspended_at"] is not None
    return KeptList(definition=definition, suspended=suspended, **values)
