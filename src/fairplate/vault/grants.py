"""Using a grant: the only way to reads that matched nothing.

Decides which periods a grant reaches, and that the event is committed before the first key is
derived. Leaves to `approval.py` whether it may be used, to `candidates.py` what a pattern stands
for. Nothing but the rows of the named plates, readers and times is opened.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import TypeAlias

import sqlalchemy as sa

from fairplate.audit.event_types import EventType
from fairplate.core.periods import Period
from fairplate.policy.rules import Policy, is_past
from fairplate.storage.rows import add_counts
from fairplate.vault.approval import Approval, Grant, require_grant
from fairplate.vault.candidates import expand_plate
from fairplate.vault.errors import KeyDueError, KeyUnusableError, SealedRowError
from fairplate.vault.payloads import OpenedRead
from fairplate.vault.register import RegisteredKey, due_now, read_living_keys
from fairplate.vault.seal import ReaderKey, RowKey, derive_row_key
from fairplate.vault.sealed_reads import open_reads
from fairplate.vault.vault import Vault

ROW_KEYS_AT_ONCE = 10_000
"""Bounds the memory of a search with many candidates."""

DAMAGED = "damaged-row"
"""The word under which rows that do not open are counted."""


Still: TypeAlias = Callable[[sa.Connection], object]
"""Raises, in a transaction, if an approval no longer stands."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a grant opened, by time of capture. `damaged`: rows that were found but do not open.

    `complete` False: some look-alikes of a plate were left out. `candidates`: how many plates were
    looked for. `lost`: periods whose key is there no longer, though the register has it.
    """

    reads: tuple[OpenedRead, ...] = field(repr=False)
    payloads: tuple[bytes, ...] = field(repr=False)  # of the same reads, as they were sealed
    damaged: tuple[SealedRowError, ...]
    lost: tuple[Period, ...]
    candidates: int
    complete: bool


def use_grant(
    vault: Vault,
    grant: Grant,
    approval: Approval,
    policy: Policy,
    *,
    look_alikes: Callable[[str], str] | None = None,
    still: Still | None = None,
) -> Opened:
    """Put the use of `grant` on record, then open what it reaches.

    `look_alikes` gives the characters that look like one; with it, each plate's look-alikes are
    looked for too. `still` is asked in the transaction of the event. Raises PolicyError if the
    grant may not be used, InputError for a pattern with too many unknown characters, what `still`
    raises, KeyringStorageError and StorageError.
    """
    now = vault.recorder.clock()
    require_grant(grant, approval, policy, now=now)
    expanded = [expand_plate(plate, look_alikes=look_alikes) for plate in grant.plates]
    plates = tuple(dict.fromkeys(plate for each in expanded for plate in each.plates))
    with vault.database.reading() as connection:
        periods = sorted(
            (key.name, key)
            for key in read_living_keys(connection)
            if isinstance(key.name, Period)
            and _reaches(grant, key.name)
            and not is_past(due_now(key, policy), now)
        )
    names = [period for period, _ in periods]
    with vault.database.transaction() as connection:
        if still is not None:
            still(connection)
        _record_use(connection, vault, grant, approval, names, candidates=len(plates))
    found = _Findings()
    for period, key in periods:
        try:
            reader_keys = vault.keyring.reader_keys(period, grant.reader_ids)
        except KeyDueError:
            continue  # its time is over, and the next expiry says so
        except KeyUnusableError:
            if not is_past(key.destroy_by, vault.recorder.clock()):
                found.lost.append(period)
            continue
        for row_keys in _row_keys(reader_keys, plates):
            found.add(vault, grant, key, row_keys)
    found.count_damaged(vault)
    found.opened.sort(key=lambda one: one[0].captured_at)
    return Opened(
        tuple(read for read, _ in found.opened),
        tuple(payload for _, payload in found.opened),
        tuple(found.damaged),
        tuple(found.lost),
        len(plates),
        all(each.complete for each in expanded),
    )


@dataclass(slots=True)
class _Findings:
    opened: list[tuple[OpenedRead, bytes]] = field(default_factory=list)
    damaged: list[SealedRowError] = field(default_factory=list)
    lost: list[Period] = field(default_factory=list)

    def add(
        self, vault: Vault, grant: Grant, key: RegisteredKey, row_keys: Sequence[RowKey]
    ) -> None:
        """Open what lies under `row_keys`; reads of the period outside the grant's times go."""
        with vault.database.reading() as connection:
            for found in open_reads(connection, key, row_keys):
                if found.error is not None:
                    self.damaged.append(found.error)
                elif (
                    found.read is not None
                    and grant.captured_from <= found.read.captured_at < grant.captured_until
                ):
                    self.opened.append((found.read, found.payload))

    def count_damaged(self, vault: Vault) -> None:
        """Count the rows that did not open, so that the health check tells of them."""
        if self.damaged:
            today = vault.recorder.clock().astimezone(UTC).date()
            with vault.database.transaction() as connection:
                add_counts(connection, today, {("", DAMAGED): len(self.damaged)})


def _reaches(grant: Grant, period: Period) -> bool:
    return period.start < grant.captured_until and grant.captured_from < period.end


def _row_keys(reader_keys: Sequence[ReaderKey], plates: Sequence[str]) -> Iterator[list[RowKey]]:
    row_keys: list[RowKey] = []
    for reader_key in reader_keys:
        for plate in plates:
            row_keys.append(derive_row_key(reader_key, plate))
            if len(row_keys) == ROW_KEYS_AT_ONCE:
                yield row_keys
                row_keys = []
    if row_keys:
        yield row_keys


def _record_use(
    connection: sa.Connection,
    vault: Vault,
    grant: Grant,
    approval: Approval,
    periods: Sequence[Period],
    *,
    candidates: int,
) -> None:
    recorder = replace(vault.recorder, actor=approval.asked_by)
    recorder.record(
        connection,
        EventType.GRANT_USED,
        public={
            "case": approval.case_id,
            "purpose": approval.purpose.value,
            "plates": len(grant.plates),
            "candidates": candidates,
            "readers": len(grant.reader_ids),
            "periods": len(periods),
            "first_period": str(periods[0]) if periods else None,
            "last_period": str(periods[-1]) if periods else None,
            "exigent": approval.exigent,
            "asked_by": approval.asked_by,
            "approved_by": sorted(approval.approved_by),
        },
        private={
            "plates": list(grant.plates),
            "readers": list(grant.reader_ids),
            "reference": approval.reference,
        },
    )
