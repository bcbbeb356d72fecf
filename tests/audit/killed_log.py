"""Kills writers and publishers of a log, again and again, and looks at what they leave.

Run as `python -m tests.audit.killed_log URL DIRECTORY KILLS SEED`: a process with one thread, so
that it may fork, which has everything imported. Each round forks two writers and up to three
publishers, which open everything anew and act until each is killed with SIGKILL, at a moment of its
own. Prints as one line of JSON where the kills came, and all moments; exits with a traceback at the
first broken promise.
"""

import json
import os
import random
import select
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn, TypeAlias

import sqlalchemy as sa
from tests.audit.log_worlds import LogWorld, enrol, published_entries

from fairplate.audit.events import read_event
from fairplate.audit.kept_checkpoints import LATEST, read_checkpoint
from fairplate.audit.stored_tree import read_size
from fairplate.storage.schema import events
from fairplate.verify.checkpoints import Checkpoint, parse_checkpoint
from fairplate.verify.errors import LogFormatError
from fairplate.verify.notes import parse_note

WRITERS = 2
LONGEST_DELAY_S = 0.03
"""Longer than most rounds of the log take."""
LOOKED_AT_EVERY = 40
OPEN, ROUND, ACK = b"open\n", b"round\n", b"ack "

Tell: TypeAlias = Callable[[str], None]


@dataclass(slots=True)
class Child:
    """One process, and what it told so far.

    It is to be killed `delay_s` after it told its mark so many times.
    """

    pid: int
    pipe: int
    mark: bytes
    marks: int
    delay_s: float
    told: bytes = b""
    dies_at: float | None = None

    def listen(self) -> bool:
        """Take what it told; False at its end."""
        if not select.select([self.pipe], [], [], 0)[0]:
            return True
        block = os.read(self.pipe, 65536)
        self.told += block
        return bool(block)

    def is_due(self) -> bool:
        """Say whether it is to be killed now."""
        assert self.listen(), "the child failed"
        if self.dies_at is None and OPEN in self.told and self.told.count(self.mark) >= self.marks:
            self.dies_at = time.monotonic() + self.delay_s
        return self.dies_at is not None and time.monotonic() >= self.dies_at


@dataclass(slots=True)
class Killer:
    """A log whose processes are killed; `seen` counts what the kills left."""

    world: LogWorld
    random: random.Random
    seen: Counter[str] = field(default_factory=Counter)
    moments: list[tuple[str, int, float]] = field(default_factory=list)
    checkpoints: set[Checkpoint] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)
    found: set[str] = field(default_factory=set)
    last_id: int = 0

    def fork(self, act: Callable[[LogWorld, Tell], None], mark: bytes, most: int) -> Child:
        marks, delay_s = self.random.randint(0, most), self.random.uniform(0, LONGEST_DELAY_S)
        self.moments.append((mark.decode().strip(), marks, round(delay_s * 1000, 2)))
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            self._be_killed(act, writing)
        os.close(writing)
        return Child(pid, reading, mark, marks, delay_s)

    def _be_killed(self, act: Callable[[LogWorld, Tell], None], writing: int) -> NoReturn:
        def tell(line: str) -> None:
            os.write(writing, f"{line}\n".encode())

        try:
            self.world.restart()
            tell("open")
            act(self.world, tell)
        finally:
            traceback.print_exc()
            os._exit(1)

    def kill(self, child: Child) -> list[str]:
        """Kill it, and return all that it told."""
        os.kill(child.pid, signal.SIGKILL)
        _, status = os.waitpid(child.pid, 0)
        assert os.WIFSIGNALED(status), "the child failed"
        while block := os.read(child.pipe, 65536):
            child.told += block
        os.close(child.pipe)
        return child.told.decode().splitlines()

    def look(self) -> None:
        """Take note of what is published and signed right now, as any outsider could."""
        for path in (self.world.folder / "checkpoint", self.world.key_folder / "signed"):
            try:
                text = path.read_text().partition("\n\n")[0].rstrip("\n")
            except FileNotFoundError:
                continue
            try:
                self.checkpoints.add(parse_checkpoint(f"{text}\n"))
            except LogFormatError:
                raise AssertionError(f"{path.name} was seen damaged") from None


def kill_round(killer: Killer, number: int) -> None:
    """Start everybody, and kill each at a moment of its own."""
    if not killer.world.database.is_postgresql:
        killer.world.close()  # so that a child recovers what an earlier one left
    publishers = killer.random.choice([1, 2, 2, 3])
    children = [killer.fork(_publish, ROUND, 1) for _ in range(publishers)]
    children += [killer.fork(_write(f"w-{number}-{each}"), ACK, 8) for each in range(WRITERS)]
    while children:
        for child in [one for one in children if one.is_due()]:
            told = killer.kill(child)
            children.remove(child)
            killer.answered.update(line.removeprefix("ack ") for line in told if "ack " in line)
            killer.seen["rounds of the log"] += told.count("round")
            killer.seen["publishers killed" if child.mark == ROUND else "writers killed"] += 1
        killer.look()
        time.sleep(0.002)
    _classify(killer)


def _write(prefix: str) -> Callable[[LogWorld, Tell], None]:
    def act(world: LogWorld, tell: Tell) -> None:
        recorder, number = world.recorder(), 0
        while True:
            number += 1
            names = [f"{prefix}-{number}-{each}" for each in range(1 + number % 3)]
            with world.database.transaction() as connection:
                for name in names:
                    enrol(connection, recorder, name)
            for name in names:
                tell(f"ack {name}")
            time.sleep(0.001)

    return act


def _publish(world: LogWorld, tell: Tell) -> None:
    while True:
        world.publish()
        tell("round")


def _classify(killer: Killer) -> None:
    """Say where the kills came, by what they left."""
    world, seen = killer.world, killer.seen
    signed = world.signed().size
    path = world.folder / "checkpoint"
    published = parse_checkpoint(parse_note(path.read_bytes()).text).size if path.exists() else 0
    with world.database.reading() as connection:
        size = read_size(connection)
        latest = read_checkpoint(connection, LATEST)
    assert published <= signed <= size
    before = seen.total()
    seen["signed, not published"] += signed > published
    seen["published, not remembered"] += latest is not None and published > latest.size
    names = [path.name for folder in (world.folder, world.key_folder) for path in folder.rglob("*")]
    left = any(name.startswith(".new-") or name.endswith(".tmp") for name in names)
    seen["a file half written"] += left
    seen["partial tiles beyond"] += any(
        name.isdigit() and folder.name == "entries" and int(name) > signed % 256
        for folder in (world.folder / "tile").glob("*")
        for name in [part.name for part in folder.glob(f"{signed // 256:03}.p/*")]
    )
    seen["broken off after the tree"] += seen.total() > before
    seen["in the tree, not signed"] += size > signed


def check_new_events(killer: Killer) -> None:
    """Every event that was answered is in the table; each is there once."""
    query = sa.select(events.c.id, events.c.body).where(events.c.id > killer.last_id)
    with killer.world.database.reading() as connection:
        rows = connection.execute(query.order_by(events.c.id)).all()
    for row in rows:
        name = str(read_event(bytes(row.body)).public["reader"])
        assert name not in killer.found, f"{name} is there twice"
        killer.found.add(name)
        killer.last_id = row.id
    assert killer.answered <= killer.found


def check_log(killer: Killer) -> None:
    """A new process brings all into the log, once, after all that was ever seen of it."""
    world = killer.world
    world.restart()
    world.publish()
    killer.look()
    told = world.require_whole(*killer.checkpoints)
    names = [str(read_event(body).public["reader"]) for body in published_entries(world.folder)]
    assert told.size == len(names) == len(set(names))
    assert set(names) == killer.found
    assert {each.origin for each in killer.checkpoints} == {world.keys.origin}


def main(arguments: Sequence[str]) -> None:
    url, directory, kills, seed = arguments
    chance = random.Random(int(seed))  # noqa: S311 - chooses moments, not keys
    killer = Killer(LogWorld(url, Path(directory)), chance)
    rounds = 0
    while killer.seen["publishers killed"] < int(kills):
        rounds += 1
        kill_round(killer, rounds)
        check_new_events(killer)
        if rounds % LOOKED_AT_EVERY == 0:
            check_log(killer)
    check_log(killer)
    killer.seen["events"] = len(killer.found)
    killer.seen["checkpoints"] = len(killer.checkpoints)
    line = {"seen": killer.seen, "moments": killer.moments}
    sys.stdout.write(f"{json.dumps(line)}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
