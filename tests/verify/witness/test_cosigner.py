"""The record and what is signed after it: faults of clock, disk and files."""

import shutil
import subprocess
from pathlib import Path

import pytest
from tests.storage.conftest import mount_small
from tests.verify.witness.memory_log import (
    LOG_KEY,
    NOW_S,
    ORIGIN,
    STRANGE_KEY,
    WITNESS_KEY,
    MemoryLog,
)
from tests.verify.witness.served import make_folder

from fairplate.verify.notes import Note, SigningKey, parse_note, parse_signatures
from fairplate.verify.witness.answers import Answer
from fairplate.verify.witness.cosigner import CLOCK_SLACK_S, Cosigner
from fairplate.verify.witness.records import find_log, has_fork, read_latest

DAY_S = 86_400
LOG = MemoryLog()


class Bench:
    """A witness in this process, whose clock can be set."""

    def __init__(self, folder: Path) -> None:
        self.folder = make_folder(folder)
        self.now_s = NOW_S
        self.cosigner = Cosigner(self.folder, WITNESS_KEY, lambda: self.now_s)

    def submit(self, old: int, size: int, log: MemoryLog = LOG) -> Answer:
        return self.cosigner.add_checkpoint(log.submit(old, size).data)

    def time_signed(self, old: int, size: int) -> int:
        answer = self.submit(old, size)
        assert answer.status == 200, answer
        signature = parse_signatures(answer.body.decode())[0]
        assert signature.holds(WITNESS_KEY.verifier, LOG.note(size).text)
        return signature.time_s

    @property
    def place(self) -> Path:
        log = find_log(self.folder, ORIGIN)
        assert log is not None
        return log.folder

    def signed_size(self) -> int:
        log = find_log(self.folder, ORIGIN)
        assert log is not None
        return read_latest(log, WITNESS_KEY.verifier)[0].size


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "witness")


def test_a_log_grows_and_the_record_with_it(bench: Bench) -> None:
    for old, size in ((0, 0), (0, 1), (1, 5), (5, 5), (5, 12)):
        assert bench.time_signed(old, size) == NOW_S
        assert bench.signed_size() == size


def test_the_record_is_the_note_with_both_signatures(bench: Bench) -> None:
    text = LOG.note(4).text
    stranger = STRANGE_KEY.sign(text)
    submission = LOG.submit(0, 4)
    noted = Note(text, (stranger, *submission.note.signatures))
    body = submission.data.replace(submission.note.data, noted.data)
    assert bench.cosigner.add_checkpoint(body).status == 200
    kept = parse_note((bench.place / "latest").read_bytes())
    assert [signature.name for signature in kept.signatures] == [ORIGIN, WITNESS_KEY.name]


def test_the_time_never_goes_back(bench: Bench) -> None:
    bench.time_signed(0, 3)
    bench.now_s = NOW_S - CLOCK_SLACK_S
    assert bench.time_signed(3, 4) == NOW_S
    bench.now_s = NOW_S - CLOCK_SLACK_S - 1
    answer = bench.submit(4, 5)
    assert (answer.status, answer.body) == (500, b"the witness's clock is wrong\n")
    assert bench.signed_size() == 4
    bench.now_s = NOW_S + 7
    assert bench.time_signed(4, 5) == NOW_S + 7


def test_every_changed_byte_of_the_record_stops_the_signing(bench: Bench) -> None:
    bench.time_signed(0, 3)
    path = bench.place / "latest"
    good = path.read_bytes()
    for at in range(len(good)):
        path.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        answer = bench.submit(3, 4)
        assert answer.status == 500
        assert b"damaged" in answer.body
    path.write_bytes(good)
    assert bench.time_signed(3, 4) == NOW_S


@pytest.mark.parametrize("content", [None, b"", b"nothing signed yet", b"x" * (1 << 18)])
def test_a_missing_or_foreign_record_is_never_taken_for_empty(
    bench: Bench, content: bytes | None
) -> None:
    bench.time_signed(0, 3)
    path = bench.place / "latest"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    for old, size in ((0, 3), (0, 0), (3, 4)):
        answer = bench.submit(old, size)
        assert answer.status == 500
        assert "latest" in answer.told
        assert str(bench.folder) not in answer.body.decode()


def test_the_record_of_another_log_or_witness_is_damage(bench: Bench, tmp_path: Path) -> None:
    bench.time_signed(0, 3)
    path = bench.place / "latest"
    text = MemoryLog(key=SigningKey("other", LOG_KEY.type, LOG_KEY.secret)).note(2).text
    others = (
        Note(text, (LOG_KEY.sign(text), WITNESS_KEY.sign(text, time_s=NOW_S))),
        LOG.note(3),
        LOG.note(3, (WITNESS_KEY,)),
        LOG.note(3, (LOG_KEY, SigningKey(WITNESS_KEY.name, WITNESS_KEY.type, bytes(32)))),
    )
    for other in others:
        path.write_bytes(other.data)
        assert bench.submit(3, 4).status == 500
    path.write_bytes(LOG.note(3, (LOG_KEY, WITNESS_KEY)).data)
    assert bench.time_signed(3, 4) == NOW_S
    link = tmp_path / "elsewhere"
    path.rename(link)
    path.symlink_to(link)
    assert bench.submit(4, 5).status == 500


def test_a_damaged_log_key_stops_the_signing(bench: Bench) -> None:
    bench.time_signed(0, 3)
    path = bench.place / "key"
    for content in (b"", b"x+00+AA==\n", f"{STRANGE_KEY.as_type(WITNESS_KEY.type)}".encode()):
        path.write_bytes(content)
        assert bench.submit(3, 4).status == 500
    path.unlink()
    assert bench.submit(3, 4).status == 500


def test_a_full_disk_signs_nothing_and_loses_nothing(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount_small(disk, 256 << 10)
    try:
        bench = Bench(disk / "witness")
        bench.time_signed(0, 3)
        with pytest.raises(OSError, match="No space"):
            (disk / "filler").write_bytes(bytes(1 << 20))
        answer = bench.submit(3, 4)
        assert (answer.status, answer.body) == (500, b"the record of this log cannot be kept\n")
        assert bench.signed_size() == 3
        (disk / "filler").unlink()
        assert bench.time_signed(3, 4) == NOW_S
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_fork_is_kept_as_evidence_once(bench: Bench) -> None:
    bench.time_signed(0, 6)
    log = find_log(bench.folder, ORIGIN)
    assert log is not None
    assert bench.submit(6, 7, MemoryLog(parts_at=2)).status == 422
    assert not has_fork(log)
    for parts_at, old in ((2, 6), (3, 0)):
        answer = bench.submit(old, 6, MemoryLog(parts_at))
        assert (answer.status, answer.body) == (409, b"6\n")
        assert "ANOTHER ROOT" in answer.told or old != 6
    evidence = parse_note((bench.place / "fork").read_bytes())
    assert evidence == MemoryLog(parts_at=2).note(6)
    assert evidence.signature_by(LOG_KEY.verifier)
    assert bench.time_signed(6, 7) == NOW_S


def test_the_first_of_each_month_is_kept(bench: Bench) -> None:
    for day in range(0, 90, 6):
        bench.now_s = NOW_S + day * DAY_S
        bench.time_signed(day, day + 6)
    firsts = {}
    for month in ("2026-10", "2026-11", "2026-12", "2027-01", "2027-02", "2027-03"):
        answer = bench.cosigner.first_of_month(month, ORIGIN)
        if answer.status == 200:
            note = parse_note(answer.body)
            assert note.signature_by(LOG_KEY.verifier)
            assert note.signature_by(WITNESS_KEY.verifier)
            firsts[month] = int(note.text.split("\n")[1])
    # It begins on the 18th of November at 11:06:40.
    assert firsts == {"2026-11": 6, "2026-12": 24, "2027-01": 54, "2027-02": 84}


@pytest.mark.parametrize(
    "month", ["2026-13", "2026-00", "2026-1", "../key", "", "2026-11/..", "٢٠٢٦-11"]
)
def test_what_is_no_month_finds_nothing(bench: Bench, month: str) -> None:
    bench.time_signed(0, 3)
    assert bench.cosigner.first_of_month("2026-11", ORIGIN).status == 200
    assert bench.cosigner.first_of_month(month, ORIGIN).status == 404
    assert bench.cosigner.first_of_month("2026-11", "other").status == 404
    (bench.place / "first/2026-11").write_bytes(b"damaged")
    assert bench.cosigner.first_of_month("2026-11", ORIGIN).status == 500


def test_a_crash_before_the_first_was_kept_is_made_good(bench: Bench) -> None:
    bench.time_signed(0, 3)
    shutil.rmtree(bench.place / "first")
    (bench.place / "first").mkdir()
    bench.now_s += 40 * DAY_S
    bench.time_signed(3, 4)
    for month, size in (("2026-11", 3), ("2026-12", 4)):
        note = parse_note(bench.cosigner.first_of_month(month, ORIGIN).body)
        assert note.text == LOG.note(size).text
