"""One suite for every vendor: the samples beside the repository give exactly the expected reads."""

import contextlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fairplate.ingest.arrival import Arrival, TimeFrom, make_arrivals
from fairplate.ingest.passages import Passages
from fairplate.ingest.understanding import understand
from fairplate.ingest.vendor import (
    Kind,
    LocalTime,
    Payload,
    PayloadError,
    Understood,
    VendorRead,
)
from fairplate.ingest.vendors import VENDORS

SAMPLES = Path(__file__).parents[3] / "shared" / "data" / "payloads"
NOT_A_VENDOR = {"hotlists"}


def _rows() -> list[tuple[str, dict[str, Any]]]:
    return [
        (folder.name, row)
        for folder in sorted(SAMPLES.glob("*/"))
        if folder.name not in NOT_A_VENDOR and (folder / "expected.json").exists()
        for row in json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    ]


ROWS = _rows()
IDS = [f"{vendor}/{row['file']}" for vendor, row in ROWS]
needs_samples = pytest.mark.skipif(not ROWS, reason="the samples of payloads are not here")


def understood(vendor: str, row: dict[str, Any]) -> Understood:
    body = (SAMPLES / vendor / row["file"]).read_bytes()
    payload = Payload(body, row.get("content_type", ""), row.get("topic", ""))
    return understand(vendor, payload)


@needs_samples
def test_every_folder_of_samples_has_its_parser() -> None:
    assert {vendor for vendor, _ in ROWS} <= set(VENDORS)


@needs_samples
@pytest.mark.parametrize(("vendor", "row"), ROWS, ids=IDS)
def test_a_sample_gives_the_expected_reads(vendor: str, row: dict[str, Any]) -> None:
    found = understood(vendor, row)
    assert (found.kind in {Kind.READS, Kind.NO_PLATE}) is row["is_plate_event"]
    assert len(found.reads) == len(row["reads"])
    for read, expected in zip(found.reads, row["reads"], strict=True):
        _compare(read, expected, notes=row.get("notes", ""))


def _compare(read: VendorRead, expected: dict[str, Any], *, notes: str) -> None:
    assert read.plate in {expected["plate"], *expected.get("accept", ())}
    _compare_share(read.confidence, expected["confidence"])
    shares = expected["char_confidences"]
    assert [c.char for c in read.characters] == [c["char"] for c in shares or ()]
    for one, told in zip(read.characters, shares or (), strict=True):
        _compare_share(one.confidence, told["confidence"])
    assert _spelled(read.captured_at) == _cut(expected["captured_at"]), notes
    assert read.camera in {expected["camera"], *expected.get("camera_accept", ())}
    for name in ("direction", "speed", "colour", "make"):
        assert getattr(read, name) == expected[name], name
    for name in ("lane", "model", "plate_colour", "vehicle_type", "region", "event_id"):
        if name in expected:
            assert getattr(read, name) == expected[name], name
    ids = {read.event_id, read.passage.id if read.passage else None}
    assert {expected[name] for name in ("car_id", "group_id", "read_id") if name in expected} <= ids
    assert read.is_retransmission is expected.get("retransmitted", False)
    candidates = expected["candidates"] or []
    assert [one.plate for one in read.candidates] == [one["plate"] for one in candidates]
    for one, told in zip(read.candidates, candidates, strict=True):
        _compare_share(one.confidence, told["confidence"])


def _compare_share(found: float | None, expected: float | None) -> None:
    assert (found is None) == (expected is None)
    assert found is None or found == pytest.approx(expected, abs=0.001)


def _spelled(moment: datetime | LocalTime | None) -> dict[str, str] | None:
    if moment is None:
        return None
    if isinstance(moment, LocalTime):
        return {"local": moment.clock.isoformat(timespec="milliseconds"), "zone": "unknown"}
    in_utc = moment.astimezone(UTC).replace(tzinfo=None)
    return {"utc": in_utc.isoformat(timespec="milliseconds") + "Z"}


def _cut(told: dict[str, str] | None) -> dict[str, str] | None:
    if told is None:
        return None
    return {
        name: datetime.fromisoformat(text.removesuffix("Z")).isoformat(timespec="milliseconds")
        + ("Z" if name == "utc" else "")
        if name != "zone"
        else text
        for name, text in told.items()
    }


def test_times_are_compared_to_the_millisecond() -> None:
    moment = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(microseconds=1999)
    assert _spelled(moment) == _cut({"utc": "2024-01-01T00:00:00.001Z"})
    assert _spelled(moment) != _cut({"utc": "2024-01-01T00:00:00.002Z"})


RECEIVED = datetime(2026, 6, 1, 12, tzinfo=UTC)
PAIRS = [
    (vendor, row, row["file"], read["duplicate_of"])
    for vendor, row in ROWS
    for read in row["reads"]
    if "duplicate_of" in read
]
PASSAGES = [
    (vendor, row, row["file"], read["same_passage_as"])
    for vendor, row in ROWS
    for read in row["reads"]
    if "same_passage_as" in read
]


def _arrivals(vendor: str, file: str) -> list[Arrival]:
    row = next(row for name, row in ROWS if (name, row["file"]) == (vendor, file))
    made = make_arrivals(understood(vendor, row), reader_id="gate", received_at=RECEIVED)
    return [one for one in made if isinstance(one, Arrival)]


@needs_samples
def test_a_sample_that_is_sent_again_has_the_same_id() -> None:
    assert PAIRS
    for vendor, _, file, original in PAIRS:
        (again,), (first,) = _arrivals(vendor, file), _arrivals(vendor, original)
        assert again.read_id == first.read_id
        assert again.is_retransmission


@needs_samples
def test_samples_of_one_passage_become_one_read() -> None:
    for vendor, _, file, original in PASSAGES:
        passages = Passages()
        words = _arrivals(vendor, original) + _arrivals(vendor, file)
        handed = [read for one in words for read in passages.take(one, now=RECEIVED)]
        handed += passages.take_all(now=RECEIVED)
        assert len(handed) == 1


@needs_samples
@pytest.mark.parametrize(("vendor", "row"), ROWS, ids=IDS)
def test_the_intake_can_take_every_sample(vendor: str, row: dict[str, Any]) -> None:
    latin = [read for read in row["reads"] if read["plate"] and read["plate"].isascii()]
    made = _arrivals(vendor, row["file"])
    assert [one.read.plate for one in made] == [read["plate"] for read in latin]
    assert [(one.time_from is TimeFrom.CAMERA) for one in made] == [
        "utc" in (read["captured_at"] or {}) for read in latin
    ]


@needs_samples
@pytest.mark.parametrize(("vendor", "row"), ROWS, ids=IDS)
def test_a_sample_cut_short_is_understood_or_refused(vendor: str, row: dict[str, Any]) -> None:
    body = (SAMPLES / vendor / row["file"]).read_bytes()
    for eighth in range(8):
        cut = Payload(body[: len(body) * eighth // 8], row.get("content_type", ""))
        with contextlib.suppress(PayloadError):
            understand(vendor, cut)
