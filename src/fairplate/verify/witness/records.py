"""What a witness keeps in its folder: its key, the logs it knows, and what it signed of each.

    key                        the secret signing key, mode 0600
    logs/SHA-256 OF ORIGIN/
        key                    the log's verifier key
        latest                 the note it signed last, with its cosignature
        first/YYYY-MM          the first note it signed in a month
        fork                   a note with another root of a size that it signed; the first seen

Every note is kept with the log's signature and the witness's own, so that a damaged one is known
as such. Nothing is ever taken for empty because it is missing: `latest` is made with the log, and
says that nothing was signed. One server at a time writes, under `claim_folder`.
"""

import contextlib
import fcntl
import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fairplate.verify.checkpoints import parse_checkpoint
from fairplate.verify.errors import LogFormatError
from fairplate.verify.notes import (
    KeyType,
    Note,
    SigningKey,
    VerifierKey,
    parse_note,
    parse_signing_key,
    parse_verifier_key,
)
from fairplate.verify.witness.answers import NOTHING_SIGNED, Head
from fairplate.verify.witness.files import NEW, make_folder, read_file, sync_folder, write_file

_NOTHING = b"nothing signed yet\n"
_KEY, _LOGS, _LATEST, _FIRST, _FORK = "key", "logs", "latest", "first", "fork"
_OTHERS = 0o077


class RecordError(Exception):
    """The witness's own files are missing, damaged or in use; one line says which."""


@dataclass(frozen=True, slots=True)
class Log:
    """A log that is known: its key, and where its records are."""

    key: VerifierKey
    folder: Path


def make_witness(folder: Path, key: SigningKey) -> None:
    """Put `key` into a new or empty folder; RecordError if anything is there already."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(not path.name.startswith(NEW) for path in folder.iterdir()):
        raise RecordError(f"{folder}: expected a new or empty folder")
    make_folder(folder / _LOGS)
    write_file(folder / _KEY, f"{key.spell()}\n".encode())
    sync_folder(folder.parent)


def read_key(folder: Path) -> SigningKey:
    """Return the witness's secret key."""
    path = folder / _KEY
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & _OTHERS:
            raise RecordError(f"{path}: expected mode 0600, found {mode:04o}")
        key = parse_signing_key(read_file(path).decode().removesuffix("\n"))
    except (OSError, UnicodeDecodeError, LogFormatError) as error:
        raise RecordError(f"{path}: expected a witness's key: {error}") from None
    if key.type is not KeyType.COSIGNATURE:
        raise RecordError(f"{path}: expected a key for cosignature/v1")
    return key


@contextlib.contextmanager
def claim_folder(folder: Path) -> Iterator[None]:
    """Keep every other server off the folder; RecordError if one has it."""
    try:
        claimed = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise RecordError(f"{folder}: {error.strerror}") from None
    try:
        try:
            fcntl.flock(claimed, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise RecordError(f"{folder}: another server uses it") from None
        yield
    finally:
        os.close(claimed)


def add_log(folder: Path, key: VerifierKey) -> bool:
    """Trust a log from now on; False if it was known. RecordError if its origin has another key."""
    if key.type is not KeyType.NOTE:
        raise RecordError(f"{key.name}: expected a log's key (type 1), found one of a witness")
    logs, place = folder / _LOGS, _place(folder, key.name)
    if place.exists():
        known = read_log(place).key
        if known != key:
            raise RecordError(f"{key.name}: known with another key: {known}")
        return False
    new = logs / f"{NEW}{place.name}-{os.getpid()}"
    make_folder(new)
    make_folder(new / _FIRST)
    write_file(new / _LATEST, _NOTHING)
    write_file(new / _KEY, f"{key}\n".encode())
    new.rename(place)  # fails if another process was faster: that one is not empty
    sync_folder(logs)
    return True


def find_log(folder: Path, origin: str) -> Log | None:
    """Return the log of that origin, or None if it is not known; RecordError if it is damaged."""
    place = _place(folder, origin)
    return read_log(place) if place.exists() else None


def list_places(folder: Path) -> list[Path]:
    """Return where the records of the logs are; raises OSError."""
    places = (folder / _LOGS).iterdir()
    return sorted(place for place in places if not place.name.startswith(NEW))


def read_log(place: Path) -> Log:
    """Return the log whose records are there."""
    path = place / _KEY
    try:
        key = parse_verifier_key(read_file(path).decode().removesuffix("\n"))
    except (OSError, UnicodeDecodeError, LogFormatError) as error:
        raise RecordError(f"{path}: expected a log's key: {error}") from None
    if _place_name(key.name) != place.name or key.type is not KeyType.NOTE:
        raise RecordError(f"{path}: expected the key of another log")
    return Log(key, place)


def read_latest(log: Log, witness: VerifierKey) -> tuple[Head, Note | None]:
    """Return what was signed last, and its note; RecordError if that is not known for certain."""
    path = log.folder / _LATEST
    try:
        content = read_file(path)
    except OSError as error:
        raise RecordError(f"{path}: expected a record, found none: {error.strerror}") from None
    if content == _NOTHING:
        return NOTHING_SIGNED, None
    return _parse_signed(content, path, log, witness)


def keep_latest(log: Log, note: Note) -> None:
    """Put the note that is about to be answered for on record; raises OSError."""
    write_file(log.folder / _LATEST, note.data)


def keep_first(log: Log, head: Head, note: Note) -> None:
    """Keep `note` if it is the first of its month; raises OSError."""
    path = log.folder / _FIRST / month_of(head.time_s)
    if not path.exists():
        write_file(path, note.data)


def read_first(log: Log, month: str, witness: VerifierKey) -> Note | None:
    """Return the first note that was signed in `month`, or None."""
    path = log.folder / _FIRST / month
    if not path.exists():
        return None
    try:
        content = read_file(path)
    except OSError as error:
        raise RecordError(f"{path}: {error}") from None
    return _parse_signed(content, path, log, witness)[1]


def keep_fork(log: Log, note: Note) -> None:
    """Keep what the log signed beside a checkpoint of the same size; only the first."""
    if not has_fork(log):
        write_file(log.folder / _FORK, note.data)


def has_fork(log: Log) -> bool:
    """Say whether the log was seen to fork."""
    return (log.folder / _FORK).exists()


def month_of(time_s: int) -> str:
    """Return the month (UTC) of a POSIX time."""
    return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m")


def _place(folder: Path, origin: str) -> Path:
    return folder / _LOGS / _place_name(origin)


def _place_name(origin: str) -> str:
    return hashlib.sha256(origin.encode()).hexdigest()


def _parse_signed(content: bytes, path: Path, log: Log, witness: VerifierKey) -> tuple[Head, Note]:
    try:
        note = parse_note(content)
        checkpoint = parse_checkpoint(note.text)
    except LogFormatError as error:
        raise RecordError(f"{path}: damaged: {error}") from None
    ours = note.signature_by(witness)
    if checkpoint.origin != log.key.name or ours is None or note.signature_by(log.key) is None:
        raise RecordError(f"{path}: damaged: expected the log's signature and ours")
    return Head(checkpoint.size, checkpoint.root, ours.time_s), note
