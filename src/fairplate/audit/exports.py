"""What is taken out of the log: a copy for an auditor, the proof of one event, one private part.

Decides that what opens something is on record before it is handed out. Leaves the formats to
`verify/`, which reads them.
"""

import json
from pathlib import Path

import sqlalchemy as sa

from fairplate.audit.event_types import EventType
from fairplate.audit.kept_checkpoints import (
    LATEST,
    KeptCheckpoint,
    read_checkpoint,
    read_months,
)
from fairplate.audit.log_keys import told
from fairplate.audit.publication import CHECKPOINT, WITNESSED, publish_file, publish_tiles
from fairplate.audit.rounds import AuditLog
from fairplate.audit.stored_tree import read_entries, read_tile, tree_hashes
from fairplate.audit.words import ExportKind
from fairplate.core.errors import InputError
from fairplate.storage.schema import events
from fairplate.verify.proofs import InclusionProof
from fairplate.verify.tree import inclusion_proof


def export_log(log: AuditLog, folder: Path) -> int:
    """Copy the log up to its last checkpoint into `folder` and return how many events that are.

    Raises InputError unless the folder is empty or not there, and before the first checkpoint.
    """
    with told(folder, "exporting the log"):
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise InputError(str(folder), "folder", expected="an empty one", found="files in it")
    with log.database.reading() as connection:
        latest = _latest(connection)
        months = read_months(connection)
        publish_tiles(folder, latest.size, lambda tile: read_tile(connection, tile))
    for month, note in months.items():
        publish_file(folder, f"{WITNESSED}/{month}", note)
    publish_file(folder, CHECKPOINT, latest.note.data)
    with log.database.transaction() as connection:
        log.recorder.record(
            connection,
            EventType.EXPORT_MADE,
            public={
                "what": ExportKind.AUDIT_LOG.value,
                "case": None,
                "export": None,
                "items": latest.size,
            },
            private={"given_to": str(folder), "document": None},
        )
    return latest.size


def prove_event(log: AuditLog, index: int) -> bytes:
    """Return a tlog-proof that the event at `index` is in the log as its last checkpoint says."""
    with log.database.reading() as connection:
        latest = _latest(connection)
        _require_index(index, latest.size)
        path = inclusion_proof(index, latest.size, tree_hashes(connection, latest.size))
        entry = read_entries(connection, index, 1)[0]
    return InclusionProof(entry, index, tuple(path), latest.note).data


def open_event(log: AuditLog, index: int, given_to: str) -> str:
    """Return the private part of the event at `index` as one line of JSON, for the verifier.

    Puts on record first that `given_to` gets it. Raises InputError if there is no such event, or if
    its private part was lost.
    """
    where = f"event {index}"
    with log.database.transaction() as connection:
        query = sa.select(events.c.body, events.c.private).where(events.c.position == index)
        row = connection.execute(query).one_or_none()
        if row is None:
            raise InputError(where, "index", expected="one that is in the log", found="another")
        if row.private is None:
            expected, found = "a private part", "none: it was lost before a restore"
            raise InputError(where, "private part", expected=expected, found=found)
        whole = log.keys.private_parts.open(bytes(row.body), bytes(row.private), where=where)
        log.recorder.record(
            connection,
            EventType.EVENT_OPENED,
            public={"event": index},
            private={"given_to": given_to},
        )
    opened = {"event": index, "salt": whole.salt.hex(), "private": whole.private.decode()}
    return json.dumps(opened, separators=(",", ":"))


def _latest(connection: sa.Connection) -> KeptCheckpoint:
    latest = read_checkpoint(connection, LATEST)
    if latest is None:
        expected = "a checkpoint, which `fairplate audit publish` makes"
        raise InputError("audit log", "checkpoint", expected=expected, found="none yet")
    return latest


def _require_index(index: int, size: int) -> None:
    if not 0 <= index < size:
        expected = f"0 to {size - 1}, those in the last checkpoint"
        raise InputError(f"event {index}", "index", expected=expected, found="another")
