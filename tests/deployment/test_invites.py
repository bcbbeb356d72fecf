"""Invites: once, for three days, the newest alone, and whatever was before ends with them."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.deployment.people_parts import AGENT, KEY, invite, join, person, told
from tests.worlds import World

from fairplate.audit.words import SignInFailure
from fairplate.core.errors import PolicyError
from fairplate.deployment.invites import (
    LASTS,
    Invite,
    invite_again,
    read_invited,
    take_invite,
)
from fairplate.deployment.passkeys import add_passkey, read_passkeys
from fairplate.deployment.people import Person, disable_person
from fairplate.deployment.sessions import begin_session, read_sessions
from fairplate.deployment.sign_in_refusals import SignInRefusedError
from fairplate.storage.schema import invites


def take(world: World, secret: str) -> Person:
    with world.database.transaction() as connection:
        return take_invite(connection, world.vault.recorder, KEY, secret)


def again(world: World, person_id: str, actor: str = "cli:1000") -> Invite:
    with world.database.transaction() as connection:
        recorder = replace(world.vault.recorder, actor=actor)
        return invite_again(connection, recorder, KEY, person_id)


def refused(world: World, secret: str) -> tuple[SignInFailure, str | None]:
    with pytest.raises(SignInRefusedError) as caught:
        take(world, secret)
    assert "expired" not in str(caught.value)
    return caught.value.reason, caught.value.person_id


def test_an_invite_works_once(world: World) -> None:
    made = invite(world)
    assert made.secret not in repr(made)
    with world.database.reading() as connection:
        assert read_invited(connection, KEY, made.secret, world.clock()).id == made.person_id
    assert take(world, made.secret).id == made.person_id
    assert person(world, made.person_id).joined_at == world.clock()
    assert refused(world, made.secret) == (SignInFailure.UNKNOWN, None)


def test_only_a_keyed_digest_is_kept(world: World) -> None:
    made = invite(world)
    with world.database.reading() as connection:
        row = connection.execute(sa.select(invites)).one()
    assert made.secret.encode() not in bytes(row.digest)
    assert len(row.digest) == 32


def test_it_ends_after_three_days_to_the_second(world: World) -> None:
    made = invite(world)
    world.clock.move(LASTS - timedelta(seconds=1))
    with world.database.reading() as connection:
        assert read_invited(connection, KEY, made.secret, world.clock())
    world.clock.move(timedelta(seconds=1))
    assert refused(world, made.secret) == (SignInFailure.EXPIRED, made.person_id)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("text", ["", "fpi1_", "fpi1_" + "A" * 43, "\0", "ü", "fpi1_" + "A" * 99])
def test_no_other_text_is_one(world: World, text: str) -> None:
    invite(world)
    assert refused(world, text) == (SignInFailure.UNKNOWN, None)


def test_a_newer_one_ends_the_older(world: World) -> None:
    first = invite(world)
    second = again(world, first.person_id)
    assert refused(world, first.secret)[0] is SignInFailure.UNKNOWN
    assert take(world, second.secret).id == first.person_id
    assert [one.type for one in told(world)] == ["user.invited", "user.invited"]


def test_what_was_before_works_until_the_new_one_is_taken(world: World) -> None:
    ada = join(world)
    with world.database.transaction() as connection:
        recorder = world.vault.recorder
        add_passkey(connection, recorder, KEY, ada, credential_id=b"1", public_key=b"2",
                    sign_count=0)  # fmt: skip
        begin_session(connection, recorder, KEY, ada, passkey_id=None, agent=AGENT)
    made = again(world, ada.id)

    def held() -> tuple[int, int]:
        with world.database.reading() as connection:
            keys = read_passkeys(connection, KEY, ada.id)
            return len(keys), len(read_sessions(connection, KEY, ada, world.clock()))

    assert held() == (1, 1)
    take(world, made.secret)
    assert held() == (0, 0)


def test_a_disabled_person_comes_back_by_an_invite(world: World) -> None:
    ada = join(world)
    pending = again(world, ada.id)
    with world.database.transaction() as connection:
        disable_person(connection, world.vault.recorder, KEY, ada.id)
    assert refused(world, pending.secret)[0] is SignInFailure.UNKNOWN
    made = again(world, ada.id)
    assert take(world, made.secret).disabled_at is None


def test_nobody_invites_themselves(world: World) -> None:
    ada = join(world)
    with pytest.raises(PolicyError, match="somebody else"):
        again(world, ada.id, actor=ada.id)
