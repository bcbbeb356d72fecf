"""The key by which a push service knows this deployment (RFC 8292), and its signed statement.

Decides the form of the key's file: PEM, private. A subscription is bound to the key it was made
with: with another key every phone has to subscribe again.
"""

import json
import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from fairplate.alerts.push_encryption import encode_base64url, public_point
from fairplate.alerts.secret_files import read_secret
from fairplate.core.errors import InputError

VALID_FOR = timedelta(hours=12)  # RFC 8292, section 2: at most 24 hours
_HALF = 32  # bytes of r and of s in an ES256 signature


def create_vapid_key(path: Path) -> str:
    """Write a new key to `path`, mode 0600, and return its public part for browsers.

    Raises InputError if something is there already, or it cannot be written.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        expected = "a path where nothing is: another key ends every subscription"
        raise InputError(str(path), "file", expected=expected, found="a file") from None
    except OSError as error:
        raise _not_written(path, error) from None
    try:
        with os.fdopen(file, "wb") as stream:
            stream.write(pem)
            stream.flush()
            os.fsync(file)
    except OSError as error:
        path.unlink(missing_ok=True)  # half a key would stand in the way of a whole one
        raise _not_written(path, error) from None
    return application_server_key(key)


def read_public_part(path: Path) -> str:
    """Return the public part, for browsers, of the key at `path`; InputError if there is none."""
    key = parse_vapid_key(read_secret(path, where=str(path), field="file"))
    if key is None:
        expected = "a private key on P-256 (PEM)"
        raise InputError(str(path), "file", expected=expected, found="another text")
    return application_server_key(key)


def _not_written(path: Path, error: OSError) -> InputError:
    found = (error.strerror or type(error).__name__).lower()
    return InputError(str(path), "file", expected="a path that can be written", found=found)


def parse_vapid_key(pem: bytes) -> ec.EllipticCurvePrivateKey | None:
    """Return the key that the PEM text holds; None if it is no private key on P-256."""
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    is_p256 = isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1)
    return key if is_p256 else None  # type: ignore[return-value]  # narrowed in is_p256


def application_server_key(key: ec.EllipticCurvePrivateKey) -> str:
    """Return the public part as browsers take it (`applicationServerKey`)."""
    return encode_base64url(public_point(key))


def authorization(
    key: ec.EllipticCurvePrivateKey, *, origin: str, contact: str, now: datetime
) -> str:
    """Return the Authorization header for a push service at `origin` (RFC 8292, section 3)."""
    head = _part({"typ": "JWT", "alg": "ES256"})
    until = int((now + VALID_FOR).timestamp())
    claims = _part({"aud": origin, "exp": until, "sub": contact})
    signed = f"{head}.{claims}"
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(SHA256())))
    signature = encode_base64url(r.to_bytes(_HALF, "big") + s.to_bytes(_HALF, "big"))
    return f"vapid t={signed}.{signature}, k={application_server_key(key)}"


def _part(fields: Mapping[str, object]) -> str:
    return encode_base64url(json.dumps(fields, separators=(",", ":")).encode())
