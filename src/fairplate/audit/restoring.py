"""A database that was restored from a backup, brought up to what its log has published.

Decides how: events that the log holds and the database lacks are taken back from the published
bundles, and only if the tree then is the one that was signed. Their private parts are lost, and an
event says so. Without this, a restored database would make the log contradict itself.
"""

from pathlib import Path

import sqlalchemy as sa

from fairplate.audit.checkpoints import read_own_checkpoint
from fairplate.audit.event_types import EventType
from fairplate.audit.events import read_event
from fairplate.audit.kept_checkpoints import read_months
from fairplate.audit.kinds import MONTH
from fairplate.audit.log import Recorder
from fairplate.audit.publication import (
    WITNESSED,
    list_published,
    read_published,
    read_published_entries,
)
from fairplate.audit.reviews import take_back_review
from fairplate.audit.sequencer import place_events, take_turn
from fairplate.audit.stored_tree import read_root, read_size
from fairplate.audit.witness_register import take_back_witness
from fairplate.core.errors import StorageError
from fairplate.storage.schema import events, witnessed_months
from fairplate.verify.checkpoints import Checkpoint
from fairplate.verify.errors import LogFormatError
from fairplate.verify.notes import MAX_NOTE_BYTES, VerifierKey
from fairplate.verify.tiles import MAX_BUNDLE_BYTES

_INSERT = sa.insert(events).returning(events.c.id)


def restore_events(
    connection: sa.Connection, recorder: Recorder, folder: Path, signed: Checkpoint
) -> int:
    """Take back what the database lacks of the log `signed`, and return how many events that were.

    Raises StorageError if the published folder does not hold them all, unchanged.
    """
    take_turn(connection)
    size = read_size(connection)
    if size >= signed.size:
        return 0
    try:
        lacking = read_published_entries(folder, size, signed.size, MAX_BUNDLE_BYTES)
    except LogFormatError:
        lacking = []
    if len(lacking) < signed.size - size:
        raise _lost(
            signed, f"{size} in the database, {size + len(lacking)} with the published ones"
        )
    known = _waiting(connection)
    placed, lost = [], []
    for body in lacking:
        event_id = known.pop(body, None)
        if event_id is None:
            lost.append(body)
            event_id = connection.execute(_INSERT, {"body": body, "private": None}).scalar_one()
        placed.append((event_id, body))
    place_events(connection, placed)
    if read_root(connection, signed.size) != signed.root:
        raise _lost(signed, "others, in the database or in the published folder")
    for body in lost:
        event = read_event(body)
        take_back_review(connection, event)
        take_back_witness(connection, event)
    if lost:
        first = size + lacking.index(lost[0])
        _tell(connection, recorder, first, signed.size - first)
    return len(lacking)


def _tell(connection: sa.Connection, recorder: Recorder, first: int, number: int) -> None:
    """Leave an event, whose place is directly after those that it tells of."""
    public = {"first": first, "events": number}
    event_id = recorder.record(connection, EventType.LOG_RESTORED, public=public, private={})
    query = sa.select(events.c.body).where(events.c.id == event_id)
    place_events(connection, [(event_id, bytes(connection.execute(query).scalar_one()))])


def take_back_months(connection: sa.Connection, folder: Path, key: VerifierKey) -> None:
    """Remember each month's first witnessed checkpoint that is published: it must never change."""
    known = read_months(connection)
    for name in list_published(folder, WITNESSED):
        if name in known or not MONTH.fits(name):
            continue
        note = read_published(folder, f"{WITNESSED}/{name}", MAX_NOTE_BYTES)
        checkpoint = read_own_checkpoint(note, key)
        if note is not None and checkpoint is not None:
            row = {"month": name, "size": checkpoint.size, "note": note}
            connection.execute(sa.insert(witnessed_months).values(row))


def _waiting(connection: sa.Connection) -> dict[bytes, int]:
    """Return the events that have no place yet, by body: some may be in the published log."""
    waiting = sa.select(events.c.id, events.c.body).where(events.c.position.is_(None))
    return {bytes(row.body): row.id for row in connection.execute(waiting)}


def _lost(signed: Checkpoint, found: str) -> StorageError:
    return StorageError("audit log", expected=f"the {signed.size} events signed", found=found)
