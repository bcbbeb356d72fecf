r"""Challenges that a passkey must sign: made without remembering them, and answered once.

Decides the bytes. Nobody who only asks for challenges makes the server keep anything, so nobody can
push out those of others; only one that was answered rightly is remembered until it ends.

    challenge = end (8, seconds since 1970, big-endian) + random (16)
                + HMAC("challenge", end + random + purpose)
"""

import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from fairplate.audit.words import SignInFailure
from fairplate.deployment.people_key import PeopleKey
from fairplate.deployment.sign_in_refusals import SignInRefusedError
from fairplate.storage.schema import spent_challenges

LASTS = timedelta(minutes=5)
_END_BYTES = 8
_RANDOM_BYTES = 16
_MAC_BYTES = 32
_WHOLE_BYTES = _END_BYTES + _RANDOM_BYTES + _MAC_BYTES


def make_challenge(
    key: PeopleKey, purpose: str, *, now: datetime, random_bytes: Callable[[int], bytes]
) -> bytes:
    """Return a new challenge for one purpose."""
    end = int((now + LASTS).timestamp()).to_bytes(_END_BYTES, "big")
    body = end + random_bytes(_RANDOM_BYTES)
    return body + _mac(key, body, purpose)


def require_challenge(key: PeopleKey, purpose: str, challenge: bytes, *, now: datetime) -> None:
    """Raise SignInRefusedError unless we made that challenge for that purpose, and it lasts."""
    body, mac = challenge[:-_MAC_BYTES], challenge[-_MAC_BYTES:]
    if len(challenge) != _WHOLE_BYTES or not hmac.compare_digest(mac, _mac(key, body, purpose)):
        raise SignInRefusedError(SignInFailure.SECRET)
    if now >= _end_of(challenge):
        raise SignInRefusedError(SignInFailure.EXPIRED)


def spend_challenge(
    connection: sa.Connection, key: PeopleKey, challenge: bytes, *, now: datetime
) -> None:
    """Note that a challenge was answered; SignInRefusedError if it was before."""
    connection.execute(sa.delete(spent_challenges).where(spent_challenges.c.ends_at <= now))
    digest = key.digest("spent", challenge)
    known = sa.select(sa.func.count()).where(spent_challenges.c.digest == digest)
    if connection.execute(known).scalar_one():
        raise SignInRefusedError(SignInFailure.SECRET)
    values = {"digest": digest, "ends_at": _end_of(challenge)}
    connection.execute(sa.insert(spent_challenges).values(values))


def _end_of(challenge: bytes) -> datetime:
    return datetime.fromtimestamp(int.from_bytes(challenge[:_END_BYTES], "big"), UTC)


def _mac(key: PeopleKey, body: bytes, purpose: str) -> bytes:
    return key.digest("challenge", body + purpose.encode())
