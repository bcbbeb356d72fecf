"""Rounds of a log: what each does, after whatever crash, and at once with another."""

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import sqlalchemy as sa
from tests.audit.log_worlds import LogWorld, files_in

from fairplate.audit.kept_checkpoints import (
    LAST_WITNESSED,
    LATEST,
    read_checkpoint,
)
from fairplate.audit.rounds import Round
from fairplate.storage.schema import checkpoints
from fairplate.verify.notes import parse_note

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def test_nothing_is_published_before_the_first_event(world: LogWorld) -> None:
    assert world.publish() == Round(0)
    assert not world.folder.exists()


def test_a_round_publishes_what_happened_and_the_next_has_nothing_to_do(world: LogWorld) -> None:
    world.act(3)
    done = world.publish()
    assert (done.size, done.sequenced, done.restored, done.problems) == (3, 3, 0, ())
    assert done.signed is not None
    assert done.signed.note == world.note()
    assert not done.witnessed
    before = files_in(world.folder)
    world.clock.move(MINUTE)
    assert world.publish() == Round(3)
    assert files_in(world.folder) == before
    assert world.require_whole() == world.signed()


def test_several_publishers_and_writers_at_once(world: LogWorld) -> None:
    seen = []
    writing = threading.Event()

    def publish(_: int) -> int:
        rounds = 0
        while not writing.is_set():
            world.publish()
            rounds += 1
        return rounds

    def write(_: int) -> None:
        for _ in range(15):
            world.act_at_once(2)

    with ThreadPoolExecutor(4) as threads:
        publishers = [threads.submit(publish, number) for number in range(2)]
        writer = threads.submit(write, 0)
        while not writer.done():
            with contextlib.suppress(FileNotFoundError):
                seen.append(world.checkpoint())
        writing.set()
        assert all(one.result(60) for one in publishers)
    world.publish()
    assert world.require_whole(*seen).size == 30
    assert sorted(world.names_in_log()) == sorted(f"gate-{number}" for number in range(1, 31))


def test_a_signature_that_was_remembered_and_never_seen(world: LogWorld) -> None:
    world.act(2)
    world.publish()
    first, whole = world.checkpoint(), (world.folder / "checkpoint").read_bytes()
    world.act(2)
    world.publish()
    second = world.checkpoint()
    (world.folder / "checkpoint").write_bytes(whole)  # the crash came before it was published
    _forget_checkpoints(world)
    assert world.publish().signed is not None
    assert world.require_whole(first) == second


def test_a_checkpoint_that_was_published_and_not_remembered(world: LogWorld) -> None:
    world.act(2)
    world.publish()
    with world.database.reading() as connection:
        row = connection.execute(sa.select(checkpoints)).one()
    world.act(2)
    world.publish()
    published = world.checkpoint()
    with world.database.transaction() as connection:  # the crash came before that
        connection.execute(sa.update(checkpoints).values(row._mapping))
    assert world.publish().signed is not None
    assert world.require_whole(published) == published
    with world.database.reading() as connection:
        latest = read_checkpoint(connection, LATEST)
    assert latest is not None
    assert latest.size == 4
    assert world.publish().signed is None


def _forget_checkpoints(world: LogWorld) -> None:
    with world.database.transaction() as connection:
        connection.execute(sa.delete(checkpoints))


def test_a_checkpoint_is_kept_as_it_was_published(world: LogWorld) -> None:
    world.act()
    world.publish()
    with world.database.reading() as connection:
        latest = read_checkpoint(connection, LATEST)
        assert read_checkpoint(connection, LAST_WITNESSED) is None
    assert latest is not None
    assert (latest.size, latest.at) == (1, world.clock.now)
    assert latest.note == parse_note((world.folder / "checkpoint").read_bytes())
