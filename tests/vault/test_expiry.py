"""Keys end in time, once and for ever; what a crash left half-done, the next round ends."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.vault.inspection import (
    count_key_events,
    count_rows,
    destroy_reasons,
    keys_of_rows,
    open_records,
    registered_keys,
    require_nothing_left,
    still_derives,
)
from tests.worlds import READERS, World, make_entry, policy_document

from fairplate.core.periods import Period, period_at
from fairplate.storage.schema import kept_records, receipts, sealed_reads, vault_keys
from fairplate.vault.errors import KeyDestroyedError, KeyDueError, KeyringStorageError
from fairplate.vault.expiry import REGISTER_KEPT, Expired, destroy_key, prepare_keys
from fairplate.vault.key_names import HitsKeyName, KeyName
from fairplate.vault.keyring import EXISTING
from fairplate.vault.register import lock_living_keys

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
HOURS = policy_document("3 hours", "3 hours")


@pytest.fixture
def world(migrated_url: str, tmp_path: Path) -> Iterator[World]:
    world = World(migrated_url, tmp_path / "keys")
    world.set_up(HOURS)
    world.list_hot(make_entry("HOT100"))
    yield world
    world.close()


def names(world: World) -> tuple[Period, HitsKeyName]:
    """Return the keys that reads and hits of now lie under, by a policy of three hours."""
    period = period_at(world.clock.now, HOUR)
    return period, HitsKeyName(period)


def take(world: World, read_id: str = "1", plate: str = "HOT100") -> str:
    (taken,) = world.intake.take([world.arriving(plate, read_id)])
    return taken.outcome.value


def test_keys_end_when_their_time_is_over_and_not_before(world: World) -> None:
    take(world)
    keys = names(world)
    world.clock.move(3 * HOUR - timedelta(microseconds=1))
    report = world.expire()
    assert (report.destroyed, report.emptied, report.problems) == ([], [], [])
    assert report.next_due == world.clock.now + timedelta(microseconds=1)
    assert still_derives(world, keys, READERS) == set(map(str, keys))
    world.clock.move(timedelta(microseconds=1))
    report = world.expire()
    assert (set(report.destroyed), set(report.emptied)) == (set(keys), set(keys))
    assert (report.problems, report.next_due) == ([], None)
    assert still_derives(world, keys, READERS) == set()
    assert [count_rows(world, t) for t in (sealed_reads, receipts, kept_records)] == [0, 0, 0]
    assert destroy_reasons(world) == {str(key): "due" for key in keys}
    require_nothing_left(world)
    again = world.expire()
    assert (again.destroyed, again.emptied, again.problems) == ([], [], [])


def test_a_key_that_ended_is_never_made_again(world: World) -> None:
    take(world)
    period, hits = names(world)
    destroy_key(world.vault, period)
    destroy_key(world.vault, hits)
    assert take(world, "2") == "no-key"
    assert open_records(world) == {}
    for key in (period, hits):
        with pytest.raises(KeyDestroyedError):
            world.vault.ensure_key(key, period.start + 3 * HOUR)
    assert destroy_reasons(world) == {str(period): "asked", str(hits): "asked"}
    assert not destroy_key(world.vault, period)
    assert count_key_events(world)[0]["key.destroyed", str(period)] == 1
    require_nothing_left(world)


Stop = Callable[[World, KeyName], None]


def stop_after_making(world: World, name: KeyName) -> None:
    """Leave a key as a crash does that comes before it is on record."""
    with world.database.transaction() as connection:
        connection.execute(sa.delete(vault_keys).where(vault_keys.c.name == str(name)))


def stop_after_destroying(world: World, name: KeyName) -> None:
    world.keyring.destroy_key(name)


def stop_before_dropping(world: World, name: KeyName) -> None:
    world.keyring.destroy_key(name)
    with world.database.transaction() as connection:
        connection.execute(
            sa.update(vault_keys)
            .where(vault_keys.c.name == str(name))
            .values(destroyed_at=world.clock.now)
        )


@pytest.mark.parametrize("due", [False, True])
@pytest.mark.parametrize("stop", [stop_after_destroying, stop_before_dropping])
def test_the_next_round_goes_on_where_one_was_stopped(
    world: World, stop: Stop, *, due: bool
) -> None:
    take(world)
    period, hits = names(world)
    if due:
        world.clock.move(3 * HOUR)
    stop(world, period)
    stop(world, hits)
    world.restart()
    report = world.expire()
    assert (set(report.emptied), report.problems) == ({period, hits}, [])
    require_nothing_left(world)
    assert keys_of_rows(world) == set()
    told = 1 if stop is stop_after_destroying else 0
    assert len(destroy_reasons(world)) == 2 * told
    assert set(destroy_reasons(world).values()) <= {"due" if due else "found-gone"}


def test_a_key_that_is_not_on_record_is_put_there_and_ends_in_time(world: World) -> None:
    period = period_at(world.clock.now, HOUR)
    world.keyring.make_key(period, period.start + 3 * HOUR)
    assert world.key_problems() == [f"key {period}: in the keyring, but not on record"]
    assert world.expire().destroyed == []
    assert [key.name for key in registered_keys(world)] == [period]
    require_nothing_left(world)
    world.clock.move(3 * HOUR)
    assert world.expire().destroyed == [period]
    told, _ = count_key_events(world)
    assert told == {("key.made", str(period)): 1, ("key.destroyed", str(period)): 1}


def test_a_key_that_is_not_on_record_is_told_of_when_somebody_destroys_it(world: World) -> None:
    period = period_at(world.clock.now, HOUR)
    world.keyring.make_key(period, period.start + 3 * HOUR)
    assert destroy_key(world.vault, period)
    told, _ = count_key_events(world)
    assert told == {("key.made", str(period)): 1, ("key.destroyed", str(period)): 1}
    require_nothing_left(world)


def test_a_shorter_policy_ends_keys_sooner_and_a_longer_one_no_later(world: World) -> None:
    world.set_policy(policy_document("30 days", "30 days"))
    take(world)
    keys = registered_keys(world)
    world.set_policy(policy_document("3 days", "4 days"))
    world.clock.move(DAY)
    assert world.expire().destroyed == []
    world.set_policy(policy_document("30 days", "30 days"))
    start = keys[0].made_at.replace(hour=0)
    world.clock.now = start + 3 * DAY - MINUTE
    assert world.expire().destroyed == []
    world.clock.now = start + 3 * DAY
    assert [type(name) for name in world.expire().destroyed] == [Period]
    world.clock.now = start + 4 * DAY
    assert [type(name) for name in world.expire().destroyed] == [HitsKeyName]
    assert set(destroy_reasons(world).values()) == {"policy"}


def test_what_is_sealed_under_a_shorter_policy_ends_by_it_whatever_follows(world: World) -> None:
    """Also if no expiry ran while it was in force."""
    world.set_policy(policy_document("30 days", "30 days"))
    take(world, "before")
    world.set_policy(policy_document("3 days", "3 days"))
    world.clock.move(MINUTE)
    assert take(world, "under the shorter") == "sealed"
    world.set_policy(policy_document("30 days", "30 days"))
    world.clock.now = world.clock.now.replace(hour=0, minute=0) + 3 * DAY
    assert len(world.expire().destroyed) == 2
    require_nothing_left(world)


def test_a_policy_that_keeps_nothing_ends_at_once_what_was_sealed_before(world: World) -> None:
    assert take(world) == "sealed"
    keys = names(world)
    world.clock.move(MINUTE)
    world.set_policy(policy_document("never", "3 hours"))
    world.clock.move(MINUTE)
    assert world.expire().destroyed == [keys[0]]
    assert destroy_reasons(world) == {str(keys[0]): "policy"}
    assert len(open_records(world)) == 1
    require_nothing_left(world)


def test_a_key_at_its_end_takes_no_more(world: World) -> None:
    period = period_at(world.clock.now, HOUR)
    world.vault.ensure_key(period, period.end + HOUR)
    world.clock.move(2 * HOUR)
    with pytest.raises(KeyDueError):
        world.vault.ensure_key(period, period.end + 2 * HOUR)


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_a_key_that_somebody_holds_does_not_hold_up_the_others(world: World) -> None:
    """An intake that was stopped in its transaction, say."""
    take(world)
    period, hits = names(world)
    held = next(key for key in registered_keys(world) if key.name == period)
    world.clock.move(3 * HOUR)
    with world.database.transaction() as connection:
        assert lock_living_keys(connection, [held])
        report = world.expire()
        assert report.destroyed == [hits]
        (problem,) = report.problems
        assert "to get the lock in time" in str(problem)
        assert problem.retryable
        assert still_derives(world, [period, hits], READERS) == set()
    assert world.expire().emptied == [period]
    require_nothing_left(world)


def test_two_that_expire_at_once_tell_of_each_key_once(world: World, migrated_url: str) -> None:
    for hour in range(6):
        take(world, str(hour))
        world.clock.move(20 * MINUTE)
    world.clock.move(3 * HOUR)
    other = World(migrated_url, world.keys, world.clock)
    reports: list[Expired] = []
    both = [threading.Thread(target=lambda w=w: reports.append(w.expire())) for w in (world, other)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    other.close()
    assert [report.problems for report in reports] == [[], []]
    require_nothing_left(world)
    told, _ = count_key_events(world)
    assert set(told.values()) == {1}
    assert len(told) == 2 * len(registered_keys(world)) == 8


def test_keys_are_made_ahead_for_this_period_and_the_next(world: World) -> None:
    policy = world.in_force().policy
    assert prepare_keys(world.vault, policy) == ()
    period = period_at(world.clock.now, HOUR)
    after = period_at(period.end, HOUR)
    expected = {period, after, HitsKeyName(period), HitsKeyName(after)}
    assert {key.name for key in registered_keys(world)} == expected
    assert {key.destroy_by for key in registered_keys(world)} == {
        period.start + 3 * HOUR,
        after.start + 3 * HOUR,
    }
    require_nothing_left(world)
    assert world.expire().next_due == period.start + 3 * HOUR
    destroy_key(world.vault, after)
    assert prepare_keys(world.vault, policy) == ()  # it stays away, and nobody is told again
    listed = world.keyring.keys()
    assert after not in {key.name for key in listed if key.state in EXISTING}


def test_keys_that_cannot_be_made_ahead_are_told(world: World) -> None:
    (world.keys / "floor").unlink()
    problems = prepare_keys(world.vault, world.in_force().policy)
    assert [type(problem) for problem in problems] == [KeyringStorageError] * 2
    made = [key.name for key in registered_keys(world)]
    assert all(isinstance(name, HitsKeyName) for name in made)
    assert len(made) == 2


def test_the_register_forgets_a_key_a_hundred_days_after_its_end(world: World) -> None:
    take(world)
    world.clock.move(3 * HOUR)
    world.expire()
    world.clock.move(REGISTER_KEPT)
    world.expire()
    assert len(registered_keys(world)) == 2
    world.clock.move(MINUTE)
    world.expire()
    assert registered_keys(world) == ()
    assert len(count_key_events(world)[0]) == 4
    take(world, "2")
    assert min(key.id for key in registered_keys(world)) > 2  # no id is given again
    require_nothing_left(world)


def test_rows_that_belong_to_no_key_are_dropped(world: World) -> None:
    take(world)
    with world.database.transaction() as connection:
        connection.execute(sa.delete(kept_records))
        connection.execute(sa.delete(vault_keys))
    for name in names(world):
        world.keyring.destroy_key(name)
    assert len(keys_of_rows(world)) == 1
    assert world.expire().problems == []
    require_nothing_left(world)
    assert keys_of_rows(world) == set()
