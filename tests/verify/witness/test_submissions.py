import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.verify.witness.memory_log import LOG_KEY, WITNESS_KEY, MemoryLog

from fairplate.verify.errors import LogFormatError
from fairplate.verify.witness.submissions import Submission, parse_submission

# The example of tlog-witness, word for word.
EXAMPLE = """old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

\u2014 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
\u2014 example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
""".encode()  # noqa: E501 - as it is published
GOOD = MemoryLog().submit(3, 7).data


def test_the_published_example_is_read_and_written_as_it_is() -> None:
    found = parse_submission(EXAMPLE)
    assert (found.old, len(found.proof), found.checkpoint.size) == (20852014, 4, 20852163)
    assert found.checkpoint.origin == "example.com/behind-the-sofa"
    assert found.data == EXAMPLE


def test_the_documented_bytes() -> None:
    note = MemoryLog().note(2)
    assert Submission(0, (), note).data == b"old 0\n\n" + note.data
    proof = (bytes(32),)
    assert Submission(1, proof, note).data == b"old 1\n" + b"A" * 43 + b"=\n\n" + note.data


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 63))
def test_what_is_written_is_read(old: int, size: int, hashes: int) -> None:
    note = MemoryLog().note(size, (LOG_KEY, WITNESS_KEY))
    submission = Submission(old, tuple(bytes([i] * 32) for i in range(hashes)), note)
    assert parse_submission(submission.data) == submission


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"\n",
        b"\n\n",
        b"old 0",
        b"old 0\n\n",
        GOOD.replace(b"old 3", b"old 03"),
        GOOD.replace(b"old 3", b"old -3"),
        GOOD.replace(b"old 3", b"old  3"),
        GOOD.replace(b"old 3", b"old 3 "),
        GOOD.replace(b"old 3", b"Old 3"),
        GOOD.replace(b"old 3", b"old \xd9\xa3"),  # a digit three, but not ASCII's
        GOOD.replace(b"old 3", b"old 9223372036854775808"),
        GOOD.replace(b"old 3", b"old " + b"9" * 5000),
        GOOD.replace(b"old 3\n", b""),
        GOOD.replace(b"\n", b"\r\n"),
        GOOD.replace(b"=\n", b"\n", 1),
        GOOD.replace(b"=\n", b"=\nAAAA\n", 1),
        GOOD.replace(b"old 3\n", b"old 3\n\n"),
        GOOD.replace(b"old 3\n", b"old 3\n" + (b"A" * 43 + b"=\n") * 60),
        GOOD[:-1],
        GOOD + b"\n",
        GOOD.replace(b"\n7\n", b"\n07\n"),
        GOOD.replace(b"\n7\n", b"\n"),
        GOOD.replace(b"city", b"ci\x00ty"),
        GOOD.replace(b"city", b"ci\xffty"),
    ],
)
def test_what_is_no_submission_is_refused(bad: bytes) -> None:
    assert bad != GOOD
    with pytest.raises(LogFormatError):
        parse_submission(bad)


def test_63_hashes_are_the_most() -> None:
    note = MemoryLog().note(1)
    assert parse_submission(Submission(0, (bytes(32),) * 63, note).data)
    with pytest.raises(LogFormatError, match="at most 63 hashes, found 64"):
        parse_submission(Submission(0, (bytes(32),) * 64, note).data)


@given(st.one_of(st.binary(), st.text().map(str.encode), st.binary().map(b"old 1\n\n".__add__)))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(LogFormatError):
        assert parse_submission(data).data == data


@given(st.integers(0, len(GOOD) - 1), st.binary(max_size=3), st.integers(0, 3))
def test_a_changed_one_is_read_as_it_stands_or_refused(at: int, new: bytes, cut: int) -> None:
    data = GOOD[:at] + new + GOOD[at + cut :]
    with contextlib.suppress(LogFormatError):
        assert parse_submission(data).data == data
