"""The check of a whole log: files, tree, signatures, older checkpoints, events, sealed parts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from fairplate.verify.errors import LogFormatError
from fairplate.verify.event_check import EventCheck, OnRecord
from fairplate.verify.finding_list import FindingList
from fairplate.verify.findings import Finding, Severity
from fairplate.verify.leftover_check import LeftoverCheck
from fairplate.verify.log_directory import FileError, LogDirectory
from fairplate.verify.notes import MAX_NOTE_BYTES, VerifierKey
from fairplate.verify.older_check import (
    OlderCheckpoint,
    WitnessedCheck,
    check_older,
    check_trusted,
    find_missing_month,
    read_witnessed,
)
from fairplate.verify.opened import OpenedEvent, Opening, check_opening
from fairplate.verify.report import Report
from fairplate.verify.signature_check import (
    SignedCheckpoint,
    Signers,
    check_clock,
    check_quorum,
    check_signatures,
    read_checkpoint,
    soften,
)
from fairplate.verify.tree_check import TreeCheck

CHECKPOINT = "checkpoint"


@dataclass(frozen=True, slots=True)
class Trust:
    """What the one who checks knows beforehand: keys, and how many witnesses must have signed."""

    key: VerifierKey
    witnesses: tuple[VerifierKey, ...] = ()
    quorum: int = 0


def check_log(
    directory: LogDirectory,
    trust: Trust,
    *,
    now: datetime,
    older: Iterable[OlderCheckpoint] = (),
    openings: Sequence[Opening] = (),
) -> Report:
    """Check everything in the folder; `now` is the time by the clock of this machine."""
    findings = FindingList()
    leftovers = LeftoverCheck(directory, findings)
    # Before the checkpoint: a log that grows meanwhile must not seem to lack what they cover.
    witnessed = read_witnessed(directory, leftovers.months(), findings)
    signed = find_checkpoint(directory, findings)
    if signed is None:
        return Report(findings=findings.all())
    checkpoint, older = signed.checkpoint, tuple(older)
    sizes = [one.checkpoint.size for one in witnessed.values()]
    marks = [*sizes, *(one.checkpoint.size for one in older)]
    events = EventCheck(findings, marks=marks, wanted={opening.event for opening in openings})
    tree = TreeCheck(checkpoint.size, directory.read_tile, findings, events.take)
    roots = tree.run(checkpoint.root, marks)
    signers = check_signers(signed, trust, events.on_record, now)
    findings.extend(signers.findings)
    for one in older:
        findings.extend(check_older(one, checkpoint, signers.time, roots))
        if one.time is not None:
            events.compare_times(one.checkpoint.size, one.time)
    months = WitnessedCheck(trust.key, checkpoint.size, roots, findings)
    for month, note in witnessed.items():
        on_record = events.on_record_at.get(note.checkpoint.size, events.on_record)
        months.check(month, note, on_record)
        findings.extend(check_trusted(note, trust.witnesses, trust.quorum))
    for sound in months.held.values():
        events.compare_times(sound.size, sound.time)
    findings.extend(find_missing_month(signers, events.on_record, witnessed))
    events.finish(signers.time, months.held)
    leftovers.run(checkpoint.size)
    opened = _open(openings, events, findings)
    return Report(
        origin=checkpoint.origin,
        size=checkpoint.size,
        root=checkpoint.root,
        time=signers.time,
        cosigners=signers.cosigners,
        facts=events.facts,
        opened=opened,
        findings=findings.all(),
    )


def find_checkpoint(directory: LogDirectory, findings: FindingList) -> SignedCheckpoint | None:
    """Return the log's checkpoint, whoever signed it; None if there is none to be read."""
    try:
        return read_checkpoint(directory.read(CHECKPOINT, most=MAX_NOTE_BYTES), CHECKPOINT)
    except FileError as error:
        findings.add(error.finding)
    except LogFormatError as error:
        findings.add(Finding("checkpoint-broken", CHECKPOINT, str(error)))
    return None


def check_signers(
    signed: SignedCheckpoint, trust: Trust, on_record: OnRecord, now: datetime
) -> Signers:
    """Check who signed, by the keys that are trusted and those on record in the log itself."""
    signers = check_signatures(signed, trust.key, {*trust.witnesses, *on_record.witnesses})
    found = list(signers.findings) if on_record.complete else soften(signers.findings)
    found += check_clock(signers.time, now, signed.where)
    if trust.witnesses:
        found += check_quorum(
            signers.cosigners, trust.witnesses, trust.quorum or len(trust.witnesses), signed.where
        )[1]
    elif on_record.quorum:
        _, missing = check_quorum(
            signers.cosigners, on_record.witnesses, on_record.quorum, signed.where
        )
        found += [
            Finding("below-quorum", one.where, one.message, Severity.NOTICE) for one in missing
        ]
    return Signers(signers.time, signers.cosigners, tuple(found))


def _open(
    openings: Iterable[Opening], events: EventCheck, findings: FindingList
) -> tuple[OpenedEvent, ...]:
    opened: list[OpenedEvent] = []
    for opening in openings:
        event, wrong = check_opening(opening, events.kept.get(opening.event))
        findings.extend(wrong)
        opened += [event] if event else []
    return tuple(opened)
