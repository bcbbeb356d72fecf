"""The policy in force: set with its event or not at all, and checked whenever it is read."""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.worlds import NOON, PRIVATE_PARTS, World, policy_document

from fairplate.audit.events import commitment_opens, read_event
from fairplate.core.errors import FairplateError, InputError, PolicyError, StorageError
from fairplate.core.purposes import Purpose
from fairplate.deployment.policy_in_force import (
    PolicyInForce,
    lock_policy_id,
    read_policy_id,
    read_policy_in_force,
    set_policy,
)
from fairplate.policy.presets import read_preset
from fairplate.storage.schema import events, policies

DAY = timedelta(days=1)
WEEK = policy_document("7 days", "2 days", name="week", approvals=2)


def in_force(world: World) -> PolicyInForce:
    with world.database.reading() as connection:
        return read_policy_in_force(connection)


def count_all(world: World) -> tuple[int, int]:
    with world.database.reading() as connection:
        policies_, events_ = (
            connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in (policies, events)
        )
    return policies_, events_


def alter(world: World, old: str, new: str) -> None:
    """Change the document in the database, as its administrator could."""
    with world.database.transaction() as connection:
        document = connection.execute(sa.select(policies.c.document)).scalar_one()
        assert old in document
        connection.execute(sa.update(policies).values(document=document.replace(old, new)))


def refuse(world: World, act: Callable[[], None], error: type[FairplateError]) -> None:
    """Fail unless `act` is refused and has left policy and events as they were."""
    before, counted = in_force(world), count_all(world)
    with pytest.raises(error):
        act()
    assert (in_force(world), count_all(world)) == (before, counted)


def test_the_last_policy_is_in_force(world: World) -> None:
    first = in_force(world)
    assert (first.policy.name, first.set_at) == ("trial", NOON)
    world.clock.move(DAY)
    world.set_policy(WEEK)
    second = in_force(world)
    assert (second.policy.name, second.set_at) == ("week", NOON + DAY)
    assert second.id > first.id


def test_a_policy_is_set_with_its_event(world: World) -> None:
    world.set_policy(WEEK)
    with world.database.reading() as connection:
        row = connection.execute(sa.select(events).order_by(events.c.id.desc()).limit(1)).one()
    event = read_event(row.body)
    assert (event.type, event.at, event.actor) == ("policy.set", NOON, "system")
    assert event.public == {
        "name": "week",
        "document": hashlib.sha256(WEEK.encode()).hexdigest(),
        "non_hits_kept_s": 7 * 86_400,
        "hits_kept_s": 2 * 86_400,
        "longest_look_back_s": 7 * 86_400,
        "approvals": 2,
        "exigent": False,
        "purposes": sorted(Purpose),
    }
    whole = PRIVATE_PARTS.open(row.body, row.private)
    assert json.loads(whole.private) == {"document": WEEK}
    assert commitment_opens(row.body, whole.salt, whole.private)


def test_the_default_is_told_as_it_is(world: World) -> None:
    world.set_policy(read_preset("strict"))
    with world.database.reading() as connection:
        bodies = connection.execute(sa.select(events.c.body).order_by(events.c.id)).scalars()
        public = read_event(list(bodies)[-1]).public
    assert (public["non_hits_kept_s"], public["hits_kept_s"]) == (0, None)


def test_the_same_policy_set_again_is_another_act(world: World) -> None:
    before = in_force(world)
    world.clock.move(DAY)
    world.set_policy(policy_document())
    assert in_force(world).id > before.id
    assert in_force(world).set_at == NOON + DAY
    assert in_force(world).policy == before.policy


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("document", "error"),
    [
        ("", InputError),
        ("not toml", InputError),
        (policy_document() + "# \ud800", InputError),
        (policy_document() + '[other]\nvalue = "1"\n', InputError),
        (policy_document().replace('"30 days"', '"91 days"'), PolicyError),
        (policy_document().replace('["', '["immigration", "'), PolicyError),
        (policy_document().replace("value = 1", "value = 0"), PolicyError),
    ],
    ids=["empty", "no-toml", "surrogate", "another-key", "91-days", "purpose", "nobody-approves"],
)
def test_what_is_no_policy_is_not_set(
    world: World, document: str, error: type[FairplateError]
) -> None:
    refuse(world, lambda: world.set_policy(document), error)


def test_what_is_rolled_back_leaves_nothing(world: World) -> None:
    def fail_afterwards() -> None:
        with world.database.transaction() as connection:
            set_policy(connection, world.vault.recorder, WEEK)
            assert read_policy_in_force(connection).policy.name == "week"
            raise InputError("test", "act", expected="all of it", found="half")

    refuse(world, fail_afterwards, InputError)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ('"30 days"', '"91 days"', PolicyError),
        ('"30 days"', '"36500 days"', PolicyError),
        ('["', '["immigration", "', PolicyError),
        ('name = "trial"', "name = ", InputError),
    ],
)
def test_an_altered_document_is_refused(
    world: World, old: str, new: str, error: type[FairplateError]
) -> None:
    alter(world, old, new)
    with pytest.raises(error, match=r"^policy in force: "):
        in_force(world)
    # And nothing is taken, searched or kept under it.
    with pytest.raises(error):
        world.intake.take([world.arriving("AB12CDE", "1")])
    with pytest.raises(error):
        world.expire()


def test_without_a_policy_it_says_what_to_do(world: World) -> None:
    with world.database.transaction() as connection:
        connection.execute(sa.delete(policies))
    with pytest.raises(StorageError) as caught:
        in_force(world)
    assert str(caught.value) == "policy: expected one in force, found none: run `fairplate init`"
    with world.database.reading() as connection:
        assert read_policy_id(connection) is None
    with pytest.raises(StorageError, match="fairplate init"):
        world.intake.take([world.arriving("AB12CDE", "1")])


def test_the_id_that_is_locked_is_the_one_in_force(world: World) -> None:
    world.set_policy(WEEK)
    with world.database.transaction() as connection:
        assert lock_policy_id(connection) == read_policy_id(connection) == in_force(world).id


def set_impatiently(world: World) -> None:
    with world.database.transaction() as connection:
        connection.exec_driver_sql("SET LOCAL lock_timeout = '50ms'")
        set_policy(connection, world.vault.recorder, WEEK)


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_a_locked_policy_stays_in_force_until_the_commit(world: World) -> None:
    with world.database.transaction() as holding:
        lock_policy_id(holding)
        with pytest.raises(StorageError):
            set_impatiently(world)
        with world.database.transaction() as another:  # those who only lock it do not wait
            another.exec_driver_sql("SET LOCAL lock_timeout = '50ms'")
            assert lock_policy_id(another) == in_force(world).id
    world.set_policy(WEEK)
    assert in_force(world).policy.name == "week"
