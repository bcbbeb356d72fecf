"""Passkeys: the keys that people's devices hold; only what verifies their signatures is here.

Decides how many a person has, that nobody removes their last way in, and that a counter which goes
back is refused. Leaves to `web/sign_in/ceremonies.py` whether an answer is signed rightly.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from fairplate.audit.log import Recorder
from fairplate.audit.words import SignInFailure
from fairplate.core.errors import InputError, PolicyError, UnknownIdError
from fairplate.deployment.people import Person, read_person
from fairplate.deployment.people_key import PeopleKey
from fairplate.deployment.sign_in_refusals import SignInRefusedError
from fairplate.storage.schema import passkeys, people, sessions, sign_in_links

MOST_PASSKEYS = 10
LONGEST_CREDENTIAL_ID = 1023
"""WebAuthn level 3, 4: credential ids have at most that many bytes."""

_ID_BYTES = 8


@dataclass(frozen=True, slots=True)
class Passkey:
    """One passkey; `id` is what people name it by."""

    id: str
    person_id: str
    credential_id: bytes = field(repr=False)
    public_key: bytes = field(repr=False)
    sign_count: int
    made_at: datetime
    used_at: datetime


def add_passkey(
    connection: sa.Connection,
    recorder: Recorder,
    key: PeopleKey,
    person: Person,
    *,
    credential_id: bytes,
    public_key: bytes,
    sign_count: int,
) -> Passkey:
    """Return a new passkey of a person; InputError for one too many, or one that is known."""
    now = recorder.clock()
    if not 0 < len(credential_id) <= LONGEST_CREDENTIAL_ID:
        expected = f"1 to {LONGEST_CREDENTIAL_ID} bytes"
        raise InputError("passkey", "id", expected=expected, found="another number")
    if len(read_passkeys(connection, key, person.id)) >= MOST_PASSKEYS:
        expected = f"at most {MOST_PASSKEYS} for a person"
        raise InputError("passkey", "number", expected=expected, found="one more")
    if find_passkey(connection, key, credential_id) is not None:
        raise InputError("passkey", "id", expected="a new one", found="one that is registered")
    made = Passkey(
        id=recorder.random_bytes(_ID_BYTES).hex(),
        person_id=person.id,
        credential_id=credential_id,
        public_key=public_key,
        sign_count=sign_count,
        made_at=now,
        used_at=now,
    )
    values = {
        "credential_id": credential_id,
        "id": made.id,
        "person_id": person.id,
        "sealed": key.seal(
            _place(made.id, person.id, credential_id), public_key, recorder.random_bytes
        ),
        "sign_count": sign_count,
        "made_at": now,
        "used_at": now,
    }
    connection.execute(sa.insert(passkeys).values(values))
    return made


def find_passkey(connection: sa.Connection, key: PeopleKey, credential_id: bytes) -> Passkey | None:
    """Return the passkey of a credential id, which may be any bytes."""
    mine = passkeys.c.credential_id == credential_id
    return next(iter(_read(connection, key, mine)), None)


def read_passkeys(connection: sa.Connection, key: PeopleKey, person_id: str) -> Sequence[Passkey]:
    """Return the passkeys of a person, the oldest first."""
    return _read(connection, key, passkeys.c.person_id == person_id)


def use_passkey(
    connection: sa.Connection, key: PeopleKey, passkey: Passkey, *, sign_count: int, now: datetime
) -> Person:
    """Return whose passkey was used, with its new count.

    Raises SignInRefusedError for a disabled person, and where the passkey was used or removed
    meanwhile: of two answers with one count, one is a copy's.
    """
    mine = sa.and_(
        passkeys.c.credential_id == passkey.credential_id,
        passkeys.c.sign_count == passkey.sign_count,
    )
    noted = sa.update(passkeys).where(mine).values(sign_count=sign_count, used_at=now)
    if connection.execute(noted).rowcount != 1:
        raise SignInRefusedError(SignInFailure.SECRET, passkey.person_id)
    person = read_person(connection, key, passkey.person_id)
    if person.disabled_at is not None:
        raise SignInRefusedError(SignInFailure.UNKNOWN, person.id)
    return person


def remove_passkey(
    connection: sa.Connection, key: PeopleKey, person_id: str, passkey_id: str
) -> None:
    """Remove a passkey of a person; sessions that it began end.

    Raises InputError if there is none of that id, PolicyError for the only way in.
    """
    if connection.dialect.name == "postgresql":  # two at once must not remove the last two
        mine = sa.select(people.c.id).where(people.c.id == person_id).with_for_update()
        connection.execute(mine)
    found = read_passkeys(connection, key, person_id)
    if passkey_id not in {one.id for one in found}:
        raise UnknownIdError("passkey", expected="one of yours")
    linked = sa.select(sa.func.count()).where(sign_in_links.c.person_id == person_id)
    if len(found) == 1 and not connection.execute(linked).scalar_one():
        raise PolicyError("passkey: expected another way to come in, found none")
    connection.execute(sa.delete(passkeys).where(passkeys.c.id == passkey_id))
    connection.execute(sa.delete(sessions).where(sessions.c.passkey_id == passkey_id))


def _read(
    connection: sa.Connection, key: PeopleKey, which: sa.ColumnElement[bool]
) -> list[Passkey]:
    query = sa.select(passkeys).where(which).order_by(passkeys.c.made_at, passkeys.c.id)
    return [
        Passkey(
            id=row.id,
            person_id=row.person_id,
            credential_id=row.credential_id,
            public_key=key.open(_place(row.id, row.person_id, row.credential_id), row.sealed),
            sign_count=row.sign_count,
            made_at=row.made_at,
            used_at=row.used_at,
        )
        for row in connection.execute(query)
    ]


def _place(passkey_id: str, person_id: str, credential_id: bytes) -> str:
    return f"passkey/{passkey_id}/{person_id}/{credential_id.hex()}"
