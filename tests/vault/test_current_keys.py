"""What an intake holds in memory: the keys it seals under, until their end and no longer."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.vault.inspection import registered_keys
from tests.worlds import READERS, SetClock, World, make_entry, policy_document

from fairplate.core.errors import InputError
from fairplate.core.periods import Period, period_at
from fairplate.vault.current_keys import CurrentKeys
from fairplate.vault.expiry import destroy_key
from fairplate.vault.key_names import HitsKeyName

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def world(migrated_url: str, tmp_path: Path) -> Iterator[World]:
    world = World(migrated_url, tmp_path / "keys")
    world.set_up(policy_document("3 hours", "6 hours"))
    world.list_hot(make_entry("HOT100"))
    yield world
    world.close()


def held(world: World) -> tuple[set[Period], set[HitsKeyName]]:
    """Return of which keys the intake holds anything that seals."""
    keys: CurrentKeys = world.intake._keys
    hits = {name for name in keys._own if isinstance(name, HitsKeyName)}
    return {period for period, _ in keys._readers}, hits


def take(world: World, read_id: str, captured_at: datetime | None = None) -> str:
    reads = [world.arriving("HOT100", read_id, reader_id, captured_at) for reader_id in READERS]
    (outcome,) = {one.outcome for one in world.intake.take(reads)}
    return outcome.value


def test_keys_are_let_go_when_their_time_is_over(world: World) -> None:
    first = period_at(world.clock.now, HOUR)
    take(world, "1")
    world.clock.move(HOUR)
    take(world, "2")
    second = period_at(world.clock.now, HOUR)
    assert held(world) == ({first, second}, {HitsKeyName(first), HitsKeyName(second)})
    world.clock.now = first.start + 3 * HOUR
    assert world.intake.take([]) == ()
    assert held(world) == ({second}, {HitsKeyName(first), HitsKeyName(second)})
    world.clock.now = first.start + 7 * HOUR
    world.intake.take([])
    assert held(world) == (set(), set())


def test_a_new_policy_lets_go_of_all(world: World) -> None:
    world.set_policy(policy_document("30 days", "30 days"))
    take(world, "1")
    (day,) = held(world)[0]
    world.set_policy(policy_document("3 days", "3 days"))
    world.intake.take([])
    assert held(world) == (set(), set())
    # Made for thirty days, and yet it is let go after three.
    take(world, "2", world.clock.now - MINUTE)
    assert held(world)[0] == {day}
    world.clock.now = day.start + 3 * DAY
    world.intake.take([])
    assert held(world) == (set(), set())


def test_keys_of_an_earlier_policy_are_let_go_too(world: World) -> None:
    """They only tell whether a read was there before, and derive as much as any."""
    take(world, "1")
    hour = period_at(world.clock.now, HOUR)
    captured_at = world.clock.now
    world.set_policy(policy_document("30 days", "30 days"))
    world.clock.move(MINUTE)
    assert take(world, "1", captured_at) == "duplicate"
    assert hour in held(world)[0]
    world.clock.now = hour.start + 3 * HOUR
    world.intake.take([])
    assert hour not in held(world)[0]


def test_what_was_destroyed_is_noticed_before_anything_is_stored(world: World) -> None:
    take(world, "1")
    period = period_at(world.clock.now, HOUR)
    destroy_key(world.vault, period)
    assert take(world, "2") == "no-key"
    assert held(world) == (set(), {HitsKeyName(period)})


class StepClock(SetClock):
    """Goes on by a step at each look."""

    step = timedelta(0)

    def __call__(self) -> datetime:
        self.now += self.step
        return self.now


@pytest.mark.parametrize(
    ("before_s", "outcome"), [(1, "too-old"), *((n, "no-key") for n in range(2, 7)), (60, "sealed")]
)
def test_a_key_whose_time_ends_while_a_batch_is_taken_is_none(
    migrated_url: str, tmp_path: Path, before_s: int, outcome: str
) -> None:
    clock = StepClock()
    world = World(migrated_url, tmp_path / "keys", clock)
    world.set_up(policy_document("3 hours", "3 hours"))
    captured_at = clock.now
    clock.now += 3 * HOUR - timedelta(seconds=before_s)
    clock.step = timedelta(seconds=1)
    (taken,) = world.intake.take([world.arriving("ABC123", "1", captured_at=captured_at)])
    world.close()
    assert taken.outcome.value == outcome


def test_a_life_that_no_key_may_have_is_a_fault_of_whoever_asks(world: World) -> None:
    period = period_at(world.clock.now, HOUR)
    with pytest.raises(InputError):
        CurrentKeys(world.vault).registered(period, period.end)
    assert registered_keys(world) == ()
