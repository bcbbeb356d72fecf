"""Real vaults that are looked after in time: whatever happens to them, the rules find nothing."""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.vault.history_model import HOT, PLATES
from tests.verify.diligence import DAY, MINUTE, READER, Diligent


def test_the_rules_find_nothing_in_a_vault_that_is_looked_after(migrated_file: Path) -> None:
    machine: Any = partial(Diligent, migrated_file)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=20,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )


@pytest.fixture
def history(migrated_file: Path) -> Iterator[Diligent]:
    history = Diligent(migrated_file)
    yield history
    history.teardown()


def told_of_keys(history: Diligent) -> Counter[str]:
    read = [READER.read(index, body) for index, body in enumerate(history.log())]
    return Counter(f"{one.type} {one.public['key']}" for one in read if "key" in one.public)


def test_a_vault_that_is_not_looked_after_is_told_of(history: Diligent) -> None:
    history.set_up("3 hours, hits 1 day")
    history.take([(PLATES[1], 0 * MINUTE)], None)
    assert history.judge() == []
    history.clock.now += 2 * DAY
    assert {one.code for one in history.judge()} == {"key-overdue"}
    history.world.expire()
    assert {one.code for one in history.judge()} == {"key-destroyed-late"}


def test_a_restored_database_may_tell_again_of_what_it_did_not_know(history: Diligent) -> None:
    history.set_up("30 days, hits 1 day")
    history.take([(PLATES[1], 0 * MINUTE)], None)
    history.copy_database()
    history.destroy_early(0, None)  # the copy has it as living
    history.let_time_pass(DAY, late=False, fuse=None)
    history.take([(PLATES[1], 0 * MINUTE)], None)  # the copy does not have it
    history.restore_database()
    told = told_of_keys(history)
    assert told["key.destroyed 2026-11-23T00:00Z/P1D"] == 2
    assert told["key.made 2026-11-24T00:00Z/P1D"] == 2
    assert history.judge() == []
    history.published = [body for body in history.published if b'"log.restored"' not in body]
    assert {one.code for one in history.judge()} == {"key-not-living", "key-made-twice"}


def test_a_key_that_a_crash_left_may_be_of_an_earlier_policy(migrated_file: Path) -> None:
    """The keyring made it under the one, the event comes under the other."""
    found = Counter[bool]()
    for fuse in range(16):
        history = Diligent(migrated_file)
        history.set_up("30 days, hits 1 day")
        history.take([(PLATES[1], 0 * MINUTE)], fuse)
        history.set_policy("1 day, hits 30 minutes", None, expired=True)
        read = [READER.read(index, body) for index, body in enumerate(history.log())]
        types = [one.type for one in read]
        set_last = len(types) - 1 - types[::-1].index("policy.set")
        found["key.made" in types[set_last:]] += 1
        assert history.judge() == []
        history.let_time_pass(35 * DAY, late=False, fuse=None)
        assert history.judge() == []
        history.teardown()
    assert found[True]
    assert found[False]


def test_a_shorter_policy_shortens_lives(history: Diligent) -> None:
    history.set_up("30 days, hits 1 day")
    history.take([(HOT, 0 * MINUTE), (HOT, 5 * DAY)], None)
    history.set_policy("10 days, hits 10 days", None, expired=True)
    history.set_policy("30 days, hits 1 day", None, expired=True)
    history.let_time_pass(35 * DAY, late=True, fuse=None)
    read = [READER.read(index, body) for index, body in enumerate(history.log())]
    ends = {one.public["destroy_by"] for one in read if one.type == "key.destroyed"}
    assert "2026-12-03T00:00:00.000Z" in ends  # the register remembers the shorter policy
    assert history.judge() == []
