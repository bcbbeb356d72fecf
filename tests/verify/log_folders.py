"""Small published logs for tests: tiles, bundles, checkpoints and witnessed checkpoints.

Made without the code that appends to logs, so that the verifier has something else to agree with.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from fairplate.verify.checkpoints import Checkpoint
from fairplate.verify.notes import KeyType, Note, SigningKey, make_signing_key
from fairplate.verify.tiles import HEIGHT, WIDTH, join_entries, tiles_of
from fairplate.verify.tree import EMPTY_ROOT, hash_children, hash_complete, hash_leaf

ORIGIN = "log.example.org/city"
TIME_S = 1_767_269_100
"""2026-01-01 12:05 UTC: a few minutes after the entries' times."""

NOTHING_SEALED = hashlib.sha256(b"").digest()


def make_key(name: str = ORIGIN, key_type: KeyType = KeyType.NOTE, seed: int = 1) -> SigningKey:
    """Return the same key for the same arguments."""
    return make_signing_key(name, key_type, lambda count: bytes([seed]) * count)


def make_witness(name: str, seed: int) -> SigningKey:
    return make_key(name, KeyType.COSIGNATURE, seed)


def make_entries(count: int, *, first: int = 0) -> list[bytes]:
    """Return bodies of events about nothing that another event must agree with."""
    public = {"reason": "secret", "user": None}
    return [
        make_entry("sign-in.failed", public, number=number)
        for number in range(first, first + count)
    ]


def make_entry(
    event_type: str,
    public: Mapping[str, object],
    *,
    number: int = 0,
    sealed: bytes = NOTHING_SEALED,
) -> bytes:
    """Return the body of an event that happened `number` milliseconds after noon."""
    second, millisecond = divmod(number, 1000)
    minute, second = divmod(second, 60)
    body = {
        "actor": "system",
        "at": f"2026-01-01T{12 + minute // 60:02}:{minute % 60:02}:{second:02}.{millisecond:03}Z",
        "public": public,
        "sealed": base64.b64encode(sealed).decode("ascii"),
        "type": event_type,
        "v": 1,
    }
    return json.dumps(body, separators=(",", ":"), sort_keys=True).encode()


def make_witness_entry(witness: SigningKey, quorum: int = 1, *, number: int = 0) -> bytes:
    public = {"key": str(witness.verifier), "quorum": quorum}
    return make_entry("witness.added", public, number=number)


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root as RFC 6962, section 2.1, defines it."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else EMPTY_ROOT
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hash_children(root_of(leaves[:split]), root_of(leaves[split:]))


def sign_checkpoint(
    entries: Sequence[bytes],
    key: SigningKey,
    *,
    time_s: int = TIME_S,
    witnesses: Iterable[SigningKey] = (),
) -> Note:
    """Return the note over the tree of `entries`, with both lines of the log."""
    root = root_of([hash_leaf(entry) for entry in entries])
    return sign_text(Checkpoint(key.name, len(entries), root).text, key, time_s, witnesses)


def sign_text(
    text: str, key: SigningKey, time_s: int = TIME_S, witnesses: Iterable[SigningKey] = ()
) -> Note:
    timed = key.as_type(KeyType.COSIGNATURE).sign(text, time_s=time_s)
    others = [witness.sign(text, time_s=time_s) for witness in witnesses]
    others.sort(key=lambda signature: signature.line)
    return Note(text, (key.sign(text), timed, *others))


def tree_files(entries: Sequence[bytes]) -> dict[str, bytes]:
    """Return every tile and bundle of the tree of `entries`, by path."""
    rows = [[hash_leaf(entry) for entry in entries]]
    while len(rows[-1]) >= WIDTH:
        row = rows[-1]
        full = range(0, len(row) >> HEIGHT << HEIGHT, WIDTH)
        rows.append([hash_complete(row[at : at + WIDTH]) for at in full])
    files: dict[str, bytes] = {}
    for tile in tiles_of(len(entries)):
        span = slice(tile.index * WIDTH, tile.index * WIDTH + tile.width)
        whole = tile.level is None
        files[tile.path] = (
            join_entries(entries[span]) if whole else b"".join(rows[tile.level or 0][span])
        )
    return files


def make_log(
    folder: Path,
    entries: Sequence[bytes],
    key: SigningKey,
    *,
    time_s: int = TIME_S,
    witnesses: Iterable[SigningKey] = (),
    witnessed: Mapping[str, tuple[int, int]] | None = None,
) -> Path:
    """Write the log of `entries`; `witnessed` tells size and time for each month.

    Into a folder that holds the log of fewer entries, it leaves partial tiles over.
    """
    signers = tuple(witnesses)
    files = tree_files(entries)
    files["checkpoint"] = sign_checkpoint(entries, key, time_s=time_s, witnesses=signers).data
    for month, (size, at_s) in (witnessed or {}).items():
        note = sign_checkpoint(entries[:size], key, time_s=at_s, witnesses=signers)
        files[f"witnessed/{month}"] = note.data
    write_files(folder, files)
    return folder


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
