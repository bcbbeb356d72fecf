"""The tree against the recursion of RFC 6962, against published vectors, and against forgery."""

import functools
import hashlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.verify import rfc6962
from tests.verify.published import (
    CT_CONSISTENCY,
    CT_ENTRIES,
    CT_HASHES,
    CT_INCLUSION,
    CT_ROOTS,
)

from fairplate.verify.errors import LogFormatError
from fairplate.verify.tree import (
    EMPTY_ROOT,
    MAX_PROOF,
    consistency_proof,
    hash_children,
    hash_complete,
    hash_leaf,
    inclusion_proof,
    proves_consistency,
    proves_inclusion,
    root_hash,
)

SMALL = 33
ENTRIES = [f"entry {number}".encode() for number in range(SMALL)]
READ = functools.cache(rfc6962.reader_of(ENTRIES))
LEAVES = [hash_leaf(entry) for entry in ENTRIES]
ROOTS = [rfc6962.mth(ENTRIES[:size]) for size in range(SMALL + 1)]


def ct_hash(level: int, index: int) -> bytes:
    return bytes.fromhex(CT_HASHES[level].split()[index])


def named(place: tuple[int, int]) -> bytes:
    """Return a stand-in for the hash of a complete subtree, in a tree too large to be made."""
    return hashlib.sha256(b"subtree %d %d" % place).digest()


def numbers_to(most: int) -> st.SearchStrategy[int]:
    return st.integers(0, most) | st.integers(0, min(most, 1000)).map(lambda back: most - back)


@pytest.mark.parametrize("level", range(4))
def test_the_published_hash_of_every_subtree(level: int) -> None:
    width = 1 << level
    for index in range(8 // width):
        part = CT_ENTRIES[index * width : (index + 1) * width]
        assert hash_complete([hash_leaf(entry) for entry in part]) == ct_hash(level, index)


@pytest.mark.parametrize("size", range(9))
def test_the_published_roots(size: int) -> None:
    assert root_hash(size, ct_hash).hex() == CT_ROOTS[size]


@pytest.mark.parametrize(("index", "size", "places"), CT_INCLUSION)
def test_the_published_inclusion_proofs(
    index: int, size: int, places: list[tuple[int, int]]
) -> None:
    proof = [ct_hash(*place) for place in places]
    assert inclusion_proof(index, size, ct_hash) == proof
    root = bytes.fromhex(CT_ROOTS[size])
    assert proves_inclusion(ct_hash(0, index), index, size, proof, root)


@pytest.mark.parametrize(("old", "new", "places"), CT_CONSISTENCY)
def test_the_published_consistency_proofs(
    old: int, new: int, places: list[tuple[int, int]]
) -> None:
    proof = [ct_hash(*place) for place in places]
    assert consistency_proof(old, new, ct_hash) == proof
    roots = bytes.fromhex(CT_ROOTS[old]), bytes.fromhex(CT_ROOTS[new])
    assert proves_consistency(old, roots[0], new, roots[1], proof)


@pytest.mark.parametrize("size", range(SMALL + 1))
def test_every_small_root_and_inclusion_proof_is_that_of_the_rfc(size: int) -> None:
    assert root_hash(size, READ) == ROOTS[size]
    for index in range(size):
        proof = inclusion_proof(index, size, READ)
        assert proof == rfc6962.path(index, ENTRIES[:size])
        assert proves_inclusion(LEAVES[index], index, size, proof, ROOTS[size])


@pytest.mark.parametrize("new", range(SMALL + 1))
def test_every_small_consistency_proof_is_that_of_the_rfc(new: int) -> None:
    for old in range(new + 1):
        proof = consistency_proof(old, new, READ)
        assert proof == (rfc6962.proof(old, ENTRIES[:new]) if old else [])
        assert proves_consistency(old, ROOTS[old], new, ROOTS[new], proof)


def test_an_inclusion_proof_proves_one_index_of_one_size_alone() -> None:
    for size in range(1, 18):
        for index in range(size):
            proof = rfc6962.path(index, ENTRIES[:size])
            for other in range(-1, 19):
                if other != index:
                    assert not proves_inclusion(LEAVES[index], other, size, proof, ROOTS[size])
            for other in range(18):
                if other != size:
                    assert not proves_inclusion(LEAVES[index], index, other, proof, ROOTS[other])
            assert not proves_inclusion(LEAVES[index], index, -size, proof, ROOTS[size])


def mutations(proof: list[bytes]) -> list[list[bytes]]:
    """Return the proof with a hash less, more, changed, or two swapped, at every place."""
    more = hashlib.sha256(b"more").digest()
    found: list[list[bytes]] = []
    for place in range(len(proof) + 1):
        head, tail = proof[:place], proof[place:]
        found.append([*head, more, *tail])
        if tail:
            found += [head + tail[1:], [*head, more, *tail[1:]]]
            found += [[*head, bytes([tail[0][0] ^ 1]) + tail[0][1:], *tail[1:]]]
            found += [[*head, tail[0][:-1], *tail[1:]], [*head, b"", *tail[1:]]]
        if len(tail) > 1 and tail[0] != tail[1]:
            found.append([*head, tail[1], tail[0], *tail[2:]])
    return found


def test_a_changed_inclusion_proof_proves_nothing() -> None:
    for size in range(1, 18):
        for index in range(size):
            leaf, root = LEAVES[index], ROOTS[size]
            proof = rfc6962.path(index, ENTRIES[:size])
            for wrong in mutations(proof):
                assert not proves_inclusion(leaf, index, size, wrong, root)
            assert not proves_inclusion(hash_leaf(b"another"), index, size, proof, root)
            assert not proves_inclusion(leaf, index, size, proof, hash_leaf(root))


def test_a_path_that_is_too_long_proves_nothing_whatever_the_root() -> None:
    more = hash_leaf(b"more")
    for root in (hash_children(more, LEAVES[0]), hash_children(LEAVES[0], more)):
        assert not proves_inclusion(LEAVES[0], 0, 1, [more], root)


def test_a_changed_consistency_proof_proves_nothing() -> None:
    other_root = hash_leaf(b"another")
    for new in range(1, 18):
        for old in range(new + 1):
            proof = rfc6962.proof(old, ENTRIES[:new]) if old else []
            for wrong in mutations(proof):
                assert not proves_consistency(old, ROOTS[old], new, ROOTS[new], wrong)
            assert not proves_consistency(old, other_root, new, ROOTS[new], proof)
            if old:  # of the empty tree there is nothing to compare the new root with
                assert not proves_consistency(old, ROOTS[old], new, other_root, proof)


def test_a_consistency_proof_proves_no_other_sizes() -> None:
    """A proof does not tell sizes of the same shape apart if they come with a wrong root, such as
    3 and 4 from 1: size and root are signed together.
    """
    for new in range(1, 18):
        for old in range(1, new + 1):
            proof = rfc6962.proof(old, ENTRIES[:new])
            for other in range(18):
                if other != old:
                    assert not proves_consistency(other, ROOTS[old], new, ROOTS[new], proof)
                if other != new:
                    assert not proves_consistency(old, ROOTS[old], other, ROOTS[other], proof)


def test_no_tree_shrinks_and_no_fork_is_consistent() -> None:
    forked = [*ENTRIES[:6], b"another", *ENTRIES[7:12]]
    for old in range(7, 12):
        for new in range(old, 13):
            for proof in (rfc6962.proof(old, forked[:new]), rfc6962.proof(old, ENTRIES[:new])):
                root = rfc6962.mth(forked[:new])
                assert not proves_consistency(old, ROOTS[old], new, root, proof)
    assert not proves_consistency(5, ROOTS[5], 4, ROOTS[4], [])
    assert not proves_consistency(-1, EMPTY_ROOT, 4, ROOTS[4], [])


@given(st.data())
def test_large_trees_prove_every_entry(data: st.DataObject) -> None:
    size = data.draw(numbers_to(2**63 - 1).filter(bool))
    index = data.draw(numbers_to(size - 1))
    read = consistent_reader(size)
    proof = inclusion_proof(index, size, read)
    root = root_hash(size, read)
    leaf = read(0, index)
    assert len(proof) <= MAX_PROOF
    assert proves_inclusion(leaf, index, size, proof, root)
    for wrong in mutations(proof)[:12]:
        assert not proves_inclusion(leaf, index, size, wrong, root)


@given(st.data())
def test_large_trees_prove_that_they_only_grow(data: st.DataObject) -> None:
    new = data.draw(numbers_to(2**62).filter(bool))
    old = data.draw(numbers_to(new).filter(bool))
    read = consistent_reader(new)
    proof = consistency_proof(old, new, read)
    roots = root_hash(old, read), root_hash(new, read)
    assert len(proof) <= MAX_PROOF
    assert proves_consistency(old, roots[0], new, roots[1], proof)
    if old != new:
        for wrong in mutations(proof)[:12]:
            assert not proves_consistency(old, roots[0], new, roots[1], wrong)


def consistent_reader(size: int) -> Callable[[int, int], bytes]:
    """Return the hashes of a tree of `size` equal entries: of each level there is one hash."""
    hashes = [named((0, 0))]
    while len(hashes) < MAX_PROOF + 1:
        hashes.append(hash_children(hashes[-1], hashes[-1]))

    def read(level: int, index: int) -> bytes:
        assert (index + 1) << level <= size
        return hashes[level]

    return read


@given(st.data())
def test_proofs_ask_only_for_complete_subtrees_and_for_few(data: st.DataObject) -> None:
    size = data.draw(numbers_to(2**63 - 1).filter(bool))
    asked: list[tuple[int, int]] = []

    def read(level: int, index: int) -> bytes:
        assert index >= 0
        assert (index + 1) << level <= size
        asked.append((level, index))
        return named((level, index))

    inclusion_proof(data.draw(numbers_to(size - 1)), size, read)
    consistency_proof(data.draw(numbers_to(size)), size, read)
    root_hash(size, read)
    assert len(asked) <= 5 * MAX_PROOF


@pytest.mark.parametrize(("index", "size"), [(-1, 5), (5, 5), (0, 0), (6, 5)])
def test_no_inclusion_proof_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(LogFormatError, match="index: expected"):
        inclusion_proof(index, size, READ)


@pytest.mark.parametrize(("old", "new"), [(-1, 5), (6, 5), (1, 0)])
def test_no_consistency_proof_with_a_smaller_tree(old: int, new: int) -> None:
    with pytest.raises(LogFormatError, match="old size: expected"):
        consistency_proof(old, new, READ)


def test_a_leaf_is_no_node() -> None:
    assert hash_leaf(LEAVES[0] + LEAVES[1]) != hash_children(LEAVES[0], LEAVES[1])
    assert hashlib.sha256(b"").digest() == EMPTY_ROOT
