"""People: who may use the deployment, and as what.

Decides that a person has one role, that no administrator is the last to go, and that whoever loses
a role loses sessions and tokens with it. Leaves to `roles.py` what a role may do and to
`invites.py` how people come. A person is never deleted: a pseudonym always means the same one.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime

import sqlalchemy as sa

from fairplate.audit.event_types import EventType
from fairplate.audit.log import Recorder
from fairplate.audit.words import Role
from fairplate.core.errors import InputError, PolicyError, UnknownIdError
from fairplate.deployment.people_key import PeopleKey
from fairplate.deployment.roles import ACTS
from fairplate.storage.schema import api_tokens, invites, passkeys, people, sessions, sign_in_links

LONGEST_NAME = 100
_ID_BYTES = 8
_HANDLE_BYTES = 32


@dataclass(frozen=True, slots=True)
class Person:
    """One person; `id` is the pseudonym in the log, `handle` what passkeys name the person by."""

    id: str
    role: Role
    name: str = field(repr=False)
    address: str = field(repr=False)
    handle: bytes = field(repr=False)
    invited_at: datetime
    joined_at: datetime | None
    disabled_at: datetime | None

    @property
    def state(self) -> str:
        """Whether the person can come in."""
        if self.disabled_at is not None:
            return "disabled"
        return "invited" if self.joined_at is None else "joined"


def add_person(
    connection: sa.Connection,
    recorder: Recorder,
    key: PeopleKey,
    *,
    name: str,
    address: str,
    role: Role,
) -> Person:
    """Return a new person; the event is the invitation's."""
    _require_role(role)
    for field_name, text, shortest in (("name", name, 1), ("address", address, 0)):
        if not shortest <= len(text.strip()) <= len(text) <= LONGEST_NAME or not text.isprintable():
            expected = f"{shortest} to {LONGEST_NAME} characters in one line"
            raise InputError("user", field_name, expected=expected, found="another text")
    person = Person(
        id=f"user:{recorder.random_bytes(_ID_BYTES).hex()}",
        role=role,
        name=name,
        address=address,
        handle=recorder.random_bytes(_HANDLE_BYTES),
        invited_at=recorder.clock(),
        joined_at=None,
        disabled_at=None,
    )
    values = {
        "id": person.id,
        "role": role.value,
        "sealed": _seal(key, recorder, person),
        "handle": person.handle,
        "invited_at": person.invited_at,
    }
    connection.execute(sa.insert(people).values(values))
    return person


def read_people(
    connection: sa.Connection, key: PeopleKey, only: Collection[str] | None = None
) -> dict[str, Person]:
    """Return everybody by id, in the order of invitation, or those of `only` that there are.

    Raises StorageError where a row was altered by hand.
    """
    query = sa.select(people).order_by(people.c.invited_at, people.c.id)
    if only is not None:
        query = query.where(people.c.id.in_([one for one in only if "\0" not in one]))
    return {row.id: open_person(key, row) for row in connection.execute(query)}


def read_person(connection: sa.Connection, key: PeopleKey, person_id: str) -> Person:
    """Return one person; InputError if there is none of that id."""
    found = read_people(connection, key, [person_id]).get(person_id)
    if found is None:
        raise UnknownIdError("user", expected="one that there is")
    return found


def change_role(
    connection: sa.Connection, recorder: Recorder, key: PeopleKey, person_id: str, role: Role
) -> None:
    """Give a person another role, with its event; sessions and tokens of the old one end.

    Raises PolicyError for oneself and for the last administrator, InputError unless enabled.
    """
    _require_role(role)
    person = read_to_change(connection, recorder, key, person_id)
    if person.disabled_at is not None or person.role is role:
        found = "a disabled one" if person.disabled_at is not None else "one who has it"
        raise InputError("user", "role", expected="a person without that role", found=found)
    require_another_administrator(connection, key, person)
    write_standing(connection, recorder, key, person, role=role, disabled_at=None)
    end_access(connection, person_id)
    _record_change(connection, recorder, person, role)


def disable_person(
    connection: sa.Connection, recorder: Recorder, key: PeopleKey, person_id: str
) -> None:
    """Let a person in no more, with the event; a new invite lets them in again.

    Raises PolicyError for oneself and for the last administrator, InputError unless enabled.
    """
    person = read_to_change(connection, recorder, key, person_id)
    if person.disabled_at is not None:
        raise InputError("user", "id", expected="one who may come in", found="a disabled one")
    require_another_administrator(connection, key, person)
    now = recorder.clock()
    write_standing(connection, recorder, key, person, role=person.role, disabled_at=now)
    end_access(connection, person_id)
    end_ways_in(connection, person_id)
    _record_change(connection, recorder, person, None)


def end_access(connection: sa.Connection, person_id: str) -> None:
    """End every session and token of a person."""
    for table in (sessions, api_tokens):
        connection.execute(sa.delete(table).where(table.c.person_id == person_id))


def end_ways_in(connection: sa.Connection, person_id: str) -> None:
    """End every invite, passkey and link of a person."""
    for table in (invites, passkeys, sign_in_links):
        connection.execute(sa.delete(table).where(table.c.person_id == person_id))


def read_to_change(
    connection: sa.Connection, recorder: Recorder, key: PeopleKey, person_id: str
) -> Person:
    """Return a person whose standing nobody else changes until the commit.

    Raises PolicyError for the recorder's actor: nobody decides what they themselves may do.
    """
    if connection.dialect.name == "postgresql":  # in SQLite whoever writes is alone
        connection.exec_driver_sql("LOCK TABLE people IN EXCLUSIVE MODE")
    if person_id == recorder.actor:
        raise PolicyError("user: expected somebody else to decide that, found the person concerned")
    return read_person(connection, key, person_id)


def require_another_administrator(
    connection: sa.Connection, key: PeopleKey, person: Person
) -> None:
    """Raise PolicyError if without `person` no administrator could come in."""
    if person.role is not Role.ADMINISTRATOR or person.state != "joined":
        return
    others = (one for one in read_people(connection, key).values() if one.id != person.id)
    if not any(one.role is Role.ADMINISTRATOR and one.state == "joined" for one in others):
        expected = "another administrator who has come in already"
        raise PolicyError(f"user: expected {expected}, found none")


def write_standing(
    connection: sa.Connection,
    recorder: Recorder,
    key: PeopleKey,
    person: Person,
    *,
    role: Role,
    disabled_at: datetime | None,
) -> None:
    """Write a person's role and whether they may come in; name and address are bound to both."""
    changed = replace(person, role=role, disabled_at=disabled_at)
    values = {
        "role": role.value,
        "disabled_at": disabled_at,
        "sealed": _seal(key, recorder, changed),
    }
    connection.execute(sa.update(people).where(people.c.id == person.id).values(values))


def open_person(key: PeopleKey, row: "sa.Row[tuple[object, ...]]") -> Person:
    """Return the person of a row of `people`; StorageError if it was altered by hand."""
    place = _place(row.id, row.role, row.handle, disabled=row.disabled_at is not None)
    name, address = json.loads(key.open(place, row.sealed))
    return Person(
        row.id,
        Role(row.role),
        name,
        address,
        row.handle,
        row.invited_at,
        row.joined_at,
        row.disabled_at,
    )


def _seal(key: PeopleKey, recorder: Recorder, person: Person) -> bytes:
    disabled = person.disabled_at is not None
    place = _place(person.id, person.role.value, person.handle, disabled=disabled)
    plain = json.dumps([person.name, person.address]).encode()
    return key.seal(place, plain, recorder.random_bytes)


def _place(person_id: str, role: str, handle: bytes, *, disabled: bool) -> str:
    return f"person/{person_id}/{role}/{handle.hex()}/{'disabled' if disabled else 'enabled'}"


def _record_change(
    connection: sa.Connection, recorder: Recorder, person: Person, role: Role | None
) -> None:
    recorder.record(
        connection,
        EventType.USER_ROLE_CHANGED,
        public={
            "user": person.id,
            "was": person.role.value,
            "role": None if role is None else role.value,
        },
        private={},
    )


def _require_role(role: Role) -> None:
    if role not in ACTS:
        expected = ", ".join(one.value for one in ACTS)
        raise InputError("user", "role", expected=f"one of {expected}", found="another")
