"""The client, against real witness processes: one of them, or many at once."""

import contextlib
import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.audit.canned_witness import answer, serve_canned
from tests.audit.witness_asking import (
    KEY,
    LOG,
    LONG,
    NOTE,
    SIZE,
    ask,
    good_line,
    now,
    prove_in,
    refused,
    unasked,
)
from tests.verify.witness.memory_log import LOG_KEY, STRANGE_KEY, WITNESS_KEY, MemoryLog
from tests.verify.witness.served import WitnessProcess, make_folder, run_witness

from fairplate.audit.witnesses import (
    Witness,
    WitnessError,
    ask_witnesses,
    is_witnessed,
    parse_witness_url,
)
from fairplate.core.errors import InputError, StorageError
from fairplate.verify.errors import LogFormatError
from fairplate.verify.notes import KeyType, Note, SigningKey, parse_verifier_key


@pytest.fixture
def process(tmp_path: Path) -> Iterator[WitnessProcess]:
    with run_witness(make_folder(tmp_path / "witness")) as started:
        yield started


def test_no_tls_where_tls_is_expected(process: WitnessProcess) -> None:
    with pytest.raises(WitnessError, match="cannot be reached over TLS: WRONG_VERSION_NUMBER"):
        ask(process.url.replace("http", "https"), SIZE)


def test_a_real_witness_signs_whatever_size_was_known(process: WitnessProcess) -> None:
    for old, size in ((0, 0), (0, 3), (3, 3), (3, 8), (0, 9), (5, 20), (99, 21), (21, 21)):
        cosigned = ask(process.url, size, old=old)
        assert cosigned.size == size
        assert cosigned.signature.holds(KEY, LOG.note(size).text)
        assert is_witnessed(Note(LOG.note(size).text, (cosigned.signature,)), [KEY], 1)


def test_a_real_witness_refuses_forks_and_trees_rolled_back(process: WitnessProcess) -> None:
    ask(process.url, 8)
    for log, size, old, said in (
        (LOG, 5, 0, "signed 8 entries of this log already (409), the checkpoint has 5"),
        (LOG, 5, 5, "signed 8 entries of this log already (409), the checkpoint has 5"),
        (MemoryLog(3), 8, 8, "signed another checkpoint with 8 entries (409): the log has forked"),
        (MemoryLog(3), 8, 0, "signed another checkpoint with 8 entries (409): the log has forked"),
        (MemoryLog(3), 9, 0, "does not continue the one it signed last (422)"),
        (MemoryLog(key=STRANGE_KEY), 9, 0, "does not trust the log's key (403)"),
        (
            MemoryLog(key=SigningKey("new", KeyType.NOTE, bytes(32))),
            9,
            0,
            "does not know the log, or its address is another (404): this log is not known here",
        ),
    ):
        with pytest.raises(WitnessError) as told:
            ask(process.url, size, old=old, log=log)
        assert said in str(told.value)
        assert not told.value.retryable
    assert ask(process.url, 9).size == 9


def test_a_damaged_witness_says_so(process: WitnessProcess) -> None:
    ask(process.url, 3)
    [latest] = process.errors.with_name("witness").glob("logs/*/latest")
    latest.write_bytes(b"")
    with pytest.raises(
        WitnessError, match=r"refused \(500\): the record of this log is damaged"
    ) as e:
        ask(process.url, 4)
    assert e.value.retryable


def test_two_clients_race_and_the_witness_stays_with_one_history(process: WitnessProcess) -> None:
    got: list[tuple[int | None, int]] = []

    def climb(log: MemoryLog) -> None:
        old = 0
        for size in range(1, 25):
            with contextlib.suppress(WitnessError):
                old = ask(process.url, size, old=old, log=log).size
                got.append((log.parts_at, size))

    threads = [threading.Thread(target=climb, args=(MemoryLog(at),)) for at in (None, None, 4, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({parts_at for parts_at, size in got if size > 4}) == 1
    assert max(size for _, size in got) == 24


@pytest.mark.parametrize(
    ("fault", "retryable"),
    [
        (StorageError("tree", expected="a", found="b", retryable=True), True),
        (StorageError("tree", expected="a", found="b"), False),
        (LogFormatError("tile: expected a, found b"), False),
    ],
)
def test_a_proof_that_cannot_be_made_is_told(fault: Exception, retryable: bool) -> None:  # noqa: FBT001
    def prove(_: int) -> Sequence[bytes]:
        raise fault

    with serve_canned(answer(200, good_line())) as canned:
        error = refused(canned.url, old=3, prove=prove)
    assert f"could not be given a proof: {fault}" in str(error)
    assert error.retryable is retryable


def test_all_are_asked_at_once_and_who_hangs_is_given_up(tmp_path: Path) -> None:
    keys = [SigningKey(f"w{i}", KeyType.COSIGNATURE, bytes([i] * 32)) for i in range(4)]
    with contextlib.ExitStack() as stack:
        process = stack.enter_context(run_witness(make_folder(tmp_path / "w")))
        hung = stack.enter_context(serve_canned(b"", pause_s=0.05, repeat=True))
        wrong = stack.enter_context(serve_canned(answer(404, b"")))
        real = parse_verifier_key(process.key)
        witnesses = [
            Witness(keys[0].verifier, hung.url),
            Witness(real, process.url),
            Witness(keys[1].verifier, wrong.url),
            Witness(real, process.url),  # named twice, asked once or twice, told once
        ]
        known = {str(keys[0].verifier): 2, "gone": 5}
        signatures, errors, sizes = ask_witnesses(
            witnesses,
            LOG.note(SIZE),
            known=known,
            prove=prove_in(LOG, SIZE),
            clock=now,
            timeout=timedelta(seconds=2),
        )
    assert [signature.name for signature in signatures] == [real.name]
    assert [(error.witness, error.retryable) for error in errors] == [("w0", True), ("w1", False)]
    assert sizes == {str(real): SIZE, str(keys[0].verifier): 2, "gone": 5}
    assert known == {str(keys[0].verifier): 2, "gone": 5}


def test_nobody_to_ask() -> None:
    nothing = ask_witnesses([], NOTE, known={}, prove=unasked, clock=now, timeout=LONG)
    assert nothing == ([], [], {})


def test_a_quorum_needs_as_many_different_keys() -> None:
    text = NOTE.text
    other = SigningKey("other", KeyType.COSIGNATURE, bytes(32))
    note = Note(text, (*NOTE.signatures, *(WITNESS_KEY.sign(text, time_s=t) for t in (1, 2))))
    keys = [KEY, other.verifier]
    assert [is_witnessed(note, keys, quorum) for quorum in range(3)] == [False, True, False]
    both = Note(text, (*note.signatures, other.sign(text, time_s=3)))
    assert is_witnessed(both, keys, 2)
    assert not is_witnessed(both, keys[:1], 2)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://w.example", "https://w.example"),
        ("https://w.example/", "https://w.example"),
        ("http://127.0.0.1:8080/a/b//", "http://127.0.0.1:8080/a/b"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("HTTPS://w.example/a%20b", "HTTPS://w.example/a%20b"),
    ],
)
def test_addresses_that_are_taken(text: str, found: str) -> None:
    assert parse_witness_url(text) == found
    assert Witness(KEY, text).url == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "w.example",
        "//w.example",
        "ftp://w.example",
        "file:///etc/passwd",
        "https://",
        "https:///path",
        "https://user:pass@w.example",
        "https://w.example?x",
        "https://w.example#x",
        "https://w.example:99999",
        "https://w.example:0",
        "https://w.example:x",
        "https://[::1",
        "https://w .example",
        "https://w.example/\r\nX: y",
        "https://w\u00f6.example",
        "https://" + "a" * 64 + ".example",
        "https://w..example",
        "https://w.example/" + "a" * 2000,
    ],
)
def test_addresses_that_are_refused_are_not_repeated(text: str) -> None:
    with pytest.raises(InputError) as told:
        parse_witness_url(text)
    assert "pass" not in str(told.value)
    with pytest.raises(InputError):
        Witness(KEY, text)


@given(st.one_of(st.text(), st.text().map("https://w.example".__add__)))
def test_any_address_is_taken_or_refused(text: str) -> None:
    with contextlib.suppress(InputError):
        assert parse_witness_url(parse_witness_url(text)) == parse_witness_url(text)


def test_a_key_for_notes_is_no_witness() -> None:
    with pytest.raises(InputError, match=r"expected a cosignature/v1 key"):
        Witness(LOG_KEY.verifier, "https://w.example")
