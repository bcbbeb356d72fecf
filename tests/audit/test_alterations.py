"""A database that was altered by hand: nothing of that is published, or signed."""

import shutil

import pytest
import sqlalchemy as sa
from tests.audit.log_worlds import LogWorld, files_in

from fairplate.audit.exports import open_event
from fairplate.audit.sequencer import sequence_events
from fairplate.core.errors import InputError, StorageError
from fairplate.storage.schema import events, log_head, log_tiles
from fairplate.verify.checkpoints import Checkpoint


def grow(world: LogWorld, *steps: int) -> list[Checkpoint]:
    """Let the log grow by so many events at a time, and return the checkpoints."""
    made = []
    for number in steps:
        world.act_at_once(number)
        world.publish()
        made.append(world.checkpoint())
    return made


def alter(world: LogWorld, position: int) -> None:
    with world.database.transaction() as connection:
        query = sa.select(events.c.body).where(events.c.position == position)
        body = bytes(connection.execute(query).scalar_one())
        changed = body.replace(b"gate-", b"gote-")
        assert changed != body
        connection.execute(
            sa.update(events).where(events.c.position == position).values(body=changed)
        )


def test_an_altered_event_is_neither_published_nor_signed(world: LogWorld) -> None:
    made = grow(world, 3)
    alter(world, 1)
    world.act()
    before = files_in(world.folder), files_in(world.key_folder)
    with pytest.raises(StorageError, match=r"audit log: event 1: expected the event that is in"):
        world.publish()
    assert (files_in(world.folder), files_in(world.key_folder)) == before
    world.require_whole(*made)


def test_an_event_altered_long_after_stays_as_it_was_published(world: LogWorld) -> None:
    made = grow(world, 300)
    alter(world, 1)  # in a full bundle, which is never written again
    made += grow(world, 3)
    world.require_whole(*made)
    with pytest.raises(InputError, match="sealed with this deployment's key"):
        open_event(world.log, 1, "court")
    shutil.rmtree(world.folder)
    with pytest.raises(StorageError, match="event 1: expected"):
        world.publish()


def test_an_event_altered_before_it_has_a_place_cannot_be_told(world: LogWorld) -> None:
    """Nothing holds it yet but the seal of its private part, which then opens no more."""
    world.act()
    with world.database.transaction() as connection:
        body = bytes(connection.execute(sa.select(events.c.body)).scalar_one())
        connection.execute(sa.update(events).values(body=body.replace(b"gate-", b"gote-")))
    world.publish()
    world.require_whole()
    with pytest.raises(InputError, match="sealed with this deployment's key"):
        open_event(world.log, 0, "court")


def test_a_tree_made_anew_over_altered_events_is_not_signed(world: LogWorld) -> None:
    made = grow(world, 3)
    alter(world, 1)
    with world.database.transaction() as connection:
        connection.execute(sa.delete(log_tiles))
        connection.execute(sa.update(log_head).values(size=0))
        connection.execute(sa.update(events).values(position=None))
    sequence_events(world.database)
    world.act()
    for _ in range(2):
        with pytest.raises(StorageError, match="found another history; restore the database"):
            world.publish()
    world.require_whole(*made)
    assert world.signed() == made[-1]


def test_a_size_that_was_altered_is_not_signed(world: LogWorld) -> None:
    made = grow(world, 3)
    with world.database.transaction() as connection:
        connection.execute(sa.update(log_head).values(size=5))
    with pytest.raises(StorageError):
        world.publish()
    world.require_whole(*made)
    assert world.signed() == made[-1]
