"""A batch of reads in one transaction: all of it is stored and counted, or nothing is.

Decides what becomes of each read and answers only after the commit, so that a reader may forget
what it was answered. A read that is sent again is known by its receipt and changes nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import partial

import sqlalchemy as sa

from fairplate.alerts.keeping import HeldCounts, Keeping, Raised
from fairplate.alerts.raising import AlertDesk, count_held_back
from fairplate.core.errors import StorageError
from fairplate.deployment.policy_in_force import lock_policy_id, read_policy_id
from fairplate.deployment.readers import EnrolledReader, read_readers, reader_state
from fairplate.intake.arriving import Arriving, Hit, Matcher, Outcome, Taken
from fairplate.intake.preparation import HitToKeep, Prepared, prepare_read
from fairplate.intake.setting import Setting, read_setting
from fairplate.policy.arrivals import Reader, Refused
from fairplate.policy.rules import NEVER
from fairplate.storage.rows import HIT, add_counts, find_receipts, insert_receipts
from fairplate.vault.current_keys import CurrentKeys
from fairplate.vault.kept_records import keep_record
from fairplate.vault.register import RegisteredKey, lock_living_keys
from fairplate.vault.sealed_reads import ReadToSeal, store_reads
from fairplate.vault.vault import Vault

MOST_TRIES = 5


class _ChangedError(Exception):
    """The policy changed or a key was destroyed since the batch was prepared: prepare it anew."""


class Intake:
    """Takes batches, one at a time; each thread or process needs one of its own."""

    def __init__(self, vault: Vault, checks: Matcher | AlertDesk) -> None:
        """Take where to store, and what knows the hot lists; only a desk raises alerts."""
        self._vault = vault
        self._checks = checks
        self._keys = CurrentKeys(vault)
        self._setting: Setting | None = None

    def let_go_of_due(self) -> None:
        """Forget keys whose time is over; for a process that has no batch to take for a while."""
        self._keys.let_go_of_due(self._vault.recorder.clock())

    def take(self, batch: Sequence[Arriving]) -> tuple[Taken, ...]:
        """Store and count `batch`; return what became of each read, in order, after the commit.

        A batch that is sent again after its answer was lost is answered `duplicate`, without its
        hits: what must reach somebody has to be written in this transaction.

        Raises StorageError or KeyringError with nothing stored or counted: it may be sent again.
        """
        for _ in range(MOST_TRIES):
            try:
                return self._try(batch)
            except _ChangedError:
                self._setting = None
                self._keys.let_go_of_all()
        raise StorageError(
            "intake", expected="a settled policy", found="changes all the time", retryable=True
        )

    def _try(self, batch: Sequence[Arriving]) -> tuple[Taken, ...]:
        now = self._vault.recorder.clock()
        self._keys.let_go_of_due(now)
        with self._vault.database.reading() as connection:
            setting = self._setting = self._current(connection)
            self._keys.let_go_of_ended(connection)
            known = read_readers(connection, {arriving.reader_id for arriving in batch})
        prepared = [
            prepare_read(
                arriving,
                reader_state(known, arriving.reader_id),
                setting,
                self._checks,
                self._keys,
                now=now,
            )
            for arriving in batch
        ]
        with self._vault.database.transaction() as connection:
            self._require_unchanged(connection, setting, prepared)
            taken = self._store(connection, setting, prepared, now)
            add_counts(connection, now.astimezone(UTC).date(), _counted(batch, taken, known))
        if isinstance(self._checks, AlertDesk) and any(one.alerts for one in taken):
            self._checks.wake()
        return taken

    def _current(self, connection: sa.Connection) -> Setting:
        if self._setting is None or self._setting.policy_id != read_policy_id(connection):
            self._keys.let_go_of_all()  # the new policy may want them gone sooner
            return read_setting(connection)
        return self._setting

    def _require_unchanged(
        self, connection: sa.Connection, setting: Setting, prepared: Iterable[Prepared]
    ) -> None:
        """Hold the policy and the keys in use, so that none of them ends before the commit."""
        used = {key for one in prepared for key in _keys_of(one)}
        unchanged = lock_policy_id(connection) == setting.policy_id
        if not (unchanged and lock_living_keys(connection, used)):
            raise _ChangedError

    def _store(
        self,
        connection: sa.Connection,
        setting: Setting,
        prepared: Sequence[Prepared],
        now: datetime,
    ) -> tuple[Taken, ...]:
        first = _receive(connection, prepared)
        taken, to_seal = [], []
        held: HeldCounts = Counter()
        for one, is_first in zip(prepared, first, strict=True):
            outcome = _outcome(one, setting, is_first=is_first)
            hit: Hit | None = None
            alerts: tuple[str, ...] = ()
            if not isinstance(outcome, Refused) and outcome is not Outcome.DUPLICATE:
                raised = self._raise(connection, setting, one, now)
                hit, alerts = _hit_of(one, raised), raised.ids
                held.update(raised.held)
            if outcome is Outcome.SEALED and one.receipt is not None and one.reader_key is not None:
                plate = one.arriving.read.plate
                to_seal.append(ReadToSeal(one.receipt.key.id, one.reader_key, plate, one.payload))
            taken.append(Taken(one.arriving.read_id, outcome, hit, alerts))
        store_reads(connection, to_seal, self._vault.recorder.random_bytes)
        count_held_back(connection, now.astimezone(UTC).date(), held)
        return tuple(taken)

    def _raise(
        self, connection: sa.Connection, setting: Setting, one: Prepared, now: datetime
    ) -> Raised:
        """Raise alerts, and keep the hit that they need; without a desk every hit is kept."""
        hit = one.hit
        keep = None if hit is None else partial(self._keep, connection, hit)
        if one.judged is None or not isinstance(self._checks, AlertDesk):
            return Raised(record_id=None if keep is None else keep())
        ends_at = None if hit is None else hit.ends_at
        keeping = Keeping(keep, ends_at, one.test_parts)
        return self._checks.raise_alerts(connection, one.judged, setting.policy, keeping, now=now)

    def _keep(self, connection: sa.Connection, hit: HitToKeep) -> str:
        random_bytes = self._vault.recorder.random_bytes
        return keep_record(
            connection, hit.key.id, hit.own_key, hit.parts, random_bytes=random_bytes
        )


def _hit_of(one: Prepared, raised: Raised) -> Hit | None:
    if raised.record_id is None or one.hit is None:
        return None
    return Hit(raised.record_id, one.hit.matches)


def _receive(connection: sa.Connection, prepared: Sequence[Prepared]) -> list[bool]:
    """Insert the receipts that are new; say of each read whether it arrives for the first time.

    Also looks for receipts under the keys of an earlier policy. A read whose period's key cannot be
    used gets none: sent again in the same batch it is known, later it is taken for another one.
    """
    before = [
        any(find_receipts(connection, known.key.id, [known.digest]) for known in one.earlier)
        for one in prepared
    ]
    digests: defaultdict[int, set[bytes]] = defaultdict(set)
    for one, arrived in zip(prepared, before, strict=True):
        if one.receipt is not None and not arrived:
            digests[one.receipt.key.id].add(one.receipt.digest)
    new: set[tuple[object, ...]] = {
        (key_id, digest)
        for key_id in sorted(digests)
        for digest in insert_receipts(connection, key_id, sorted(digests[key_id]))
    }
    new |= {_mark(one) for one in prepared if one.receipt is None}
    first = []
    for one, arrived in zip(prepared, before, strict=True):
        first.append(_mark(one) in new and not arrived)
        new.discard(_mark(one))
    return first


def _mark(prepared: Prepared) -> tuple[object, ...]:
    if prepared.receipt is None:
        return prepared.arriving.reader_id, prepared.arriving.read_id
    return prepared.receipt.key.id, prepared.receipt.digest


def _keys_of(prepared: Prepared) -> Iterable[RegisteredKey]:
    if prepared.receipt is not None:
        yield prepared.receipt.key
    if prepared.hit is not None:
        yield prepared.hit.key


def _outcome(prepared: Prepared, setting: Setting, *, is_first: bool) -> Outcome | Refused:
    if prepared.refused is not None:
        return prepared.refused
    if not is_first:
        return Outcome.DUPLICATE
    if prepared.only_tests or setting.policy.non_hits_kept == NEVER:
        return Outcome.DROPPED
    return Outcome.NO_KEY if prepared.receipt is None else Outcome.SEALED


def _counted(
    batch: Sequence[Arriving], taken: Sequence[Taken], known: dict[str, EnrolledReader]
) -> Counter[tuple[str, str]]:
    """Return how often each outcome came, by reader; readers that are none of ours are one."""
    numbers: Counter[tuple[str, str]] = Counter()
    for arriving, one in zip(batch, taken, strict=True):
        unknown = reader_state(known, arriving.reader_id) is Reader.UNKNOWN
        reader_id = "" if unknown else arriving.reader_id
        numbers[reader_id, one.outcome.value] += 1
        numbers[reader_id, HIT] += one.hit is not None
    return +numbers
