import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import ascii_lowercase, digits
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import example, given
from hypothesis import strategies as st

from fairplate.core.errors import InputError
from fairplate.core.periods import PERIOD_LENGTHS, Period, period_at
from fairplate.vault import seal
from fairplate.vault.errors import SealedRowError
from fairplate.vault.key_names import CaseKeyName, HitsKeyName, OwnKeyName, parse_key_name
from fairplate.vault.seal import (
    OwnKey,
    SealedRecord,
    derive_own_key,
    derive_reader_key,
    open_record,
    seal_record,
)

GOLDEN = Path(__file__).parents[1] / "golden" / "sealing-v1.json"
VECTORS: list[dict[str, str]] = json.loads(GOLDEN.read_text("utf-8"))["records"]
SECRET, NONCE = bytes(range(32)), bytes(range(12))
DAY = Period(datetime(2026, 11, 23, tzinfo=UTC), timedelta(days=1))
HITS, CASE = HitsKeyName(DAY), CaseKeyName("theft-2026-17")
RECORD_ID = "018f3c2a/crop"

secrets = st.binary(min_size=32, max_size=32)
nonces = st.binary(min_size=12, max_size=12)
record_ids = st.text(f"{ascii_lowercase}{digits}/-", min_size=1, max_size=64)
moments = st.datetimes(
    datetime(1971, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    datetime(9998, 12, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
periods = st.builds(period_at, moments, st.sampled_from(PERIOD_LENGTHS))
case_ids = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?", fullmatch=True)
own_names = periods.map(HitsKeyName) | case_ids.map(CaseKeyName)


def own_key(name: OwnKeyName = HITS, secret: bytes = SECRET) -> OwnKey:
    return derive_own_key(name, secret)


def parse_own_name(text: str) -> OwnKeyName:
    name = parse_key_name(text, where="vector")
    assert not isinstance(name, Period)
    return name


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_golden_record(vector: dict[str, str]) -> None:
    key = own_key(parse_own_name(vector["key"]), bytes.fromhex(vector["s"]))
    payload, nonce = bytes.fromhex(vector["payload"]), bytes.fromhex(vector["nonce"])
    record = seal_record(key, vector["record_id"], payload, nonce)
    assert key.secret.hex() == vector["own_key"]
    assert record.ciphertext.hex() == vector["sealed"]
    assert open_record(key, record) == payload
    aad = f"fairplate/v1/record\0{vector['key']}\0{vector['record_id']}".encode()
    padded = AESGCM(bytes.fromhex(vector["record_key"])).decrypt(nonce, record.ciphertext, aad)
    assert padded.startswith(payload + b"\x80")


def test_the_vectors_cover_what_could_be_read_differently() -> None:
    assert {len(bytes.fromhex(vector["payload"])) for vector in VECTORS} >= {0, 255, 256}
    assert {len(vector["record_id"]) for vector in VECTORS} >= {1, 64}
    assert {type(parse_own_name(vector["key"])) for vector in VECTORS} == {HitsKeyName, CaseKeyName}
    assert {len(vector["key"]) for vector in VECTORS} >= {len("case/") + 1, len("case/") + 64}
    # One secret under two names, and one name with two records: what differs is the name, the id.
    assert len({vector["s"] for vector in VECTORS}) < len(VECTORS)
    for part in ("own_key", "record_key", "sealed"):
        assert len({vector[part] for vector in VECTORS[:2]}) == 2


@given(secrets, own_names, record_ids, st.binary(max_size=700), nonces)
@example(SECRET, HITS, RECORD_ID, b"\x80" + bytes(255), NONCE)
@example(SECRET, CASE, RECORD_ID, bytes(256), NONCE)
def test_what_was_sealed_opens(
    secret: bytes, name: OwnKeyName, record_id: str, payload: bytes, nonce: bytes
) -> None:
    record = seal_record(own_key(name, secret), record_id, payload, nonce)
    assert record == SealedRecord(record_id, nonce, record.ciphertext)
    assert len(record.ciphertext) == (len(payload) // 256 + 1) * 256 + 16
    assert open_record(own_key(name, secret), record) == payload


@given(st.binary(max_size=600), st.sampled_from(["nonce", "ciphertext"]), st.data())
def test_any_changed_bit_is_refused(payload: bytes, part: str, data: st.DataObject) -> None:
    record = seal_record(own_key(), RECORD_ID, payload, NONCE)
    changed = bytearray(getattr(record, part))
    at = data.draw(st.integers(0, len(changed) * 8 - 1))
    changed[at // 8] ^= 1 << at % 8
    altered: Any = {part: bytes(changed)}
    with pytest.raises(SealedRowError):
        open_record(own_key(), replace(record, **altered))


@given(secrets, own_names, record_ids, st.data())
def test_another_id_name_or_key_opens_nothing(
    secret: bytes, name: OwnKeyName, record_id: str, data: st.DataObject
) -> None:
    key = own_key(name, secret)
    record = seal_record(key, record_id, b"payload", NONCE)
    other_id = data.draw(record_ids.filter(lambda text: text != record_id))
    other_name = data.draw(own_names.filter(lambda value: value != name))
    other_secret = data.draw(secrets.filter(lambda value: value != secret))
    for other_key, other in (
        (key, replace(record, record_id=other_id)),
        (own_key(other_name, secret), record),
        (own_key(name, other_secret), record),
        (OwnKey(other_name, key.secret), record),
    ):
        with pytest.raises(SealedRowError):
            open_record(other_key, other)


@given(secrets, periods)
def test_a_hits_key_is_not_the_key_of_a_reader(secret: bytes, period: Period) -> None:
    name = HitsKeyName(period)
    assert own_key(name, secret).secret != derive_reader_key(period, secret, str(name)).secret


@pytest.mark.parametrize(
    "altered",
    [
        pytest.param({"nonce": b""}, id="no nonce"),
        pytest.param({"nonce": NONCE + b"\0"}, id="long nonce"),
        pytest.param({"ciphertext": b""}, id="no ciphertext"),
        pytest.param({"ciphertext": bytes(16)}, id="only a tag"),
        pytest.param({"ciphertext": bytes(271)}, id="no whole block"),
        pytest.param({"record_id": "018f3c2a/read"}, id="another id"),
    ],
)
def test_a_torn_record_is_refused_without_a_hint(altered: Any) -> None:
    record = replace(seal_record(own_key(), RECORD_ID, b"payload", NONCE), **altered)
    with pytest.raises(SealedRowError) as told:
        open_record(own_key(), record)
    assert str(told.value) == (
        f"sealed record {record.record_id}: expected one sealed under key {HITS}, "
        "found one that was altered or is not this key's"
    )
    assert told.value.__cause__ is None


@pytest.mark.parametrize("cut", [1, 16, 256, 271])
def test_a_shortened_or_lengthened_record_is_refused(cut: int) -> None:
    record = seal_record(own_key(), RECORD_ID, bytes(300), NONCE)
    whole = record.ciphertext
    for ciphertext in (whole[:-cut], whole[cut:], whole + bytes(cut)):
        with pytest.raises(SealedRowError):
            open_record(own_key(), replace(record, ciphertext=ciphertext))


@pytest.mark.parametrize("record_id", ["", "A", "a b", "a\0", "ü", "a" * 65, "a\n", "１"])  # noqa: RUF001
def test_ids_that_cannot_be_one_are_neither_sealed_opened_nor_quoted(record_id: str) -> None:
    with pytest.raises(InputError) as refused:
        seal_record(own_key(), record_id, b"", NONCE)
    assert str(refused.value) == (
        "seal: record id: expected 1 to 64 of a-z, 0-9, - and /, found another text"
    )
    # From a database it is a record that was altered, as any other.
    record = replace(seal_record(own_key(), RECORD_ID, b"", NONCE), record_id=record_id)
    with pytest.raises(SealedRowError, match="sealed record without an id: expected"):
        open_record(own_key(), record)


def test_secrets_nonces_and_payloads_of_another_length_are_refused() -> None:
    for secret in (b"", bytes(31), bytes(33)):
        with pytest.raises(InputError, match="seal: secret: expected 32 bytes"):
            own_key(secret=secret)
        with pytest.raises(InputError, match="own key: expected 32 bytes"):
            OwnKey(HITS, secret)
    for nonce in (b"", bytes(11), bytes(16)):
        with pytest.raises(InputError, match="nonce: expected 12 bytes"):
            seal_record(own_key(), RECORD_ID, b"", nonce)
    with pytest.raises(InputError, match="payload: expected at most 8388608 bytes, found 8388609"):
        seal_record(own_key(), RECORD_ID, bytes(seal.MAX_RECORD_BYTES + 1), NONCE)


def test_the_largest_record_opens() -> None:
    payload = bytes(seal.MAX_RECORD_BYTES)
    assert open_record(own_key(), seal_record(own_key(), RECORD_ID, payload, NONCE)) == payload


def test_no_key_is_shown() -> None:
    for shown in (repr(own_key()), str(own_key())):
        assert shown == f"OwnKey(name={HITS!r})"
