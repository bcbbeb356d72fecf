"""The text of a checkpoint: the specification's example, and what is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairplate.verify.checkpoints import Checkpoint, parse_checkpoint
from fairplate.verify.errors import LogFormatError, decode_base64, parse_decimal
from fairplate.verify.tree import EMPTY_ROOT

# The example of C2SP tlog-checkpoint.
SOFA = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
ROOT = "0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62"
lines = st.text(st.characters(codec="utf-8", exclude_characters="\n"), min_size=1, max_size=30)


def test_the_example_of_the_specification() -> None:
    checkpoint = parse_checkpoint(SOFA)
    assert checkpoint == Checkpoint(
        "example.com/behind-the-sofa", 20_852_163, bytes.fromhex(ROOT), ()
    )
    assert checkpoint.text == SOFA


def test_extension_lines_are_kept() -> None:
    checkpoint = parse_checkpoint(f"{SOFA}one\ntwo 2\n")
    assert checkpoint.extensions == ("one", "two 2")
    assert checkpoint.text == f"{SOFA}one\ntwo 2\n"


def test_the_empty_log() -> None:
    empty = Checkpoint("log", 0, EMPTY_ROOT)
    assert empty.text == "log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
    assert parse_checkpoint(empty.text) == empty


@given(
    lines,
    st.integers(0, 2**63 - 1),
    st.binary(min_size=32, max_size=32),
    st.lists(lines, max_size=3),
)
def test_a_checkpoint_reads_back(origin: str, size: int, root: bytes, more: list[str]) -> None:
    checkpoint = Checkpoint(origin, size, root, tuple(more))
    assert parse_checkpoint(checkpoint.text) == checkpoint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        SOFA[:-1],
        SOFA + "\n",
        "\n" + SOFA,
        SOFA + "one",
        SOFA + "\none\n",
        SOFA.replace("\n2", "\n\n2"),
        "example.com/behind-the-sofa\n20852163\n",
        *(
            SOFA.replace("20852163", size)
            for size in (
                "020852163", "-1", "+1", " 1", "1 ", "1.0", "0x1", "1e3", "1_000", "00", "",
                str(2**63), "9" * 40, "9" * 100_000, "\u0661", "\u00b2",
            )
        ),
        SOFA.replace("=", ""),
        SOFA.replace("I=", "J="),  # bits that are left over
        SOFA.replace("=", "=="),
        SOFA.replace("/", "_"),
        SOFA.replace("CsUY", ""),
        SOFA.replace("CsUY", "CsUYCsUY"),
        SOFA.replace("CsUY", "CsU\u0178"),
    ],
)  # fmt: skip
def test_other_texts_are_no_checkpoint(text: str) -> None:
    with pytest.raises(LogFormatError, match="checkpoint: "):
        parse_checkpoint(text)


@given(st.text(max_size=20), st.integers(0, len(SOFA)), st.integers(0, 10))
def test_a_changed_text_is_refused_or_read_as_what_it_says(
    more: str, start: int, gone: int
) -> None:
    text = SOFA[:start] + more + SOFA[start + gone :]
    try:
        checkpoint = parse_checkpoint(text)
    except LogFormatError:
        return
    assert checkpoint.text == text


@pytest.mark.parametrize("number", [0, 1, 9, 10, 255, 2**63 - 1])
def test_a_number_has_one_spelling(number: int) -> None:
    assert parse_decimal(str(number), "it") == number
    for wrong in (f"0{number}", f"{number} ", f"+{number}", f"-{number}", f"{number}.", "\u0660"):
        with pytest.raises(LogFormatError, match="it: expected a number from 0"):
            parse_decimal(wrong, "it")


def test_a_number_has_its_limit() -> None:
    assert parse_decimal("255", "it", most=255) == 255
    for wrong in ("256", "999", "1000"):
        with pytest.raises(LogFormatError, match="it: expected a number from 0 to 255"):
            parse_decimal(wrong, "it", most=255)


@given(st.text(max_size=12))
def test_base64_has_one_spelling(text: str) -> None:
    try:
        data = decode_base64(text, "it")
    except LogFormatError:
        return
    assert decode_base64(text, "it", len(data)) == data
    with pytest.raises(LogFormatError, match=f"it: expected {len(data) + 1} bytes"):
        decode_base64(text, "it", len(data) + 1)
