"""Keys: published ones, one sign wrong, and names that would break a line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.verify.note_keys import keys
from tests.verify.published import (
    ENOCH,
    ENOCHS_LINE,
    PETER,
    PETERS_SECRET,
    REAL_WITNESSES,
    SIGNED,
    TEXT,
)

from fairplate.verify.errors import LogFormatError
from fairplate.verify.notes import (
    KeyType,
    Note,
    SigningKey,
    make_signing_key,
    parse_note,
    parse_signing_key,
    parse_verifier_key,
)


def test_the_second_key_of_the_example_is_made_to_the_byte() -> None:
    key = make_signing_key("EnochRoot", KeyType.NOTE, bytes)
    assert str(key.verifier) == ENOCH
    both = Note(TEXT, (*parse_note(SIGNED).signatures, key.sign(TEXT)))
    assert both.data == SIGNED + ENOCHS_LINE.encode()
    for spelled in (PETER, ENOCH):
        assert both.signature_by(parse_verifier_key(spelled)) is not None


@given(keys)
def test_keys_read_back(key: SigningKey) -> None:
    assert parse_signing_key(key.spell()) == key
    assert parse_verifier_key(str(key.verifier)) == key.verifier
    other = KeyType.NOTE if key.type is KeyType.COSIGNATURE else KeyType.COSIGNATURE
    assert key.as_type(other).verifier == key.verifier.as_type(other)
    assert key.as_type(other).verifier.id != key.verifier.id


@pytest.mark.parametrize("spelled", [PETER, REAL_WITNESSES[0]])
def test_a_verifier_key_with_one_sign_wrong_or_missing_is_none(spelled: str) -> None:
    for start in range(len(spelled)):
        for sign in chr(ord(spelled[start]) + 1), "", "é", "+", " ":
            if sign != spelled[start]:
                with pytest.raises(LogFormatError, match="key"):
                    parse_verifier_key(spelled[:start] + sign + spelled[start + 1 :])
        for end in range(start, len(spelled)):
            if (start, end) != (0, len(spelled)):
                with pytest.raises(LogFormatError, match="key"):
                    parse_verifier_key(spelled[start:end])


def test_a_signing_key_with_one_sign_wrong_is_none_and_is_never_told() -> None:
    for start in range(len(PETERS_SECRET)):
        for sign in chr(ord(PETERS_SECRET[start]) + 1), "", "é":
            wrong = PETERS_SECRET[:start] + sign + PETERS_SECRET[start + 1 :]
            with pytest.raises(LogFormatError, match="key") as caught:
                parse_signing_key(wrong)
            assert "YEKFALV" not in str(caught.value)
    assert "YEKFALV" not in repr(parse_signing_key(PETERS_SECRET))
    assert repr(parse_signing_key(PETERS_SECRET).secret)[2:-1] not in repr(
        parse_signing_key(PETERS_SECRET)
    )


@pytest.mark.parametrize(
    "spelled",
    [
        # As in Go's note_test.go: another length, another algorithm, each with its right id.
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        # As in the tests of github.com/transparency-dev/formats.
        "bananas.sigstore.dev+12344556",
        "rekor.sigstore.dev+12345678+THIS_IS_NOT_BASE64!",
        "rekor.sigstore.dev+12345678+AwEB",
        "",
        "++",
        PETER.upper(),
        PETER + "\n",
        PETERS_SECRET,
    ],
)
def test_other_texts_are_no_verifier_key(spelled: str) -> None:
    with pytest.raises(LogFormatError, match="key"):
        parse_verifier_key(spelled)


@pytest.mark.parametrize("name", ["", " ", "a b", "a+b", "a\u00a0b", "a\u2003b", "a\n", "a\x7f"])
def test_a_name_that_would_break_a_line_makes_no_key(name: str) -> None:
    with pytest.raises(LogFormatError, match="key name"):
        make_signing_key(name, KeyType.NOTE, bytes)


@given(st.text(max_size=60))
def test_any_text_is_a_key_or_none(text: str) -> None:
    for parse in (parse_verifier_key, parse_signing_key):
        with pytest.raises(LogFormatError):
            parse(text)
