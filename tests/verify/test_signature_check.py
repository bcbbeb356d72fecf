from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.verify.log_folders import TIME_S, make_key, make_witness, sign_text
from tests.verify.planted import (
    KEY,
    NOW,
    OTHER_WITNESS,
    STRANGER,
    WITNESS,
    WITNESSED,
    PlantedLog,
    faults,
    notices,
    plant,
    sound_entries,
)

from fairplate.verify.notes import KeyType, Note, Signature, SigningKey, parse_note

SELF = SigningKey("another.example.org", KeyType.COSIGNATURE, KEY.secret)


def edit(log: PlantedLog, change: Callable[[Note], Note], name: str = "checkpoint") -> None:
    log.rewrite(name, lambda data: change(parse_note(data)).data)


def without(key: SigningKey) -> Callable[[Note], Note]:
    return lambda note: replace(
        note,
        signatures=tuple(one for one in note.signatures if not one.is_by(key.verifier)),
    )


def with_line(key: SigningKey, time_s: int = TIME_S) -> Callable[[Note], Note]:
    return lambda note: replace(
        note, signatures=(*note.signatures, key.sign(note.text, time_s=time_s))
    )


def spoil(key: SigningKey) -> Callable[[Note], Note]:
    """Return what puts another signature in the place of the one by `key`."""

    def forge(one: Signature) -> Signature:
        forged = replace(one, data=one.data[:-64] + bytes(64))
        return forged if one.is_by(key.verifier) else one

    return lambda note: replace(note, signatures=tuple(map(forge, note.signatures)))


def sign_other(log: PlantedLog, key: SigningKey) -> None:
    log.sign(sound_entries(), key)


def extend_text(log: PlantedLog) -> None:
    text = parse_note(log.path("checkpoint").read_bytes()).text + "more\n"
    log.path("checkpoint").write_bytes(sign_text(text, KEY, TIME_S, [WITNESS]).data)


TIMING = KEY.as_type(KeyType.COSIGNATURE)
STRANGE_KEY = {"unknown-signer", "not-signed", "no-time"}


@dataclass(frozen=True)
class Forgery:
    name: str
    do: Callable[[PlantedLog], object]
    codes: set[str]


FORGERIES = [
    Forgery(
        "another log's",
        lambda log: sign_other(log, make_key("x.org", seed=9)),
        {"other-log", *STRANGE_KEY},
    ),
    Forgery(
        "another key under the name", lambda log: sign_other(log, make_key(seed=9)), STRANGE_KEY
    ),
    Forgery(
        "log's name changed",
        lambda log: log.rewrite("checkpoint", lambda d: d.replace(b"city\n", b"town\n", 1)),
        {"other-log", "signature-wrong"},
    ),
    Forgery(
        "size changed",
        lambda log: log.rewrite("checkpoint", lambda d: d.replace(b"\n700\n", b"\n699\n", 1)),
        {"signature-wrong", "missing"},
    ),
    Forgery("log's line spoilt", lambda log: edit(log, spoil(KEY)), {"signature-wrong"}),
    Forgery("time line spoilt", lambda log: edit(log, spoil(TIMING)), {"signature-wrong"}),
    Forgery("cosignature forged", lambda log: edit(log, spoil(WITNESS)), {"signature-wrong"}),
    Forgery("log's line gone", lambda log: edit(log, without(KEY)), {"not-signed"}),
    Forgery("time line gone", lambda log: edit(log, without(TIMING)), {"no-time"}),
    Forgery(
        "line twice", lambda log: edit(log, with_line(WITNESS, TIME_S + 1)), {"signature-doubled"}
    ),
    Forgery("log's line twice", lambda log: edit(log, with_line(KEY)), {"signature-doubled"}),
    Forgery(
        "two times", lambda log: edit(log, with_line(TIMING, TIME_S + 1)), {"signature-doubled"}
    ),
    Forgery("line of a stranger", lambda log: edit(log, with_line(STRANGER)), {"unknown-signer"}),
    Forgery(
        "year 10000",
        lambda log: edit(edit_time(log), with_line(TIMING, 1 << 40)),
        {"time-impossible"},
    ),
    Forgery(
        "largest time",
        lambda log: edit(edit_time(log), with_line(TIMING, (1 << 63) - 1)),
        {"time-impossible"},
    ),
    Forgery("line more in the text", extend_text, {"extension-lines"}),
    Forgery(
        "no note",
        lambda log: log.rewrite("checkpoint", lambda _: b"\xff\x00"),
        {"checkpoint-broken"},
    ),
    Forgery(
        "no checkpoint",
        lambda log: log.path("checkpoint").write_bytes(sign_text("a\n", KEY).data),
        {"checkpoint-broken"},
    ),
    Forgery(
        "size with a zero",
        lambda log: log.path("checkpoint").write_bytes(
            sign_text(f"{KEY.name}\n0700\n{'A' * 43}=\n", KEY).data
        ),
        {"checkpoint-broken"},
    ),
]


def edit_time(log: PlantedLog) -> PlantedLog:
    edit(log, without(TIMING))
    return log


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda one: one.name)
def test_a_forged_checkpoint_is_named(forgery: Forgery, tmp_path: Path) -> None:
    log = plant(tmp_path)
    forgery.do(log)
    report = log.check()
    assert {code for code, _ in faults(report)} == forgery.codes
    assert not report.well


def test_a_log_that_witnesses_itself_is_named(tmp_path: Path) -> None:
    log = plant(tmp_path)
    edit(log, with_line(SELF))
    assert faults(log.check(witnesses=[SELF])) >= {("self-witnessed", "checkpoint")}


def test_a_time_that_does_not_hold_is_not_told(tmp_path: Path) -> None:
    log = plant(tmp_path)
    edit(log, spoil(TIMING))
    assert log.check().time is None


@pytest.mark.parametrize(
    ("trusted", "quorum", "enough"),
    [
        ((WITNESS,), 0, True),
        ((WITNESS, OTHER_WITNESS), 0, False),
        ((WITNESS, OTHER_WITNESS), 1, True),
        ((WITNESS, OTHER_WITNESS), 2, False),
        ((OTHER_WITNESS,), 1, False),
    ],
)
def test_so_many_witnesses_must_have_signed(
    trusted: tuple[SigningKey, ...], quorum: int, tmp_path: Path, *, enough: bool
) -> None:
    report = plant(tmp_path).check(witnesses=trusted, quorum=quorum)
    assert faults(report) == (set() if enough else {("too-few-witnesses", "checkpoint")})


def test_a_witness_under_two_names_counts_once(tmp_path: Path) -> None:
    again = SigningKey("alias.example.org", KeyType.COSIGNATURE, WITNESS.secret)
    log = plant(tmp_path)
    edit(log, with_line(again))
    report = log.check(witnesses=[WITNESS, again])
    assert faults(report) == {("too-few-witnesses", "checkpoint")}


def test_a_witness_that_is_trusted_need_not_be_on_record(tmp_path: Path) -> None:
    log = plant(tmp_path)
    edit(log, with_line(STRANGER))
    report = log.check(witnesses=[STRANGER])
    assert report.well
    assert notices(report) == {("month-untrusted", "witnessed/2026-01")}
    assert [one.key for one in report.cosigners] == [WITNESS.verifier, STRANGER.verifier]


def test_a_log_whose_witnesses_are_away_is_told_of(tmp_path: Path) -> None:
    log = plant(tmp_path)
    log.sign(sound_entries(), witnesses=[])
    report = log.check()
    assert report.well
    assert notices(report) == {("below-quorum", "checkpoint")}


def test_a_checkpoint_from_the_future_is_told_of(tmp_path: Path) -> None:
    log = plant(tmp_path)
    made = NOW - timedelta(hours=1)
    assert log.check(now=made - timedelta(minutes=5)).findings == ()
    report = log.check(now=made - timedelta(minutes=5, seconds=1))
    assert report.well
    assert notices(report) == {("time-ahead", "checkpoint")}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (spoil(KEY), "signature-wrong"),
        (without(KEY), "not-signed"),
        (without(TIMING), "no-time"),
        (without(WITNESS), "too-few-witnesses"),
        (with_line(STRANGER), "unknown-signer"),
        (with_line(make_witness("w.org", 8)), "unknown-signer"),
    ],
)
def test_a_witnessed_checkpoint_is_checked_as_well(
    change: Callable[[Note], Note], code: str, tmp_path: Path
) -> None:
    log = plant(tmp_path)
    edit(log, change, WITNESSED)
    assert faults(log.check()) == {(code, WITNESSED)}
