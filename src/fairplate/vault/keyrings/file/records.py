r"""The bytes of the file keyring's files: keys, tombstones, the floor, and what they are called.

Decides what is whole and what is not; touches no disk. A key file is RECORD_BYTES long:

    "fairplate/v1/key\n" + key name + "\n" + destroy-by + "\n"      the header
    12 bytes nonce, 48 bytes AES-256-GCM(wrapping key, nonce, secret, aad = header)
    0x00 up to the end

A tombstone has the same length, so that it is written over the key without new space; it is a
header that begins "fairplate/v1/destroyed\n", and zeros. Moments are ISO 8601 in UTC. The longest
key file, of a case with an id of 64 characters that ends between two seconds, fills 180 bytes.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeAlias, assert_never

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fairplate.core.errors import InputError
from fairplate.core.periods import PERIOD_LENGTHS, Period
from fairplate.vault.key_names import CaseKeyName, HitsKeyName, KeyName, parse_key_name
from fairplate.vault.seal import SECRET_BYTES

RECORD_BYTES = 256
WRAPPING_KEY_BYTES = 32
NONCE_BYTES = 12
LIVING, GONE = "key", "gone"
"""The suffixes of key files and of tombstones."""

Floor: TypeAlias = Mapping[timedelta, datetime]
"""For each length of period the moment before which none that starts is made any more."""

LOWEST_FLOOR: Floor = dict.fromkeys(PERIOD_LENGTHS, datetime(1970, 1, 1, tzinfo=UTC))

_KEY_LABEL = b"fairplate/v1/key\n"
_GONE_LABEL = b"fairplate/v1/destroyed\n"
_FLOOR_LABEL = b"fairplate/v1/floor\n"
_WRAPPED_BYTES = NONCE_BYTES + SECRET_BYTES + 16
_HITS, _CASE = "hits-", "case-"
_NAME = re.compile(
    r"(?:(hits-)?([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})Z-([0-9A-Z]+)"
    r"|case-([0-9a-z-]+))\.(key|gone)"
)


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """What a whole key file says."""

    name: KeyName
    destroy_by: datetime
    secret: bytes = field(repr=False)


def wrap_record(wrapping_key: bytes, nonce: bytes, record: KeyRecord) -> bytes:
    """Return the content of a key file; `nonce` is 12 random bytes."""
    header = _header(_KEY_LABEL, record.name, record.destroy_by)
    wrapped = AESGCM(wrapping_key).encrypt(nonce, record.secret, header)
    return (header + nonce + wrapped).ljust(RECORD_BYTES, b"\0")


def unwrap_record(wrapping_key: bytes, content: bytes, name: KeyName) -> KeyRecord | None:
    """Return what the file of key `name` says, or None if any byte is not as it was written."""
    destroy_by = _read_header(_KEY_LABEL, content, name)
    if destroy_by is None:
        return None
    header = _header(_KEY_LABEL, name, destroy_by)
    wrapped = content[len(header) : len(header) + _WRAPPED_BYTES]
    try:
        secret = AESGCM(wrapping_key).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], header)
    except InvalidTag:
        return None
    if content != (header + wrapped).ljust(RECORD_BYTES, b"\0"):
        return None
    return KeyRecord(name, destroy_by, secret)


def tombstone(name: KeyName, destroy_by: datetime) -> bytes:
    """Return the content of the tombstone of the key called `name`."""
    return _header(_GONE_LABEL, name, destroy_by).ljust(RECORD_BYTES, b"\0")


def read_tombstone(content: bytes, name: KeyName) -> datetime | None:
    """Return when the key called `name` would have ended, or None if this is no whole tombstone."""
    destroy_by = _read_header(_GONE_LABEL, content, name)
    if destroy_by is None:
        return None
    # Written over a damaged file that is longer, it is followed by more zeros.
    whole = tombstone(name, destroy_by).ljust(len(content), b"\0")
    return destroy_by if content == whole else None


def write_floor(floor: Floor) -> bytes:
    """Return the content of the floor: a line for each length of period, the longest first."""
    moments = [floor[length].isoformat() for length in PERIOD_LENGTHS]
    return _FLOOR_LABEL + "".join(f"{moment}\n" for moment in moments).encode("ascii")


def read_floor(content: bytes) -> Floor | None:
    """Return the moments that the floor says, or None if it is not whole."""
    lines = content.removeprefix(_FLOOR_LABEL).splitlines()
    moments = [moment for moment in map(_read_moment, lines) if moment is not None]
    if len(moments) != len(PERIOD_LENGTHS):
        return None
    floor = dict(zip(PERIOD_LENGTHS, moments, strict=True))
    return floor if write_floor(floor) == content else None


def raise_floor(floor: Floor, over: Iterable[Period]) -> Floor:
    """Return the floor above the periods in `over`, each at its own length; it never falls.

    Lengths are apart because a policy may go from minutes to days: today's day began before the
    minutes that are over.
    """
    higher = dict(floor)
    for period in over:
        higher[period.length] = max(higher[period.length], period.end)
    return higher


def is_below(floor: Floor, period: Period) -> bool:
    """Say whether no key is made for `period` any more."""
    return period.start < floor[period.length]


def key_identity(wrapping_key: bytes) -> bytes:
    """Return what tells this wrapping key from others, and nothing about it."""
    return hmac.digest(wrapping_key, b"fairplate/v1/keyring", hashlib.sha256).hex().encode() + b"\n"


def file_name(name: KeyName, suffix: str) -> str:
    """Return the file name of a key, such as hits-20261123T0000Z-P1D.key."""
    match name:
        case Period():
            return f"{name.start:%Y%m%dT%H%MZ}-{name.duration}.{suffix}"
        case HitsKeyName(period):
            return f"{_HITS}{file_name(period, suffix)}"
        case CaseKeyName(case_id):
            return f"{_CASE}{case_id}.{suffix}"
        case _:
            assert_never(name)


def parse_name(name: str) -> tuple[KeyName, str] | None:
    """Return the key name and the suffix that a file name says, or None for any other name."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    hits, year, month, day, hour, minute, duration, case_id, suffix = match.groups()
    spelling = f"{year}-{month}-{day}T{hour}:{minute}Z/{duration}"
    if case_id:
        spelling = f"case/{case_id}"
    elif hits:
        spelling = f"hits/{spelling}"
    try:
        return parse_key_name(spelling, where="keyring"), suffix
    except InputError:
        return None


def _header(label: bytes, name: KeyName, destroy_by: datetime) -> bytes:
    return label + f"{name}\n{destroy_by.astimezone(UTC).isoformat()}\n".encode("ascii")


def _read_header(label: bytes, content: bytes, name: KeyName) -> datetime | None:
    lines = content[len(label) :].split(b"\n", maxsplit=2)
    destroy_by = _read_moment(lines[1]) if len(lines) > 2 else None  # noqa: PLR2004 - two lines and the rest
    if destroy_by is None or not content.startswith(_header(label, name, destroy_by)):
        return None
    return destroy_by


def _read_moment(text: bytes) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.decode("ascii"))
    except ValueError:
        return None
    return moment if moment.utcoffset() is not None else None
