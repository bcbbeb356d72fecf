"""Keys of readers: shown once, kept as digests, ended."""

import json

import pytest
import sqlalchemy as sa
from tests.worlds import READERS, World

from fairplate.core.errors import InputError
from fairplate.deployment.access_keys import make_access_key, reader_of_key
from fairplate.deployment.readers import disable_reader, enrol_reader
from fairplate.storage.schema import access_keys, events

GATE = READERS[0]


def make(world: World, reader_id: str = GATE, *, keep_old: bool = False) -> str:
    with world.database.transaction() as connection:
        return make_access_key(connection, world.vault.recorder, reader_id, keep_old=keep_old)


def whose(world: World, key: str) -> str | None:
    with world.database.reading() as connection:
        return reader_of_key(connection, key)


def test_a_key_tells_its_reader(world: World) -> None:
    north, south = make(world), make(world, READERS[1])
    assert whose(world, north) == GATE
    assert whose(world, south) == READERS[1]
    assert north != south


def test_only_a_digest_is_kept(world: World) -> None:
    key = make(world)
    with world.database.reading() as connection:
        (row,) = connection.execute(sa.select(access_keys)).all()
        told = connection.execute(sa.select(events.c.body, events.c.private)).all()
    assert len(row.digest) == 32
    secret = key.removeprefix("fpr1_").encode()
    assert secret not in bytes(row.digest)
    assert all(secret not in bytes(cell) for line in told for cell in line if cell is not None)


def test_a_new_key_ends_the_old_ones(world: World) -> None:
    first = make(world)
    second = make(world, keep_old=True)
    assert whose(world, first) == whose(world, second) == GATE
    third = make(world)
    assert [whose(world, one) for one in (first, second, third)] == [None, None, GATE]


def test_a_reader_has_two_at_most(world: World) -> None:
    keys = [make(world), make(world, keep_old=True)]
    with pytest.raises(InputError, match="at most 2"):
        make(world, keep_old=True)
    assert [whose(world, one) for one in keys] == [GATE, GATE]


def test_each_is_an_event(world: World) -> None:
    make(world)
    make(world, keep_old=True)
    make(world)
    with world.database.reading() as connection:
        bodies = connection.execute(sa.select(events.c.body).order_by(events.c.id)).scalars()
        told = [json.loads(bytes(one)) for one in bodies]
    keyed = [one["public"] for one in told if one["type"] == "reader.keyed"]
    assert keyed == [{"reader": GATE, "ended": ended} for ended in (0, 0, 2)]


def test_a_disabled_reader_has_none(world: World) -> None:
    key = make(world)
    with world.database.transaction() as connection:
        disable_reader(connection, world.vault.recorder, GATE)
    assert whose(world, key) is None
    with pytest.raises(InputError, match="a disabled one"):
        make(world)


def test_a_key_of_before_does_not_come_back_with_its_reader(world: World) -> None:
    key = make(world)
    with world.database.transaction() as connection:
        disable_reader(connection, world.vault.recorder, GATE)
    with world.database.transaction() as connection:
        enrol_reader(connection, world.vault.recorder, GATE, "again")
    assert whose(world, key) is None


def test_only_an_enrolled_reader_gets_one(world: World) -> None:
    with pytest.raises(InputError, match="none of that id"):
        make(world, "nobody")


@pytest.mark.parametrize(
    "text", ["", "x", "fpr1_", *(f"fpr1_{'A' * n}" for n in (42, 43, 44)), "é"]
)
def test_other_texts_are_no_keys(world: World, text: str) -> None:
    make(world)
    assert whose(world, text) is None
    key = make(world)
    assert whose(world, key + "\n") is None
    assert whose(world, key.lower()) is None
