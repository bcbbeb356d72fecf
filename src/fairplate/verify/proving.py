"""Proofs that one event is in a log: made from its tiles, and checked without them."""

from datetime import datetime

from fairplate.verify.bundles import read_bundle
from fairplate.verify.checkpoints import Checkpoint, parse_checkpoint
from fairplate.verify.event_check import OnRecord
from fairplate.verify.events import EventError, EventReader
from fairplate.verify.finding_list import FindingList
from fairplate.verify.findings import Finding
from fairplate.verify.log_check import Trust, check_signers, find_checkpoint
from fairplate.verify.log_directory import FileError, LogDirectory
from fairplate.verify.proofs import InclusionProof
from fairplate.verify.report import Report
from fairplate.verify.signature_check import SignedCheckpoint
from fairplate.verify.tiles import WIDTH, Tile, hashes_from_tiles
from fairplate.verify.tree import hash_leaf, inclusion_proof, proves_inclusion


class NoSuchEventError(LookupError):
    """The log has no event of the index that was asked for."""


def prove_event(
    directory: LogDirectory, trust: Trust, index: int, *, now: datetime
) -> tuple[InclusionProof | None, Report]:
    """Return the proof for the event at `index`, or None and what stands against it.

    Reads only the tiles that it needs. Raises NoSuchEventError beyond the end of the log.
    """
    findings = FindingList()
    signed = find_checkpoint(directory, findings)
    if signed is None:
        return None, Report(findings.all(), subject="proof")
    checkpoint = signed.checkpoint
    if index >= checkpoint.size:
        raise NoSuchEventError(f"the log has {checkpoint.size} events, from 0 on")
    signers = check_signers(signed, trust, OnRecord(complete=False), now)
    findings.extend(signers.findings)
    proof = _read_proof(directory, signed, index, findings)
    report = Report(
        findings.all(),
        checkpoint.origin,
        checkpoint.size,
        checkpoint.root,
        signers.time,
        signers.cosigners,
        subject="proof",
    )
    return (proof if report.well else None), report


def check_proof(proof: InclusionProof, where: str, trust: Trust, *, now: datetime) -> Report:
    """Check a proof; LogFormatError if what was signed is no checkpoint."""
    checkpoint = parse_checkpoint(proof.note.text)
    findings = FindingList()
    signed = SignedCheckpoint(where, checkpoint, proof.note)
    signers = check_signers(signed, trust, OnRecord(complete=False), now)
    findings.extend(signers.findings)
    _require_included(proof, checkpoint, where, findings)
    try:
        EventReader().read(proof.index, proof.entry)
    except EventError as error:
        findings.add(Finding(error.code, f"event {proof.index}", str(error)))
    return Report(
        findings.all(),
        checkpoint.origin,
        checkpoint.size,
        checkpoint.root,
        signers.time,
        signers.cosigners,
        proved=(proof.index, proof.entry.decode(errors="backslashreplace")),
        subject="proof",
    )


def _read_proof(
    directory: LogDirectory, signed: SignedCheckpoint, index: int, findings: FindingList
) -> InclusionProof | None:
    size = signed.checkpoint.size
    bundle, position = divmod(index, WIDTH)
    tile = Tile(None, bundle, min(WIDTH, size - bundle * WIDTH))
    try:
        path = inclusion_proof(index, size, hashes_from_tiles(size, directory.read_tile))
        entries, _ = read_bundle(directory.read_tile(tile))
    except FileError as error:
        findings.add(error.finding)
        return None
    if position >= len(entries):
        message = f"expected {tile.width} entries, found {len(entries)}"
        findings.add(Finding("bundle-count", tile.path, message))
        return None
    proof = InclusionProof(entries[position], index, tuple(path), signed.note)
    _require_included(proof, signed.checkpoint, tile.path, findings)
    return proof


def _require_included(
    proof: InclusionProof, checkpoint: Checkpoint, where: str, findings: FindingList
) -> None:
    leaf = hash_leaf(proof.entry)
    if not proves_inclusion(leaf, proof.index, checkpoint.size, proof.path, checkpoint.root):
        message = f"event {proof.index}: its hashes do not lead to the root of the checkpoint"
        findings.add(Finding("not-included", where, message))
