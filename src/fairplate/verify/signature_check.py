"""Who signed a checkpoint, and when: the log itself, and witnesses.

Decides from a note's bytes and from keys that somebody trusts or has on record. Every line must be
by one of them, hold, and be there once. Leaves to others where the keys come from.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fairplate.verify.checkpoints import Checkpoint, parse_checkpoint
from fairplate.verify.findings import Finding, Severity
from fairplate.verify.notes import KeyType, Note, Signature, VerifierKey, parse_note

CLOCK_TOLERANCE = timedelta(minutes=5)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_OF_THE_RECORD = frozenset({"unknown-signer", "too-few-witnesses"})
LAST_S = 253_402_300_799
"""The last second of the year 9999, which is as far as a datetime goes."""


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint as it was read, and the file it stands in."""

    where: str
    checkpoint: Checkpoint
    note: Note


@dataclass(frozen=True, slots=True)
class Cosigner:
    """A witness whose line holds, and the time it says."""

    key: VerifierKey
    time: datetime


@dataclass(frozen=True, slots=True)
class Signers:
    """Who signed: the log at `time` (None if no line holds that says it), and witnesses."""

    time: datetime | None
    cosigners: tuple[Cosigner, ...]
    findings: tuple[Finding, ...]


def read_checkpoint(data: bytes, where: str) -> SignedCheckpoint:
    """Return what `data` spells, whoever signed it; LogFormatError if it is no checkpoint."""
    note = parse_note(data)
    return SignedCheckpoint(where, parse_checkpoint(note.text), note)


def check_signatures(
    signed: SignedCheckpoint, key: VerifierKey, witnesses: Iterable[VerifierKey]
) -> Signers:
    """Check every line, by the log's `key` and by all `witnesses` that are known."""
    where, note = signed.where, signed.note
    findings = list(_check_text(signed, key))
    timing = key.as_type(KeyType.COSIGNATURE)
    if not any(line.is_by(key) for line in note.signatures):
        findings.append(Finding("not-signed", where, "no line is by the log's key"))
    known = {(one.name, one.id): one for one in (*witnesses, key, timing)}
    seen: set[tuple[str, bytes]] = set()
    time: datetime | None = None
    cosigners: list[Cosigner] = []
    for number, line in enumerate(note.signatures, start=1):
        place = f"signature line {number}"
        signer = known.get((line.name, line.key_id))
        fault = _check_line(line, signer, note.text, seen)
        if fault is None and signer not in {key, timing, None} and signer.public == key.public:
            fault = "self-witnessed", f"by {line.name}, is by the log's own key"
        seen.add((line.name, line.key_id))
        if fault is not None:
            findings.append(Finding(fault[0], where, f"{place}: {fault[1]}"))
        elif signer == timing:
            time = _time_of(line)
        elif signer is not None and signer != key:
            cosigners.append(Cosigner(signer, _time_of(line)))
    if not any(line.is_by(timing) for line in note.signatures):
        findings.append(Finding("no-time", where, "no line of the log says when it was made"))
    return Signers(time, tuple(cosigners), tuple(findings))


def check_quorum(
    cosigners: Iterable[Cosigner], witnesses: Collection[VerifierKey], quorum: int, where: str
) -> tuple[datetime | None, list[Finding]]:
    """Return the time at which `quorum` of `witnesses` had signed, or a finding.

    A key under two names is one witness.
    """
    first: dict[bytes, datetime] = {}
    for cosigner in cosigners:
        if cosigner.key in witnesses:
            public = cosigner.key.public
            first[public] = min(cosigner.time, first.get(public, cosigner.time))
    if len(first) >= quorum:
        return sorted(first.values())[quorum - 1], []
    message = f"expected signatures of {quorum} witnesses, found {len(first)}"
    return None, [Finding("too-few-witnesses", where, message)]


def check_clock(time: datetime | None, now: datetime, where: str) -> list[Finding]:
    """Note that a checkpoint was made after `now`, by the clock of the machine that checks."""
    if time is None or time <= now + CLOCK_TOLERANCE:
        return []
    message = f"made at {time:%Y-%m-%d %H:%M:%S} UTC, which this machine's clock has not reached"
    return [Finding("time-ahead", where, message, Severity.NOTICE)]


def soften(findings: Iterable[Finding]) -> list[Finding]:
    """Take signers that are not known for notices: their keys may be in events not read."""
    return [
        Finding(one.code, one.where, one.message, Severity.NOTICE)
        if one.code in _OF_THE_RECORD
        else one
        for one in findings
    ]


def _check_text(signed: SignedCheckpoint, key: VerifierKey) -> Iterable[Finding]:
    checkpoint = signed.checkpoint
    if checkpoint.origin != key.name:
        message = f"of the log {checkpoint.origin}, expected {key.name}"
        yield Finding("other-log", signed.where, message)
    if checkpoint.extensions:
        message = f"{len(checkpoint.extensions)} lines after the root, expected none"
        yield Finding("extension-lines", signed.where, message)


def _check_line(
    line: Signature, signer: VerifierKey | None, text: str, seen: Collection[tuple[str, bytes]]
) -> tuple[str, str] | None:
    """Return the code and message of what is wrong with a line, if anything."""
    if signer is None:
        return "unknown-signer", f"by {line.name}, whose key is not known"
    if (line.name, line.key_id) in seen:
        return "signature-doubled", f"another by {line.name}"
    if not line.holds(signer, text):
        return "signature-wrong", f"by {line.name}, does not hold"
    if signer.type is KeyType.COSIGNATURE and line.time_s > LAST_S:
        return "time-impossible", f"by {line.name}, says a time after the year 9999"
    return None


def _time_of(line: Signature) -> datetime:
    return _EPOCH + timedelta(seconds=line.time_s)
