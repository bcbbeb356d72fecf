"""The expiry, killed: several keys are due with rows under them, and the next start ends them."""

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

from tests.vault.inspection import (
    count_key_events,
    keys_of_rows,
    open_records,
    registered_keys,
    require_nothing_left,
    still_derives,
)
from tests.vault.killed_vault import HOT, MINUTE, PERIOD, PLATES, POLICY, Killer, Tell
from tests.worlds import READERS, TestApproval

from fairplate.intake import Outcome
from fairplate.policy.document import check_policy
from fairplate.vault.approval import Grant
from fairplate.vault.holds import hold_hits, hold_reads
from fairplate.vault.key_names import KeyName
from fairplate.vault.keyring import EXISTING
from fairplate.vault.register import RegisteredKey

KILLS_BEFORE_A_START = (1, 1, 2)

_Ids: TypeAlias = list[tuple[str, str]]  # plates and read ids


@dataclass(slots=True)
class _Seen:
    """What was seen so far: events of keys, and the keys that are gone."""

    events: Counter[tuple[str, str]] = field(default_factory=Counter)
    last_event: int = 0
    last_key: int = 0  # all with lower ids are done with
    gone: dict[str, KeyName] = field(default_factory=dict)


def kill_expiry(killer: Killer, kills: int) -> None:
    seen, number, longest = _Seen(), 0, 0
    while killer.seen["kills"] < kills:
        number += 1
        living = _fill(killer, f"case-{number}")
        due = [
            key
            for key in registered_keys(killer.world, after=seen.last_key)
            if key.destroyed_at is None and key.destroy_by <= killer.clock.now
        ]
        assert len(due) >= 5
        seen.last_key = due[0].id - 1
        for left in range(killer.random.choice(KILLS_BEFORE_A_START), 0, -1):
            lines = killer.random.randint(0, longest // left) if longest else 10_000
            told = killer.kill_one(partial(_expire, killer), "open", 1, lines)
            longest = max(longest, len(told))
            _note_what_is_left(killer, seen, due)
        killer.world.reopen()
        assert killer.world.expire().problems == []
        _check(killer, seen, due, living)
    assert still_derives(killer.world, seen.gone.values(), READERS) == set()


def _fill(killer: Killer, case_id: str) -> _Ids:
    """Let reads, hits and holds of the last half hour come due; return what lives afterwards."""
    world, start = killer.world, killer.clock.now
    taken = world.intake.take(
        [
            world.arriving(plate, f"{case_id}-{ago}-{plate}", READERS[ago], start - ago * PERIOD)
            for ago in (0, 1)
            for plate in PLATES[1:5]
        ]
    )
    assert {one.outcome for one in taken} == {Outcome.SEALED}
    _hold(killer, case_id, [one.hit.record_id for one in taken if one.hit is not None][:1])
    killer.clock.move(killer.random.randint(31, 40) * MINUTE)
    living = [world.arriving(plate, f"{case_id}-{plate}") for plate in PLATES[:5]]
    world.intake.take(living)
    return [(one.read.plate, one.read_id) for one in living]


def _hold(killer: Killer, case_id: str, ids: list[str]) -> None:
    """Hold a hit and a read under one case, whose key ends with those of the reads."""
    world, now = killer.world, killer.clock.now
    policy = check_policy(POLICY, where="test").require()
    approval = TestApproval(plates=frozenset(PLATES), case_id=case_id)
    until = now + 25 * MINUTE
    hold_hits(world.vault, ids, approval, policy, until=until)
    grant = Grant(
        plates=PLATES[2:3], reader_ids=READERS, captured_from=now, captured_until=now + MINUTE
    )
    hold_reads(world.vault, grant, approval, policy, until=until)


def _expire(killer: Killer, tell: Tell) -> None:
    report = killer.world.expire()
    tell(f"destroyed {len(report.destroyed)}")


def _note_what_is_left(killer: Killer, done: _Seen, due: list[RegisteredKey]) -> None:
    """Count how far the child had come with the keys that are due."""
    world, seen = killer.world, killer.seen
    listed = world.keyring.keys()
    left = {key.name for key in listed if key.state in EXISTING}
    known = {key.id: key for key in registered_keys(world, after=done.last_key)}
    gone = [key for key in due if key.name not in left]
    told = [key for key in due if known[key.id].destroyed_at]
    empty = [key for key in told if known[key.id].emptied_at]
    seen["before the first key was gone"] += not gone
    seen["some keys gone"] += 0 < len(gone) < len(due)
    seen["key gone but not on record"] += len(told) < len(gone)
    seen["all gone, rows left"] += len(gone) == len(due) and len(empty) < len(due)
    seen["some rows dropped"] += 0 < len(empty) < len(due)
    seen["finished"] += len(empty) == len(due)


def _check(killer: Killer, seen: _Seen, due: list[RegisteredKey], living: _Ids) -> None:
    world = killer.world
    require_nothing_left(world)
    assert not {key.id for key in due} & keys_of_rows(world)
    found, seen.last_event = count_key_events(world, after=seen.last_event)
    seen.events += found
    for key in registered_keys(world, after=seen.last_key):
        assert seen.events["key.made", str(key.name)] == 1
        assert seen.events["key.destroyed", str(key.name)] == bool(key.destroyed_at)
    opened = world.look_back(*PLATES[:5])
    assert sorted((read.read.plate, read.read_id) for read in opened.reads) == sorted(living)
    hits = sorted(what[1] for _, what in open_records(world).values())
    assert hits == sorted(read_id for plate, read_id in living if plate in HOT)
    assert still_derives(world, list(seen.gone.values())[-30:], READERS) == set()
    seen.gone |= {str(key.name): key.name for key in due}
    assert still_derives(world, [key.name for key in due], READERS) == set()
