"""What is sealed of a read comes back as it was, and what is not such a read says nothing."""

import contextlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairplate.core.plates import MAX_PLATE_LENGTH, PLATE_CHARACTERS
from fairplate.core.reads import Box, Character, PlateRead
from fairplate.core.regions import REGIONS
from fairplate.core.vehicles import VehicleType
from fairplate.vault.errors import SealedRowError
from fairplate.vault.payloads import OpenedRead, decode_read, encode_read
from fairplate.vault.seal import BLOCK_BYTES

NOON = datetime(2026, 11, 23, 12, 0, 0, 123_456, tzinfo=UTC)
PLATE = "AB12CDE"
HALF_A_THOUSANDTH = 0.0005 + 1e-9

shares = st.floats(0, 1)
signs = st.sampled_from(PLATE_CHARACTERS)
read_ids = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
moments = st.datetimes(
    datetime(1971, 1, 1),  # noqa: DTZ001 - Hypothesis takes naive bounds and adds the zone
    datetime(9990, 1, 1),  # noqa: DTZ001
    timezones=st.integers(-23, 23).map(lambda hours: timezone(timedelta(hours=hours))),
)


@st.composite
def characters(draw: st.DrawFn) -> Character:
    second = draw(st.none() | signs)
    return Character(draw(signs), draw(shares), second, draw(shares))


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    x1, y1 = draw(st.integers(-9, 9999)), draw(st.integers(-9, 9999))
    return Box(x1, y1, x1 + draw(st.integers(1, 999)), y1 + draw(st.integers(1, 999)))


@st.composite
def reads(draw: st.DrawFn) -> PlateRead:
    spelled = draw(st.lists(characters(), min_size=1, max_size=MAX_PLATE_LENGTH))
    return PlateRead(
        source=draw(st.text(max_size=9)),
        plate="".join(one.char for one in spelled),
        confidence=draw(shares),
        characters=tuple(spelled),
        box=draw(boxes()),
        region=draw(st.none() | st.sampled_from(sorted(REGIONS))),
        vehicle=draw(st.sampled_from(VehicleType)),
        frame=draw(st.integers(0, 10**6)),
        time_s=draw(st.floats(0, 1e6)),
        frames=draw(st.integers(1, 10**6)),
        captured_at=draw(st.none() | moments),
    )


def typical_read() -> PlateRead:
    spelled = tuple(Character(char, 0.987, "Q", 0.011) for char in PLATE)
    return PlateRead(
        "gate-north", PLATE, 0.9234, spelled, Box(1042, 511, 1187, 548), region="gb", frames=12
    )


def fields(**others: object) -> dict[str, Any]:
    """The fields of a typical read, some of them others; None takes one away."""
    written = json.loads(encode_read("cam-1/00817263", "gate-north", NOON, typical_read()))
    changed = {**written, **others}
    return {name: value for name, value in changed.items() if value is not None}


def cut(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@given(read=reads(), read_id=read_ids, captured_at=moments)
def test_a_read_comes_back(read: PlateRead, read_id: str, captured_at: datetime) -> None:
    opened = decode_read(encode_read(read_id, "gate-3", captured_at, read))
    assert opened.read_id == read_id
    assert opened.reader_id == opened.read.source == "gate-3"
    assert opened.captured_at == opened.read.captured_at == cut(captured_at)
    assert opened.read.confidence == pytest.approx(read.confidence, abs=HALF_A_THOUSANDTH)
    for found, given_ in zip(opened.read.characters, read.characters, strict=True):
        assert (found.char, found.second) == (given_.char, given_.second)
        assert found.confidence == pytest.approx(given_.confidence, abs=HALF_A_THOUSANDTH)
        assert found.second_confidence == pytest.approx(
            given_.second_confidence, abs=HALF_A_THOUSANDTH
        )
    for same in ("plate", "box", "region", "vehicle", "frames"):
        assert getattr(opened.read, same) == getattr(read, same)


@given(read=reads(), read_id=read_ids, captured_at=moments)
def test_what_came_back_is_written_as_before(
    read: PlateRead, read_id: str, captured_at: datetime
) -> None:
    payload = encode_read(read_id, "gate-3", captured_at, read)
    opened = decode_read(payload)
    assert encode_read(opened.read_id, opened.reader_id, opened.captured_at, opened.read) == payload


def test_it_is_spelled_as_the_module_says() -> None:
    read = replace(typical_read(), vehicle=VehicleType.TRUCK)
    spelled = (read.characters[0], *(Character(char, 1.0) for char in PLATE[1:]))
    payload = encode_read("17", "gate-north", NOON, replace(read, characters=spelled))
    assert payload.decode() == (
        '{"v":1,"id":"17","r":"gate-north","t":"2026-11-23T12:00:00.123Z","p":"AB12CDE","q":923,'
        '"c":[987,1000,1000,1000,1000,1000,1000],"s":"Q......","d":[11,0,0,0,0,0,0],'
        '"b":[1042,511,1187,548],"n":12,"g":"gb","k":"truck"}'
    )


def test_what_is_unknown_is_left_out() -> None:
    payload = encode_read("17", "gate-north", NOON, replace(typical_read(), region=None))
    assert not {"g", "k"} & json.loads(payload).keys()


def test_where_it_came_from_inside_its_source_is_not_kept() -> None:
    read = replace(typical_read(), source="/videos/walk.mp4", frame=771, time_s=30.84)
    payload = encode_read("17", "gate-north", NOON, read)
    assert not any(told in payload for told in (b"walk", b"771", b"30.84"))


def test_a_typical_read_fits_one_block() -> None:
    read_id = "5f0c9a52-6a5b-4a0e-9d62-0f3f3a7d9a11"
    payload = encode_read(read_id, "gate-north", NOON, typical_read())
    assert len(payload) <= BLOCK_BYTES - 1  # a byte of padding is always there


def test_a_read_of_later_fields_still_opens() -> None:
    opened = decode_read(json.dumps(fields(z="added later")).encode())
    assert opened.read.plate == PLATE


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff\xfe",
        b"{",
        b"null",
        b"17",
        b'"v"',
        b"[]",
        b"{}",
        b"[" * 100_000,
        json.dumps(fields())[:-9].encode(),
    ],
    ids=lambda payload: payload[:9],
)
def test_what_is_no_read_is_refused(payload: bytes) -> None:
    refuse(payload)


@pytest.mark.parametrize("name", ["v", "id", "r", "t", "p", "q", "c", "s", "d", "b", "n"])
def test_a_missing_field_is_refused(name: str) -> None:
    refuse(json.dumps(fields(**{name: None})).encode())


@pytest.mark.parametrize(
    "others",
    [
        {"v": 2},
        {"v": "1"},
        {"v": True},
        {"id": 17},
        {"r": 17},
        {"r": ["gate-north"]},
        {"t": "2026-11-23T12:00:00"},
        {"t": "noon"},
        {"t": 1},
        {"p": "AB12CD"},
        {"p": "AB 12CDE"},
        {"p": list(PLATE)},
        {"p": 12},
        {"q": 1001},
        {"q": -1},
        {"q": "923"},
        {"q": 10**400},
        {"q": float("nan")},
        {"c": [987] * 6},
        {"c": ["987"] * 7},
        {"s": "......"},
        {"s": "------?"},
        {"d": [11] * 8},
        {"b": [1042, 511, 1187]},
        {"b": [1042, 511, 1042, 548]},
        {"b": ["1", "2", "3", "4"]},
        {"b": [0.5, 0.5, 2.5, 2.5]},
        {"n": 0},
        {"n": "12"},
        {"n": 1.5},
        {"g": 17},
        {"k": "spaceship"},
        {"k": ["car"]},
    ],
    ids=str,
)
def test_another_value_is_refused(others: dict[str, object]) -> None:
    refuse(json.dumps(fields(**others)).encode())


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=9,
)


@given(name=st.sampled_from(sorted(fields())), value=json_values)
def test_any_other_value_is_a_read_or_refused(name: str, value: object) -> None:
    payload = json.dumps({**fields(), name: value}).encode()
    with contextlib.suppress(SealedRowError):
        assert isinstance(decode_read(payload), OpenedRead)


@given(payload=st.binary(max_size=99))
def test_any_bytes_are_refused(payload: bytes) -> None:
    refuse(payload)


def test_a_shown_read_says_nothing_of_its_car() -> None:
    opened = decode_read(json.dumps(fields(id=f"cam-{PLATE}")).encode())
    assert isinstance(opened, OpenedRead)
    assert PLATE not in repr(opened)


def refuse(payload: bytes) -> None:
    with pytest.raises(SealedRowError) as caught:
        decode_read(payload)
    assert str(caught.value) == "sealed read: expected the fields of version 1, found others"
    # Not even in a traceback that shows causes.
    assert caught.value.__suppress_context__
