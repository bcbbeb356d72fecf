"""What is stored of an event's private part: its bytes, and who can open it."""

import hashlib
import os

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st
from tests.audit.log_worlds import LogWorld
from tests.worlds import NOON

from fairplate.audit.event_types import EventType
from fairplate.audit.events import Event, commitment_opens, make_event
from fairplate.audit.private_parts import KEY_BYTES, PrivatePartsKey
from fairplate.core.errors import InputError

PLATE = "QZX8174"
KEY = PrivatePartsKey(bytes(range(KEY_BYTES)))


def told_plate(*plates: str, salt: bytes = bytes(32)) -> Event:
    return make_event(
        EventType.CASE_SEARCHED,
        at=NOON,
        actor="officer-1",
        public={
            "case": "theft-17",
            "purpose": "stolen-vehicle",
            "plates": len(plates),
            "readers": 1,
            "found": 0,
        },
        private={"plates": list(plates), "readers": ["gate-1"]},
        salt=salt,
    )


def test_the_bytes_are_as_the_page_says() -> None:
    event = told_plate(PLATE, salt=b"s" * 32)
    stored = KEY.seal(event, lambda number: b"n" * number)
    plain = len(event.private).to_bytes(4, "big") + event.salt + event.private
    bound_to = b"fairplate/v1/event-private\0" + hashlib.sha256(event.body).digest()
    padded = plain.ljust(256, b"\0")
    assert stored == b"n" * 12 + AESGCM(KEY.secret).encrypt(b"n" * 12, padded, bound_to)
    assert PLATE.encode() not in stored


@pytest.mark.parametrize("length", [0, 1, 100, 219, 220, 221, 475, 476, 477, 1000])
def test_lengths_tell_little(length: int) -> None:
    event = Event(b"body", bytes(32), bytes(length))
    stored = KEY.seal(event, os.urandom)
    padded = len(stored) - 12 - 16
    assert padded % 256 == 0
    assert 0 <= padded - (4 + 32 + length) < 256
    assert KEY.open(b"body", stored) == event


@given(st.binary(max_size=700), st.binary(min_size=32, max_size=32), st.binary(max_size=90))
def test_what_was_sealed_opens(private: bytes, salt: bytes, body: bytes) -> None:
    event = Event(body, salt, private)
    assert KEY.open(body, KEY.seal(event, os.urandom)) == event


def test_it_opens_for_nobody_else() -> None:
    event, other = told_plate(PLATE), told_plate("ABC123")
    stored = KEY.seal(event, os.urandom)
    for key, body in [(KEY, other.body), (PrivatePartsKey(b"k" * 32), event.body)]:
        with pytest.raises(
            InputError, match=r"^event 7: private part: .* sealed with this"
        ) as told:
            key.open(body, stored, where="event 7")
        assert PLATE not in str(told.value)


def test_every_changed_or_missing_byte_is_refused() -> None:
    event = told_plate(PLATE)
    stored = KEY.seal(event, os.urandom)
    changed = [
        *(stored[:at] + bytes([stored[at] ^ 1]) + stored[at + 1 :] for at in range(len(stored))),
        *(stored[:end] for end in range(0, len(stored), 7)),
        stored + b"\0",
    ]
    for each in changed:
        with pytest.raises(InputError, match="private part"):
            KEY.open(event.body, each)


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_key_of_another_length_is_none(length: int) -> None:
    with pytest.raises(InputError, match="expected 32 bytes"):
        PrivatePartsKey(bytes(length))


def test_the_secret_stands_in_no_repr() -> None:
    assert repr(KEY) == "PrivatePartsKey()"


def test_no_plate_stands_in_the_database(world: LogWorld) -> None:
    event = {
        "case": "theft-17",
        "purpose": "stolen-vehicle",
        "plates": 1,
        "readers": 1,
        "found": 0,
    }
    with world.database.transaction() as connection:
        world.recorder().record(
            connection,
            EventType.CASE_SEARCHED,
            public=event,
            private={"plates": [PLATE], "readers": ["north-quay"]},
        )
    world.publish()
    (row,) = world.rows()
    whole = world.keys.private_parts.open(bytes(row.body), bytes(row.private))
    assert PLATE.encode() in whole.private
    assert commitment_opens(whole.body, whole.salt, whole.private)
    world.close()
    raw = [path.read_bytes() for path in world.place.rglob("*") if path.is_file()]
    raw += [bytes(row.body), bytes(row.private)]
    assert len(raw) > 5
    for text in (PLATE.encode(), b"north-quay", PLATE.encode().hex().encode()):
        assert not any(text in each for each in raw)
