"""Kills a process that makes and destroys keys in a token, again and again, and looks what is left.

Run as `python killed_keyring.py FOLDER DIRECTORY ROUNDS SEED`, with a token that `softhsm.py` made
in FOLDER: a process with one thread, so that it may fork. Each round forks a worker that logs in,
acts on random keys and tells before and after each act; after some acts it is killed with SIGKILL
at a random moment. The parent stays logged in all the time. Exits with a traceback at the first
broken promise.
"""

import json
import os
import random
import signal
import sys
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from softhsm import MINUTE, NOON, Place, SoftToken, use

from fairplate.core.periods import Period
from fairplate.vault.errors import KeyDestroyedError, KeyDueError, KeyUnknownError
from fairplate.vault.key_names import CaseKeyName, KeyName
from fairplate.vault.keyring import KeyState
from fairplate.vault.keyrings.pkcs11 import Pkcs11Keyring

LIFE = 8 * MINUTE
CASE_LIFE = 12 * MINUTE
NOTHING, LIVE, GONE, DUE = "nothing", "live", "gone", "due"


def named(number: int) -> KeyName:
    """Return the key name of a number: of periods, but for every fifth, a case."""
    if number % 5 == 0:
        return CaseKeyName(f"case-{number}")
    return Period(NOON + number * MINUTE, MINUTE)


class Killer:
    def __init__(self, folder: Path, directory: Path, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - chooses moments, not keys
        self.place = Place(SoftToken(folder), directory)
        self.place.options = replace(self.place.options, random_bytes=os.urandom)
        self.keyring = self.place.create()
        self.certain: dict[int, str] = {}  # what is known of a key
        self.secrets: dict[int, bytes] = {}
        self.seen: Counter[str] = Counter()

    def numbers(self) -> range:
        minute = (self.place.now - NOON) // MINUTE
        return range(max(0, minute - 14), minute + 10)

    def end(self, number: int) -> timedelta:
        return number * MINUTE + (CASE_LIFE if number % 5 == 0 else LIFE)

    def is_over(self, number: int) -> bool:
        return NOON + self.end(number) <= self.place.now

    def work(self, told: int, seed: int) -> None:
        """Log in, tell so, and act until killed."""
        chance = random.Random(seed)  # noqa: S311
        keyring = self.place.open()
        os.write(told, b"\n")
        while True:
            number = chance.choice(self.numbers())
            act = chance.choice(["make", "make", "destroy"])
            if act == "make" and self.is_over(number):
                continue
            os.write(told, f"{act} {number} begun\n".encode())
            if act == "destroy":
                keyring.destroy_key(named(number))
            else:
                try:
                    keyring.make_key(named(number), NOON + self.end(number))
                except KeyDestroyedError:
                    pass
                else:
                    self.use_if_live(keyring, number)
            os.write(told, f"{act} {number} done\n".encode())

    def use_if_live(self, keyring: Pkcs11Keyring, number: int) -> None:
        """Derive in the child, which the parent's login must survive, and the other way round."""
        secret = use(keyring, named(number))
        assert self.secrets.get(number, secret) == secret

    def round(self) -> None:
        reading, writing = os.pipe()
        worker = os.fork()
        if worker == 0:
            os.close(reading)
            self.work(writing, self.random.getrandbits(32))
        os.close(writing)
        lines, wanted = b"", self.random.randint(1, 20)
        while lines.count(b"\n") < wanted:
            block = os.read(reading, 65536)
            assert block, "the worker ended by itself"
            lines += block
        # Sleeping by a signal: the moment of the kill within an act is the one random thing here.
        signal.setitimer(signal.ITIMER_REAL, self.random.uniform(0.0001, 0.02))
        signal.sigwait([signal.SIGALRM])
        os.kill(worker, signal.SIGKILL)
        os.waitpid(worker, 0)
        while block := os.read(reading, 65536):
            lines += block
        os.close(reading)
        self.check(lines.decode().split("\n")[1:-1])

    def check(self, lines: list[str]) -> None:
        self.seen["acts"] += len(lines) // 2
        self.seen["interrupted"] += len(lines) % 2
        possible = self.possible_after(lines)
        # Before anything is finished: what is half-done is listed as such and derives nothing.
        before = {key.name: key.state for key in self.keyring.keys()}  # noqa: SIM118
        self.seen.update(f"left {state}" for state in set(before.values()))
        with self.place.objects() as objects:
            labels = [mark.kind for mark in objects._read_marks()[0]]
        self.seen.update(f"left mark {kind}" for kind in set(labels))
        opened = self.place.open()
        after = {key.name: key.state for key in opened.keys()}  # noqa: SIM118 - it is no dict
        assert not {KeyState.DAMAGED, KeyState.HALF_DESTROYED} & set(after.values()), after
        assert len(opened.problems()) == list(after.values()).count(KeyState.DUE)
        for number in self.numbers():
            state = self.look(self.keyring, number)
            if state != DUE:
                assert state in possible.get(number, {NOTHING}), (number, state, possible)
                self.certain[number] = state
            self.seen[state] += 1
            listed = before.get(named(number))
            assert listed is not KeyState.LIVE or state == LIVE, (number, listed, state)

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
            if NOTHING in states and isinstance(named(number), Period):
                states.add(GONE)  # a floor rose above it
            if GONE in states and not isinstance(named(number), Period):
                states.add(NOTHING)  # a tombstone is kept until then only
        return possible

    def look(self, keyring: Pkcs11Keyring, number: int) -> str:
        try:
            secret = use(keyring, named(number))
        except KeyDueError:
            return DUE
        except KeyDestroyedError:
            return GONE
        except KeyUnknownError:
            return NOTHING
        assert self.certain.get(number) != GONE, "a destroyed key came back"
        assert self.secrets.setdefault(number, secret) == secret, "another key under the same name"
        return LIVE


def main(folder: str, directory: str, rounds: str, seed: str) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
    killer = Killer(Path(folder), Path(directory), int(seed))
    for _ in range(int(rounds)):
        killer.round()
        killer.place.now += killer.random.choice([0, 1, 1]) * MINUTE
    sys.stdout.write(json.dumps(killer.seen) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
