"""Legal hold: one case keeps named reads and hits past their time, under the case's own key.

Decides that what is held lies within the case's approval; event and sealing are one transaction.
Leaves to `cases/` who may ask, and when the case ends: then its key is destroyed like any other,
and nothing of the hold is left. A hold is not prolonged: a case that goes on is a new one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

import sqlalchemy as sa

from fairplate.audit.event_types import EventType
from fairplate.audit.kinds import spell_time
from fairplate.audit.words import DestroyReason
from fairplate.core.errors import InputError, PolicyError
from fairplate.policy.rules import Policy, is_past
from fairplate.vault.approval import Approval, Grant, require_grant_of_hits
from fairplate.vault.errors import (
    KeyDestroyedError,
    KeyDueError,
    KeyUnusableError,
    SealedRowError,
)
from fairplate.vault.expiry import destroy_key
from fairplate.vault.grants import Opened, Still, use_grant
from fairplate.vault.hits import FoundHits
from fairplate.vault.kept_records import (
    Part,
    keep_record,
    list_record_ids,
    open_kept_record,
    reseal_record,
)
from fairplate.vault.key_names import CaseKeyName, OwnKeyName
from fairplate.vault.keyring import RandomBytes
from fairplate.vault.payloads import decode_read
from fairplate.vault.register import (
    RegisteredKey,
    due_now,
    find_living_key,
    lock_living_keys,
    read_living_keys,
)
from fairplate.vault.seal import OwnKey
from fairplate.vault.vault import Vault

Parts: TypeAlias = Mapping[Part, bytes]


@dataclass(frozen=True, slots=True)
class HeldReads:
    """The records of reads that a case holds now, and all that was opened, also what was not whole.

    Reads that the case held before are in `opened` and get no second record.
    """

    record_ids: tuple[str, ...]
    opened: Opened


@dataclass(frozen=True, slots=True)
class _Hit:
    """A hit to move, or to copy where another case holds it, from under `key`."""

    record_id: str
    key: RegisteredKey
    parts: Parts


def hold_reads(
    vault: Vault,
    grant: Grant,
    approval: Approval,
    policy: Policy,
    *,
    until: datetime,
    look_alikes: Callable[[str], str] | None = None,
    still: Still | None = None,
) -> HeldReads:
    """Open what `grant` reaches and seal it anew under the case's key.

    The use of the grant is on record like any other. The reads stay where they are, too, until
    their own time. Raises as `use_grant` does, and PolicyError if `until` is not approved.
    """
    _require_end(approval, until)
    opened = use_grant(vault, grant, approval, policy, look_alikes=look_alikes, still=still)
    held = _held_already(vault, CaseKeyName(approval.case_id))
    reads = [{Part.READ: payload} for payload in opened.payloads if payload not in held]
    ids = _hold(vault, approval, [], reads, until, still=still) if reads else ()
    return HeldReads(ids, opened)


def hold_hits(
    vault: Vault, record_ids: Sequence[str], approval: Approval, policy: Policy, *, until: datetime
) -> tuple[str, ...]:
    """Move hits under the case's key; return their ids, which stay the same.

    Of one that another case holds the case gets a copy, with an id of its own; one that it holds
    itself stays. Raises PolicyError if one, or `until`, is not within the approval, InputError if
    there is no such record, KeyUnusableError if one's time is over; nothing is held then.
    """
    _require_end(approval, until)
    now = vault.recorder.clock()
    hits = []
    with vault.database.reading() as connection:
        for record_id in dict.fromkeys(record_ids):
            name, parts = open_kept_record(connection, vault.keyring, record_id)
            _require_within(parts, approval, policy, now)
            hits.append(_Hit(record_id, _living(connection, name, policy, now), parts))
    if not hits:
        raise InputError("hold", "records", expected="at least one", found="none")
    return _hold(vault, approval, hits, [], until)


def open_held(vault: Vault, grant: Grant, approval: Approval, policy: Policy) -> FoundHits:
    """Return the reads that the case holds, also those whose own time is over.

    `grant` is all that the case may open: what it holds was found by it. Raises as
    `require_grant_of_hits` does.
    """
    now = vault.recorder.clock()
    require_grant_of_hits(grant, approval, policy, now=now)
    reads, damaged = [], []
    with vault.database.reading() as connection:
        key = find_living_key(connection, CaseKeyName(approval.case_id))
        over = key is None or is_past(due_now(key, policy), now)
        for record_id in () if over or key is None else list_record_ids(connection, key.id):
            try:
                _, parts = open_kept_record(connection, vault.keyring, record_id)
                reads.append(decode_read(parts[Part.READ]))
            except KeyUnusableError:
                break  # the case ended meanwhile
            except SealedRowError as error:
                damaged.append(error)
    reads.sort(key=lambda one: one.captured_at)
    return FoundHits(tuple(reads), tuple(damaged))


def find_held_cases(vault: Vault) -> tuple[str, ...]:
    """Return the ids of the cases that hold anything, or are about to."""
    with vault.database.reading() as connection:
        names = [key.name for key in read_living_keys(connection)]
    return tuple(name.case_id for name in names if isinstance(name, CaseKeyName))


def lift_hold(vault: Vault, case_id: str) -> bool:
    """End what a case holds: destroy its key, then the records; say whether it held anything."""
    return destroy_key(vault, CaseKeyName(case_id), DestroyReason.CASE_ENDED)


def _require_end(approval: Approval, until: datetime) -> None:
    if approval.hold_until is None or until > approval.hold_until:
        raise PolicyError("hold: until: expected an end that is approved, found a later one")


def _require_within(parts: Parts, approval: Approval, policy: Policy, now: datetime) -> None:
    found = decode_read(parts[Part.READ])
    if found.read.plate not in approval.plates:
        raise PolicyError("hold: expected hits on the case's plates, found another")
    grant = Grant(
        plates=(found.read.plate,),
        reader_ids=(found.reader_id,),
        captured_from=found.captured_at,
        captured_until=found.captured_at + found.captured_at.resolution,
    )
    require_grant_of_hits(grant, approval, policy, now=now)


def _living(
    connection: sa.Connection, name: OwnKeyName, policy: Policy, now: datetime
) -> RegisteredKey:
    key = find_living_key(connection, name)
    if key is None:
        raise KeyDestroyedError(name)
    if is_past(due_now(key, policy), now):
        raise KeyDueError(name)
    return key


def _held_already(vault: Vault, name: CaseKeyName) -> set[bytes]:
    with vault.database.reading() as connection:
        key = find_living_key(connection, name)
        ids = () if key is None else list_record_ids(connection, key.id)
        return {open_kept_record(connection, vault.keyring, one)[1][Part.READ] for one in ids}


def _hold(
    vault: Vault,
    approval: Approval,
    hits: Sequence[_Hit],
    reads: Sequence[Parts],
    until: datetime,
    *,
    still: Still | None = None,
) -> tuple[str, ...]:
    name = CaseKeyName(approval.case_id)
    key = vault.ensure_key(name, until)
    if key.destroy_by > until:
        # The key of an earlier hold of this case; what is added would live as long.
        raise PolicyError("hold: until: expected the end of the case's first hold or later")
    own_key = vault.keyring.own_key(name)
    random_bytes = vault.recorder.random_bytes
    recorder = replace(vault.recorder, actor=approval.asked_by)
    with vault.database.transaction() as connection:
        if still is not None:
            still(connection)
        if not lock_living_keys(connection, {key, *(hit.key for hit in hits)}):
            raise KeyDestroyedError(name)  # one ended meanwhile: its records are as good as gone
        ids = [_take_over(connection, hit, key, own_key, random_bytes) for hit in hits]
        ids += [
            keep_record(connection, key.id, own_key, parts, random_bytes=random_bytes)
            for parts in reads
        ]
        recorder.record(
            connection,
            EventType.HOLD_PLACED,
            public={
                "case": approval.case_id,
                "records": len(ids),
                "until": spell_time(key.destroy_by, where="hold", field_name="until"),
            },
            private={"records": ids},
        )
    return tuple(ids)


def _take_over(
    connection: sa.Connection,
    hit: _Hit,
    key: RegisteredKey,
    own_key: OwnKey,
    random_bytes: RandomBytes,
) -> str:
    """Move `hit` under `key`, or copy it if another case holds it, and return the record's id."""
    if isinstance(hit.key.name, CaseKeyName) and hit.key.id != key.id:
        return keep_record(connection, key.id, own_key, hit.parts, random_bytes=random_bytes)
    ids = (hit.key.id, key.id)
    reseal_record(connection, ids, own_key, hit.record_id, hit.parts, random_bytes=random_bytes)
    return hit.record_id
