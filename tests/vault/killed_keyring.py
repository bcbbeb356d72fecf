"""Kills a process that makes and destroys keys, again and again, and looks at what it leaves.

Run as `python killed_keyring.py DIRECTORY ROUNDS SEED`: a process with one thread, so that it may
fork. Each round forks a worker that acts on random periods and tells before and after each act;
it is killed with SIGKILL at a random moment. Exits with a traceback at the first broken promise.
"""

import json
import os
import random
import signal
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fairplate.core.periods import Period
from fairplate.vault.errors import PeriodDestroyedError, PeriodDueError, PeriodUnknownError
from fairplate.vault.keyring import KeyringOptions
from fairplate.vault.keyrings.file import FileKeyring

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LIFE = 30 * MINUTE
NOTHING, LIVE, GONE = "nothing", "live", "gone"


def period(number: int) -> Period:
    return Period(START + number * MINUTE, MINUTE)


class Killer:
    def __init__(self, directory: Path, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - chooses moments, not keys
        self.now = START
        self.options = KeyringOptions(
            directory=directory, clock=lambda: self.now, random_bytes=os.urandom
        )
        FileKeyring.create(self.options)
        self.certain: dict[int, str] = {}  # what is known of a period's key
        self.secrets: dict[int, bytes] = {}
        self.wrapped: dict[int, bytes] = {}
        self.seen: Counter[str] = Counter()

    def numbers(self) -> range:
        minute = (self.now - START) // MINUTE
        return range(max(0, minute - 35), minute + 40)

    def is_over(self, number: int) -> bool:
        return period(number).start + LIFE <= self.now

    def work(self, told: int, seed: int) -> None:
        """Act until killed."""
        chance = random.Random(seed)  # noqa: S311
        while True:
            keyring = FileKeyring.open(self.options)
            for _ in range(8):
                number = chance.choice(self.numbers())
                act = chance.choice(["make", "make", "destroy"])
                if act == "make" and self.is_over(number):
                    continue
                os.write(told, f"{act} {number} begun\n".encode())
                try:
                    if act == "destroy":
                        keyring.destroy_period(period(number))
                    else:
                        keyring.make_period(period(number), period(number).start + LIFE)
                except PeriodDestroyedError:
                    pass
                os.write(told, f"{act} {number} done\n".encode())

    def round(self) -> None:
        reading, writing = os.pipe()
        worker = os.fork()
        if worker == 0:
            os.close(reading)
            self.work(writing, self.random.getrandbits(32))
        os.close(writing)
        first = os.read(reading, 1)
        # Sleeping by select on nothing: the moment of the kill is the one random thing here.
        signal.setitimer(signal.ITIMER_REAL, self.random.uniform(0.0005, 0.05))
        signal.sigwait([signal.SIGALRM])
        os.kill(worker, signal.SIGKILL)
        os.waitpid(worker, 0)
        lines = first
        while block := os.read(reading, 65536):
            lines += block
        os.close(reading)
        self.check(lines.decode().splitlines())

    def check(self, lines: list[str]) -> None:
        possible = self.possible_after(lines)
        left = {path.name for path in self.options.directory.iterdir()}
        self.seen["temporary files left"] += any(name.endswith(".tmp") for name in left)
        self.seen["half destroyed"] += any(
            not path.read_bytes().startswith(b"fairplate/v1/destroyed")
            for path in self.options.directory.glob("*.gone")
        )
        self.seen["acts"] += len(lines) // 2
        keyring = FileKeyring.open(self.options)
        assert keyring.problems() == tuple(
            f"period {key.period}: the key is past its time and must be destroyed"
            for key in keyring.periods()
            if key.destroy_by <= self.now
        )
        for number in self.numbers():
            state = self.look(keyring, number)
            if state != "due":
                assert state in possible.get(number, {NOTHING}), (
                    number,
                    state,
                    possible.get(number),
                )
                self.certain[number] = state
            self.seen[state] += 1
        self.no_destroyed_bytes_lie_about()

    def possible_after(self, lines: list[str]) -> dict[int, set[str]]:
        possible = {number: {state} for number, state in self.certain.items()}
        for line in lines:
            act, told, step = line.split()
            number = int(told)
            states = possible.setdefault(number, {NOTHING})
            if act == "destroy":
                states.add(GONE)
                if step == "done":
                    possible[number] = {GONE}
            elif states != {GONE}:
                states.add(LIVE)
                if step == "done":
                    states.discard(NOTHING)
        for number in self.numbers():
            # Once periods that began no earlier have ended, one that never had a key gets none.
            if self.is_over(number) and NOTHING in possible.get(number, {NOTHING}):
                possible.setdefault(number, {NOTHING}).add(GONE)
        return possible

    def look(self, keyring: FileKeyring, number: int) -> str:
        try:
            secret = keyring.reader_key(period(number), "gate-3").secret
        except PeriodDueError:
            return "due"
        except PeriodDestroyedError:
            self.secrets.pop(number, None)
            return GONE
        except PeriodUnknownError:
            return NOTHING
        assert self.secrets.setdefault(number, secret) == secret, (
            "another key under the same period"
        )
        (file,) = self.options.directory.glob(f"{period(number).start:%Y%m%dT%H%MZ}-PT1M.key")
        self.wrapped[number] = file.read_bytes().split(b"\n", maxsplit=3)[3][12:60]
        return LIVE

    def no_destroyed_bytes_lie_about(self) -> None:
        kept = b"".join(path.read_bytes() for path in self.options.directory.iterdir())
        for number, wrapped in self.wrapped.items():
            if self.certain.get(number) == GONE:
                assert wrapped not in kept


def main(directory: str, rounds: str, seed: str) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
    killer = Killer(Path(directory), int(seed))
    for _ in range(int(rounds)):
        killer.round()
        killer.now += killer.random.choice([0, 1, 1]) * MINUTE
    sys.stdout.write(json.dumps(killer.seen) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
