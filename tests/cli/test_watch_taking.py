"""The thread that takes reads: what it does while the intake cannot, and when all is to end."""

import io
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

import pytest
from tests.worlds import make_read

from fairplate.cli.watch.taking import LAST_TRIES, MOST_AT_ONCE, MOST_WAITING, Taking
from fairplate.cli.watch.telling import Telling
from fairplate.core.errors import StorageError
from fairplate.intake import Arriving, Intake, Outcome, Taken

if TYPE_CHECKING:
    from fairplate.wiring import Deployment

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def away(*, retryable: bool = True) -> StorageError:
    return StorageError("database", expected="an answer", found="none", retryable=retryable)


@dataclass
class DatabaseAway:
    """An intake whose database is not always there; `fails` says when, of the batch's ids."""

    fails: Callable[[list[str]], StorageError | None] = lambda _: None
    taken: list[str] = field(default_factory=list)
    batches: int = 0

    def let_go_of_due(self) -> None:
        pass

    def take(self, batch: Sequence[Arriving]) -> tuple[Taken, ...]:
        ids = [one.read_id for one in batch]
        error = self.fails(ids)
        if error is not None:
            raise error
        self.batches += 1
        self.taken += ids
        return tuple(Taken(each, Outcome.DROPPED) for each in ids)


@dataclass
class TakingWorld:
    """What is asked of a `Taking`, and what it told."""

    intake: DatabaseAway = field(default_factory=DatabaseAway)
    err: io.StringIO = field(default_factory=io.StringIO)
    pauses: int = 0
    is_ending: bool = False

    def make(self) -> Taking:
        return Taking(
            cast("Deployment", None),  # asked for alerts alone; there are none
            cast("Intake", self.intake),
            Telling(io.StringIO(), self.err),
            self._pause,
            lambda: self.is_ending,
        )

    def _pause(self, _: float) -> None:
        self.pauses += 1


@pytest.fixture
def world() -> TakingWorld:
    return TakingWorld()


def arriving(number: int) -> Arriving:
    return Arriving(f"read-{number}", "gate-north", NOON, make_read("ABC1234", "gate-north"))


def run_through(taking: Taking, number: int) -> None:
    """Take so many reads to the end, in this thread."""
    for each in range(number):
        taking.put(arriving(each))
    taking.end()
    taking.run()


def test_reads_are_taken_in_order_and_in_batches(world: TakingWorld) -> None:
    taking = world.make()
    run_through(taking, 60)
    assert world.intake.taken == [f"read-{number}" for number in range(60)]
    assert world.intake.batches == -(-60 // MOST_AT_ONCE)
    assert (taking.totals.reads, taking.failed) == (60, False)


def test_no_read_is_lost_while_the_database_is_away(world: TakingWorld) -> None:
    errors = iter([away()] * 20)
    world.intake.fails = lambda _: next(errors, None)
    taking = world.make()
    run_through(taking, 3)
    assert len(world.intake.taken) == 3
    assert world.pauses == 20
    assert world.err.getvalue().count("database: expected an answer, found none") == 1
    assert not taking.failed


def test_a_database_that_stays_away_does_not_hold_up_the_end(world: TakingWorld) -> None:
    world.is_ending = True
    world.intake.fails = lambda _: away()
    taking = world.make()
    run_through(taking, 3)
    assert world.pauses == LAST_TRIES - 1
    assert world.err.getvalue().endswith("fairplate: 3 reads were lost\n")
    assert taking.failed


def test_one_read_that_cannot_be_taken_does_not_cost_the_others(world: TakingWorld) -> None:
    world.intake.fails = lambda ids: away(retryable=False) if "read-3" in ids else None
    taking = world.make()
    run_through(taking, 8)
    assert world.intake.taken == [f"read-{number}" for number in range(8) if number != 3]
    assert world.err.getvalue().endswith("fairplate: 1 read was lost\n")
    assert taking.failed


def test_sources_wait_for_an_intake_that_is_behind(world: TakingWorld) -> None:
    taking = world.make()
    for number in range(MOST_WAITING):
        taking.put(arriving(number))
    late = threading.Thread(target=taking.put, args=(arriving(MOST_WAITING),))
    late.start()
    world.is_ending = True  # nobody loses a read because the end comes while it waits
    ended = threading.Thread(target=lambda: (late.join(), taking.end()))
    ended.start()
    taking.run()
    ended.join()
    assert len(world.intake.taken) == MOST_WAITING + 1
    assert not taking.failed


def test_nobody_waits_for_an_intake_that_has_gone(world: TakingWorld) -> None:
    def crash(_: list[str]) -> StorageError | None:
        raise ValueError("broken")

    world.intake.fails = crash
    taking = world.make()
    taking.put(arriving(0))
    with pytest.raises(ValueError, match="broken"):
        taking.run()
    for number in range(MOST_WAITING + 1):
        taking.put(arriving(number))
    taking.end()
    assert taking.failed
    assert "a read was lost: the intake did not take it in time" in world.err.getvalue()
