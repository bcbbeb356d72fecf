"""The intake, killed: takes batches until it is, and must have lost and doubled nothing."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from tests.vault.inspection import (
    Identity,
    count_key_events,
    identity,
    open_records,
    read_counts,
    registered_keys,
    require_nothing_left,
    sent_identity,
    still_derives,
)
from tests.vault.killed_vault import HOT, LIFE, MINUTE, PERIOD, PLATES, Killer, Tell
from tests.worlds import READERS

from fairplate.core.periods import period_at
from fairplate.intake import Arriving

BATCHES = 3
EXPIRED_EVERY = 3
ANSWER_S = 0.002
LINES = (5, 20)
"""About what a child tells of a batch, without keys to make for it and with them."""


@dataclass(slots=True)
class _Model:
    """What must be in the vault: what was answered, and what was found to be stored."""

    stored: dict[tuple[str, str], Arriving] = field(default_factory=dict)
    counted: Counter[str] = field(default_factory=Counter)

    def outcomes(self, batch: Sequence[Arriving], now: datetime) -> list[str]:
        """Return what must become of each read of `batch`."""
        known = set(self.stored)
        outcomes = []
        for one in batch:
            key = (one.reader_id, one.read_id)
            if one.reader_id not in READERS:
                outcomes.append("unknown-reader")
            elif one.captured_at > now + 2 * MINUTE:
                outcomes.append("in-the-future")
            elif not lives(one, now):
                outcomes.append("too-old")
            else:
                outcomes.append("duplicate" if key in known else "sealed")
                known.add(key)
        return outcomes

    def counts(self, batch: Sequence[Arriving], outcomes: Sequence[str]) -> Counter[str]:
        added = Counter(outcomes)
        for one, outcome in zip(batch, outcomes, strict=True):
            added["hit"] += outcome == "sealed" and one.read.plate in HOT
        return +added

    def add(self, batch: Sequence[Arriving], outcomes: Sequence[str]) -> None:
        self.counted += self.counts(batch, outcomes)
        for one, outcome in zip(batch, outcomes, strict=True):
            if outcome == "sealed":
                self.stored[one.reader_id, one.read_id] = one

    def living(self, now: datetime) -> list[Arriving]:
        return [one for one in self.stored.values() if lives(one, now)]


def lives(one: Arriving, now: datetime) -> bool:
    return period_at(one.captured_at, PERIOD).start + LIFE > now


def kill_intake(killer: Killer, kills: int) -> None:
    model, number = _Model(), 0
    unanswered: list[Arriving] = []
    warm_up = _batch(killer, model, "0")  # children find all statements compiled
    model.add(warm_up, [one.outcome.value for one in killer.world.intake.take(warm_up)])
    while killer.seen["kills"] < kills:
        number += 1
        batches = [_batch(killer, model, f"{number}-{each}") for each in range(BATCHES)]
        # A camera that got no answer sends the same again, and perhaps more with it.
        batches[0] = [*unanswered, *killer.random.choice([[], batches[0]])] or batches[0]
        begun = killer.random.randint(1, BATCHES)
        lines = killer.random.randint(0, killer.random.choice(LINES))
        told = killer.kill_one(partial(_take, killer, batches), "begin", begun, lines)
        unanswered = _learn(killer, model, batches, told)
        _check(killer, model)
        killer.clock.move(killer.random.randint(0, 10) * MINUTE)
        if number % EXPIRED_EVERY == 0:
            assert killer.world.expire().problems == []
            require_nothing_left(killer.world)
    gone = [key.name for key in registered_keys(killer.world) if key.destroyed_at]
    assert still_derives(killer.world, gone, READERS) == set()
    made, _ = count_key_events(killer.world)
    assert set(made.values()) == {1}
    assert sum(type_ == "key.destroyed" for type_, _ in made) == len(gone) > kills / 4


def _take(killer: Killer, batches: Sequence[Sequence[Arriving]], tell: Tell) -> None:
    for batch in batches:
        tell("begin")
        taken = killer.world.intake.take(batch)
        time.sleep(ANSWER_S)  # the answer is on its way, and is lost if the process ends now
        tell(f"ack {' '.join(one.outcome.value for one in taken)}")


def _batch(killer: Killer, model: _Model, name: str) -> list[Arriving]:
    chance, now = killer.random, killer.clock.now
    batch: list[Arriving] = []
    for number in range(chance.randint(3, 10)):
        kind = chance.choices(["new", "again", "twice", "future", "unknown"], [20, 2, 2, 1, 1])[0]
        if kind == "again" and model.stored:
            batch.append(chance.choice(list(model.stored.values())[-30:]))
            continue
        if kind == "twice" and batch:
            batch.append(chance.choice(batch))
            continue
        ago = (-4 if kind == "future" else chance.choice([0, 0, 0, chance.randint(0, 25)])) * MINUTE
        reader_id = "stranger" if kind == "unknown" else chance.choice(READERS)
        plate = chance.choice(PLATES)
        batch.append(killer.world.arriving(plate, f"{name}-{number}", reader_id, now - ago))
    return batch


def _learn(
    killer: Killer, model: _Model, batches: Sequence[Sequence[Arriving]], told: Sequence[str]
) -> list[Arriving]:
    """Hold what the child told against the tables; return the batch it never answered."""
    seen, now = killer.seen, killer.clock.now
    answers = [line.split()[1:] for line in told if line.startswith("ack")]
    for batch, answer in zip(batches, answers, strict=False):
        outcomes = model.outcomes(batch, now)
        assert answer == outcomes
        model.add(batch, outcomes)
    seen["finished"] += told[-1:] == ["end"]
    seen["before the first answer"] += not answers
    seen["between answers"] += 0 < len(answers) < len(batches)
    seen["while a key was written"] += told[-1:] == ["random 12"] and told[-2:-1] == ["random 32"]
    killer.wait_for_server()
    if told.count("begin") == len(answers):
        assert read_counts(killer.world) == model.counted
        return []
    batch = list(batches[len(answers)])
    outcomes = model.outcomes(batch, now)
    found = read_counts(killer.world)
    if found == model.counted + model.counts(batch, outcomes):
        seen["stored but not answered"] += 1
        model.add(batch, outcomes)
    else:
        seen["nothing stored of a batch"] += 1
        assert found == model.counted
    return batch


def _check(killer: Killer, model: _Model) -> None:
    """Every read that was answered, or found stored, opens exactly once; so does every hit."""
    world = killer.world
    listed = world.keyring.keys()
    known = {key.name for key in registered_keys(world)}
    killer.seen["key made but not on record"] += any(key.name not in known for key in listed)
    world.reopen()
    found: Counter[Identity] = Counter()
    for start in range(0, len(PLATES), 5):
        opened = world.look_back(*PLATES[start : start + 5])
        assert (opened.damaged, opened.lost) == ((), ())
        found.update(map(identity, opened.reads))
    living = model.living(killer.clock.now)
    assert found == Counter(map(sent_identity, living))
    kept = Counter(what for _, what in open_records(world).values())
    assert kept == Counter(sent_identity(one) for one in living if one.read.plate in HOT)
