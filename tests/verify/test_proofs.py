"""Files that prove one event: the example of C2SP tlog-proof, and what is none."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.verify import rfc6962

from fairplate.verify.checkpoints import Checkpoint, parse_checkpoint
from fairplate.verify.errors import LogFormatError
from fairplate.verify.notes import KeyType, Note, make_signing_key
from fairplate.verify.proofs import InclusionProof, parse_proof
from fairplate.verify.tree import MAX_PROOF, hash_leaf, inclusion_proof, proves_inclusion

ENTRIES = [b'{"n":%d}' % number for number in range(11)]
KEY = make_signing_key("log.example/one", KeyType.NOTE, bytes)
TEXT = Checkpoint(KEY.name, len(ENTRIES), rfc6962.mth(ENTRIES)).text
NOTE = Note(TEXT, (KEY.sign(TEXT),))
READ = rfc6962.reader_of(ENTRIES)


def prove(index: int) -> InclusionProof:
    path = inclusion_proof(index, len(ENTRIES), READ)
    return InclusionProof(ENTRIES[index], index, tuple(path), NOTE)


GOOD = prove(6).data
HASH = base64.b64encode(bytes(32)) + b"\n"


def test_the_example_of_the_specification() -> None:
    """As in C2SP tlog-proof, but for the signature, which is cut short there."""
    extra = "YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6kYXJ3aW4tYXJ"
    path = [
        "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=",
        "B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=",
        "EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=",
        "RoopEkOdqkYqMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=",
        "AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=",
    ]
    text = "example.com/fancylog\n109482\nsFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=\n"
    note = Note(text, (KEY.sign(text),))
    head = ["c2sp.org/tlog-proof@v1", f"extra {extra}", "index 73894", *path, "", ""]
    data = "\n".join(head).encode() + note.data
    proof = parse_proof(data)
    assert (proof.entry, proof.index, proof.note) == (base64.b64decode(extra), 73_894, note)
    assert [base64.b64encode(hash_).decode() for hash_ in proof.path] == path
    assert proof.data == data
    assert parse_checkpoint(proof.note.text).size == 109_482


@pytest.mark.parametrize("index", range(len(ENTRIES)))
def test_a_proof_reads_back_and_proves(index: int) -> None:
    proof = parse_proof(prove(index).data)
    assert proof == prove(index)
    assert proof.note.signature_by(KEY.verifier) is not None
    checkpoint = parse_checkpoint(proof.note.text)
    leaf = hash_leaf(proof.entry)
    assert proves_inclusion(leaf, proof.index, checkpoint.size, proof.path, checkpoint.root)


def test_the_bytes_of_a_proof() -> None:
    one = Checkpoint(KEY.name, 1, rfc6962.mth(ENTRIES[:1])).text
    proof = InclusionProof(ENTRIES[0], 0, (), Note(one, (KEY.sign(one),)))
    lines = proof.data.decode().split("\n")
    assert lines[:5] == ["c2sp.org/tlog-proof@v1", "extra eyJuIjowfQ==", "index 0", "", KEY.name]
    assert parse_proof(proof.data) == proof


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        GOOD[:-1],
        b"\n" + GOOD,
        GOOD.replace(b"@v1", b"@v2"),
        GOOD.replace(b"@v1", b"@v1 "),
        GOOD.replace(b"extra ", b"extra"),
        GOOD.replace(b"extra ", b"Extra "),
        GOOD.replace(b"extra ", b""),
        GOOD.replace(b"index ", b""),
        GOOD.replace(b"extra ", b"extra  "),
        GOOD.replace(b"index 6", b"index 06"),
        GOOD.replace(b"index 6", b"index -6"),
        GOOD.replace(b"index 6", b"index "),
        GOOD.replace(b"index 6\n", b""),
        GOOD.replace(b"index 6", b"index 9223372036854775808"),
        GOOD.replace(b"index 6\n", b"index 6\nAAAA\n"),
        GOOD.replace(b"index 6\n", b"index 6\n" + HASH[:-2] + b"\n"),
        GOOD.replace(b"index 6\n", b"index 6\n" + HASH * MAX_PROOF),
        GOOD.replace(b"index 6\n", "index 6\né\n".encode()),
        GOOD.replace(b"\n", b"\r\n"),
        GOOD[: GOOD.index(b"\n\n")],
        GOOD[: GOOD.index(b"\n\n") + 2],
        GOOD.replace(b"\xe2\x80\x94", b"-"),
    ],
)
def test_other_bytes_are_no_proof(data: bytes) -> None:
    with pytest.raises(LogFormatError, match=r"proof: |note: |signature"):
        parse_proof(data)


def test_a_path_that_is_cut_off_from_its_note_proves_nothing() -> None:
    assert not proves(parse_proof(GOOD.replace(b"index 6\n", b"index 6\n\n")))


def test_no_flipped_bit_leaves_a_proof_that_proves() -> None:
    for place in range(len(GOOD)):
        for bit in range(8):
            changed = bytearray(GOOD)
            changed[place] ^= 1 << bit
            try:
                proof = parse_proof(bytes(changed))
            except LogFormatError:
                continue
            assert proof.data == bytes(changed)
            assert not proves(proof)


@given(st.binary(max_size=80), st.integers(0, len(GOOD)), st.integers(0, 60))
def test_bytes_put_anywhere_never_make_a_traceback(more: bytes, start: int, gone: int) -> None:
    data = GOOD[:start] + more + GOOD[start + gone :]
    try:
        proof = parse_proof(data)
    except LogFormatError:
        return
    assert proof.data == data
    assert proves(proof) is (data == GOOD)


def proves(proof: InclusionProof) -> bool:
    if proof.note.signature_by(KEY.verifier) is None:
        return False
    checkpoint = parse_checkpoint(proof.note.text)
    leaf = hash_leaf(proof.entry)
    return proves_inclusion(leaf, proof.index, checkpoint.size, proof.path, checkpoint.root)
