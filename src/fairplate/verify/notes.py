"""C2SP signed-note and tlog-cosignature: keys, notes and their signature lines, with Ed25519.

Decides the bytes and whether a signature holds. Leaves to others whose keys are trusted, and where
keys are kept. A signing key is written as golang.org/x/mod/sumdb/note writes it.
"""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from fairplate.verify.errors import LogFormatError, decode_base64

MAX_NOTE_BYTES = 1_000_000
MAX_SIGNATURES = 100

_DASH = "\u2014"
_KEY_BYTES = 32
_ID_BYTES = 4
_SIGNATURE_BYTES = 64
_TIME_BYTES = 8
_PRIVATE = "PRIVATE+KEY+"


class KeyType(IntEnum):
    """What a key signs; the value is the byte in its spelling (signed-note, "Signature types")."""

    NOTE = 0x01  # the text of a note
    COSIGNATURE = 0x04  # a checkpoint at a time: cosignature/v1


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key under a name; `str` gives its spelling, name+id+base64."""

    name: str
    type: KeyType
    public: bytes

    @property
    def id(self) -> bytes:
        """The four bytes that stand for name and key in a signature line."""
        return hashlib.sha256(self.name.encode() + b"\n" + self._typed).digest()[:_ID_BYTES]

    @property
    def _typed(self) -> bytes:
        return bytes([self.type]) + self.public

    def __str__(self) -> str:
        """Return the spelling that everybody may have."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(self._typed).decode('ascii')}"

    def as_type(self, key_type: KeyType) -> "VerifierKey":
        """Return the same key for signatures of another type."""
        return VerifierKey(self.name, key_type, self.public)


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: `data` is what comes after the key's id."""

    name: str
    key_id: bytes
    data: bytes

    @property
    def line(self) -> str:
        """The line without its newline."""
        spelled = base64.b64encode(self.key_id + self.data).decode("ascii")
        return f"{_DASH} {self.name} {spelled}"

    @property
    def time_s(self) -> int:
        """The POSIX time of a cosignature/v1; of another type's data it means nothing."""
        return int.from_bytes(self.data[:_TIME_BYTES], "big")

    def is_by(self, key: VerifierKey) -> bool:
        """Say whether it claims to be by `key`."""
        return self.name == key.name and self.key_id == key.id

    def holds(self, key: VerifierKey, text: str) -> bool:
        """Say whether it is by `key` and signs `text`."""
        if not self.is_by(key):
            return False
        message, signed = text.encode(), self.data
        if key.type is KeyType.COSIGNATURE:
            message, signed = _cosigned(text, self.time_s), self.data[_TIME_BYTES:]
        if len(signed) != _SIGNATURE_BYTES or (self.time_s >> 63 and key.type != KeyType.NOTE):
            return False
        try:
            Ed25519PublicKey.from_public_bytes(key.public).verify(signed, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class Note:
    """A text, which ends with a newline, and its signatures."""

    text: str
    signatures: tuple[Signature, ...] = ()

    @property
    def data(self) -> bytes:
        """The bytes as they are published."""
        lines = "".join(f"{signature.line}\n" for signature in self.signatures)
        return f"{self.text}\n{lines}".encode()

    def signature_by(self, key: VerifierKey) -> Signature | None:
        """Return the first signature by `key` that holds, or None."""
        for signature in self.signatures:
            if signature.holds(key, self.text):
                return signature
        return None


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A secret key under a name; `spell` gives what its file holds."""

    name: str
    type: KeyType
    secret: bytes = field(repr=False)

    @property
    def verifier(self) -> VerifierKey:
        """The key that verifies what this one signs."""
        public = Ed25519PrivateKey.from_private_bytes(self.secret).public_key()
        raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return VerifierKey(self.name, self.type, raw)

    def as_type(self, key_type: KeyType) -> "SigningKey":
        """Return the same key for signatures of another type."""
        return SigningKey(self.name, key_type, self.secret)

    def spell(self) -> str:
        """Return the secret spelling: PRIVATE+KEY+name+id+base64."""
        typed = base64.b64encode(bytes([self.type]) + self.secret).decode("ascii")
        return f"{_PRIVATE}{self.name}+{self.verifier.id.hex()}+{typed}"

    def sign(self, text: str, *, time_s: int = 0) -> Signature:
        """Sign `text`; a cosignature says that it was made at `time_s` (POSIX)."""
        key = Ed25519PrivateKey.from_private_bytes(self.secret)
        if self.type is KeyType.COSIGNATURE:
            data = time_s.to_bytes(_TIME_BYTES, "big") + key.sign(_cosigned(text, time_s))
        else:
            data = key.sign(text.encode())
        return Signature(self.name, self.verifier.id, data)


def make_signing_key(
    name: str, key_type: KeyType, random_bytes: Callable[[int], bytes]
) -> SigningKey:
    """Return a new key; LogFormatError for a name that no key may have."""
    require_key_name(name)
    return SigningKey(name, key_type, random_bytes(_KEY_BYTES))


def require_key_name(name: str) -> None:
    """Raise LogFormatError unless `name` may stand in a signature line."""
    if not name or "+" in name or any(sign.isspace() or not sign.isprintable() for sign in name):
        raise LogFormatError("key name: expected one without spaces and plus signs")


def parse_verifier_key(text: str) -> VerifierKey:
    """Return the key that `text` spells; raise LogFormatError, also if one sign is wrong."""
    name, key_type, public, key_id = _parse_key(text, "verifier key")
    key = VerifierKey(name, key_type, public)
    if key.id.hex() != key_id:
        raise LogFormatError("verifier key: expected the id of its name and bytes, found another")
    return key


def parse_signing_key(text: str) -> SigningKey:
    """Return the secret key that `text` spells; the message of its LogFormatError never tells it.

    Also spelled by Go's sumdb/note.
    """
    if not text.startswith(_PRIVATE):
        raise LogFormatError(f"signing key: expected it to begin with {_PRIVATE}")
    name, key_type, secret, key_id = _parse_key(text.removeprefix(_PRIVATE), "signing key")
    key = SigningKey(name, key_type, secret)
    if key.verifier.id.hex() != key_id:
        raise LogFormatError("signing key: expected the id of its name and bytes, found another")
    return key


def _parse_key(text: str, what: str) -> tuple[str, KeyType, bytes, str]:
    parts = text.split("+", 2)
    if len(parts) != 3:  # noqa: PLR2004 - name, id, key
        raise LogFormatError(f"{what}: expected name+id+base64")
    name, key_id, encoded = parts
    require_key_name(name)
    typed = decode_base64(encoded, what, 1 + _KEY_BYTES)
    if typed[0] not in set(KeyType):
        raise LogFormatError(f"{what}: expected an Ed25519 or a cosignature/v1 key")
    return name, KeyType(typed[0]), typed[1:], key_id


def parse_note(data: bytes) -> Note:
    """Return the note that `data` spells, whoever signed it; LogFormatError if it is none."""
    if len(data) > MAX_NOTE_BYTES:
        raise LogFormatError(f"note: expected at most {MAX_NOTE_BYTES} bytes")
    try:
        whole = data.decode()
    except UnicodeDecodeError:
        raise LogFormatError("note: expected UTF-8") from None
    if any(sign < " " and sign != "\n" for sign in whole):
        raise LogFormatError("note: expected no control characters but newlines")
    text, blank, lines = whole.rpartition("\n\n")
    if not blank or not lines.endswith("\n"):
        raise LogFormatError("note: expected text, a blank line, and whole signature lines")
    return Note(f"{text}\n", parse_signatures(lines))


def parse_signatures(lines: str) -> tuple[Signature, ...]:
    """Return the signatures of `lines`, each ending with a newline."""
    found = lines.split("\n")
    if found.pop() or not found or len(found) > MAX_SIGNATURES:
        raise LogFormatError(f"signatures: expected 1 to {MAX_SIGNATURES} whole lines")
    return tuple(map(_parse_signature, found))


def _parse_signature(line: str) -> Signature:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != _DASH:  # noqa: PLR2004 - dash, name, signature
        raise LogFormatError("signature line: expected a dash, a name and base64")
    require_key_name(parts[1])
    data = decode_base64(parts[2], "signature line")
    if len(data) <= _ID_BYTES:
        raise LogFormatError("signature line: expected a key's id and a signature")
    return Signature(parts[1], data[:_ID_BYTES], data[_ID_BYTES:])


def _cosigned(text: str, time_s: int) -> bytes:
    """Return what a cosignature/v1 signs (tlog-cosignature, "Ed25519 signed message")."""
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()
