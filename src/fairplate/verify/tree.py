"""The Merkle tree of RFC 6962, section 2.1: hashes, roots, proofs, and what a proof proves.

Decides everything from hashes of complete subtrees, which somebody else reads: level `k`, index `n`
is MTH(D[n * 2**k : (n + 1) * 2**k]). Touches nothing.
"""

import hashlib
from collections.abc import Callable, Sequence

from fairplate.verify.errors import LogFormatError

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
MAX_PROOF = 63
"""The longest proof there is of a tree of up to 2**62 leaves; beyond, only of consistency is one
longer, by one."""

ReadHash = Callable[[int, int], bytes]
"""Returns the hash of the complete subtree of a level and index."""


def hash_leaf(entry: bytes) -> bytes:
    """Return the leaf hash of `entry` (RFC 6962: a zero byte goes first)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def hash_children(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node above two."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def hash_complete(hashes: Sequence[bytes]) -> bytes:
    """Return the root over 2**k hashes of one level."""
    row = list(hashes)
    while len(row) > 1:
        row = [hash_children(row[i], row[i + 1]) for i in range(0, len(row), 2)]
    return row[0]


def root_hash(size: int, read_hash: ReadHash) -> bytes:
    """Return the root of the tree of the first `size` leaves."""
    return EMPTY_ROOT if size == 0 else _range_hash(0, size, read_hash)


def inclusion_proof(index: int, size: int, read_hash: ReadHash) -> list[bytes]:
    """Return the hashes from the leaf's sibling up to below the root (RFC 6962, 2.1.1).

    Raises LogFormatError unless 0 <= index < size.
    """
    if not 0 <= index < size:
        raise LogFormatError(f"index: expected 0 to {size - 1}, found {index}")
    proof: list[bytes] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            proof.append(_range_hash(middle, high, read_hash))
            high = middle
        else:
            proof.append(_range_hash(low, middle, read_hash))
            low = middle
    return proof[::-1]


def consistency_proof(old: int, new: int, read_hash: ReadHash) -> list[bytes]:
    """Return the proof that the tree of `new` leaves begins with that of `old` (2.1.2).

    Empty if `old` is 0 or `new`. Raises LogFormatError unless 0 <= old <= new.
    """
    if not 0 <= old <= new:
        raise LogFormatError(f"old size: expected 0 to {new}, found {old}")
    if old in {0, new}:
        return []
    proof: list[bytes] = []
    low, high = 0, new
    while high != old:
        middle = low + _split(high - low)
        if old <= middle:
            proof.append(_range_hash(middle, high, read_hash))
            high = middle
        else:
            proof.append(_range_hash(low, middle, read_hash))
            low = middle
    if low > 0:
        proof.append(_range_hash(low, high, read_hash))
    return proof[::-1]


def proves_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Say whether `proof` leads from the leaf hash at `index` to `root` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    node, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            found = hash_children(sibling, found)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            found = hash_children(found, sibling)
        node >>= 1
        last >>= 1
    return last == 0 and found == root


def proves_consistency(
    old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Say whether `proof` shows that the new tree begins with the old one (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    if old == 0:  # every tree begins with the empty one
        return not proof and old_root == EMPTY_ROOT
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    if not path:
        return False
    node, last = old - 1, new - 1
    while node & 1:
        node >>= 1
        last >>= 1
    old_found = new_found = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old_found = hash_children(sibling, old_found)
            new_found = hash_children(sibling, new_found)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            new_found = hash_children(new_found, sibling)
        node >>= 1
        last >>= 1
    return last == 0 and old_found == old_root and new_found == new_root


def _split(number: int) -> int:
    """Return the largest power of two below `number`, which is at least 2."""
    return 1 << ((number - 1).bit_length() - 1)


def _range_hash(low: int, high: int, read_hash: ReadHash) -> bytes:
    """Return MTH(D[low:high]); in every range that a proof asks for, `low` fits its first half."""
    parts: list[bytes] = []
    while low < high:
        level = (high - low).bit_length() - 1
        parts.append(read_hash(level, low >> level))
        low += 1 << level
    found = parts.pop()
    while parts:
        found = hash_children(parts.pop(), found)
    return found
