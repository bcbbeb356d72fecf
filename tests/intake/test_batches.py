"""A batch is stored and counted as a whole, or not at all, whatever goes on beside it."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.intake.stored import added_rows, count_rows, make_picture, outcomes, read_counts
from tests.intake.taking_at_once import PLATES
from tests.worlds import NOON, READERS, World, make_entry, policy_document

from fairplate.core.errors import StorageError
from fairplate.core.periods import period_at
from fairplate.core.reads import PlateRead
from fairplate.hotlists.match import HotListIndex, Match
from fairplate.intake import Intake
from fairplate.intake.batches import MOST_TRIES
from fairplate.vault.errors import KeyringError
from fairplate.vault.expiry import destroy_key

ROOT = Path(__file__).parents[2]
DAY = timedelta(days=1)
PLATE, OTHER = PLATES
NORTH = READERS[0]
STRICT = policy_document("never", "1 day", name="strict")


class MeanwhileMatcher:
    """Hot lists during whose search something else happens, the first so many times."""

    def __init__(self, world: World, act: Callable[[], None], times: int) -> None:
        self._index = HotListIndex(world.hot)
        self._act = act
        self.left = times

    def match(self, read: PlateRead, *, now: datetime) -> Sequence[Match]:
        if self.left:
            self.left -= 1
            self._act()
        return self._index.match(read, now=now)


# What a trigger can say in SQLite is a constraint's error, which is told as it is.
FULL = (StorageError, sqlite3.IntegrityError, sa.exc.IntegrityError)


@contextmanager
def full_disk(world: World, table: str) -> Iterator[None]:
    """Take no row into `table` for a while."""
    begin: tuple[str, ...]
    if world.database.is_postgresql:
        begin = (
            """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE 'disk full' USING ERRCODE = '53100'; END $$""",
            f"""CREATE TRIGGER full_disk BEFORE INSERT ON {table}
            FOR EACH ROW EXECUTE FUNCTION refuse()""",
        )
        end = "DROP FUNCTION refuse CASCADE"
    else:
        begin = (
            f"""CREATE TRIGGER full_disk BEFORE INSERT ON {table}
            BEGIN SELECT RAISE(ABORT, 'disk full'); END""",
        )
        end = "DROP TRIGGER full_disk"
    with world.database.transaction() as connection:
        for statement in begin:
            connection.exec_driver_sql(statement)
    try:
        yield
    finally:
        with world.database.transaction() as connection:
            connection.exec_driver_sql(end)


@pytest.mark.parametrize("table", ["receipts", "sealed_reads", "kept_records", "counts"])
def test_what_fails_half_way_leaves_nothing(world: World, table: str) -> None:
    world.list_hot(make_entry(PLATE))
    batch = [world.arriving(PLATE, "1", picture=make_picture()), world.arriving(OTHER, "2")]
    world.intake.take([world.arriving(PLATE, "0")])  # makes the keys
    before = count_rows(world)
    with full_disk(world, table), pytest.raises(FULL):
        world.intake.take(batch)
    assert count_rows(world) == before
    assert outcomes(world.intake.take(batch)) == ["sealed", "sealed"]
    assert read_counts(world) == {(NORTH, "sealed"): 3, (NORTH, "hit"): 2}


def test_what_fails_before_anything_is_stored_leaves_only_keys(world: World) -> None:
    before = count_rows(world)
    with full_disk(world, "counts"), pytest.raises(FULL):
        world.intake.take([world.arriving(PLATE, "1")])
    assert added_rows(world, before) == {"vault_keys": 1, "events": 1}


def test_a_keyring_that_cannot_make_keys_leaves_nothing(world: World) -> None:
    before = count_rows(world)
    away = world.keys.rename(world.keys.with_name("away"))
    with pytest.raises(KeyringError):
        world.intake.take([world.arriving(PLATE, "1")])
    assert count_rows(world) == before
    away.rename(world.keys)
    assert outcomes(world.intake.take([world.arriving(PLATE, "1")])) == ["sealed"]


def test_a_policy_set_meanwhile_is_the_one_that_counts(world: World) -> None:
    matcher = MeanwhileMatcher(world, lambda: world.set_policy(STRICT), times=1)
    taken = Intake(world.vault, matcher).take([world.arriving(PLATE, "1")])
    assert outcomes(taken) == ["dropped"]
    assert matcher.left == 0
    assert not {"sealed_reads", "kept_records"} & count_rows(world).keys()
    assert read_counts(world) == {(NORTH, "dropped"): 1}


def test_a_policy_set_all_the_time_is_told(world: World) -> None:
    numbers = iter(range(99))

    def set_another() -> None:
        world.set_policy(policy_document(f"{next(numbers) + 10} days"))

    matcher = MeanwhileMatcher(world, set_another, times=MOST_TRIES)
    intake = Intake(world.vault, matcher)
    with pytest.raises(StorageError, match="settled policy") as caught:
        intake.take([world.arriving(PLATE, "1")])
    assert caught.value.retryable
    assert matcher.left == 0
    assert not {"receipts", "sealed_reads", "counts"} & count_rows(world).keys()
    assert outcomes(intake.take([world.arriving(PLATE, "1")])) == ["sealed"]


def test_a_key_destroyed_meanwhile_is_noticed(world: World) -> None:
    def destroy() -> None:
        destroy_key(world.vault, period_at(NOON, DAY))

    matcher = MeanwhileMatcher(world, destroy, times=1)
    intake = Intake(world.vault, matcher)
    assert outcomes(intake.take([world.arriving(PLATE, "1")])) == ["no-key"]
    assert not {"receipts", "sealed_reads"} & count_rows(world).keys()
    assert read_counts(world) == {(NORTH, "no-key"): 1}


def test_a_key_that_ends_while_it_is_held_seals_no_more(world: World) -> None:
    read = world.arriving(PLATE, "1")
    world.intake.take([read])
    world.clock.move(30 * DAY)
    (taken,) = world.intake.take([world.arriving(PLATE, "2", captured_at=NOON)])
    assert taken.outcome == "too-old"
    assert world.expire().problems == []
    assert outcomes(world.intake.take([world.arriving(PLATE, "3")])) == ["sealed"]


def test_processes_that_take_the_same_reads_at_once_double_none(world: World) -> None:
    processes, reads = 3, 150
    program = [sys.executable, "-m", "tests.intake.taking_at_once", world.url]
    arguments = [str(world.keys), str(processes), str(reads)]
    done = subprocess.run([*program, *arguments], cwd=ROOT, check=False, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    told = [[int(number) for number in line.split()] for line in done.stdout.splitlines()]
    assert len(told) == processes
    assert [sum(numbers) for numbers in zip(*told, strict=True)] == [reads, reads // 2]
    counted = read_counts(world)
    for outcome, number in (("sealed", reads), ("duplicate", 2 * reads), ("hit", reads // 2)):
        assert sum(counted.get((reader, outcome), 0) for reader in READERS) == number
    assert count_rows(world)["sealed_reads"] == count_rows(world)["receipts"] == reads
    found = world.look_back(*PLATES).reads
    assert sorted(int(read.read_id) for read in found) == list(range(reads))
