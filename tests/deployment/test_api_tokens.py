"""API tokens: kept as digests, bound to person and scopes, over with the role."""

from collections.abc import Collection
from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.deployment.people_parts import KEY, join, person, told
from tests.worlds import World

from fairplate.audit.words import Role
from fairplate.core.errors import InputError, StorageError
from fairplate.deployment.api_tokens import (
    LONGEST_NAME,
    MOST_DAYS,
    MOST_TOKENS,
    PREFIX,
    ApiToken,
    end_token,
    make_token,
    read_token,
    read_tokens,
)
from fairplate.deployment.people import Person, change_role, disable_person
from fairplate.deployment.roles import SCOPES, Act, scopes_of
from fairplate.storage.schema import api_tokens, people

DISPLAY = "Wall display"


def make(
    world: World,
    who: Person,
    scopes: Collection[Act] = (Act.SEE_STATUS,),
    name: str = DISPLAY,
    days: int = 30,
) -> tuple[str, ApiToken]:
    with world.database.transaction() as connection:
        return make_token(
            connection, world.vault.recorder, KEY, who, name=name, scopes=scopes, days=days
        )


def opened(world: World, secret: str) -> tuple[ApiToken, Person] | None:
    with world.database.reading() as connection:
        return read_token(connection, KEY, secret, world.clock())


def test_a_token_opens_with_its_secret_alone(world: World) -> None:
    ada = join(world)
    secret, token = make(world, ada, [Act.SEE_ALERTS, Act.IMPORT_LISTS])
    assert opened(world, secret) == (token, ada)
    assert opened(world, secret[:-1] + ("A" if secret[-1] != "A" else "B")) is None
    with world.database.reading() as connection:
        row = connection.execute(sa.select(api_tokens)).one()
    kept = b"".join(one for one in row if isinstance(one, bytes))
    assert secret.removeprefix(PREFIX).encode() not in kept
    assert DISPLAY.encode() not in kept


def test_its_event_tells_whose_it_is_and_seals_what_for(world: World) -> None:
    ada = join(world)
    make(world, ada)
    event = told(world)[-1]
    assert (event.type, event.public) == ("user.keyed", {"user": ada.id})


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.APPROVER, Role.AUDITOR, Role.ADMINISTRATOR])
@pytest.mark.parametrize("act", list(Act))
def test_a_token_is_made_for_what_tokens_and_the_role_may_do(
    world: World, role: Role, act: Act
) -> None:
    who = join(world, role)
    if act in scopes_of(role):
        assert make(world, who, [act])[1].scopes == {act}
        assert act in SCOPES
        return
    with pytest.raises(InputError, match="scopes"):
        make(world, who, [Act.SEE_STATUS, act])


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("name", {"name": ""}),
        ("name", {"name": "  "}),
        ("name", {"name": "a\nb"}),
        ("name", {"name": "a" * (LONGEST_NAME + 1)}),
        ("days", {"days": 0}),
        ("days", {"days": MOST_DAYS + 1}),
        ("scopes", {"scopes": ()}),
    ],
)
def test_what_no_token_may_be(world: World, field: str, wrong: dict[str, object]) -> None:
    ada = join(world)
    with pytest.raises(InputError) as caught:
        make(world, ada, **wrong)  # type: ignore[arg-type]  # each is of its field's type
    assert caught.value.field == field
    with world.database.reading() as connection:
        assert not connection.execute(sa.select(api_tokens)).all()


def test_it_ends_by_itself_to_the_second(world: World) -> None:
    secret, _ = make(world, join(world), days=1)
    world.clock.move(timedelta(days=1) - timedelta(seconds=1))
    assert opened(world, secret) is not None
    world.clock.move(timedelta(seconds=1))
    assert opened(world, secret) is None


def test_it_ends_with_the_role_and_with_the_person(world: World) -> None:
    for end in (disable, demote):
        ada = join(world)
        secret, _ = make(world, ada)
        end(world, ada)
        assert opened(world, secret) is None


def disable(world: World, who: Person) -> None:
    with world.database.transaction() as connection:
        disable_person(connection, world.vault.recorder, KEY, who.id)


def demote(world: World, who: Person) -> None:
    with world.database.transaction() as connection:
        change_role(connection, world.vault.recorder, KEY, who.id, Role.AUDITOR)


def test_a_disabled_person_has_none_whatever_the_table_says(world: World) -> None:
    ada = join(world)
    secret, _ = make(world, ada)
    with world.database.transaction() as connection:
        connection.execute(sa.update(people).values(disabled_at=world.clock()))
    assert opened(world, secret) is None


@pytest.mark.parametrize("column", ["person_id", "ends_at", "id"])
def test_a_row_altered_by_hand_does_not_open(world: World, column: str) -> None:
    ada, eve = join(world), join(world, Role.APPROVER, "Eve Warden")
    secret, token = make(world, ada)
    altered = {
        "person_id": eve.id,
        "ends_at": token.ends_at + timedelta(days=400),
        "id": "0" * 16,
    }
    with world.database.transaction() as connection:
        connection.execute(sa.update(api_tokens).values({column: altered[column]}))
    with pytest.raises(StorageError):
        opened(world, secret)


def test_one_is_ended_by_its_owner_alone(world: World) -> None:
    ada, eve = join(world), join(world, Role.APPROVER, "Eve Warden")
    secret, token = make(world, ada)
    with pytest.raises(InputError), world.database.transaction() as connection:
        end_token(connection, eve.id, token.id)
    assert opened(world, secret) is not None
    with world.database.transaction() as connection:
        end_token(connection, ada.id, token.id)
    assert opened(world, secret) is None


def test_a_person_has_so_many_and_those_that_ended_do_not_count(world: World) -> None:
    ada = join(world)
    for _ in range(MOST_TOKENS):
        make(world, ada, days=1)
    with pytest.raises(InputError, match="number"):
        make(world, ada)
    world.clock.move(timedelta(days=2))
    make(world, person(world, ada.id))
    with world.database.reading() as connection:
        assert len(read_tokens(connection, KEY, ada.id, world.clock())) == 1


@pytest.mark.parametrize("text", ["", "fpt1_", "fpt1_" + "A" * 43, "\0", "ü", "fpr1_" + "A" * 43])
def test_no_other_text_is_one(world: World, text: str) -> None:
    make(world, join(world))
    assert opened(world, text) is None
