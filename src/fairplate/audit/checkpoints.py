"""Checkpoints: when one is due, what is signed, and what must not be.

Decides that no signature ever contradicts an earlier one: before it signs, the tree is shown to
begin with the one that was signed last. Leaves to `witnesses.py` who else signs.
"""

from datetime import datetime, timedelta

from fairplate.core.errors import StorageError
from fairplate.verify.checkpoints import Checkpoint, parse_checkpoint
from fairplate.verify.errors import LogFormatError
from fairplate.verify.notes import KeyType, Note, SigningKey, VerifierKey, parse_note
from fairplate.verify.tree import ReadHash, root_hash

LONGEST_WAIT = timedelta(minutes=55)
"""After which a checkpoint is signed anew though nothing happened: at least once an hour."""


def is_checkpoint_due(size: int, last_size: int, last_at: datetime | None, now: datetime) -> bool:
    """Say whether a tree of `size` is to be signed, after one of `last_size` at `last_at`."""
    if last_at is None or size > last_size:
        return True
    # A clock that was set back would otherwise hold the next one up by as much.
    return not timedelta(0) <= now - last_at < LONGEST_WAIT


def make_checkpoint(
    key: SigningKey, size: int, read_hash: ReadHash, last: Checkpoint
) -> Checkpoint:
    """Return the checkpoint of a tree of `size`, to be signed after `last`.

    Raises StorageError if the tree does not begin with what was signed: it must not be signed then.
    """
    if size < last.size or root_hash(last.size, read_hash) != last.root:
        raise StorageError(
            "audit log",
            expected=f"a database that holds the {last.size} events that were signed",
            found="another history; restore the database, nothing is signed until then",
        )
    return Checkpoint(key.name, size, root_hash(size, read_hash))


def sign_checkpoint(key: SigningKey, checkpoint: Checkpoint, now: datetime) -> Note:
    """Return the note: the log's signature, and its word for the time as a cosignature/v1.

    `now` is cut to seconds.
    """
    clock = key.as_type(KeyType.COSIGNATURE)
    text = checkpoint.text
    return Note(text, (key.sign(text), clock.sign(text, time_s=int(now.timestamp()))))


def read_own_checkpoint(data: bytes | None, key: VerifierKey) -> Checkpoint | None:
    """Return the checkpoint in `data` if the log itself signed it, else None."""
    if data is None:
        return None
    try:
        note = parse_note(data)
        checkpoint = parse_checkpoint(note.text)
    except LogFormatError:
        return None
    signed = note.signature_by(key) is not None and checkpoint.origin == key.name
    return checkpoint if signed else None
