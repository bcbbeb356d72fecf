"""C2SP tlog-proof: one file that shows that an event is in the log.

The event itself stands in the `extra` line, so that the file needs nothing beside it.
"""

import base64
from dataclasses import dataclass

from fairplate.verify.errors import LogFormatError, decode_base64, parse_decimal
from fairplate.verify.notes import Note, parse_note
from fairplate.verify.tree import HASH_BYTES, MAX_PROOF

HEADER = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """An entry, its index, the path from its leaf to the root, and the checkpoint's note."""

    entry: bytes
    index: int
    path: tuple[bytes, ...]
    note: Note

    @property
    def data(self) -> bytes:
        """The bytes of the file."""
        lines = [HEADER, f"extra {_spell(self.entry)}", f"index {self.index}"]
        lines += [*map(_spell, self.path), ""]
        return "".join(f"{line}\n" for line in lines).encode() + self.note.data


def parse_proof(data: bytes) -> InclusionProof:
    """Return the proof that `data` spells, whatever it proves; LogFormatError if it is none."""
    head, blank, note = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        lines = []
    if not blank or len(lines) < 3 or lines[0] != HEADER:  # noqa: PLR2004 - header, extra, index
        raise LogFormatError(f"proof: expected {HEADER}, an entry, an index and a checkpoint")
    entry = decode_base64(_after("extra ", lines[1]), "proof: extra")
    index = parse_decimal(_after("index ", lines[2]), "proof: index")
    path = tuple(decode_base64(line, "proof: hash", HASH_BYTES) for line in lines[3:])
    if len(path) > MAX_PROOF:
        raise LogFormatError(f"proof: expected at most {MAX_PROOF} hashes, found {len(path)}")
    return InclusionProof(entry, index, path, parse_note(note))


def _after(word: str, line: str) -> str:
    if not line.startswith(word):
        raise LogFormatError(f"proof: expected a line of `{word.strip()}`")
    return line.removeprefix(word)


def _spell(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
