"""C2SP tlog-checkpoint: the text of a checkpoint. Leaves signatures to `notes.py`."""

import base64
from dataclasses import dataclass

from fairplate.verify.errors import LogFormatError, decode_base64, parse_decimal
from fairplate.verify.tree import HASH_BYTES

_LINES = 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log: how many entries it has, and the root of their tree."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The text of its note."""
        root = base64.b64encode(self.root).decode("ascii")
        lines = (self.origin, str(self.size), root, *self.extensions)
        return "".join(f"{line}\n" for line in lines)


def parse_checkpoint(text: str) -> Checkpoint:
    """Return the checkpoint that a note's text spells; LogFormatError if it is none."""
    lines = text.split("\n")
    if lines.pop() or len(lines) < _LINES or not all(lines):
        raise LogFormatError("checkpoint: expected origin, size and root, a line each")
    size = parse_decimal(lines[1], "checkpoint: size")
    root = decode_base64(lines[2], "checkpoint: root", HASH_BYTES)
    return Checkpoint(lines[0], size, root, tuple(lines[_LINES:]))
