"""People: one role each, sealed names, and never without an administrator."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from tests.deployment.people_parts import KEY, everybody, invite, join, person, told
from tests.worlds import PRIVATE_PARTS, World

from fairplate.audit.words import Role
from fairplate.core.errors import InputError, PolicyError, StorageError
from fairplate.deployment.invites import invite_person
from fairplate.deployment.people import Person, change_role, disable_person, read_people
from fairplate.storage.schema import events, people

ONE_DATABASE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


def change(world: World, who: Person, role: Role, actor: str = "cli:1000") -> None:
    with world.database.transaction() as connection:
        change_role(connection, replace(world.vault.recorder, actor=actor), KEY, who.id, role)


def disable(world: World, who: Person, actor: str = "cli:1000") -> None:
    with world.database.transaction() as connection:
        disable_person(connection, replace(world.vault.recorder, actor=actor), KEY, who.id)


def test_a_person_is_told_in_the_log_by_a_pseudonym(world: World) -> None:
    made = invite(world, Role.AUDITOR, "Ada Ranger")
    event = told(world)[-1]
    assert event.public == {"user": made.person_id, "role": "auditor"}
    assert made.person_id.startswith("user:")
    with world.database.reading() as connection:
        row = connection.execute(sa.select(events).order_by(events.c.id.desc()).limit(1)).one()
        stored = connection.execute(sa.select(people)).one()
    assert b"Ada" not in row.body
    assert b"Ada Ranger" in PRIVATE_PARTS.open(row.body, row.private).private
    assert b"Ada" not in bytes(stored.sealed)
    assert len(stored.sealed) == 12 + 256 + 16
    assert person(world, made.person_id).name == "Ada Ranger"
    assert "Ada" not in repr(person(world, made.person_id))


def test_states_follow_what_happens(world: World) -> None:
    join(world, Role.ADMINISTRATOR)
    made = invite(world)
    assert person(world, made.person_id).state == "invited"
    ada = join(world)
    assert person(world, ada.id).state == "joined"
    disable(world, ada)
    assert person(world, ada.id).state == "disabled"
    assert told(world)[-1].public == {"user": ada.id, "was": "operator", "role": None}
    with pytest.raises(InputError, match="disabled"):
        disable(world, ada)
    with pytest.raises(InputError, match="disabled"):
        change(world, ada, Role.AUDITOR)


def test_a_role_is_changed_once(world: World) -> None:
    ada = join(world)
    change(world, ada, Role.AUDITOR)
    assert person(world, ada.id).role is Role.AUDITOR
    assert told(world)[-1].public == {"user": ada.id, "was": "operator", "role": "auditor"}
    with pytest.raises(InputError, match="one who has it"):
        change(world, ada, Role.AUDITOR)


def test_the_last_administrator_stays(world: World) -> None:
    first = join(world, Role.ADMINISTRATOR, "First")
    invited = invite(world, Role.ADMINISTRATOR, "Not come yet")
    for act in (lambda: disable(world, first), lambda: change(world, first, Role.OPERATOR)):
        with pytest.raises(PolicyError, match="another administrator"):
            act()
    disable(world, person(world, invited.person_id))
    second = join(world, Role.ADMINISTRATOR, "Second")
    change(world, first, Role.OPERATOR)
    with pytest.raises(PolicyError, match="another administrator"):
        disable(world, second)


@ONE_DATABASE
def test_nobody_decides_about_themselves(world: World) -> None:
    join(world, Role.ADMINISTRATOR)
    ada = join(world, Role.ADMINISTRATOR)
    with pytest.raises(PolicyError, match="somebody else"):
        change(world, ada, Role.APPROVER, actor=ada.id)
    with pytest.raises(PolicyError, match="somebody else"):
        disable(world, ada, actor=ada.id)


@ONE_DATABASE
@pytest.mark.parametrize(
    ("name", "address", "role"),
    [
        ("", "", Role.OPERATOR),
        ("   ", "", Role.OPERATOR),
        ("x" * 101, "", Role.OPERATOR),
        ("Ada\nRanger", "", Role.OPERATOR),
        ("Ada", "x" * 101, Role.OPERATOR),
        ("Ada", "a@b\r\nBcc: c@d", Role.OPERATOR),
        ("Ada", "", Role.OFFICER),
    ],
)
def test_what_nobody_may_be_called(world: World, name: str, address: str, role: Role) -> None:
    with pytest.raises(InputError), world.database.transaction() as connection:
        invite_person(connection, world.vault.recorder, KEY, name=name, address=address, role=role)
    assert everybody(world) == []


@ONE_DATABASE
@pytest.mark.parametrize(
    "alteration", [{"role": "administrator"}, {"handle": b"x" * 32}, {"id": "user:other"}]
)
def test_a_row_altered_by_hand_does_not_open(world: World, alteration: dict[str, object]) -> None:
    join(world)
    with world.database.transaction() as connection:
        connection.execute(sa.update(people).values(alteration))
    with world.database.reading() as connection, pytest.raises(StorageError, match="people"):
        read_people(connection, KEY)


@ONE_DATABASE
def test_a_disabled_person_is_not_enabled_by_hand(world: World) -> None:
    ada = join(world)
    disable(world, ada)
    with world.database.transaction() as connection:
        connection.execute(sa.update(people).values(disabled_at=None))
    with pytest.raises(StorageError, match="people"):
        everybody(world)


def test_no_id_of_any_text_finds_anybody(world: World) -> None:
    for text in ("", "user:0", "a\0b", "'; --"):
        with pytest.raises(InputError, match="none of that id"):
            person(world, text)
