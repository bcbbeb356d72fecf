"""Invites: links by which people come in for the first time, or again after losing their passkey.

Decides that an invite works once, for three days, and that a newer one ends it. Taking one ends
every passkey, session and token from before: whoever comes in by an invite that was meant for
another is noticed by the other, and `user.invited` in the log tells who made it.
"""

import base64
import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from fairplate.audit.event_types import EventType
from fairplate.audit.log import Recorder
from fairplate.audit.words import Role, SignInFailure
from fairplate.deployment.people import (
    Person,
    add_person,
    end_access,
    end_ways_in,
    read_person,
    read_to_change,
    write_standing,
)
from fairplate.deployment.people_key import PeopleKey
from fairplate.deployment.sign_in_refusals import SignInRefusedError
from fairplate.storage.schema import invites, people

LASTS = timedelta(hours=72)
_PREFIX = "fpi1_"  # what scanners for secrets that leaked can look for
_SECRET_BYTES = 32
_INVITE = re.compile(r"fpi1_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Invite:
    """An invite as it is handed over: once, to the person themselves."""

    person_id: str
    secret: str = field(repr=False)
    ends_at: datetime


def invite_person(
    connection: sa.Connection,
    recorder: Recorder,
    key: PeopleKey,
    *,
    name: str,
    address: str,
    role: Role,
) -> Invite:
    """Return an invite for somebody new, with its event.

    Raises InputError for a name, address or role that nobody may have.
    """
    person = add_person(connection, recorder, key, name=name, address=address, role=role)
    return _make(connection, recorder, key, person)


def invite_again(
    connection: sa.Connection, recorder: Recorder, key: PeopleKey, person_id: str
) -> Invite:
    """Return a new invite for a person who has lost the last one, or their passkeys.

    A disabled person is enabled with that. What they have now works until the invite is taken.
    Raises PolicyError for oneself, InputError if there is nobody of that id.
    """
    person = read_to_change(connection, recorder, key, person_id)
    if person.disabled_at is not None:
        write_standing(connection, recorder, key, person, role=person.role, disabled_at=None)
    return _make(connection, recorder, key, person)


def read_invited(connection: sa.Connection, key: PeopleKey, secret: str, now: datetime) -> Person:
    """Return who an invite is for; SignInRefusedError if it does not count, or not any more."""
    row = connection.execute(
        sa.select(invites).where(invites.c.digest == _digest(key, secret))
    ).one_or_none()
    if row is None:
        raise SignInRefusedError(SignInFailure.UNKNOWN)
    if now >= row.ends_at:
        raise SignInRefusedError(SignInFailure.EXPIRED, row.person_id)
    return read_person(connection, key, row.person_id)


def take_invite(
    connection: sa.Connection, recorder: Recorder, key: PeopleKey, secret: str
) -> Person:
    """Return who an invite was for; it is used up, and so is whatever they had before.

    Raises SignInRefusedError as `read_invited` does; of two at once, one gets it.
    """
    now = recorder.clock()
    person = read_invited(connection, key, secret, now)
    taken = sa.delete(invites).where(invites.c.digest == _digest(key, secret))
    if connection.execute(taken).rowcount != 1:
        raise SignInRefusedError(SignInFailure.UNKNOWN)
    end_access(connection, person.id)
    end_ways_in(connection, person.id)
    connection.execute(sa.update(people).where(people.c.id == person.id).values(joined_at=now))
    return replace(person, joined_at=now)


def _make(connection: sa.Connection, recorder: Recorder, key: PeopleKey, person: Person) -> Invite:
    secret = _PREFIX + base64.urlsafe_b64encode(recorder.random_bytes(_SECRET_BYTES)).decode()
    secret = secret.rstrip("=")
    now = recorder.clock()
    connection.execute(sa.delete(invites).where(invites.c.person_id == person.id))
    values = {
        "digest": _digest(key, secret),
        "person_id": person.id,
        "made_at": now,
        "ends_at": now + LASTS,
    }
    connection.execute(sa.insert(invites).values(values))
    recorder.record(
        connection,
        EventType.USER_INVITED,
        public={"user": person.id, "role": person.role.value},
        private={"name": person.name, "address": person.address},
    )
    return Invite(person.id, secret, now + LASTS)


def _digest(key: PeopleKey, secret: str) -> bytes:
    """Return the digest of an invite; of any other text one that no invite has."""
    known = secret if _INVITE.fullmatch(secret) else ""
    return key.digest("invite", known.encode())
