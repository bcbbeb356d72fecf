"""People for tests: invited and come in, with the real tables below."""

from tests.worlds import PRIVATE_PARTS, World

from fairplate.audit.events import ParsedEvent, read_event
from fairplate.audit.words import Role
from fairplate.deployment.invites import Invite, invite_person, take_invite
from fairplate.deployment.people import Person, read_people, read_person
from fairplate.deployment.people_key import PeopleKey
from fairplate.storage.schema import events

KEY = PeopleKey(PRIVATE_PARTS.secret)
AGENT = "firefox linux"


def invite(world: World, role: Role = Role.OPERATOR, name: str = "Ada Ranger") -> Invite:
    with world.database.transaction() as connection:
        return invite_person(
            connection, world.vault.recorder, KEY, name=name, address="ada@example.org", role=role
        )


def join(world: World, role: Role = Role.OPERATOR, name: str = "Ada Ranger") -> Person:
    secret = invite(world, role, name).secret
    with world.database.transaction() as connection:
        return take_invite(connection, world.vault.recorder, KEY, secret)


def person(world: World, person_id: str) -> Person:
    with world.database.reading() as connection:
        return read_person(connection, KEY, person_id)


def everybody(world: World) -> list[Person]:
    with world.database.reading() as connection:
        return list(read_people(connection, KEY).values())


def told(world: World) -> list[ParsedEvent]:
    """Return the events about people."""
    with world.database.reading() as connection:
        bodies = connection.execute(events.select().order_by(events.c.id)).all()
    parsed = [read_event(row.body) for row in bodies]
    return [one for one in parsed if one.type.startswith(("user.", "sign-in."))]
