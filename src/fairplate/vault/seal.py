r"""Sealing: the exact bytes that turn a read into noise which one plate at one reader can open.

Decides keys, tokens and ciphertexts; docs/sealing.md says the same for other programs, and
tests/golden/sealing-v1.json holds it fixed. Makes no randomness: nonces arrive as arguments. Leaves
period secrets to the keyrings, what a payload holds to `sealed_reads.py`.

    s        32 bytes, the secret of one period; only keyrings see it
    k        HMAC-SHA256(s, "fairplate/v1/reader\0" + reader id)
    d        HMAC-SHA512(k, "fairplate/v1/plate\0" + plate); token = d[0:16], row key = d[32:64]
    sealed   AES-256-GCM(row key, nonce, padded payload, "fairplate/v1/read\0" + period + token),
             the 16 bytes of the tag at its end
    receipt  HMAC-SHA256(k, "fairplate/v1/receipt\0" + read id)[0:16], by which a read that is
             sent again is known

and for hits and held reads, which are found by an id of their own and not by plate, with s now the
secret of a hits or case key:

    o        HMAC-SHA256(s, "fairplate/v1/own\0" + key name)
    r        HMAC-SHA256(o, "fairplate/v1/record-key\0" + record id)
    sealed   AES-256-GCM(r, nonce, padded payload, "fairplate/v1/record\0" + key name + "\0" +
             record id), the 16 bytes of the tag at its end

- Reader id: UTF-8, not empty, no NUL, in Unicode's form NFC (another form is refused, not folded:
  two spellings that look the same must not seal under two keys).
- Plate: normalised (`core/plates.py`), so 1 to 12 of A-Z and 0-9, in ASCII.
- Period: the ASCII of `core/periods.py`, as in `2026-11-23T00:00Z/P1D`. The token's length is
  fixed, so the two cannot be cut differently.
- Padding: one byte 0x80, then as few 0x00 as fill a multiple of 256 bytes (ISO/IEC 7816-4). It is
  always there: 255 bytes of payload become 256, 256 become 512, none become 256.
- Key name: the ASCII of `key_names.py`. Record id: 1 to 64 of a-z, 0-9, "-" and "/".
- Read id: UTF-8, not empty, at most 512 bytes, without NUL and half surrogates.
- Nonce: 96 random bits a row. All reads of one plate at one reader in one period share a row key;
  2**32 of them would still be within what NIST SP 800-38D allows one key.
"""

import functools
import hmac
import re
import unicodedata
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fairplate.core.errors import InputError
from fairplate.core.periods import Period
from fairplate.core.plates import is_plate
from fairplate.vault.errors import SealedRowError
from fairplate.vault.key_names import OwnKeyName

SECRET_BYTES = 32
TOKEN_BYTES = 16
NONCE_BYTES = 12
TAG_BYTES = 16
BLOCK_BYTES = 256
MAX_PAYLOAD_BYTES = 1 << 20
"""A read takes a few hundred bytes; pictures do not belong in a row."""
MAX_RECORD_BYTES = 8 << 20
MAX_READ_ID_BYTES = 512
RECEIPT_BYTES = 16

_READER_LABEL = b"fairplate/v1/reader\0"
_PLATE_LABEL = b"fairplate/v1/plate\0"
_READ_LABEL = b"fairplate/v1/read\0"
_RECEIPT_LABEL = b"fairplate/v1/receipt\0"
_OWN_LABEL = b"fairplate/v1/own\0"
_RECORD_KEY_LABEL = b"fairplate/v1/record-key\0"
_RECORD_LABEL = b"fairplate/v1/record\0"
_RECORD_ID = re.compile(r"[a-z0-9/-]{1,64}")


@dataclass(frozen=True, slots=True)
class ReaderKey:
    """What seals every plate at one reader in one period; `secret` is k, 32 bytes."""

    period: Period
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse a secret of another length."""
        _require_length(self.secret, SECRET_BYTES, "reader key")


@dataclass(frozen=True, slots=True)
class RowKey:
    """What finds (`token`, 16 bytes) and opens (`secret`, 32 bytes) one plate's rows and no others.

    The token tells where the rows lie, so it is not shown either.
    """

    period: Period
    token: bytes = field(repr=False)
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class OwnKey:
    """What seals every record under one hits or case key; `secret` is o, 32 bytes."""

    name: OwnKeyName
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse a secret of another length."""
        _require_length(self.secret, SECRET_BYTES, "own key")


@dataclass(frozen=True, slots=True)
class SealedRecord:
    """One part of a hit or held read as stored; one from a database need not be whole."""

    record_id: str
    nonce: bytes
    ciphertext: bytes


@dataclass(frozen=True, slots=True)
class SealedRow:
    """One row as stored: no reader, no time, no plate. Rows from a database need not be whole."""

    period: Period
    token: bytes
    nonce: bytes
    ciphertext: bytes


def reader_message(reader_id: str) -> bytes:
    """Return what HMAC-SHA256 under a period's secret turns into the reader's key.

    Raises InputError for an id that is empty, holds NUL or is not Unicode text in form NFC.
    """
    found = None
    if not reader_id:
        found = "an empty one"
    elif "\0" in reader_id:
        found = "one with NUL"
    elif any("\ud800" <= character <= "\udfff" for character in reader_id):
        found = "one with half a surrogate pair"
    elif not unicodedata.is_normalized("NFC", reader_id):
        found = "one in another form than NFC"
    if found is not None:
        raise InputError("seal", "reader id", expected="a text in Unicode's form NFC", found=found)
    return _READER_LABEL + reader_id.encode()


def derive_reader_key(period: Period, period_secret: bytes, reader_id: str) -> ReaderKey:
    """Return the key of `reader_id` in `period`; only keyrings have `period_secret` (32 bytes)."""
    _require_length(period_secret, SECRET_BYTES, "period secret")
    return ReaderKey(period, hmac.digest(period_secret, reader_message(reader_id), "sha256"))


def own_message(name: OwnKeyName) -> bytes:
    """Return what HMAC-SHA256 under the secret called `name` turns into the key that seals."""
    return _OWN_LABEL + str(name).encode("ascii")


def derive_own_key(name: OwnKeyName, secret: bytes) -> OwnKey:
    """Return the key called `name` that seals; only keyrings have `secret` (32 bytes)."""
    _require_length(secret, SECRET_BYTES, "secret")
    return OwnKey(name, hmac.digest(secret, own_message(name), "sha256"))


def make_receipt(reader_key: ReaderKey, read_id: str) -> bytes:
    """Return the 16 bytes that tell a read sent again from a new one; InputError for no such id."""
    if "\0" in read_id or not 0 < len(encoded := _utf8(read_id)) <= MAX_READ_ID_BYTES:
        expected = f"1 to {MAX_READ_ID_BYTES} bytes of Unicode text without NUL"
        raise InputError("seal", "read id", expected=expected, found="another")
    return hmac.digest(reader_key.secret, _RECEIPT_LABEL + encoded, "sha256")[:RECEIPT_BYTES]


def derive_row_key(reader_key: ReaderKey, plate: str) -> RowKey:
    """Return what finds and opens `plate` under `reader_key`; InputError if it is no plate."""
    token, secret = _derive(reader_key, plate)
    return RowKey(reader_key.period, token, secret)


def seal_row(row_key: RowKey, payload: bytes, nonce: bytes) -> SealedRow:
    """Return `payload` sealed; `nonce` is 12 bytes that no other row has had, made at random.

    Raises InputError for a nonce of another length or more than `MAX_PAYLOAD_BYTES` of payload.
    """
    sealed = _encrypt(row_key.period, row_key.token, row_key.secret, payload, nonce)
    return SealedRow(row_key.period, row_key.token, nonce, sealed)


def seal_read(
    reader_key: ReaderKey, plate: str, payload: bytes, nonce: bytes
) -> tuple[bytes, bytes]:
    """Return the token and the ciphertext that `seal_row` gives, for batches; raises the same."""
    token, secret = _derive(reader_key, plate)
    return token, _encrypt(reader_key.period, token, secret, payload, nonce)


def open_row(row_key: RowKey, row: SealedRow) -> bytes:
    """Return the payload of `row`; raise SealedRowError unless every byte is as it was sealed."""
    if row.period == row_key.period and hmac.compare_digest(row.token, row_key.token):
        payload = _decrypt(row_key.secret, _aad(row_key), row.nonce, row.ciphertext)
        if payload is not None:
            return payload
    raise SealedRowError(
        f"sealed row of period {row.period}: expected one sealed under this key, "
        "found one that was altered or is not this key's"
    )


def seal_record(own_key: OwnKey, record_id: str, payload: bytes, nonce: bytes) -> SealedRecord:
    """Return `payload` (at most `MAX_RECORD_BYTES`) sealed under a hits or case key.

    `nonce` as in `seal_row`. Raises InputError for an id or a payload that cannot be one.
    """
    _require_length(nonce, NONCE_BYTES, "nonce")
    if len(payload) > MAX_RECORD_BYTES:
        expected = f"at most {MAX_RECORD_BYTES} bytes"
        raise InputError("seal", "payload", expected=expected, found=f"{len(payload)}")
    key, aad = _record_key(own_key, record_id)
    return SealedRecord(record_id, nonce, AESGCM(key).encrypt(nonce, _pad(payload), aad))


def open_record(own_key: OwnKey, record: SealedRecord) -> bytes:
    """Return the payload of `record`; raise SealedRowError unless every byte is as sealed."""
    shown = "without an id"
    if _RECORD_ID.fullmatch(record.record_id):
        shown = record.record_id
        key, aad = _record_key(own_key, record.record_id)
        payload = _decrypt(key, aad, record.nonce, record.ciphertext)
        if payload is not None:
            return payload
    raise SealedRowError(
        f"sealed record {shown}: expected one sealed under key {own_key.name}, "
        "found one that was altered or is not this key's"
    )


def _record_key(own_key: OwnKey, record_id: str) -> tuple[bytes, bytes]:
    if _RECORD_ID.fullmatch(record_id) is None:
        expected = "1 to 64 of a-z, 0-9, - and /"
        raise InputError("seal", "record id", expected=expected, found="another text")
    encoded = record_id.encode("ascii")
    key = hmac.digest(own_key.secret, _RECORD_KEY_LABEL + encoded, "sha256")
    return key, _RECORD_LABEL + str(own_key.name).encode("ascii") + b"\0" + encoded


def _decrypt(key: bytes, aad: bytes, nonce: bytes, ciphertext: bytes) -> bytes | None:
    # GCM itself takes nonces of other lengths and texts of any; what is sealed has neither.
    blocks = len(ciphertext) - TAG_BYTES
    if len(nonce) != NONCE_BYTES or blocks < BLOCK_BYTES or blocks % BLOCK_BYTES:
        return None
    try:
        padded = AESGCM(key).decrypt(nonce, ciphertext, aad)
    except InvalidTag:
        return None
    payload = padded.rstrip(b"\0")
    if not payload.endswith(b"\x80") or len(padded) - len(payload) >= BLOCK_BYTES:
        return None
    return payload[:-1]


def _pad(payload: bytes) -> bytes:
    zeros = -(len(payload) + 1) % BLOCK_BYTES
    return payload + b"\x80" + bytes(zeros)


def _derive(reader_key: ReaderKey, plate: str) -> tuple[bytes, bytes]:
    if not is_plate(plate):
        raise InputError("seal", "plate", expected="a normalised plate", found="another text")
    digest = hmac.digest(reader_key.secret, _PLATE_LABEL + plate.encode("ascii"), "sha512")
    return digest[:TOKEN_BYTES], digest[32:64]


def _encrypt(period: Period, token: bytes, secret: bytes, payload: bytes, nonce: bytes) -> bytes:
    _require_length(nonce, NONCE_BYTES, "nonce")
    if len(payload) > MAX_PAYLOAD_BYTES:
        expected = f"at most {MAX_PAYLOAD_BYTES} bytes"
        raise InputError("seal", "payload", expected=expected, found=f"{len(payload)}")
    return AESGCM(secret).encrypt(nonce, _pad(payload), _read_prefix(period) + token)


def _aad(row_key: RowKey) -> bytes:
    return _read_prefix(row_key.period) + row_key.token


@functools.lru_cache(maxsize=64)  # a batch seals hundreds of rows under one period or few
def _read_prefix(period: Period) -> bytes:
    return _READ_LABEL + str(period).encode("ascii")


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:  # half a surrogate pair
        return b""


def _require_length(value: bytes, length: int, field_name: str) -> None:
    if len(value) != length:
        raise InputError("seal", field_name, expected=f"{length} bytes", found=f"{len(value)}")
