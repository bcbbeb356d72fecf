"""Kills a process that makes and destroys keys, again and again, and looks at what it leaves.

Run as `python killed_keyring.py DIRECTORY ROUNDS SEED`: a process with one thread, so that it may
fork. Each round forks a worker that acts on random keys of all kinds and tells before and after
each act; it is killed with SIGKILL at a random moment. Exits with a traceback at the first broken
promise.
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
from fairplate.vault.errors import KeyDestroyedError, KeyDueError, KeyUnknownError
from fairplate.vault.key_names import CaseKeyName, HitsKeyName, KeyName
from fairplate.vault.keyring import KeyringOptions
from fairplate.vault.keyrings.file import FileKeyring

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LIFE = 18 * MINUTE
NOTHING, LIVE, DUE, GONE = "nothing", "live", "due", "gone"


def name_of(number: int) -> KeyName:
    """Return the name of the key that is made for some minutes from minute `number` on."""
    period = Period(START + number * MINUTE, MINUTE)
    names = (period, HitsKeyName(period), CaseKeyName(f"{number}"))
    return names[number % len(names)]


def file_of(number: int) -> str:
    name = name_of(number)
    if isinstance(name, CaseKeyName):
        return f"case-{number}.key"
    stem = f"{START + number * MINUTE:%Y%m%dT%H%MZ}-PT1M.key"
    return stem if isinstance(name, Period) else f"hits-{stem}"


def end_of(number: int) -> datetime:
    return START + number * MINUTE + LIFE


class Killer:
    def __init__(self, directory: Path, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - chooses moments, not keys
        self.now = START
        self.options = KeyringOptions(
            directory=directory, clock=lambda: self.now, random_bytes=os.urandom
        )
        FileKeyring.create(self.options)
        self.certain: dict[int, str] = {}  # what is known of a key
        self.secrets: dict[int, bytes] = {}
        self.wrapped: dict[int, bytes] = {}
        self.seen: Counter[str] = Counter()

    def numbers(self) -> range:
        minute = (self.now - START) // MINUTE
        return range(max(0, minute - 22), minute + 22)

    def is_over(self, number: int) -> bool:
        return end_of(number) <= self.now

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
                        keyring.destroy_key(name_of(number))
                    else:
                        keyring.make_key(name_of(number), end_of(number))
                except KeyDestroyedError:
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
        kept = keyring.keys()
        assert keyring.problems() == tuple(
            f"key {key.name}: the key is past its time and must be destroyed"
            for key in kept
            if key.destroy_by <= self.now
        )
        for number in self.numbers():
            state = self.look(keyring, number)
            self.seen[f"{type(name_of(number)).__name__} {state}"] += 1
            # A key that is due is one that lived and was not destroyed.
            known = LIVE if state == DUE else state
            expected = possible.get(number, {NOTHING})
            assert known in expected, (name_of(number), state, expected)
            self.certain[number] = known
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
        for number in filter(self.is_over, self.numbers()):
            states = possible.setdefault(number, {NOTHING})
            if isinstance(name_of(number), Period):
                # Once periods that began no earlier have ended, one that never had a key gets none.
                states |= {GONE} if NOTHING in states else set()
            else:
                # What told of the destruction goes with the time of the key.
                states |= {NOTHING} if GONE in states else set()
        return possible

    def look(self, keyring: FileKeyring, number: int) -> str:
        name = name_of(number)
        try:
            if isinstance(name, Period):
                secret = keyring.reader_keys(name, ["gate-3"])[0].secret
            else:
                secret = keyring.own_key(name).secret
        except KeyDueError:
            return DUE
        except KeyDestroyedError:
            return GONE
        except KeyUnknownError:
            return NOTHING
        assert self.secrets.setdefault(number, secret) == secret, "another key of the same name"
        content = (self.options.directory / file_of(number)).read_bytes()
        self.wrapped[number] = content.split(b"\n", maxsplit=3)[3][12:60]
        return LIVE

    def no_destroyed_bytes_lie_about(self) -> None:
        kept = b"".join(path.read_bytes() for path in self.options.directory.iterdir())
        for number, wrapped in self.wrapped.items():
            if self.certain[number] != LIVE:
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
