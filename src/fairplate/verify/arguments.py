"""What the verifier is asked on its command line, with every file read but those of the log."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fairplate.verify.checkpoints import parse_checkpoint
from fairplate.verify.errors import LogFormatError
from fairplate.verify.log_check import Trust
from fairplate.verify.log_directory import read_outside
from fairplate.verify.notes import (
    MAX_NOTE_BYTES,
    KeyType,
    VerifierKey,
    parse_note,
    parse_verifier_key,
)
from fairplate.verify.older_check import OlderCheckpoint, take_older
from fairplate.verify.opened import MAX_FILE_BYTES, Opening, parse_openings
from fairplate.verify.proofs import InclusionProof, parse_proof

_MAX_KEY_BYTES = 4096
# An entry of 64 KiB in base64, 63 hashes, and the note.
_MAX_PROOF_BYTES = MAX_NOTE_BYTES + 100_000


class WrongUseError(Exception):
    """What was asked for cannot be done as it was asked; it says nothing about the log."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The arguments. Exactly one of `event`, and all of `older`, `openings`, `proof` is used."""

    folder: Path | None
    trust: Trust
    older: tuple[OlderCheckpoint, ...]
    openings: tuple[Opening, ...]
    proof: InclusionProof | None
    event: int | None
    out: Path | None
    as_json: bool


def read_arguments(arguments: Sequence[str] | None) -> Asked:
    """Return what is asked; WrongUseError if it cannot be, SystemExit if argparse says so."""
    options = _make_parser().parse_args(arguments)
    _require_sense(options)
    key = _read_key(options.key, "--key", KeyType.NOTE)
    witnesses = _read_witnesses(options.witness, key)
    quorum = len(witnesses) if options.quorum is None else options.quorum
    if options.quorum is not None and not 1 <= quorum <= len(witnesses):
        raise WrongUseError(f"--quorum: expected 1 to the number of --witness, {len(witnesses)}")
    older = () if options.since is None else (_read_older(options.since, key),)
    openings = () if options.open is None else _read_openings(options.open)
    proof = None if options.proof is None else _read_proof(options.proof)
    return Asked(
        folder=options.folder,
        trust=Trust(key, witnesses, quorum),
        older=older,
        openings=openings,
        proof=proof,
        event=options.prove,
        out=options.out,
        as_json=options.json,
    )


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fairplate-verify",
        description="Check a published audit log without trusting whoever keeps it.",
        epilog="Exit code: 0 no fault, 1 faults, 2 wrong use. KEY is name+id+base64, or a file.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("folder", metavar="DIR", type=Path, nargs="?", help="the folder of the log")
    add("--key", required=True, help="the log's key")
    add("--since", metavar="FILE", type=Path, help="a checkpoint of the log kept from before")
    add("--witness", metavar="KEY", action="append", default=[], help="a witness you trust")
    add("--quorum", metavar="N", type=int, help="how many of them must have signed (all)")
    add("--open", metavar="FILE", type=Path, help="sealed parts handed to you, to be checked")
    add("--prove", metavar="N", type=int, help="write the proof that event N is in the log")
    add("--out", metavar="FILE", type=Path, help="where to write the proof (standard output)")
    add("--proof", metavar="FILE", type=Path, help="check such a proof; DIR is not needed")
    add("--json", action="store_true", help="one JSON object instead of the report")
    return parser


def _require_sense(options: argparse.Namespace) -> None:
    if options.folder is None and options.proof is None:
        raise WrongUseError("expected DIR, or --proof")
    if options.folder is None and (options.since or options.open):
        raise WrongUseError("--since and --open: expected DIR")
    if options.out is not None and options.prove is None:
        raise WrongUseError("--out: expected --prove")
    if options.prove is None:
        return
    if options.folder is None or options.proof or options.since or options.open:
        raise WrongUseError("--prove: expected DIR, and no --proof, --since or --open")
    if options.prove < 0:
        raise WrongUseError("--prove: expected the index of an event, from 0 on")


def _read_witnesses(given: Sequence[str], key: VerifierKey) -> tuple[VerifierKey, ...]:
    witnesses = [_read_key(text, "--witness", KeyType.COSIGNATURE) for text in given]
    if any(witness.public == key.public for witness in witnesses):
        raise WrongUseError("--witness: expected another key than the log's own")
    if len({witness.public for witness in witnesses}) != len(witnesses):
        raise WrongUseError("--witness: expected each witness once")
    return tuple(witnesses)


def _read_key(given: str, option: str, key_type: KeyType) -> VerifierKey:
    """Return the key that is spelled, or in the file that is named."""
    text = given
    if not _spells_key(given):
        try:
            text = read_outside(Path(given), most=_MAX_KEY_BYTES).decode().strip()
        except (OSError, ValueError) as error:
            if "+" not in given:
                raise WrongUseError(f"{option}: {given}: {_reason(error)}") from None
    try:
        key = parse_verifier_key(text)
    except LogFormatError as error:
        raise WrongUseError(f"{option}: {error}") from None
    if key.type is not key_type:
        expected = "a log's key" if key_type is KeyType.NOTE else "a witness's key"
        raise WrongUseError(f"{option}: expected {expected}, found one of another type")
    return key


def _spells_key(text: str) -> bool:
    try:
        parse_verifier_key(text)
    except LogFormatError:
        return False
    return True


def _read_older(path: Path, key: VerifierKey) -> OlderCheckpoint:
    data = _read_file(path, "--since", MAX_NOTE_BYTES)
    try:
        note = parse_note(data)
        return take_older(note, parse_checkpoint(note.text), key)
    except LogFormatError as error:
        raise WrongUseError(f"--since: {path}: {error}") from None


def _read_openings(path: Path) -> tuple[Opening, ...]:
    try:
        return tuple(parse_openings(_read_file(path, "--open", MAX_FILE_BYTES)))
    except LogFormatError as error:
        raise WrongUseError(f"--open: {path}: {error}") from None


def _read_proof(path: Path) -> InclusionProof:
    try:
        proof = parse_proof(_read_file(path, "--proof", _MAX_PROOF_BYTES))
        parse_checkpoint(proof.note.text)
    except LogFormatError as error:
        raise WrongUseError(f"--proof: {path}: {error}") from None
    return proof


def _read_file(path: Path, option: str, most: int) -> bytes:
    try:
        return read_outside(path, most=most)
    except (OSError, ValueError) as error:
        raise WrongUseError(f"{option}: {path}: {_reason(error)}") from None


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
