"""The lists in force, in memory: refreshed beside the intake, taken as a whole by each read.

Decides what is known of a list at a reader when a read arrives. A change of the database is known
after the next `refresh`; what is being loaded never keeps a read waiting.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from fairplate.alerts.gate import Listed, ListStanding
from fairplate.alerts.ledger import read_suspensions
from fairplate.alerts.list_record import Counted, count_ledger, measure
from fairplate.audit.words import Suspended
from fairplate.core.clock import Clock
from fairplate.core.errors import FairplateError, InputError, StorageError
from fairplate.core.reads import PlateRead
from fairplate.deployment.policy_in_force import (
    PolicyInForce,
    read_policy_id,
    read_policy_in_force,
)
from fairplate.hotlists.chance import Circumstances
from fairplate.hotlists.chunks import ListsKey
from fairplate.hotlists.loaded import LoadedList, load_list
from fairplate.hotlists.match import rank_match
from fairplate.hotlists.plate_spaces import DEFAULT_PLATE_SPACE, plate_space
from fairplate.hotlists.register import KeptList, hold_to_policy, read_lists
from fairplate.storage.database import Database

LEDGER_EVERY = timedelta(minutes=1)
DAMAGED_EVERY = timedelta(minutes=1)
"""How often a list that could not be read is tried, and told of, again."""


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """Everything a read needs; replaced as a whole. Readers of it only add to `circumstances`."""

    lists: tuple[LoadedList, ...] = ()
    suspended_readers: frozenset[str] = frozenset()
    counted: Counted | None = None
    in_force: PolicyInForce | None = None
    circumstances: dict[tuple[str, str], Circumstances] = field(default_factory=dict)


@dataclass(slots=True)
class _Damage:
    """A batch or a definition that cannot be read."""

    error: FairplateError
    tried_at: datetime
    told_at: datetime | None = None


class LiveLists:
    """Every list that has a batch. One thread refreshes; any number ask."""

    def __init__(
        self,
        database: Database,
        key: ListsKey,
        clock: Clock,
        only: frozenset[str] | None = None,
    ) -> None:
        """Begin without lists: `refresh` loads them, or `only` those of these ids."""
        self._database, self._key, self._clock = database, key, clock
        self._only = only
        self._now = _Snapshot()
        self._damaged: dict[str, _Damage] = {}

    @property
    def lists(self) -> tuple[LoadedList, ...]:
        """The lists as they were loaded last."""
        return self._now.lists

    def refresh(self) -> None:
        """Take over what changed in the database; loads only lists whose batch is another.

        A list that cannot be read is left out, so it raises no alerts, and the others are taken
        over. It is told by an error of the refresh after, and then once a minute: it must not keep
        a run from beginning. Raises StorageError where the database cannot be read at all, and goes
        on with what was known.
        """
        before, now = self._now, self._clock()
        known_damage = frozenset(self._damaged)
        with self._database.reading() as connection:
            in_force = _policy(connection, before.in_force)
            lists = self._load(connection, in_force, now)
            suspended = read_suspensions(connection)
            counted, kept_lists = before.counted, [one.kept for one in lists]
            if counted is None or _is_due(counted.at, now, LEDGER_EVERY):
                counted = count_ledger(connection, kept_lists, now)
        is_same = (
            counted is before.counted
            and in_force is before.in_force
            and kept_lists == [one.kept for one in before.lists]
        )
        self._now = _Snapshot(
            lists,
            frozenset(one.id for one in suspended if one.what is Suspended.READER),
            counted,
            in_force,
            before.circumstances if is_same else {},
        )
        self._tell(known_damage, now)

    def is_suspended(self, reader_id: str) -> bool:
        """Say whether the reader raises no alerts."""
        return reader_id in self._now.suspended_readers

    def match(self, read: PlateRead, reader_id: str, *, now: datetime) -> list[Listed]:
        """Return every entry that the read may be at `now`: best first."""
        snapshot = self._now
        found = []
        for one in snapshot.lists:
            for match, first_listed in one.match(read, now=now):
                listed = Listed(
                    match=match,
                    standing=standing_of(one.kept),
                    first_listed=first_listed,
                    circumstances=_circumstances(snapshot, one.kept, reader_id),
                )
                found.append(listed)
        return sorted(found, key=lambda listed: rank_match(listed.match))

    def _load(
        self, connection: sa.Connection, in_force: PolicyInForce, now: datetime
    ) -> tuple[LoadedList, ...]:
        """Return every list that can be read, as it stands under the policy."""
        known = {one.kept.batch_id: one for one in self._now.lists}
        altered: list[InputError] = []
        loaded, seen = [], set[str]()
        for kept in read_lists(connection, problems=altered).values():
            if kept.batch_id is None or not (self._only is None or kept.id in self._only):
                continue
            seen.add(kept.batch_id)
            held = hold_to_policy(kept, in_force.policy)
            one = self._loaded(connection, held, known.get(kept.batch_id), now)
            if one is not None:
                loaded.append(one)
        for error in altered:
            seen.add(str(error))
            self._damaged.setdefault(str(error), _Damage(error, now))
        self._damaged = {of: one for of, one in self._damaged.items() if of in seen}
        return tuple(loaded)

    def _loaded(
        self, connection: sa.Connection, kept: KeptList, known: LoadedList | None, now: datetime
    ) -> LoadedList | None:
        if known is not None:
            return known if known.kept == kept else known.kept_as(kept)
        batch_id = kept.batch_id or ""
        damage = self._damaged.get(batch_id)
        if damage is not None and not _is_due(damage.tried_at, now, DAMAGED_EVERY):
            return None
        try:
            loaded = load_list(connection, self._key, kept)
        except StorageError as error:
            told_at = None if damage is None else damage.told_at
            self._damaged[batch_id] = _Damage(error, now, told_at)
            return None
        self._damaged.pop(batch_id, None)
        return loaded

    def _tell(self, known: frozenset[str], now: datetime) -> None:
        """Raise the first error that is due to be told, of those that were known before."""
        for of, damage in self._damaged.items():
            if of in known and _is_due(damage.told_at, now, DAMAGED_EVERY):
                damage.told_at = now
                raise damage.error


def standing_of(kept: KeptList) -> ListStanding:
    """Return what the gate must know of a list that has a batch."""
    definition = kept.definition
    return ListStanding(
        id=kept.id,
        title=definition.title,
        purposes=frozenset(definition.purposes),
        look_alikes=definition.look_alikes,
        entries=kept.entries,
        imported_at=kept.imported_at or kept.set_at,
        fresh_until=kept.fresh_until,
        suspended=kept.suspended,
    )


def _is_due(last: datetime | None, now: datetime, every: timedelta) -> bool:
    """Say whether it is time again; also if the clock was set back."""
    return last is None or not timedelta(0) <= now - last < every


def _policy(connection: sa.Connection, known: PolicyInForce | None) -> PolicyInForce:
    if known is not None and known.id == read_policy_id(connection):
        return known
    return read_policy_in_force(connection)


def _circumstances(snapshot: _Snapshot, kept: KeptList, reader_id: str) -> Circumstances:
    known = snapshot.circumstances.get((kept.id, reader_id))
    if known is None:
        in_force = snapshot.in_force
        room = (
            DEFAULT_PLATE_SPACE if in_force is None else plate_space(in_force.policy.jurisdiction)
        )
        known = measure(snapshot.counted, kept, kept.entries, reader_id, plate_space=room)
        snapshot.circumstances[kept.id, reader_id] = known
    return known
