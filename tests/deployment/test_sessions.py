"""Sessions: short, bound, renewed, and over with what they hang on."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.deployment.people_parts import AGENT, KEY, join, person
from tests.worlds import World

from fairplate.audit.words import Role
from fairplate.core.errors import StorageError
from fairplate.deployment.people import Person, change_role, disable_person
from fairplate.deployment.sessions import (
    IDLE,
    LASTS,
    MOST_SESSIONS,
    STEP_UP_LASTS,
    Session,
    begin_session,
    end_session,
    end_sessions,
    is_to_be_noted,
    note_seen,
    read_session,
    read_sessions,
    step_up,
)
from fairplate.storage.schema import people, sessions

SECOND = timedelta(seconds=1)


def begin(world: World, who: Person, passkey_id: str | None = None) -> tuple[str, Session]:
    with world.database.transaction() as connection:
        return begin_session(
            connection, world.vault.recorder, KEY, who, passkey_id=passkey_id, agent=AGENT
        )


def opened(world: World, secret: str, agent: str = AGENT) -> Session | None:
    with world.database.reading() as connection:
        return read_session(connection, KEY, secret, agent=agent, now=world.clock())


def use(world: World, secret: str) -> None:
    session = opened(world, secret)
    assert session is not None
    with world.database.transaction() as connection:
        note_seen(connection, session, world.clock())


def test_a_session_opens_with_its_secret_alone(world: World) -> None:
    ada = join(world)
    secret, session = begin(world, ada)
    found = opened(world, secret)
    assert found is not None
    assert (found, found.person.id) == (session, ada.id)
    with world.database.reading() as connection:
        row = connection.execute(sa.select(sessions)).one()
    assert secret.encode() not in bytes(row.digest)
    assert secret not in repr(session)
    for other in ("", "\0", secret[:-1], secret + "A", row.id, bytes(row.digest).hex()):
        assert opened(world, other) is None


def test_another_browser_does_not_open_it(world: World) -> None:
    secret, _ = begin(world, join(world))
    assert opened(world, secret, "chrome windows") is None
    assert opened(world, secret) is not None


def test_it_ends_after_half_an_hour_without_use(world: World) -> None:
    secret, _ = begin(world, join(world))
    world.clock.move(IDLE - SECOND)
    use(world, secret)
    world.clock.move(IDLE - SECOND)
    assert opened(world, secret) is not None
    world.clock.move(SECOND)
    assert opened(world, secret) is None


def test_it_ends_after_twelve_hours_whatever_its_use(world: World) -> None:
    secret, _ = begin(world, join(world))
    for _ in range(35):
        world.clock.move(timedelta(minutes=20))
        use(world, secret)
    world.clock.move(timedelta(minutes=19, seconds=59))
    use(world, secret)
    world.clock.move(SECOND)
    assert world.clock() - person(world, everyone(world)).invited_at == LASTS
    assert opened(world, secret) is None


def everyone(world: World) -> str:
    with world.database.reading() as connection:
        return str(connection.execute(sa.select(people.c.id)).scalar_one())


def test_use_is_noted_each_minute(world: World) -> None:
    _, session = begin(world, join(world))
    assert not is_to_be_noted(session, world.clock())
    assert is_to_be_noted(session, world.clock() + timedelta(minutes=1))


def test_step_up_renews_the_secret_and_is_for_one_act(world: World) -> None:
    secret, session = begin(world, join(world))
    assert not session.is_stepped_up("users:change", world.clock())
    with world.database.transaction() as connection:
        renewed = step_up(connection, world.vault.recorder, KEY, session, "users:change")
    assert renewed is not None
    assert opened(world, secret) is None
    found = opened(world, renewed[0])
    assert found == renewed[1]
    assert found is not None
    assert found.is_stepped_up("users:change", world.clock())
    assert not found.is_stepped_up("keys:change", world.clock())
    assert not found.is_stepped_up("users:change", world.clock() - SECOND)
    assert found.is_stepped_up("users:change", world.clock() + STEP_UP_LASTS - SECOND)
    assert not found.is_stepped_up("users:change", world.clock() + STEP_UP_LASTS)
    with world.database.transaction() as connection:
        assert step_up(connection, world.vault.recorder, KEY, session, "users:change") is None


def test_it_ends_with_the_role_and_with_the_person(world: World) -> None:
    ada = join(world)
    secret, _ = begin(world, ada)
    with world.database.transaction() as connection:
        change_role(connection, world.vault.recorder, KEY, ada.id, Role.AUDITOR)
    assert opened(world, secret) is None
    secret, _ = begin(world, person(world, ada.id))
    with world.database.transaction() as connection:
        disable_person(connection, world.vault.recorder, KEY, ada.id)
    assert opened(world, secret) is None


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_role_altered_by_hand_ends_the_session(world: World) -> None:
    secret, _ = begin(world, join(world))
    with world.database.transaction() as connection:
        connection.execute(sa.update(people).values(role="administrator"))
    with pytest.raises(StorageError):
        opened(world, secret)


def test_one_is_ended_and_all_others(world: World) -> None:
    ada, bob = join(world), join(world)
    first, second, third = (begin(world, ada) for _ in range(3))
    others, _ = begin(world, bob)
    with world.database.transaction() as connection:
        assert not end_session(connection, bob.id, first[1].id)
        assert end_session(connection, ada.id, first[1].id)
        assert not end_session(connection, ada.id, first[1].id)
        assert end_sessions(connection, ada.id, but=third[1].id) == 1
    assert [opened(world, one[0]) is None for one in (first, second, third)] == [True, True, False]
    assert opened(world, others) is not None
    with world.database.transaction() as connection:
        assert end_sessions(connection, ada.id) == 1


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_person_has_so_many_and_the_oldest_goes(world: World) -> None:
    ada = join(world)
    secrets = []
    for _ in range(MOST_SESSIONS + 2):
        secrets.append(begin(world, ada)[0])
        world.clock.move(SECOND)
    with world.database.reading() as connection:
        assert len(read_sessions(connection, KEY, ada, world.clock())) == MOST_SESSIONS
    assert [opened(world, one) is None for one in secrets[:3]] == [True, True, False]


def test_what_is_over_is_cleared_away(world: World) -> None:
    ada = join(world)
    begin(world, ada)
    world.clock.move(IDLE)
    begin(world, ada)
    with world.database.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(sessions)).scalar() == 1
