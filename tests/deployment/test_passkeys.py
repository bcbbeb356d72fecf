"""Passkeys as they are kept, and challenges that are answered once."""

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from tests.deployment.people_parts import AGENT, KEY, join, person
from tests.worlds import NOON, World

from fairplate.audit.words import SignInFailure
from fairplate.core.errors import InputError, PolicyError, StorageError
from fairplate.deployment.challenges import (
    LASTS,
    make_challenge,
    require_challenge,
    spend_challenge,
)
from fairplate.deployment.passkeys import (
    MOST_PASSKEYS,
    Passkey,
    add_passkey,
    find_passkey,
    read_passkeys,
    remove_passkey,
    use_passkey,
)
from fairplate.deployment.people import Person, disable_person
from fairplate.deployment.sessions import begin_session, read_session
from fairplate.deployment.sign_in_refusals import SignInRefusedError
from fairplate.storage.schema import passkeys, spent_challenges

ONE_DATABASE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


def add(world: World, who: Person, credential_id: bytes = b"one", count: int = 0) -> Passkey:
    with world.database.transaction() as connection:
        return add_passkey(
            connection,
            world.vault.recorder,
            KEY,
            who,
            credential_id=credential_id,
            public_key=b"public",
            sign_count=count,
        )


def use(world: World, passkey: Passkey, count: int) -> Person:
    with world.database.transaction() as connection:
        return use_passkey(connection, KEY, passkey, sign_count=count, now=world.clock())


def found(world: World, credential_id: bytes = b"one") -> Passkey | None:
    with world.database.reading() as connection:
        return find_passkey(connection, KEY, credential_id)


def remove(world: World, who: Person, passkey_id: str) -> None:
    with world.database.transaction() as connection:
        remove_passkey(connection, KEY, who.id, passkey_id)


def test_a_passkey_is_found_used_and_counted(world: World) -> None:
    ada = join(world)
    made = add(world, ada, count=4)
    assert found(world) == made
    assert found(world, b"two") is None
    assert use(world, made, 5).id == ada.id
    after = found(world)
    assert after is not None
    assert after.sign_count == 5
    with pytest.raises(SignInRefusedError) as caught:
        use(world, made, 6)  # it goes by the count of before: another answer came first
    assert (caught.value.reason, caught.value.person_id) == (SignInFailure.SECRET, ada.id)


def test_a_passkey_belongs_to_one_person(world: World) -> None:
    add(world, join(world))
    with pytest.raises(InputError, match="registered"):
        add(world, join(world))


@ONE_DATABASE
def test_a_person_has_so_many(world: World) -> None:
    ada = join(world)
    for number in range(MOST_PASSKEYS):
        add(world, ada, bytes([number]))
    with pytest.raises(InputError, match="at most 10"):
        add(world, ada, b"more")
    for length in (0, 1024):
        with pytest.raises(InputError, match="1 to 1023"):
            add(world, join(world), b"x" * length)


def test_the_only_way_in_stays(world: World) -> None:
    ada = join(world)
    first = add(world, ada)
    with pytest.raises(PolicyError, match="another way"):
        remove(world, ada, first.id)
    second = add(world, ada, b"two")
    with world.database.transaction() as connection:
        secret, _ = begin_session(
            connection, world.vault.recorder, KEY, ada, passkey_id=first.id, agent=AGENT
        )
    with pytest.raises(InputError, match="none of that id"):
        remove(world, join(world), first.id)
    remove(world, ada, first.id)
    with world.database.reading() as connection:
        assert [one.id for one in read_passkeys(connection, KEY, ada.id)] == [second.id]
        assert read_session(connection, KEY, secret, agent=AGENT, now=world.clock()) is None


def test_a_disabled_person_has_none(world: World) -> None:
    ada = join(world)
    made = add(world, ada)
    with world.database.transaction() as connection:
        disable_person(connection, world.vault.recorder, KEY, ada.id)
    assert found(world) is None
    with pytest.raises(SignInRefusedError):
        use(world, made, 1)


@ONE_DATABASE
def test_a_passkey_given_to_another_by_hand_does_not_open(world: World) -> None:
    ada, bob = join(world), join(world)
    add(world, ada)
    with world.database.transaction() as connection:
        connection.execute(sa.update(passkeys).values(person_id=bob.id))
    with pytest.raises(StorageError):
        found(world)
    assert person(world, bob.id)


def test_a_challenge_is_answered_once(world: World) -> None:
    made = make_challenge(KEY, "sign-in", now=world.clock(), random_bytes=world.random_bytes)
    require_challenge(KEY, "sign-in", made, now=world.clock())
    with world.database.transaction() as connection:
        spend_challenge(connection, KEY, made, now=world.clock())
        with pytest.raises(SignInRefusedError):
            spend_challenge(connection, KEY, made, now=world.clock())
    world.clock.move(LASTS)
    other = make_challenge(KEY, "sign-in", now=world.clock(), random_bytes=world.random_bytes)
    with world.database.transaction() as connection:
        spend_challenge(connection, KEY, other, now=world.clock())
        rows = sa.select(sa.func.count()).select_from(spent_challenges)
        assert connection.execute(rows).scalar_one() == 1


def refusal(challenge: bytes, purpose: str = "sign-in", later: bool = False) -> str:  # noqa: FBT001, FBT002
    with pytest.raises(SignInRefusedError) as caught:
        require_challenge(KEY, purpose, challenge, now=NOON + LASTS if later else NOON)
    return caught.value.reason.value


def test_a_challenge_is_for_one_purpose_and_a_time() -> None:
    made = make_challenge(KEY, "sign-in", now=NOON, random_bytes=bytes)
    assert refusal(made, "step-up") == "secret"
    assert refusal(made, later=True) == "expired"
    assert refusal(b"") == "secret"
    assert refusal(made + b"\0") == "secret"


@given(st.integers(0, 55), st.integers(1, 255))
def test_a_challenge_with_any_byte_changed_is_none(at: int, by: int) -> None:
    made = bytearray(make_challenge(KEY, "sign-in", now=NOON, random_bytes=bytes))
    made[at] ^= by
    assert refusal(bytes(made)) == "secret"
