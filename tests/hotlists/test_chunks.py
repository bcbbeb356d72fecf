"""Chunks: what goes in comes out, and nothing opens but where it was sealed."""

import os
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairplate.core.errors import StorageError
from fairplate.core.purposes import Purpose
from fairplate.core.vehicles import VehicleType
from fairplate.hotlists.chunks import (
    ENTRIES_IN_CHUNK,
    NO_END,
    NO_KEY,
    TOKEN_BYTES,
    Chunk,
    ListsKey,
    decode_chunk,
    encode_chunk,
    join_marks,
    moment_of,
    pack_entries,
)
from fairplate.hotlists.entries import Entry
from fairplate.hotlists.packing import pack_plate

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEY = ListsKey(bytes(range(32)))
PLACE = "stolen/b-1/0/1"
AAD = b"fairplate/v1/list-chunk\0stolen/b-1/0/1"

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
TIMES = st.none() | st.datetimes(
    datetime(1990, 1, 1),  # noqa: DTZ001 - the zone is drawn too
    datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))]),
)
ENTRIES = st.builds(
    Entry,
    plate=st.sampled_from(["ABC123", "O0O", "A?C1", "Z" * 12, "1"]),
    jurisdiction=st.sampled_from([None, "us-ca", "de"]),
    vehicle=st.sampled_from(VehicleType),
    purpose=st.sampled_from(Purpose),
    reference=TEXTS.filter(bool),
    call=TEXTS,
    valid_from=TIMES,
    valid_until=TIMES,
    make=TEXTS,
    colour=TEXTS,
    source=st.just("stolen"),
    line=st.integers(1, 10**7),
    listed_on=TIMES,
)


def entry_of(plate: str, **others: object) -> Entry:
    values = {"reference": "2026-1", "source": "stolen", "line": 2, **others}
    return Entry(plate, None, VehicleType.CAR, Purpose.STOLEN_VEHICLE, **values)  # type: ignore[arg-type] - any field


def pack(*entries: Entry, end: datetime | None = None) -> list[Chunk]:
    return list(pack_entries(entries, ends=lambda _: end, now=NOON))


def pack_one(*entries: Entry) -> Chunk:
    (chunk,) = pack(*entries)
    return chunk


@settings(max_examples=50, deadline=None)
@given(st.lists(ENTRIES, min_size=1, max_size=8))
def test_entries_come_out_as_they_went_in(entries: list[Entry]) -> None:
    chunk = pack_one(*entries)
    again = decode_chunk(KEY.open(PLACE, KEY.seal(PLACE, encode_chunk(chunk), os.urandom)))
    assert again.entries("stolen") == tuple(entries)
    for name in ("keys", "identities", "contents", "first_seen", "ends"):
        assert getattr(again.marks, name).tolist() == getattr(chunk.marks, name).tolist(), name
    keys = [NO_KEY if "?" in entry.plate else pack_plate(entry.plate) for entry in entries]
    assert again.marks.keys.tolist() == keys


@pytest.mark.parametrize("number", [1, ENTRIES_IN_CHUNK, ENTRIES_IN_CHUNK + 1])
def test_a_chunk_holds_so_many_and_no_more(number: int) -> None:
    chunks = pack(*(entry_of(f"AB{at}") for at in range(number)))
    assert [len(chunk.marks.keys) for chunk in chunks] == (
        [number] if number <= ENTRIES_IN_CHUNK else [ENTRIES_IN_CHUNK, 1]
    )
    assert len(join_marks([chunk.marks for chunk in chunks]).identities) == number
    assert pack() == []


def test_what_identifies_an_entry_and_what_it_says_beside() -> None:
    """A source that sends an entry with another telephone number has changed it, not added one."""
    first = pack_one(entry_of("ABC123")).marks
    for other, same in (
        (entry_of("ABC124"), False),
        (entry_of("ABC123", reference="2026-2"), False),
        (entry_of("ABC123", call="desk"), True),
        (entry_of("ABC123", valid_until=NOON), True),
        (entry_of("ABC123", listed_on=NOON), True),
        (entry_of("ABC123", colour="red"), True),
    ):
        marks = pack_one(other).marks
        assert bool(marks.identities[0] == first.identities[0]) is same, other
        assert marks.contents[0] != first.contents[0] or not same, other
    moved = pack_one(entry_of("ABC123", line=77)).marks  # only where it stands in the file
    assert moved.identities[0] == first.identities[0]
    assert moved.contents[0] == first.contents[0]


def test_cells_are_told_apart_however_they_are_cut() -> None:
    one, other = entry_of("ABC123", make="a", colour="b"), entry_of("ABC123", make="ab")
    assert pack_one(one).marks.contents[0] != pack_one(other).marks.contents[0]


@pytest.mark.parametrize(
    ("end", "mark", "read"),
    [
        (None, NO_END, None),
        (NOON, int(NOON.timestamp()), NOON),
        (NOON + timedelta(seconds=0.9), int(NOON.timestamp()), NOON),
        (datetime(1960, 1, 1, tzinfo=UTC), 0, datetime(1970, 1, 1, tzinfo=UTC)),
        (datetime(9999, 1, 1, tzinfo=UTC), NO_END, None),
    ],
)
def test_ends_are_whole_seconds(end: datetime | None, mark: int, read: datetime | None) -> None:
    (chunk,) = pack(entry_of("ABC123"), end=end)
    assert chunk.marks.ends.tolist() == [mark]
    assert chunk.marks.first_seen.tolist() == [NOON.timestamp()]
    assert moment_of(chunk.marks.ends[0]) == read


def test_no_bit_of_a_chunk_may_be_another() -> None:
    sealed = KEY.seal(PLACE, encode_chunk(pack_one(entry_of("ABC123"))), os.urandom)
    for bit in range(len(sealed) * 8):
        altered = bytearray(sealed)
        altered[bit // 8] ^= 1 << bit % 8
        with pytest.raises(StorageError, match="what this deployment's key sealed"):
            KEY.open(PLACE, bytes(altered))


@pytest.mark.parametrize("length", [0, 1, 11, 12, 27, 28, -1])
def test_a_chunk_that_is_cut_is_refused(length: int) -> None:
    sealed = KEY.seal(PLACE, encode_chunk(pack_one(entry_of("ABC123"))), os.urandom)
    with pytest.raises(StorageError, match="hot lists: expected"):
        KEY.open(PLACE, sealed[:length])


@pytest.mark.parametrize(
    "place",
    ["other/b-1/0/1", "stolen/b-2/0/1", "stolen/b-1/1/1", "stolen/b-1/0/2", "", "stolen/b-1/0"],
)
def test_a_chunk_opens_in_its_place_alone(place: str) -> None:
    sealed = KEY.seal(PLACE, b"entries", os.urandom)
    assert KEY.open(PLACE, sealed) == b"entries"
    with pytest.raises(StorageError):
        KEY.open(place, sealed)


def test_another_key_opens_nothing() -> None:
    sealed = KEY.seal(PLACE, b"entries", os.urandom)
    with pytest.raises(StorageError):
        ListsKey(bytes(32)).open(PLACE, sealed)
    # The log's private parts lie under the same secret, but not under the same key.
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - for this alone
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

    with pytest.raises(InvalidTag):
        AESGCM(KEY.secret).decrypt(sealed[:12], sealed[12:], AAD)


def test_the_bytes_are_those_that_are_documented() -> None:
    """AES-256-GCM under HMAC-SHA256(secret, "fairplate/v1/hot-lists"), put together here anew."""
    import hmac  # noqa: PLC0415 - for this alone

    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

    derived = hmac.digest(bytes(range(32)), b"fairplate/v1/hot-lists", "sha256")
    sealed = bytes(12) + AESGCM(derived).encrypt(bytes(12), b"entries", AAD)
    assert KEY.open(PLACE, sealed) == b"entries"
    assert KEY.seal(PLACE, b"entries", bytes) == sealed


def test_a_token_is_the_same_for_the_same_parts_alone() -> None:
    token = KEY.token("stolen", "ABC123")
    assert token == KEY.token("stolen", "ABC123")
    assert len(token) == TOKEN_BYTES
    others = {
        KEY.token("stolen", "ABC124"), KEY.token("stolenA", "BC123"), KEY.token("stolen,ABC123"),
        ListsKey(bytes(32)).token("stolen", "ABC123"),
    }  # fmt: skip
    assert token not in others
    assert len(others) == 4


def test_nothing_of_a_key_or_a_chunk_is_shown() -> None:
    chunk = pack_one(entry_of("SECRET1"))
    assert "SECRET1" not in f"{KEY!r}{chunk!r}"
    assert repr(KEY) == "ListsKey()"


def test_marks_do_not_keep_the_texts_alive() -> None:
    marks = decode_chunk(encode_chunk(pack_one(entry_of("ABC123")))).marks
    assert all(isinstance(one, np.ndarray) and one.base is None for one in (marks.keys, marks.ends))
