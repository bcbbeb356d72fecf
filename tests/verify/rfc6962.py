"""RFC 6962, section 2.1, as it stands there: recursion over lists of entries, for comparison."""

import hashlib
from collections.abc import Callable, Sequence

Leaves = Sequence[bytes]


def mth(leaves: Leaves) -> bytes:
    """Merkle tree hash (2.1)."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = _largest_power(len(leaves))
    return hashlib.sha256(b"\1" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m: int, leaves: Leaves) -> list[bytes]:
    """Merkle audit path (2.1.1)."""
    if len(leaves) == 1:
        return []
    k = _largest_power(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def proof(m: int, leaves: Leaves) -> list[bytes]:
    """Merkle consistency proof (2.1.2), for 0 < m <= n."""
    return _subproof(m, leaves, whole=True)


def _subproof(m: int, leaves: Leaves, *, whole: bool) -> list[bytes]:
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = _largest_power(len(leaves))
    if m <= k:
        return [*_subproof(m, leaves[:k], whole=whole), mth(leaves[k:])]
    return [*_subproof(m - k, leaves[k:], whole=False), mth(leaves[:k])]


def _largest_power(number: int) -> int:
    k = 1
    while 2 * k < number:
        k *= 2
    return k


def reader_of(leaves: Leaves) -> Callable[[int, int], bytes]:
    """Return what reads the hash of a complete subtree; asked for another, it fails."""

    def read(level: int, index: int) -> bytes:
        part = leaves[index << level : (index + 1) << level]
        assert len(part) == 1 << level, f"no complete subtree: level {level}, index {index}"
        return mth(part)

    return read
