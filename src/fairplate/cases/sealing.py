r"""What a case asks for, sealed: plates, readers, times, reference and reason stand in no column.

Decides the bytes. The key is derived from the log's key for private parts, which lies outside the
database; what is sealed is bound to its case, so that a row that was altered by hand does not open.

    sealed = nonce (12) + AES-256-GCM(key, nonce, padded, "fairplate/v1/case\0" + case id)
    key    = HMAC-SHA256(the log's key for private parts, "fairplate/v1/cases")
    padded = length (4, big-endian) + JSON + zeros, a multiple of 256 bytes
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fairplate.cases.case import Asked
from fairplate.core.errors import StorageError
from fairplate.core.purposes import Purpose

_NONCE_BYTES = 12
_LENGTH_BYTES = 4
_PAD_BYTES = 256
_VERSION = 1


@dataclass(frozen=True, slots=True)
class CasesKey:
    """What seals what cases ask for, and opens it."""

    secret: bytes = field(repr=False)
    _cipher: AESGCM = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Derive the cipher: the secret is another key's too, so the purpose is bound to it."""
        derived = hmac.digest(self.secret, b"fairplate/v1/cases", hashlib.sha256)
        object.__setattr__(self, "_cipher", AESGCM(derived))

    def seal(self, case_id: str, asked: Asked, random_bytes: Callable[[int], bytes]) -> bytes:
        """Return what is kept of `asked`."""
        plain = json.dumps(
            {
                "v": _VERSION,
                "plates": sorted(asked.plates),
                "readers": sorted(asked.reader_ids),
                "from": asked.captured_from.isoformat(),
                "until": asked.captured_until.isoformat(),
                "reference": asked.reference,
                "why": asked.why,
                "hold": asked.hold,
                "look_alikes": asked.look_alikes,
            }
        ).encode()
        padded = len(plain).to_bytes(_LENGTH_BYTES, "big") + plain
        padded += bytes(-len(padded) % _PAD_BYTES)
        nonce = random_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, padded, _bound(case_id))

    def open(
        self, case_id: str, sealed: bytes, *, purpose: Purpose, ends_at: datetime, exigent: bool
    ) -> Asked:
        """Return what was asked for; StorageError for what was not sealed for that case."""
        try:
            padded = self._cipher.decrypt(
                sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bound(case_id)
            )
            length = int.from_bytes(padded[:_LENGTH_BYTES], "big")
            found = json.loads(padded[_LENGTH_BYTES : _LENGTH_BYTES + length])
            return Asked(
                purpose=purpose,
                reference=found["reference"],
                why=found["why"],
                plates=frozenset(found["plates"]),
                reader_ids=frozenset(found["readers"]),
                captured_from=datetime.fromisoformat(found["from"]),
                captured_until=datetime.fromisoformat(found["until"]),
                ends_at=ends_at,
                exigent=exigent,
                hold=found.get("hold", False),  # cases of before have neither
                look_alikes=found.get("look_alikes", False),
            )
        except (InvalidTag, ValueError, KeyError, TypeError):
            expected = "what this deployment's key sealed for that case"
            raise StorageError("cases", expected=expected, found="another") from None


def _bound(case_id: str) -> bytes:
    return b"fairplate/v1/case\0" + case_id.encode()
