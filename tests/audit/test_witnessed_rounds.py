"""Rounds with real witnesses: who signs, what is told of the others, and each month's first."""

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from tests.audit.conftest import CopyDatabase
from tests.audit.log_worlds import NO_PATIENCE, LogWorld
from tests.audit.real_witness import RealWitness, make_witnesses, register

from fairplate.audit.checkpoints import LONGEST_WAIT
from fairplate.audit.kept_checkpoints import (
    LAST_WITNESSED,
    KeptCheckpoint,
    keep_month,
    month_of,
    read_checkpoint,
    read_months,
)
from fairplate.audit.status import read_status
from fairplate.audit.witness_register import remove_witness
from fairplate.storage.schema import events, witnessed_months

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@contextlib.contextmanager
def witnessed_by(world: LogWorld, number: int, quorum: int) -> Iterator[list[RealWitness]]:
    made = make_witnesses(world, number)
    with contextlib.ExitStack() as stack:
        for each in made:
            stack.enter_context(each.at_work())
        register(world, *made, quorum=quorum)
        yield made


def test_witnesses_sign_and_make_a_quorum(world: LogWorld) -> None:
    with witnessed_by(world, 3, 2) as witnesses:
        done = world.publish()
        assert done.problems == ()
        assert done.witnessed
        assert set(done.witnessed_by) == {each.key.name for each in witnesses}
        note = world.note()
        assert len(note.signatures) == 5
        lines = [signature.line for signature in note.signatures[2:]]
        assert lines == sorted(lines)
        assert all(note.signature_by(each.key.verifier) for each in witnesses)
        report = world.check()
        assert report.findings == ()
        assert len(report.cosigners) == 3
        for _ in range(3):  # each goes on from what it signed
            world.act_at_once(200)
            world.clock.move(MINUTE)
            done = world.publish()
            assert done.problems == ()
            assert done.witnessed
    world.require_whole()


def test_one_that_is_away_is_told_and_holds_nothing_up(world: LogWorld) -> None:
    with witnessed_by(world, 2, 2):
        assert world.publish().witnessed
        first = world.note()
    witnessed_at = world.clock.now.replace(microsecond=0)
    world.clock.move(DAY)
    world.act()
    done = world.publish(patience=NO_PATIENCE)
    assert not done.witnessed
    assert len(done.problems) == 2
    assert all("cannot be reached" in str(problem) for problem in done.problems)
    assert len(world.note().signatures) == 2
    assert [each.code for each in world.check().findings] == ["below-quorum"]
    status = read_status(world.log)
    assert status.unwitnessed_since == witnessed_at
    assert status.witnessed is not None
    assert status.witnessed.note == first


def test_one_of_two_is_no_quorum_of_two_but_one_of_one(world: LogWorld) -> None:
    council, herald = make_witnesses(world, 2)
    with council.at_work():
        with herald.at_work():
            register(world, council, herald, quorum=2)
        done = world.publish(patience=NO_PATIENCE * 10)
        assert (done.witnessed, done.witnessed_by) == (False, (council.key.name,))
        assert [problem.witness for problem in done.problems] == [herald.key.name]
        assert world.note().signature_by(council.key.verifier) is not None
        assert not (world.folder / "witnessed").exists()
        with world.database.reading() as connection:
            assert read_checkpoint(connection, LAST_WITNESSED) is None
        with herald.at_work():
            world.act()
            world.clock.move(MINUTE)
            assert world.publish().witnessed
    assert [each.name for each in (world.folder / "witnessed").iterdir()] == ["2026-11"]
    world.require_whole()


def test_a_witness_that_forgot_or_never_knew_refuses(world: LogWorld) -> None:
    council, herald = make_witnesses(world, 2)
    for path in (herald.folder / "logs").iterdir():
        path.rename(herald.folder / "elsewhere")
    with council.at_work(), herald.at_work():
        register(world, council, herald, quorum=1)
        done = world.publish()
    assert done.witnessed
    (problem,) = done.problems
    assert "does not know the log" in str(problem)
    world.require_whole()


def test_a_witness_signs_only_what_says_who_it_is(world: LogWorld) -> None:
    """Witnesses come and go while the log is published: each line is by one on record by then."""
    council, herald = make_witnesses(world, 2)
    publishing = threading.Event()

    def change() -> None:
        while not publishing.is_set():
            register(world, herald, quorum=1)
            with world.database.transaction() as connection:
                remove_witness(connection, world.recorder(), str(herald.key.verifier), 1)
            time.sleep(0.01)  # or on SQLite, nobody else gets a turn

    with council.at_work(), herald.at_work(), ThreadPoolExecutor(1) as threads:
        register(world, council, quorum=1)
        changing = threads.submit(change)
        signed: Counter[int] = Counter()
        try:
            for _ in range(12):
                world.publish()
                signed[len(world.note().signatures)] += 1
                world.require_whole()
        finally:
            publishing.set()
        changing.result(60)
    assert signed[3] > 0


def test_the_first_witnessed_checkpoint_of_each_month_stays(world: LogWorld) -> None:
    with witnessed_by(world, 1, 1):
        for moment in ("11-23", "11-24", "12-01", "12-31", "01-05"):
            year = 2027 if moment.startswith("01") else 2026
            month, day = map(int, moment.split("-"))
            world.clock.now = datetime(year, month, day, 12, tzinfo=UTC)
            world.act()
            assert world.publish().witnessed
            name = f"{year}-{moment[:2]}"
            kept = (world.folder / "witnessed" / name).read_bytes()
            if moment not in {"11-24", "12-31"}:
                assert kept == world.note().data
            else:
                assert kept != world.note().data
    world.require_whole()
    with world.database.reading() as connection:
        months = read_months(connection)
    folder = world.folder / "witnessed"
    assert months == {path.name: path.read_bytes() for path in folder.iterdir()}
    assert sorted(months) == ["2026-11", "2026-12", "2027-01"]


def test_a_month_file_survives_folder_and_database(
    world: LogWorld, copy_database: CopyDatabase
) -> None:
    with witnessed_by(world, 1, 1):
        world.act()
        put_back = copy_database(world)  # before there was any witnessed checkpoint
        world.restart()
        world.publish()
        world.clock.move(MINUTE)
        world.publish()
        kept = (world.folder / "witnessed/2026-11").read_bytes()
        (world.folder / "witnessed/2026-11").unlink()
        world.act()
        world.clock.move(MINUTE)
        assert world.publish().witnessed
        assert (world.folder / "witnessed/2026-11").read_bytes() == kept
        put_back()
        world.clock.move(MINUTE)
        assert world.publish().witnessed
        world.clock.move(LONGEST_WAIT)
        assert world.publish().witnessed
        assert (world.folder / "witnessed/2026-11").read_bytes() == kept
    world.require_whole()
    drawn = [event for event in world.in_log() if event.type == "reviews.drawn"]
    assert len(drawn) == 1


def test_a_month_file_survives_a_database_that_lacks_nothing_else(world: LogWorld) -> None:
    with witnessed_by(world, 1, 1):
        world.publish()
        kept = (world.folder / "witnessed/2026-11").read_bytes()
        with world.database.transaction() as connection:  # as a copy from just before has it
            connection.execute(sa.delete(witnessed_months))
            connection.execute(sa.delete(events).where(events.c.position.is_(None)))
        world.act()
        world.clock.move(MINUTE)
        assert world.publish().witnessed
        world.publish()
        assert (world.folder / "witnessed/2026-11").read_bytes() == kept
    world.require_whole()
    assert sum(event.type == "reviews.drawn" for event in world.in_log()) == 1


def test_a_month_of_before_gets_no_first_checkpoint_any_more(world: LogWorld) -> None:
    world.act()
    world.publish()
    note, told = world.note(), []
    moments = [(11, 30), (12, 1), (11, 30), (12, 2), (10, 1)]
    with world.database.transaction() as connection:
        for month, day in moments:
            at = datetime(2026, month, day, tzinfo=UTC)
            told.append(keep_month(connection, KeptCheckpoint(1, note, at)))
        assert sorted(read_months(connection)) == ["2026-11", "2026-12"]
    assert told == ["2026-11", "2026-12", None, None, None]


@pytest.mark.parametrize(
    ("moment", "month"),
    [
        ("2026-11-30T23:59:59+00:00", "2026-11"),
        ("2026-12-01T00:59:59+01:00", "2026-11"),
        ("2026-11-30T23:59:59-00:01", "2026-12"),
    ],
)
def test_months_are_those_of_utc(moment: str, month: str) -> None:
    assert month_of(datetime.fromisoformat(moment)) == month
