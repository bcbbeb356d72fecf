import json
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import example, given
from hypothesis import strategies as st

from fairplate.core.errors import InputError
from fairplate.core.periods import PERIOD_LENGTHS, Period, parse_period, period_at
from fairplate.core.plates import MAX_PLATE_LENGTH, PLATE_CHARACTERS
from fairplate.vault import seal
from fairplate.vault.errors import SealedRowError
from fairplate.vault.seal import (
    RowKey,
    SealedRow,
    derive_reader_key,
    derive_row_key,
    make_receipt,
    open_row,
    seal_row,
)

GOLDEN = Path(__file__).parents[1] / "golden" / "sealing-v1.json"
VECTORS: list[dict[str, str]] = json.loads(GOLDEN.read_text("utf-8"))["vectors"]
SECRET, NONCE = bytes(range(32)), bytes(range(12))
DAY = Period(datetime(2026, 11, 23, tzinfo=UTC), timedelta(days=1))
READER, PLATE = "gate-3", "ABC1234"

secrets = st.binary(min_size=32, max_size=32)
nonces = st.binary(min_size=12, max_size=12)
plates = st.text(PLATE_CHARACTERS, min_size=1, max_size=MAX_PLATE_LENGTH)
reader_ids = st.text(st.characters(min_codepoint=1, codec="utf-8"), min_size=1, max_size=40).filter(
    lambda text: unicodedata.is_normalized("NFC", text)
)
moments = st.datetimes(
    datetime(1971, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    datetime(9998, 12, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
periods = st.builds(period_at, moments, st.sampled_from(PERIOD_LENGTHS))


def row_key(
    period: Period = DAY, reader_id: str = READER, plate: str = PLATE, secret: bytes = SECRET
) -> RowKey:
    return derive_row_key(derive_reader_key(period, secret, reader_id), plate)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_golden_vector(vector: dict[str, str]) -> None:
    period = parse_period(vector["period"], where="vector")
    reader_key = derive_reader_key(period, bytes.fromhex(vector["s"]), vector["reader_id"])
    key = derive_row_key(reader_key, vector["plate"])
    row = seal_row(key, bytes.fromhex(vector["payload"]), bytes.fromhex(vector["nonce"]))
    assert reader_key.secret.hex() == vector["reader_key"]
    assert key.token.hex() == row.token.hex() == vector["token"]
    assert key.secret.hex() == vector["row_key"]
    assert row.ciphertext.hex() == vector["sealed"]
    assert open_row(key, row).hex() == vector["payload"]
    assert ("receipt" in vector) is ("read_id" in vector)
    if "receipt" in vector:
        assert make_receipt(reader_key, vector["read_id"]).hex() == vector["receipt"]


def test_the_vectors_cover_what_could_be_read_differently() -> None:
    lengths = {len(bytes.fromhex(vector["payload"])) for vector in VECTORS}
    assert lengths >= {0, 255, 256}
    assert {len(vector["plate"]) for vector in VECTORS} >= {1, MAX_PLATE_LENGTH}
    assert any(not vector["reader_id"].isascii() for vector in VECTORS)
    assert {vector["period"].partition("/")[2] for vector in VECTORS} == {
        "P1D",
        "PT1H",
        "PT10M",
        "PT1M",
    }
    read_ids = {vector["read_id"] for vector in VECTORS if "read_id" in vector}
    assert {len(read_id.encode()) for read_id in read_ids} >= {1, seal.MAX_READ_ID_BYTES}
    assert any(not read_id.isascii() for read_id in read_ids)


cars = st.tuples(periods, reader_ids, plates)


@given(secrets, cars, st.binary(max_size=700), nonces)
@example(SECRET, (DAY, READER, PLATE), b"\x80" + bytes(255), NONCE)
@example(SECRET, (DAY, READER, PLATE), bytes(256), NONCE)
def test_what_was_sealed_opens(
    secret: bytes, car: tuple[Period, str, str], payload: bytes, nonce: bytes
) -> None:
    period, reader_id, plate = car
    reader_key = derive_reader_key(period, secret, reader_id)
    row = seal_row(derive_row_key(reader_key, plate), payload, nonce)
    assert row.token == derive_row_key(reader_key, plate).token
    assert open_row(derive_row_key(reader_key, plate), row) == payload


@given(st.binary(max_size=600), st.data())
def test_any_changed_bit_is_refused(payload: bytes, data: st.DataObject) -> None:
    key = row_key()
    row = seal_row(key, payload, NONCE)
    part = data.draw(st.sampled_from(["token", "nonce", "ciphertext"]))
    whole: bytes = getattr(row, part)
    at = data.draw(st.integers(0, len(whole) * 8 - 1))
    changed = bytearray(whole)
    changed[at // 8] ^= 1 << at % 8
    altered: Any = {part: bytes(changed)}
    with pytest.raises(SealedRowError):
        open_row(key, replace(row, **altered))


@pytest.mark.parametrize(
    "altered",
    [
        pytest.param({"nonce": b""}, id="no nonce"),
        pytest.param({"nonce": NONCE + b"\0"}, id="long nonce"),
        pytest.param({"token": b""}, id="no token"),
        pytest.param({"ciphertext": b""}, id="no ciphertext"),
        pytest.param({"ciphertext": bytes(16)}, id="only a tag"),
        pytest.param({"period": period_at(DAY.end, DAY.length)}, id="next day"),
        pytest.param({"period": Period(DAY.start, timedelta(hours=1))}, id="shorter period"),
    ],
)
def test_a_torn_row_is_refused_without_a_hint(altered: Any) -> None:
    row = replace(seal_row(row_key(), b"payload", NONCE), **altered)
    with pytest.raises(SealedRowError) as told:
        open_row(row_key(), row)
    assert str(told.value) == (
        f"sealed row of period {row.period}: expected one sealed under this key, "
        "found one that was altered or is not this key's"
    )
    assert told.value.__cause__ is None
    assert told.value.__suppress_context__ or told.value.__context__ is None


@pytest.mark.parametrize("cut", [1, 16, 256, 271])
def test_a_shortened_or_lengthened_row_is_refused(cut: int) -> None:
    row = seal_row(row_key(), bytes(300), NONCE)
    for ciphertext in (row.ciphertext[:-cut], row.ciphertext[cut:], row.ciphertext + bytes(cut)):
        with pytest.raises(SealedRowError):
            open_row(row_key(), replace(row, ciphertext=ciphertext))


@pytest.mark.parametrize(
    "padded",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(bytes(256), id="zeros only"),
        pytest.param(b"x" * 256, id="no padding"),
        pytest.param(b"payload\x80" + bytes(504), id="a block of padding too many"),
        pytest.param(b"payload\x80", id="no whole block"),
    ],
)
def test_rightly_keyed_but_wrongly_padded_rows_are_refused(padded: bytes) -> None:
    key = row_key()
    aad = b"fairplate/v1/read\0" + str(DAY).encode() + key.token
    sealed = AESGCM(key.secret).encrypt(NONCE, padded, aad)
    with pytest.raises(SealedRowError):
        open_row(key, SealedRow(DAY, key.token, NONCE, sealed))


@given(secrets, reader_ids, plates, st.data())
def test_tokens_of_one_plate_are_unlinkable_elsewhere(
    secret: bytes, reader_id: str, plate: str, data: st.DataObject
) -> None:
    here = row_key(DAY, reader_id, plate, secret)
    other_reader = data.draw(reader_ids.filter(lambda text: text != reader_id))
    other_plate = data.draw(plates.filter(lambda text: text != plate))
    other_secret = data.draw(secrets.filter(lambda value: value != secret))
    others = (
        row_key(DAY, other_reader, plate, secret),
        row_key(DAY, reader_id, other_plate, secret),
        row_key(DAY, reader_id, plate, other_secret),
    )
    row = seal_row(here, b"payload", NONCE)
    for other in others:
        assert other.token != here.token
        assert other.secret != here.secret
        for key in (other, replace(other, token=here.token)):
            with pytest.raises(SealedRowError):
                open_row(key, row)


@given(st.integers(0, 3), st.integers(0, 255), st.integers(0, 255))
def test_lengths_tell_nothing_within_a_block(blocks: int, one: int, other: int) -> None:
    sealed = {
        len(seal_row(row_key(), bytes(blocks * 256 + rest), NONCE).ciphertext)
        for rest in (one, other)
    }
    assert sealed == {(blocks + 1) * 256 + 16}


@pytest.mark.parametrize("reader_id", ["", "a\0b", "\0", "\ud800", "Tor Su\u0308d"])
def test_reader_ids_that_could_be_read_two_ways_are_refused(reader_id: str) -> None:
    with pytest.raises(InputError, match="reader id"):
        derive_reader_key(DAY, SECRET, reader_id)


@pytest.mark.parametrize("plate", ["", "abc", "AB-1", "AB1\0", "A" * 13, "Ü1"])
def test_only_normalised_plates_are_sealed_and_none_is_quoted(plate: str) -> None:
    with pytest.raises(InputError, match="seal: plate: expected a normalised plate") as told:
        derive_row_key(derive_reader_key(DAY, SECRET, READER), plate)
    assert not plate or plate not in str(told.value)


read_ids = st.text(st.characters(min_codepoint=1, codec="utf-8"), min_size=1, max_size=128)


@given(secrets, reader_ids, read_ids, st.data())
def test_a_receipt_is_the_same_only_for_the_same_read(
    secret: bytes, reader_id: str, read_id: str, data: st.DataObject
) -> None:
    receipt = make_receipt(derive_reader_key(DAY, secret, reader_id), read_id)
    assert len(receipt) == seal.RECEIPT_BYTES
    assert make_receipt(derive_reader_key(DAY, secret, reader_id), read_id) == receipt
    other_reader = data.draw(reader_ids.filter(lambda text: text != reader_id))
    other_read = data.draw(read_ids.filter(lambda text: text != read_id))
    other_secret = data.draw(secrets.filter(lambda value: value != secret))
    assert receipt not in {
        make_receipt(derive_reader_key(DAY, secret, other_reader), read_id),
        make_receipt(derive_reader_key(DAY, secret, reader_id), other_read),
        make_receipt(derive_reader_key(DAY, other_secret, reader_id), read_id),
    }


@given(secrets, plates)
def test_a_receipt_of_a_plate_is_not_its_token(secret: bytes, plate: str) -> None:
    key = derive_reader_key(DAY, secret, READER)
    assert make_receipt(key, plate) != derive_row_key(key, plate)


@pytest.mark.parametrize("read_id", ["", "a\0b", "\0", "\ud800", "x" * 513, "é" * 257])
def test_read_ids_that_cannot_be_one_are_refused_and_not_quoted(read_id: str) -> None:
    with pytest.raises(InputError) as told:
        make_receipt(derive_reader_key(DAY, SECRET, READER), read_id)
    assert str(told.value) == (
        "seal: read id: expected 1 to 512 bytes of Unicode text without NUL, found another"
    )
    longest = "é" * 256
    assert make_receipt(derive_reader_key(DAY, SECRET, READER), longest)


def test_secrets_nonces_and_payloads_of_another_length_are_refused() -> None:
    for secret in (b"", bytes(31), bytes(33)):
        with pytest.raises(InputError, match="period secret: expected 32 bytes"):
            derive_reader_key(DAY, secret, READER)
        with pytest.raises(InputError, match="reader key: expected 32 bytes"):
            seal.ReaderKey(DAY, secret)
    for nonce in (b"", bytes(11), bytes(16)):
        with pytest.raises(InputError, match="nonce: expected 12 bytes"):
            seal_row(row_key(), b"", nonce)
    with pytest.raises(InputError, match="payload: expected at most 1048576 bytes"):
        seal_row(row_key(), bytes(seal.MAX_PAYLOAD_BYTES + 1), NONCE)


def test_no_key_is_shown() -> None:
    key = derive_reader_key(DAY, SECRET, READER)
    for shown in (repr(key), str(key), repr(derive_row_key(key, PLATE))):
        assert "secret" not in shown
        assert "token" not in shown
