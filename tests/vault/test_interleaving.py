"""Another process does something at every moment at which an intake or a hold could be overtaken.

The moments are the looks at the clock and the questions to the hot list at which no transaction and
no lock of the keyring is held; at those, nobody else gets in between.
"""

import fcntl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.vault.inspection import keys_of_rows, open_records, read_counts, registered_keys
from tests.worlds import SetClock, TestApproval, World, make_entry, policy_document

from fairplate.core.periods import period_at
from fairplate.core.reads import PlateRead
from fairplate.hotlists.match import HotListIndex, Match
from fairplate.intake import Intake, Outcome, Taken
from fairplate.policy.rules import NEVER
from fairplate.vault.errors import KeyDestroyedError, KeyUnusableError
from fairplate.vault.expiry import destroy_key
from fairplate.vault.holds import hold_hits, lift_hold
from fairplate.vault.key_names import CaseKeyName, HitsKeyName

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
HOURS = policy_document("3 hours", "3 hours")
PLATES = ("HOT100", "ABC123")


@dataclass(slots=True)
class OvertakenClock(SetClock):
    """At the `at`th moment that others could use, `act` is done by another process."""

    at: int = 0
    act: Callable[[], object] | None = None
    is_free: Callable[[], bool] = bool

    def __call__(self) -> datetime:
        now = self.now
        self.pass_moment()
        return now

    def pass_moment(self) -> None:
        if self.at > 0 and self.is_free():
            self.at -= 1
            if self.at == 0 and self.act is not None:
                self.act()


@dataclass(frozen=True, slots=True)
class Asked:
    """A hot list that passes a moment each time it is asked."""

    clock: OvertakenClock
    index: HotListIndex

    def match(self, read: PlateRead, *, now: datetime) -> Sequence[Match]:
        self.clock.pass_moment()
        return self.index.match(read, now=now)


@dataclass(slots=True)
class Two:
    """A world, and the same one as another process has it."""

    mine: World
    other: World
    clock: OvertakenClock

    def overtake(self, at: int, act: Callable[[World], object]) -> None:
        self.clock.at = at
        self.clock.act = lambda: act(self.other)

    def is_free(self) -> bool:
        with (self.mine.keys / "lock").open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        pool: Any = self.mine.database.engine.pool
        return not pool.checkedout()


@pytest.fixture
def two(migrated_url: str, tmp_path: Path) -> Iterator[Two]:
    clock = OvertakenClock()
    mine = World(migrated_url, tmp_path / "keys", clock)
    mine.set_up(HOURS)
    other = World(migrated_url, mine.keys, SetClock(clock.now))
    two = Two(mine, other, clock)
    clock.is_free = two.is_free
    for world in (mine, other):
        world.list_hot(make_entry("HOT100"))
    mine.intake = Intake(mine.vault, Asked(clock, HotListIndex([make_entry("HOT100")])))
    yield two
    mine.close()
    other.close()


def destroy_keys(world: World) -> None:
    period = period_at(world.clock.now, HOUR)
    destroy_key(world.vault, period)
    destroy_key(world.vault, HitsKeyName(period))


def set_policy(document: str) -> Callable[[World], None]:
    def act(world: World) -> None:
        world.clock.move(timedelta(seconds=1))
        world.set_policy(document)
        world.expire()

    return act


def expire_late(world: World) -> None:
    world.clock.move(3 * HOUR)
    world.expire()
    world.clock.move(-3 * HOUR)


ACTS = {
    "keys destroyed": destroy_keys,
    "keys expired": expire_late,
    "nothing is kept any more": set_policy(policy_document("never", "3 hours")),
    "kept for less": set_policy(policy_document("30 minutes", "30 minutes")),
    "kept for longer": set_policy(policy_document("30 days", "30 days")),
    "restarted": World.restart,
}


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("moment", range(1, 14))
@pytest.mark.parametrize("act", ACTS)
def test_whatever_overtakes_an_intake_nothing_is_sealed_that_does_not_open(
    two: Two, act: str, moment: int
) -> None:
    world = two.mine
    world.intake.take([world.arriving("HOT100", "before")])
    batch = [world.arriving(plate, plate) for plate in PLATES]
    two.overtake(moment, ACTS[act])
    taken = world.intake.take(batch)
    two.clock.at = 0
    living = {key.id for key in registered_keys(world) if key.destroyed_at is None}
    assert keys_of_rows(world) <= living
    kept = sum(one.outcome is Outcome.SEALED for one in taken)
    hits = [one.hit for one in taken if one.hit is not None]
    if world.in_force().policy.non_hits_kept == NEVER:
        assert kept == 0
    else:
        found = {read.read_id for read in world.look_back(*PLATES).reads} - {"before"}
        assert found == {one.read_id for one in taken if one.outcome is Outcome.SEALED}
    assert {hit.record_id for hit in hits} <= open_records(world).keys()
    again = world.intake.take(batch)
    for one, same in zip(taken, again, strict=True):
        if one.outcome is Outcome.SEALED:
            assert (same.outcome, same.hit) == (Outcome.DUPLICATE, None)


def test_there_are_as_many_moments_as_are_tried(two: Two) -> None:
    world = two.mine
    world.intake.take([world.arriving("HOT100", "before")])
    two.overtake(1000, World.restart)
    world.intake.take([world.arriving(plate, plate) for plate in PLATES])
    assert 4 < 1000 - two.clock.at < 14


@pytest.mark.parametrize("moment", range(1, 14))
def test_the_same_batch_taken_by_two_at_once_is_kept_once(two: Two, moment: int) -> None:
    world = two.mine
    batch = [world.arriving(plate, plate) for plate in PLATES]
    others: list[Taken] = []
    two.overtake(moment, lambda other: others.extend(other.intake.take(batch)))
    taken = world.intake.take(batch)
    two.clock.at = 0
    assert len(open_records(world)) == 1
    assert len(world.look_back(*PLATES).reads) == 2
    sealed = [one for one in (*taken, *others) if one.outcome is Outcome.SEALED]
    assert len(sealed) == read_counts(world)["sealed"] == 2
    assert len(others) in {0, 2}


@pytest.mark.parametrize("moment", range(1, 9))
def test_a_case_that_ends_while_it_holds_keeps_nothing(two: Two, moment: int) -> None:
    world = two.mine
    (taken,) = world.intake.take([world.arriving("HOT100", "1")])
    assert taken.hit is not None
    ids = [taken.hit.record_id]
    approval = TestApproval(plates=frozenset(PLATES))
    policy, until = world.in_force().policy, world.clock.now + HOUR
    two.overtake(moment, lambda other: lift_hold(other.vault, approval.case_id))
    try:
        hold_hits(world.vault, ids, approval, policy, until=until)
    except KeyUnusableError as error:
        assert isinstance(error, KeyDestroyedError)  # noqa: PT017 - either may come
    two.clock.at = 0
    living = {key.id: key.name for key in registered_keys(world) if key.destroyed_at is None}
    assert keys_of_rows(world) <= living.keys()
    lifted = CaseKeyName(approval.case_id) not in living.values()
    assert [key for key, _ in open_records(world).values()] == (
        ["hits/2026-11-23T12:00Z/PT1H"] if lifted else [f"case/{approval.case_id}"]
    )
