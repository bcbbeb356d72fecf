"""Notes and keys: published ones, every way to spoil them, and that ours read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.verify.note_keys import keys
from tests.verify.published import (
    ENOCH,
    PETER,
    PETERS_LINE,
    PETERS_SECRET,
    QUASIMODO,
    REAL,
    REAL_LOG,
    REAL_WITNESSES,
    SIGNED,
    SOFA,
    TEXT,
)

from fairplate.verify.errors import LogFormatError
from fairplate.verify.notes import (
    MAX_NOTE_BYTES,
    MAX_SIGNATURES,
    KeyType,
    Note,
    Signature,
    SigningKey,
    VerifierKey,
    make_signing_key,
    parse_note,
    parse_signatures,
    parse_signing_key,
    parse_verifier_key,
)

TIME_S = 1_800_000_000
texts = st.text(st.characters(codec="utf-8", min_codepoint=0x20) | st.just("\n"), max_size=80).map(
    lambda text: f"{text}\n"
)


def make_key(name: str = "log.example/one", key_type: KeyType = KeyType.NOTE) -> SigningKey:
    return make_signing_key(name, key_type, lambda length: bytes(range(length)))


def test_the_example_of_go_verifies() -> None:
    note = parse_note(SIGNED)
    assert note.text == TEXT
    assert note.data == SIGNED
    assert note.signature_by(parse_verifier_key(PETER)) is note.signatures[0]
    assert note.signature_by(parse_verifier_key(ENOCH)) is None


def test_the_example_of_go_is_signed_to_the_byte() -> None:
    key = parse_signing_key(PETERS_SECRET)
    assert key.spell() == PETERS_SECRET
    assert str(key.verifier) == PETER
    assert Note(TEXT, (key.sign(TEXT),)).data == SIGNED


def test_a_checkpoint_of_a_public_log_and_its_witnesses_verifies() -> None:
    note = parse_note(REAL)
    assert note.data == REAL
    log = note.signature_by(parse_verifier_key(REAL_LOG))
    assert log is note.signatures[1]
    for spelled in REAL_WITNESSES:
        signature = note.signature_by(parse_verifier_key(spelled))
        assert signature is not None
        assert signature.time_s == 1_779_573_024
        assert str(parse_verifier_key(spelled)) == spelled


def test_the_example_of_a_note_is_read() -> None:
    note = parse_note(QUASIMODO)
    assert note.text.endswith("\n\ned è subito sera.\n")
    assert (note.signatures[0].name, note.data) == ("quasimodo.example/salvatore", QUASIMODO)


def test_the_example_of_a_cosignature_is_read() -> None:
    note = parse_note(SOFA)
    log, witness = note.signatures
    assert note.data == SOFA
    assert (log.name, witness.name) == ("example.com/behind-the-sofa", "witness.example.com/w1")
    assert witness.time_s == 1_679_315_147  # the time line of the same page
    assert (len(log.data), len(witness.data)) == (64, 72)


def test_a_cosignature_signs_what_its_specification_says() -> None:
    """C2SP tlog-cosignature, "Ed25519 signed message": two lines, then the text of the note."""
    key = make_key(key_type=KeyType.COSIGNATURE)
    text = parse_note(SOFA).text
    signature = key.sign(text, time_s=1_679_315_147)
    assert signature.data[:8].hex() == "00000000641850cb"
    message = f"cosignature/v1\ntime 1679315147\n{text}"
    plain = key.as_type(KeyType.NOTE).sign(message)
    assert plain.data == signature.data[8:]
    assert signature.holds(key.verifier, text)


@given(keys, texts, st.integers(0, 2**63 - 1))
def test_what_is_signed_reads_back_and_holds(key: SigningKey, text: str, time_s: int) -> None:
    note = Note(text, (key.sign(text, time_s=time_s),))
    back = parse_note(note.data)
    assert back == note
    found = back.signature_by(parse_verifier_key(str(key.verifier)))
    assert found == note.signatures[0]
    assert key.type is KeyType.NOTE or found.time_s == time_s


@pytest.mark.parametrize("key_type", KeyType)
def test_a_signature_holds_for_its_key_type_text_and_bytes_alone(key_type: KeyType) -> None:
    key = make_key(key_type=key_type)
    signature = key.sign(TEXT, time_s=TIME_S)
    assert signature.holds(key.verifier, TEXT)
    assert not signature.holds(key.verifier, TEXT[:-1])
    assert not signature.holds(key.verifier, TEXT + "\n")
    for other in KeyType:
        if other is not key_type:
            assert not signature.holds(key.verifier.as_type(other), TEXT)
            # Also where somebody gives it the other key's id.
            forged = Signature(key.name, key.verifier.as_type(other).id, signature.data)
            assert not forged.holds(key.verifier.as_type(other), TEXT)
    assert not signature.holds(make_key("log.example/two", key_type).verifier, TEXT)
    for place in range(len(signature.data)):
        changed = bytearray(signature.data)
        changed[place] ^= 1
        assert not Signature(key.name, key.verifier.id, bytes(changed)).holds(key.verifier, TEXT)
    for wrong in (b"", signature.data[:-1], signature.data + b"\0", b"\0" + signature.data):
        assert not Signature(key.name, key.verifier.id, wrong).holds(key.verifier, TEXT)


def test_a_cosignature_of_a_time_beyond_the_limit_does_not_hold() -> None:
    """C2SP tlog-cosignature: a timestamp must not exceed 2^63 - 1."""
    key = make_key(key_type=KeyType.COSIGNATURE)
    assert key.sign(TEXT, time_s=2**63 - 1).holds(key.verifier, TEXT)
    assert not key.sign(TEXT, time_s=2**63).holds(key.verifier, TEXT)


def test_a_signature_with_the_name_or_the_id_of_a_key_alone_is_by_another() -> None:
    key = make_key().verifier
    signature = make_key().sign(TEXT)
    assert signature.is_by(key)
    assert not Signature("other", signature.key_id, signature.data).is_by(key)
    assert not Signature(signature.name, b"abcd", signature.data).is_by(key)
    bad = VerifierKey(key.name, key.type, b"\xff" * 32)
    assert not Signature(bad.name, bad.id, signature.data).holds(bad, TEXT)


def test_the_first_signature_that_holds_is_found_behind_one_that_does_not() -> None:
    key = make_key()
    good = key.sign(TEXT)
    bad = Signature(good.name, good.key_id, bytes(64))
    assert Note(TEXT, (bad, good)).signature_by(key.verifier) is good


@pytest.mark.parametrize(
    "data",
    [
        # The malformed notes of Go's note_test.go.
        TEXT.encode(),
        f"{TEXT}\n".encode(),
        SIGNED[:-1],
        b"\x01" + SIGNED,
        b"\xff" + SIGNED,
        f"{TEXT}\n— Bad Name {PETERS_LINE.split()[2]}".encode(),
        SIGNED + b"Unexpected line.\n",
        f"{TEXT}\n{PETERS_LINE * (MAX_SIGNATURES + 1)}".encode(),
        # And some of ours.
        b"",
        b"\n",
        b"\n\n",
        b"\n\n\n",
        SIGNED + b"\n",
        SIGNED.replace(b"\n", b"\r\n"),
        SIGNED.replace("\u2014".encode(), b"-"),
        SIGNED.replace(b"PeterNeumann ", b"PeterNeumann  "),
        SIGNED.replace(b"PeterNeumann ", b"PeterNeumann\t"),
        SIGNED.replace(b"AM=\n", b"AM\n"),
        SIGNED.replace(b"AM=\n", b"AN=\n"),  # bits that are left over
        f"{TEXT}\n— a AAAAAA==\n".encode(),  # an id, and no signature
        f"{TEXT}\n— a \n".encode(),
        PETERS_LINE.encode(),
        SIGNED.replace(b"PeterNeumann", b"Peter+Neumann"),
        SIGNED.replace(b"PeterNeumann", "Peter\u00a0Neumann".encode()),
        SIGNED.replace(b"\n\n", b"\n"),
        b"a" * MAX_NOTE_BYTES + SIGNED,
    ],
)
def test_other_bytes_are_no_note(data: bytes) -> None:
    with pytest.raises(LogFormatError, match=r"note|signature|key name"):
        parse_note(data)


def test_as_many_signatures_as_allowed_are_read() -> None:
    note = parse_note(f"{TEXT}\n{PETERS_LINE * MAX_SIGNATURES}".encode())
    assert len(note.signatures) == MAX_SIGNATURES
    assert MAX_SIGNATURES >= 16  # C2SP signed-note asks for that many
    with pytest.raises(LogFormatError, match="signatures: expected 1 to"):
        parse_signatures("")


def test_no_flipped_bit_leaves_a_note_that_verifies() -> None:
    key = parse_verifier_key(PETER)
    for place in range(len(SIGNED)):
        for bit in range(8):
            changed = bytearray(SIGNED)
            changed[place] ^= 1 << bit
            try:
                note = parse_note(bytes(changed))
            except LogFormatError:
                continue
            assert note.data == bytes(changed)
            assert note.signature_by(key) is None


@given(st.binary(max_size=120), st.integers(0, len(SIGNED)), st.integers(0, 30))
def test_bytes_put_anywhere_never_make_a_traceback(more: bytes, start: int, gone: int) -> None:
    data = SIGNED[:start] + more + SIGNED[start + gone :]
    try:
        note = parse_note(data)
    except LogFormatError:
        return
    assert note.data == data
    held = note.signature_by(parse_verifier_key(PETER)) is not None
    assert held is (note.text == TEXT and PETERS_LINE.rstrip() in data.decode().split("\n"))


def test_a_line_is_dash_name_and_base64() -> None:
    signature = Signature("a", b"\0\1\2\3", b"data")
    assert signature.line == "\u2014 a AAECA2RhdGE="
    assert parse_signatures(signature.line + "\n") == (signature,)
