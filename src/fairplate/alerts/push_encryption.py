"""The encryption of a web push (RFC 8291): only the browser that subscribed can read it.

Pure: the sender's key pair and the salt arrive as arguments, and must be new for every message.
"""

import base64
import binascii
import json
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from fairplate.core.errors import InputError

SALT_BYTES = 16
MAX_PLAINTEXT = 3993
"""What every push service takes, less what encryption adds to it (RFC 8291, section 4)."""

_RECORD_SIZE = 4096
_AUTH_BYTES = 16
_PAD_TO = 512  # the length of a message says little about its text
_LAST_RECORD = b"\x02"
_MAX_SUBSCRIPTION = 4096


@dataclass(frozen=True, slots=True)
class Subscription:
    """Where a browser takes messages, and the keys that only it can open them with."""

    endpoint: str = field(repr=False)
    public_key: bytes = field(repr=False)
    auth: bytes = field(repr=False)

    def to_json(self) -> str:
        """Return it in the form of the Push API's `PushSubscription.toJSON()`."""
        keys = {"p256dh": encode_base64url(self.public_key), "auth": encode_base64url(self.auth)}
        return json.dumps({"endpoint": self.endpoint, "keys": keys}, separators=(",", ":"))


def parse_subscription(where: str, text: str) -> Subscription:
    """Return what a browser's subscription says; raise InputError for anything else."""
    expected = "a push subscription as JSON: endpoint, keys.p256dh and keys.auth"
    if len(text) > _MAX_SUBSCRIPTION:
        expected = f"a push subscription of at most {_MAX_SUBSCRIPTION} characters"
        raise InputError(where, "address", expected=expected, found="more")
    try:
        given = json.loads(text)
        endpoint, keys = given["endpoint"], given["keys"]
        public_key, auth = decode_base64url(keys["p256dh"]), decode_base64url(keys["auth"])
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise InputError(where, "address", expected=expected, found="another text") from None
    if not isinstance(endpoint, str) or len(auth) != _AUTH_BYTES:
        raise InputError(where, "address", expected=expected, found="another text")
    return Subscription(endpoint, public_key, auth)


def encrypt_push(
    plaintext: bytes,
    subscription: Subscription,
    *,
    sender_key: ec.EllipticCurvePrivateKey,
    salt: bytes,
    padded: bool = True,
) -> bytes:
    """Return the body of a push message, one record of `aes128gcm` (RFC 8188)."""
    if len(plaintext) > MAX_PLAINTEXT:
        raise ValueError("the message is too long for a push")
    receiver = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), subscription.public_key)
    sender_public = public_point(sender_key)
    shared = sender_key.exchange(ec.ECDH(), receiver)
    info = b"WebPush: info\0" + subscription.public_key + sender_public
    secret = _derive(subscription.auth, shared, info, 32)
    key = _derive(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derive(salt, secret, b"Content-Encoding: nonce\0", 12)
    length = min(-(-len(plaintext) // _PAD_TO) * _PAD_TO, MAX_PLAINTEXT)
    padding = bytes(length - len(plaintext)) if padded else b""
    sealed = AESGCM(key).encrypt(nonce, plaintext + _LAST_RECORD + padding, None)
    header = salt + _RECORD_SIZE.to_bytes(4, "big") + bytes([len(sender_public)]) + sender_public
    return header + sealed


def public_point(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the public key as the 65 bytes of an uncompressed point."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def encode_base64url(data: bytes) -> str:
    """Return `data` in base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode_base64url(text: str) -> bytes:
    """Return what base64url `text` holds, padded or not; ValueError for anything else."""
    plain = text.rstrip("=")
    try:
        data = plain.encode("ascii").translate(bytes.maketrans(b"-_", b"+/"), b"")
        return base64.b64decode(data + b"=" * (-len(data) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None


def _derive(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)
