r"""Sealing the private parts of events, which name plates and people, under a key of their own.

Decides the bytes. The key lies outside the database, so that a database or a copy of it says
nothing of whom was asked for. Unlike the keys of reads it may be copied and is never destroyed:
an auditor must be able to open an event for as long as the log is there.

    stored = nonce (12) + AES-256-GCM(key, nonce, padded, aad)
    padded = length of the private part (4, big-endian) + salt (32) + private part + zeros
    aad    = "fairplate/v1/event-private\0" + SHA-256(body)

`padded` is a multiple of 256 bytes, so that lengths tell little.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fairplate.audit.events import SALT_BYTES, Event
from fairplate.core.errors import InputError

KEY_BYTES = 32
_NONCE_BYTES = 12
_LENGTH_BYTES = 4
_PAD_BYTES = 256
_DOMAIN = b"fairplate/v1/event-private\0"


@dataclass(frozen=True, slots=True)
class PrivatePartsKey:
    """What seals private parts and opens them."""

    secret: bytes = field(repr=False)
    _cipher: AESGCM = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse a secret of another length."""
        if len(self.secret) != KEY_BYTES:
            expected = f"{KEY_BYTES} bytes"
            raise InputError("log keys", "secret", expected=expected, found="another length")
        object.__setattr__(self, "_cipher", AESGCM(self.secret))

    def seal(self, event: Event, random_bytes: Callable[[int], bytes]) -> bytes:
        """Return what is stored of the private part of `event`, and of its salt."""
        plain = len(event.private).to_bytes(_LENGTH_BYTES, "big") + event.salt + event.private
        padded = plain + bytes(-len(plain) % _PAD_BYTES)
        nonce = random_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, padded, _bound_to(event.body))

    def open(self, body: bytes, stored: bytes, *, where: str = "event") -> Event:
        """Return the whole event; raise InputError unless `stored` was sealed for `body`."""
        try:
            padded = self._cipher.decrypt(
                stored[:_NONCE_BYTES], stored[_NONCE_BYTES:], _bound_to(body)
            )
        except (InvalidTag, ValueError):
            expected = "one that was sealed with this deployment's key"
            raise InputError(where, "private part", expected=expected, found="another") from None
        length = int.from_bytes(padded[:_LENGTH_BYTES], "big")
        rest = padded[_LENGTH_BYTES:]
        return Event(body, rest[:SALT_BYTES], rest[SALT_BYTES : SALT_BYTES + length])


def _bound_to(body: bytes) -> bytes:
    return _DOMAIN + hashlib.sha256(body).digest()
