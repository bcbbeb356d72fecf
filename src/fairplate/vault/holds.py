"""Legal hold: one case keeps named reads and hits past their time, under the case's own key.

Decides that what is held lies within the case's approval; event and sealing are one transaction.
Leaves to `cases/` who may ask, and when the case ends: then its key is destroyed like any other,
and nothing of the hold is left. A hold is not prolonged: a case that goes on is a new one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from fairplate.audit.event_types import EventType
from fairplate.audit.kinds import DestroyReason, spell_time
from fairplate.core.errors import InputError, PolicyError
from fairplate.policy.rules import Policy
from fairplate.vault.approval import Approval, Grant, require_grant_of_hits
from fairplate.vault.errors import KeyDestroyedError
from fairplate.vault.expiry import destroy_key
from fairplate.vault.grants import use_grant
from fairplate.vault.kept_records import (
    Part,
    keep_record,
    list_record_ids,
    open_kept_record,
    reseal_record,
)
from fairplate.vault.key_names import CaseKeyName
from fairplate.vault.payloads import decode_read
from fairplate.vault.register import RegisteredKey, hold_living_keys
from fairplate.vault.vault import Vault


def hold_reads(
    vault: Vault, grant: Grant, approval: Approval, policy: Policy, *, until: datetime
) -> tuple[str, ...]:
    """Open what `grant` reaches and seal it anew under the case's key; return the records' ids.

    The use of the grant is on record like any other. The reads stay where they are, too, until
    their own time. Raises as `use_grant` does, and PolicyError for an `until` that no key may have.
    """
    opened = use_grant(vault, grant, approval, policy)
    parts = [{Part.READ: payload} for payload in opened.payloads]
    return _hold(vault, approval, {}, parts, until)


def hold_hits(
    vault: Vault, record_ids: Sequence[str], approval: Approval, policy: Policy, *, until: datetime
) -> tuple[str, ...]:
    """Move hits under the case's key; return their ids, which stay the same.

    Of one that another case holds the case gets a copy, with an id of its own.
    Raises PolicyError if one is not within the approval, InputError if there is no such record,
    KeyUnusableError if one's time is over already; nothing is held then.
    """
    hits, of_others = {}, []
    with vault.database.reading() as connection:
        for record_id in dict.fromkeys(record_ids):
            name, parts = open_kept_record(connection, vault.keyring, record_id)
            _require_within(parts, approval, policy, vault.recorder.clock())
            if isinstance(name, CaseKeyName) and name.case_id != approval.case_id:
                of_others.append(parts)
            else:
                hits[record_id] = parts
    return _hold(vault, approval, hits, of_others, until)


def lift_hold(vault: Vault, case_id: str) -> bool:
    """End what a case holds: destroy its key, then the records; say whether it held anything."""

    def record_lifting(connection: sa.Connection, key: RegisteredKey) -> None:
        ids = list_record_ids(connection, key.id)
        vault.recorder.record(
            connection,
            EventType.HOLD_LIFTED,
            public={"case": case_id, "records": len(ids)},
            private={"records": list(ids)},
        )

    name = CaseKeyName(case_id)
    return destroy_key(vault, name, DestroyReason.CASE_ENDED, also=record_lifting)


def _require_within(
    parts: Mapping[Part, bytes], approval: Approval, policy: Policy, now: datetime
) -> None:
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


def _hold(
    vault: Vault,
    approval: Approval,
    hits: Mapping[str, Mapping[Part, bytes]],
    reads: Sequence[Mapping[Part, bytes]],
    until: datetime,
) -> tuple[str, ...]:
    if not hits and not reads:
        raise InputError("hold", "records", expected="at least one", found="none")
    name = CaseKeyName(approval.case_id)
    key = vault.ensure_key(name, until)
    own_key = vault.keyring.own_key(name)
    random_bytes = vault.recorder.random_bytes
    recorder = replace(vault.recorder, actor=approval.asked_by)
    with vault.database.transaction() as connection:
        if not hold_living_keys(connection, [key]):
            raise KeyDestroyedError(name)  # meanwhile: what it would seal could never be opened
        for record_id, parts in hits.items():
            reseal_record(connection, key.id, own_key, record_id, parts, random_bytes=random_bytes)
        ids = [
            *hits,
            *(
                keep_record(connection, key.id, own_key, parts, random_bytes=random_bytes)
                for parts in reads
            ),
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
