"""One round of the log: sequence, publish, sign, ask witnesses, publish their signatures.

Decides the order, which a crash may break off anywhere: tiles are on the disk before they are
signed, the signature is remembered before anybody sees it, and the next round goes on from there.
Witnesses that are away hold nothing up but the time they are given.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fairplate.audit.checkpoints import (
    is_checkpoint_due,
    make_checkpoint,
    read_own_checkpoint,
    sign_checkpoint,
)
from fairplate.audit.kept_checkpoints import (
    LAST_WITNESSED,
    LATEST,
    KeptCheckpoint,
    keep_checkpoint,
    keep_month,
    read_checkpoint,
    read_months,
)
from fairplate.audit.log import Recorder
from fairplate.audit.log_keys import LogKeys
from fairplate.audit.publication import (
    CHECKPOINT,
    WITNESSED,
    publish_file,
    publish_tiles,
    read_published,
)
from fairplate.audit.restoring import restore_events, take_back_months
from fairplate.audit.reviews import draw_reviews
from fairplate.audit.sequencer import sequence_events
from fairplate.audit.stored_tree import read_size, read_tile, tree_hashes
from fairplate.audit.witness_register import (
    RegisteredWitness,
    is_change_waiting,
    note_sizes,
    read_quorum,
    read_witnesses,
)
from fairplate.audit.witnesses import WitnessError, ask_witnesses
from fairplate.core.errors import InputError
from fairplate.storage.database import Database
from fairplate.verify.checkpoints import Checkpoint
from fairplate.verify.notes import MAX_NOTE_BYTES, Note
from fairplate.verify.tree import consistency_proof
from fairplate.verify.witness.quorum import witnessed_at

PATIENCE = timedelta(seconds=10)
"""How long witnesses have to answer."""


@dataclass(frozen=True, slots=True)
class AuditLog:
    """One log: the events in the database, the keys, and the folder that is published."""

    database: Database
    keys: LogKeys
    folder: Path
    recorder: Recorder


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did. `signed` None: no checkpoint was due."""

    size: int
    sequenced: int = 0
    restored: int = 0
    signed: KeptCheckpoint | None = None
    witnessed_by: tuple[str, ...] = ()
    witnessed: bool = False
    problems: tuple[WitnessError, ...] = field(default=())


def publish_log(log: AuditLog, *, patience: timedelta = PATIENCE) -> Round:
    """Run one round.

    Raises StorageError if the database contradicts what was signed, InputError if the disk does not
    do what it must. Nothing is signed then, and the next round tries again.
    """
    with log.keys.signing_alone() as remembered:
        published = read_published_checkpoint(log)
        # The keys' directory may have been restored from an older copy.
        last = max(remembered, published or remembered, key=lambda checkpoint: checkpoint.size)
        restored = _restore(log, last)
        sequenced, settled = _settle(log)
        done = Round(settled.size, sequenced, restored)
        since, latest = 0 if published is None else published.size, settled.latest
        # Behind what is published after a crash before it was remembered, or a restore.
        remembered_size, last_at = (0, None) if latest is None else (latest.size, latest.at)
        last_size = min(since, remembered_size)
        now = log.recorder.clock()
        if settled.size == 0 or not is_checkpoint_due(settled.size, last_size, last_at, now):
            return done
        return _sign_and_publish(log, done, _Task(last, since, settled, patience))


def read_published_checkpoint(log: AuditLog) -> Checkpoint | None:
    """Return the published checkpoint; None if there is none, or a damaged one to be replaced."""
    data = read_published(log.folder, CHECKPOINT, MAX_NOTE_BYTES)
    if data is not None and not data.startswith(f"{log.keys.origin}\n".encode()):
        expected = f"none, or the log {log.keys.origin}"
        raise InputError(str(log.folder), "published log", expected=expected, found="another")
    return read_own_checkpoint(data, log.keys.signing.verifier)


def _restore(log: AuditLog, last: Checkpoint) -> int:
    with log.database.reading() as connection:
        if read_size(connection) >= last.size:
            return 0
    with log.database.transaction() as connection:
        take_back_months(connection, log.folder, log.keys.signing.verifier)
        return restore_events(connection, log.recorder, log.folder, last)


@dataclass(frozen=True, slots=True)
class _Settled:
    """The log at one moment: its size, and who is asked as the events up to there say."""

    size: int
    latest: KeptCheckpoint | None
    witnesses: tuple[RegisteredWitness, ...]
    quorum: int


@dataclass(frozen=True, slots=True)
class _Task:
    """What a checkpoint is made from: it follows `last`; tiles of `since` are published."""

    last: Checkpoint
    since: int
    settled: _Settled
    patience: timedelta


def _settle(log: AuditLog) -> tuple[int, _Settled]:
    """Sequence all events, and return how many, until none waits that changes the witnesses.

    Otherwise one could sign a checkpoint that does not say yet who that is.
    """
    sequenced = 0
    while True:
        sequenced += sequence_events(log.database)
        with log.database.reading() as connection:
            if not is_change_waiting(connection):
                return sequenced, _Settled(
                    read_size(connection),
                    read_checkpoint(connection, LATEST),
                    read_witnesses(connection),
                    read_quorum(connection),
                )


def _sign_and_publish(log: AuditLog, done: Round, task: _Task) -> Round:
    with log.database.reading() as connection:
        checkpoint = make_checkpoint(
            log.keys.signing, done.size, tree_hashes(connection, done.size), task.last
        )
        publish_tiles(
            log.folder, done.size, lambda tile: read_tile(connection, tile), since=task.since
        )
    log.keys.note_signed(checkpoint)
    signed_at = log.recorder.clock()
    note = sign_checkpoint(log.keys.signing, checkpoint, signed_at)
    answered = _ask_witnesses(log, note, task)
    publish_file(log.folder, CHECKPOINT, answered.note.data)
    signed = KeptCheckpoint(done.size, answered.note, signed_at)
    with log.database.transaction() as connection:
        keep_checkpoint(connection, LATEST, signed)
        note_sizes(connection, answered.sizes)
        if answered.at is not None:
            witnessed = KeptCheckpoint(done.size, answered.note, answered.at)
            keep_checkpoint(connection, LAST_WITNESSED, witnessed)
            take_back_months(connection, log.folder, log.keys.signing.verifier)
            keep_month(connection, witnessed)
            draw_reviews(connection, log.recorder)
    _publish_months(log)
    return Round(
        done.size,
        done.sequenced,
        done.restored,
        signed,
        answered.names,
        answered.at is not None,
        answered.problems,
    )


@dataclass(frozen=True, slots=True)
class _Answered:
    """The note with the cosignatures that came; `at` is when they were a quorum, None if never."""

    note: Note
    at: datetime | None
    names: tuple[str, ...]
    sizes: dict[str, int]
    problems: tuple[WitnessError, ...]


def _ask_witnesses(log: AuditLog, note: Note, task: _Task) -> _Answered:
    size, known, quorum = task.settled.size, task.settled.witnesses, task.settled.quorum

    def prove(old: int) -> list[bytes]:
        with log.database.reading() as connection:
            return consistency_proof(old, size, tree_hashes(connection, size))

    signatures, problems, sizes = ask_witnesses(
        [each.witness for each in known],
        note,
        known={str(each.witness.key): each.size for each in known},
        prove=prove,
        clock=log.recorder.clock,
        timeout=task.patience,
    )
    in_order = sorted(signatures, key=lambda signature: signature.line)
    whole = Note(note.text, (*note.signatures, *in_order))
    time_s = witnessed_at(whole, [each.witness.key for each in known], quorum)
    at = None if time_s is None else datetime.fromtimestamp(time_s, UTC)
    names = tuple(signature.name for signature in in_order)
    return _Answered(whole, at, names, sizes, tuple(problems))


def _publish_months(log: AuditLog) -> None:
    """Put each month's first witnessed checkpoint beside the log, unless it is there."""
    with log.database.reading() as connection:
        months = read_months(connection)
    for month, note in months.items():
        name = f"{WITNESSED}/{month}"
        if read_published(log.folder, name, MAX_NOTE_BYTES) != note:
            publish_file(log.folder, name, note)
