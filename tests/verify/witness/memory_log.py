"""Logs of a few entries in memory, with two histories that part at some entry."""

from collections.abc import Sequence
from dataclasses import dataclass

from fairplate.verify.checkpoints import Checkpoint
from fairplate.verify.notes import KeyType, Note, SigningKey
from fairplate.verify.tree import consistency_proof, hash_complete, hash_leaf, root_hash
from fairplate.verify.witness.submissions import Submission

NOW_S = 1_795_000_000  # in November 2026
ORIGIN = "city.example/audit"
LOG_KEY = SigningKey(ORIGIN, KeyType.NOTE, bytes(range(32)))
STRANGE_KEY = SigningKey(ORIGIN, KeyType.NOTE, bytes(32))
WITNESS_KEY = SigningKey("paper.example/witness", KeyType.COSIGNATURE, b"w" * 32)


@dataclass(frozen=True)
class MemoryLog:
    """Numbered entries, which from `parts_at` on are others than those of the main log."""

    parts_at: int | None = None
    key: SigningKey = LOG_KEY

    def leaf(self, index: int) -> bytes:
        forked = self.parts_at is not None and index >= self.parts_at
        return hash_leaf(f"{'other' if forked else 'entry'} {index}".encode())

    def read_hash(self, level: int, index: int) -> bytes:
        return hash_complete([self.leaf(i) for i in range(index << level, (index + 1) << level)])

    def checkpoint(self, size: int) -> Checkpoint:
        return Checkpoint(self.key.name, size, root_hash(size, self.read_hash))

    def note(self, size: int, signers: Sequence[SigningKey] | None = None) -> Note:
        text = self.checkpoint(size).text
        signers = (self.key,) if signers is None else signers
        return Note(text, tuple(key.sign(text, time_s=NOW_S) for key in signers))

    def prove(self, old: int, size: int) -> tuple[bytes, ...]:
        return tuple(consistency_proof(old, size, self.read_hash))

    def submit(self, old: int, size: int) -> Submission:
        return Submission(old, self.prove(old, size) if old <= size else (), self.note(size))
