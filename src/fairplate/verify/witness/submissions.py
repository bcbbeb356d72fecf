"""What a log sends to a witness: the body of tlog-witness's add-checkpoint, both ways.

Decides the bytes. Leaves to others whether a signature or a proof holds.
"""

import base64
from dataclasses import dataclass

from fairplate.verify.checkpoints import Checkpoint, parse_checkpoint
from fairplate.verify.errors import LogFormatError, decode_base64, parse_decimal
from fairplate.verify.notes import Note, parse_note
from fairplate.verify.tree import HASH_BYTES, MAX_PROOF

PATH = "/add-checkpoint"
SIZE_TYPE = "text/x.tlog.size"
"""The content type of the answer 409 that tells the last cosigned size."""

MAX_SUBMISSION_BYTES = 1 << 16

_OLD = "old "


@dataclass(frozen=True, slots=True)
class Submission:
    """A checkpoint's note, and the proof that its tree begins with that of `old` entries."""

    old: int
    proof: tuple[bytes, ...]
    note: Note

    @property
    def checkpoint(self) -> Checkpoint:
        """What the note says; LogFormatError if it is no checkpoint."""
        return parse_checkpoint(self.note.text)

    @property
    def data(self) -> bytes:
        """The bytes that are sent."""
        hashes = (base64.b64encode(each).decode("ascii") for each in self.proof)
        lines = (f"{_OLD}{self.old}", *hashes, "")
        return "".join(f"{line}\n" for line in lines).encode() + self.note.data


def parse_submission(body: bytes) -> Submission:
    """Return what `body` submits, whoever signed it; LogFormatError if it is none."""
    head, blank, note = body.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        lines = []
    if not blank or not lines or not lines[0].startswith(_OLD):
        raise LogFormatError("submission: expected an old size, hashes, an empty line and a note")
    old = parse_decimal(lines[0].removeprefix(_OLD), "old size")
    if len(lines) - 1 > MAX_PROOF:
        raise LogFormatError(f"proof: expected at most {MAX_PROOF} hashes, found {len(lines) - 1}")
    proof = tuple(decode_base64(line, "proof: hash", HASH_BYTES) for line in lines[1:])
    submission = Submission(old, proof, parse_note(note))
    parse_checkpoint(submission.note.text)
    return submission
