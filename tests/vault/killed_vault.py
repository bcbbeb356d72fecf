"""Kills a process that takes reads or expires keys, again and again, and looks at what it leaves.

Run as `python -m tests.vault.killed_vault ACT URL DIRECTORY KILLS SEED`, where ACT is `intake` or
`expiry`: a process with one thread, so that it may fork, which has everything imported. Each child
it forks opens keyring and database anew and acts until it is killed with SIGKILL. Prints as one
line of JSON where the kills came; exits with a traceback at the first broken promise.
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
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeAlias

import sqlalchemy as sa
from tests.worlds import SetClock, World, make_entry, policy_document

MINUTE = timedelta(minutes=1)
LIFE = 30 * MINUTE
PERIOD = 10 * MINUTE
HOT = ("HOT101", "HOT102")
PLATES = (*HOT, "AAA103", "AAA104", "AAA105", "BBB106", "BBB107", "BBB108", "CCC109", "CCC110")
POLICY = policy_document("30 minutes", "30 minutes")
LONGEST_PAUSE_S = 0.004
"""Longer than most of what a child does between two lines that it tells."""

Tell: TypeAlias = Callable[[str], None]

_OTHERS = sa.text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


@dataclass(slots=True)
class ToldClock(SetClock):
    """Tells each look at it and each use of randomness: both are spread over all that is done."""

    tell: Tell | None = None

    def __call__(self) -> datetime:
        if self.tell is not None:
            self.tell("look")
        return self.now

    def random_bytes(self, number: int) -> bytes:
        if self.tell is not None:
            self.tell(f"random {number}")
        return os.urandom(number)


@dataclass(slots=True)
class Killer:
    """A world whose processes are killed; `seen` counts where the kills came."""

    world: World
    clock: ToldClock
    random: random.Random
    seen: Counter[str] = field(default_factory=Counter)

    def kill_one(self, act: Callable[[Tell], None], mark: str, marks: int, lines: int) -> list[str]:
        """Fork a child that does `act`, kill it, and return all that it told.

        It is killed shortly after it told so many `lines` after so many `marks`, or its end.
        """
        marked = f"{mark}\n".encode()
        if not self.world.database.is_postgresql:
            self.world.close()  # so that the child recovers what an earlier one left
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            self._be_killed(act, writing)
        os.close(writing)
        told = b""
        while b"end\n" not in told:
            parts = told.split(marked, marks)
            if len(parts) > marks and parts[-1].count(b"\n") >= lines:
                break
            if not select.select([reading], [], [], 60)[0]:
                raise TimeoutError(told)
            block = os.read(reading, 65536)
            if not block:
                break
            told += block
        time.sleep(self.random.uniform(0, LONGEST_PAUSE_S))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status), "the child failed"
        while block := os.read(reading, 65536):
            told += block
        os.close(reading)
        self.seen["kills"] += 1
        return told.decode().splitlines()

    def _be_killed(self, act: Callable[[Tell], None], writing: int) -> None:
        def tell(line: str) -> None:
            os.write(writing, f"{line}\n".encode())

        try:
            self.clock.tell = tell
            self.world.reopen()
            tell("open")
            act(tell)
            tell("end")
            signal.pause()
        finally:
            traceback.print_exc()
            os._exit(1)

    def wait_for_server(self) -> None:
        """Wait until PostgreSQL has noticed that the killed process is gone."""
        if self.world.database.is_postgresql:
            while True:
                with self.world.database.reading() as connection:
                    if not connection.execute(_OTHERS).scalar_one():
                        return
                time.sleep(0.001)


def make_killer(url: str, directory: Path, seed: int) -> Killer:
    clock = ToldClock()
    world = World(url, directory, clock, random_bytes=clock.random_bytes)
    world.set_up(POLICY)
    world.list_hot(*map(make_entry, HOT))
    return Killer(world, clock, random.Random(seed))  # noqa: S311 - chooses moments, not keys


def main(act: str, url: str, directory: str, kills: str, seed: str) -> None:
    from tests.vault.killed_expiry import kill_expiry  # noqa: PLC0415 - they need this file
    from tests.vault.killed_intake import kill_intake  # noqa: PLC0415

    killer = make_killer(url, Path(directory), int(seed))
    {"intake": kill_intake, "expiry": kill_expiry}[act](killer, int(kills))
    sys.stdout.write(json.dumps(killer.seen) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
