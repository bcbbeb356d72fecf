"""Holds a log against checkpoints that it signed before: it must begin as they say.

Decides from checkpoints that were read, and from roots that the pass over the tree computed.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from fairplate.verify.checkpoints import Checkpoint
from fairplate.verify.errors import LogFormatError
from fairplate.verify.event_check import OnRecord
from fairplate.verify.finding_list import FindingList
from fairplate.verify.findings import Finding, Severity
from fairplate.verify.leftover_check import WITNESSED
from fairplate.verify.log_directory import FileError, LogDirectory
from fairplate.verify.notes import MAX_NOTE_BYTES, KeyType, Note, VerifierKey
from fairplate.verify.rules import WitnessedNote
from fairplate.verify.signature_check import (
    LAST_S,
    SignedCheckpoint,
    Signers,
    check_quorum,
    check_signatures,
    read_checkpoint,
    soften,
)
from fairplate.verify.witness.quorum import witnessed_at

Roots = Mapping[int, bytes | None]
"""The root over so many first entries; None if it could not be computed."""


@dataclass(frozen=True, slots=True)
class OlderCheckpoint:
    """A checkpoint that somebody kept, and its time if it tells one."""

    checkpoint: Checkpoint
    time_s: int | None

    @property
    def time(self) -> datetime | None:
        """The log's word for when it was made."""
        if self.time_s is None or self.time_s > LAST_S:
            return None
        return datetime.fromtimestamp(self.time_s, UTC)


def take_older(note: Note, checkpoint: Checkpoint, key: VerifierKey) -> OlderCheckpoint:
    """Return what somebody kept; LogFormatError unless the log itself signed it."""
    if checkpoint.origin != key.name or note.signature_by(key) is None:
        raise LogFormatError("checkpoint: expected one that is signed by the log's key")
    timed = note.signature_by(key.as_type(KeyType.COSIGNATURE))
    return OlderCheckpoint(checkpoint, None if timed is None else timed.time_s)


def check_older(
    older: OlderCheckpoint, current: Checkpoint, time: datetime | None, roots: Roots
) -> Iterator[Finding]:
    """Check the log as it is now against one that was kept; both are signed by it."""
    yield from _compare(older.checkpoint, current.size, roots, "checkpoint", "the older one given")
    if time is not None and older.time_s is not None and older.time_s > time.timestamp():
        message = "made before the older one given: this copy of the log is not the latest"
        yield Finding("stale", "checkpoint", message, Severity.NOTICE)


def read_witnessed(
    directory: LogDirectory, months: Iterable[str], findings: FindingList
) -> dict[str, SignedCheckpoint]:
    """Return the witnessed checkpoints that can be read, by month."""
    found: dict[str, SignedCheckpoint] = {}
    for month in months:
        where = f"{WITNESSED}/{month}"
        try:
            found[month] = read_checkpoint(directory.read(where, most=MAX_NOTE_BYTES), where)
        except FileError as error:
            findings.add(error.finding)
        except LogFormatError as error:
            findings.add(Finding("checkpoint-broken", where, str(error)))
    return found


def check_trusted(
    signed: SignedCheckpoint, witnesses: Collection[VerifierKey], quorum: int
) -> Iterator[Finding]:
    """Note a witnessed checkpoint that fewer of the witnesses given have signed than they must."""
    needed = quorum or len(witnesses)
    if witnesses and witnessed_at(signed.note, witnesses, needed) is None:
        message = f"fewer than {needed} of the witnesses given have signed it"
        yield Finding("month-untrusted", signed.where, message, Severity.NOTICE)


def find_missing_month(
    signers: Signers, on_record: OnRecord, witnessed: Collection[str]
) -> Iterator[Finding]:
    """Note that the log's checkpoint is witnessed, and no first one of that month is there.

    A crash can do that until the next round; an operator could, so that no search is picked.
    """
    if not on_record.quorum:
        return
    time, _ = check_quorum(signers.cosigners, on_record.witnesses, on_record.quorum, WITNESSED)
    if time is not None and f"{time.astimezone(UTC):%Y-%m}" not in witnessed:
        where = f"{WITNESSED}/{time.astimezone(UTC):%Y-%m}"
        message = "the checkpoint was witnessed in a month that has no first one"
        yield Finding("month-missing", where, message, Severity.NOTICE)


class WitnessedCheck:
    """Checks witnessed checkpoints from the earliest month on."""

    def __init__(self, key: VerifierKey, size: int, roots: Roots, findings: FindingList) -> None:
        self._key = key
        self._size = size
        self._roots = roots
        self._findings = findings
        self._last = 0
        self.held: dict[str, WitnessedNote] = {}
        """What no fault was found in."""

    def check(self, month: str, signed: SignedCheckpoint, on_record: OnRecord) -> None:
        """Check one; `on_record` is what the events it covers say of witnesses."""
        where, size = signed.where, signed.checkpoint.size
        signers = check_signatures(signed, self._key, on_record.witnesses)
        quorum = max(on_record.quorum, 1)
        time, missing = check_quorum(signers.cosigners, on_record.witnesses, quorum, where)
        found = [*signers.findings, *missing]
        if not on_record.complete:
            found = soften(found)
        found += _compare(signed.checkpoint, self._size, self._roots, where, where)
        if time is not None and f"{time.astimezone(UTC):%Y-%m}" != month:
            message = f"witnessed at {time:%Y-%m-%d %H:%M:%S} UTC, in another month"
            found.append(Finding("witnessed-month", where, message))
        if size < self._last:
            message = f"covers {size} entries, that of an earlier month {self._last}"
            found.append(Finding("witnessed-order", where, message))
        self._last = max(self._last, size)
        self._findings.extend(found)
        if time is not None and not any(one.severity is Severity.FAULT for one in found):
            self.held[month] = WitnessedNote(month, size, signed.note.data, time)


def _compare(
    older: Checkpoint, size: int, roots: Roots, where: str, what: str
) -> Iterator[Finding]:
    if older.size > size:
        message = f"the log has {size} entries, and {what} covers {older.size}"
        yield Finding("rolled-back", where, message)
    elif roots.get(older.size) is None:
        message = f"the root over the first {older.size} entries could not be computed"
        yield Finding("not-compared", where, message, Severity.NOTICE)
    elif roots[older.size] != older.root:
        message = f"the first {older.size} entries are not those that {what} covers"
        yield Finding("inconsistent", where, message)
