"""The policy in force: the last one that was set, checked again whenever it is read.

Leaves to `policy/` what a policy may say. A document that was altered in the database into one that
no policy may be is refused like any other.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from fairplate.audit.event_types import EventType
from fairplate.audit.log import Recorder
from fairplate.core.errors import InputError, StorageError
from fairplate.policy.document import check_policy
from fairplate.policy.rules import NEVER, KeptFor, Policy
from fairplate.storage.schema import policies


@dataclass(frozen=True, slots=True)
class PolicyInForce:
    """A policy and since when it is in force; `id` grows with every change.

    Where the policy writes no non-hits, `set_at` is when the first of an unbroken row of such
    policies came into force: only keys from before can have reads under them.
    """

    id: int
    policy: Policy
    set_at: datetime


def set_policy(connection: sa.Connection, recorder: Recorder, document: str) -> Policy:
    """Put the policy in `document` (TOML) in force, with its event, and return it.

    Raises InputError or PolicyError for a document that is no policy or permits what none may.
    """
    encoded = _encode(document)
    policy = check_policy(document, where="policy").require()
    hits = policy.hits_kept
    _lock(connection, "EXCLUSIVE")  # first: whatever was stored under the last policy is older
    recorder.record(
        connection,
        EventType.POLICY_SET,
        public={
            "name": policy.name,
            "document": hashlib.sha256(encoded).hexdigest(),
            "non_hits_kept_s": int(policy.non_hits_kept.total_seconds()),
            "hits_kept_s": int(hits.time.total_seconds()) if isinstance(hits, KeptFor) else None,
            "longest_look_back_s": int(policy.longest_look_back.total_seconds()),
            "approvals": policy.approvals,
            "exigent": policy.exigent,
            "purposes": sorted(purpose.value for purpose in policy.purposes),
        },
        private={"document": document},
    )
    connection.execute(
        sa.insert(policies).values(name=policy.name, document=document, set_at=recorder.clock())
    )
    return policy


def read_policy_in_force(connection: sa.Connection) -> PolicyInForce:
    """Return the policy in force; StorageError if none was ever set."""
    rows = connection.execute(sa.select(policies).order_by(policies.c.id.desc()))
    row = rows.fetchone()
    if row is None:
        raise StorageError("policy", expected="one in force", found="none: run `fairplate init`")
    policy = check_policy(row.document, where="policy in force").require()
    set_at = row.set_at
    if policy.non_hits_kept == NEVER:
        for earlier in rows:
            before = check_policy(earlier.document, where="earlier policy").policy
            if before is None or before.non_hits_kept != NEVER:
                break
            set_at = earlier.set_at
    rows.close()
    return PolicyInForce(row.id, policy, set_at)


def read_policy_id(connection: sa.Connection) -> int | None:
    """Return the id of the policy in force, to see cheaply whether it changed.

    A process that runs while the database is restored must be restarted: ids may come again.
    """
    return connection.execute(sa.select(sa.func.max(policies.c.id))).scalar()


def lock_policy_id(connection: sa.Connection) -> int | None:
    """Return the id of the policy in force, which stays in force until the commit."""
    _lock(connection, "ROW SHARE")
    return read_policy_id(connection)


def _encode(document: str) -> bytes:
    try:
        return document.encode()
    except UnicodeEncodeError:
        expected, found = "Unicode text", "half a surrogate pair"
        raise InputError("policy", "file", expected=expected, found=found) from None


def _lock(connection: sa.Connection, mode: str) -> None:
    """Lock the table in PostgreSQL; in SQLite whoever writes is alone. Readers never wait."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"LOCK TABLE policies IN {mode} MODE")
