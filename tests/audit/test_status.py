"""How the log stands, and what a health check says of it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.audit.log_worlds import NO_PATIENCE, ORIGIN, LogWorld
from tests.audit.real_witness import make_witnesses, register
from tests.worlds import NOON

from fairplate.audit.status import (
    LONGEST_UNPUBLISHED,
    LONGEST_UNWITNESSED,
    LogStatus,
    find_log_problems,
    read_status,
)

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)


def problems(world: LogWorld) -> list[str]:
    return list(find_log_problems(read_status(world.log), world.clock.now))


def test_a_new_log_is_well(world: LogWorld) -> None:
    status = read_status(world.log)
    assert status == LogStatus(
        origin=ORIGIN,
        key=str(world.keys.signing.verifier),
        size=0,
        waiting=0,
        waiting_since=None,
        published_size=None,
        latest=None,
        witnessed=None,
        unwitnessed_since=None,
        witnesses=(),
        quorum=0,
        overdue_reviews=0,
    )
    assert problems(world) == []


def test_it_tells_what_waits_and_what_is_published(world: LogWorld) -> None:
    world.act(2)
    world.publish()
    world.clock.move(MINUTE)
    world.act()
    world.clock.move(MINUTE)
    world.act()
    status = read_status(world.log)
    assert (status.size, status.published_size, status.waiting) == (2, 2, 2)
    assert status.waiting_since == NOON + MINUTE
    assert status.latest is not None
    assert (status.latest.size, status.latest.at) == (2, NOON)
    assert problems(world) == []
    world.clock.now = NOON + MINUTE + LONGEST_UNPUBLISHED
    assert problems(world) == []
    world.clock.move(SECOND)
    (problem,) = problems(world)
    assert "found 2 waiting for 10 min" in problem
    world.publish()
    assert problems(world) == []


@pytest.mark.parametrize("found", [None, 1, 3])
def test_another_published_checkpoint_than_the_last_is_told(
    world: LogWorld, found: int | None
) -> None:
    world.act(2)
    world.publish()
    status = replace(read_status(world.log), published_size=found)
    (problem,) = find_log_problems(status, world.clock.now)
    assert f"of 2 events in the published folder, found {found or 'none'}" in problem


def test_a_folder_that_is_gone_is_told_until_the_next_round(world: LogWorld) -> None:
    world.act()
    world.publish()
    (world.folder / "checkpoint").unlink()
    assert len(problems(world)) == 1
    world.publish()
    assert problems(world) == []


def test_it_tells_how_long_the_log_has_been_unwitnessed(world: LogWorld) -> None:
    (witness,) = make_witnesses(world, 1)
    with witness.at_work():
        register(world, witness, quorum=1)
    world.clock.move(MINUTE)
    world.publish(patience=NO_PATIENCE)
    assert read_status(world.log).unwitnessed_since == NOON  # when the first was asked
    with witness.at_work():
        world.act()
        world.publish()
    status = read_status(world.log)
    assert status.unwitnessed_since == NOON + MINUTE
    assert status.witnessed == status.latest
    assert [each.size for each in status.witnesses] == [2]
    world.clock.now = NOON + MINUTE + LONGEST_UNWITNESSED
    world.publish(patience=NO_PATIENCE)
    assert problems(world) == []
    world.clock.move(SECOND)
    (problem,) = problems(world)
    assert problem.endswith("found none since 2026-11-23T12:01:00+00:00")
    assert "with 1 witnesses within 1 day" in problem


def test_overdue_reviews_are_told(world: LogWorld) -> None:
    status = replace(read_status(world.log), overdue_reviews=3)
    assert list(find_log_problems(status, NOON)) == [
        "reviews: expected all within 30 days, found 3 overdue: `fairplate audit sample` lists them"
    ]
