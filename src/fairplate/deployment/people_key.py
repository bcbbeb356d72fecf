r"""The key of people: seals their names and passkeys, and makes digests of the secrets they hold.

Decides the bytes. The key is derived from the log's key for private parts, which lies outside the
database. What is sealed is bound to its place, so that a row that was moved or altered by hand does
not open.

    sealed = nonce (12) + AES-256-GCM(key, nonce, padded, "fairplate/v1/people\0" + place)
    padded = length (4, big-endian) + plain + zeros, a multiple of 256 bytes
    digest = HMAC-SHA256(digest key, what + "\0" + secret)
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fairplate.core.errors import StorageError

_NONCE_BYTES = 12
_LENGTH_BYTES = 4
_PAD_BYTES = 256


@dataclass(frozen=True, slots=True)
class PeopleKey:
    """What seals what is known of people, and opens it."""

    secret: bytes = field(repr=False)
    _cipher: AESGCM = field(init=False, repr=False, compare=False)
    _digests: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Derive both keys: the secret is another key's too, so the purpose is bound to each."""
        sealing = hmac.digest(self.secret, b"fairplate/v1/people", hashlib.sha256)
        digests = hmac.digest(self.secret, b"fairplate/v1/people-digests", hashlib.sha256)
        object.__setattr__(self, "_cipher", AESGCM(sealing))
        object.__setattr__(self, "_digests", digests)

    def seal(self, place: str, plain: bytes, random_bytes: Callable[[int], bytes]) -> bytes:
        """Return `plain` sealed for one place."""
        nonce = random_bytes(_NONCE_BYTES)
        padded = len(plain).to_bytes(_LENGTH_BYTES, "big") + plain
        padded += bytes(-len(padded) % _PAD_BYTES)
        return nonce + self._cipher.encrypt(nonce, padded, _bound(place))

    def open(self, place: str, sealed: bytes) -> bytes:
        """Return what `seal` was given for that place; StorageError for anything else."""
        try:
            padded = self._cipher.decrypt(
                sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bound(place)
            )
        except (InvalidTag, ValueError):
            expected = "what this deployment's key sealed in that place"
            raise StorageError("people", expected=expected, found="another") from None
        length = int.from_bytes(padded[:_LENGTH_BYTES], "big")
        return padded[_LENGTH_BYTES : _LENGTH_BYTES + length]

    def digest(self, what: str, secret: bytes) -> bytes:
        """Return 32 bytes that are the same for the same secret, and say nothing of it."""
        return hmac.digest(self._digests, what.encode() + b"\0" + secret, hashlib.sha256)


def _bound(place: str) -> bytes:
    return b"fairplate/v1/people\0" + place.encode()
