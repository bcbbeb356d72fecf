"""kill -9 while a log with two histories asks for both: one is ever signed, and never back."""

import contextlib
import http.client
import random
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.verify.witness.memory_log import WITNESS_KEY, MemoryLog
from tests.verify.witness.served import WitnessProcess, ask, make_folder

from fairplate.verify.notes import KeyType, SigningKey, parse_signatures

ROUNDS = 32
PARTS_AT = 2
MOST = 60
LOST = (OSError, http.client.HTTPException)
Address = tuple[str, int]


@dataclass
class TwoFaced:
    """A log that signs two histories, and what it got signed of them."""

    key: SigningKey
    sizes: list[int] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    beyond: set[int | None] = field(default_factory=set)

    def submit(self, address: Address, parts_at: int | None, old: int, size: int) -> int | None:
        """Ask once; return the size that it signed last, or None if it does not say."""
        log = MemoryLog(parts_at, self.key)
        answered = ask(address, log.submit(old, size))
        if answered.status == 409:
            return int(answered.body)
        if answered.status != 200:
            assert answered.status == 422
            return None
        [signature] = parse_signatures(answered.body.decode())
        assert signature.holds(WITNESS_KEY.verifier, log.note(size).text)
        self.sizes.append(size)
        self.times.append(signature.time_s)
        if size > PARTS_AT:
            self.beyond.add(parts_at)
        return size

    def climb(self, address: Address, parts_at: int | None) -> None:
        """Ask for ever larger trees of one history, until the witness is gone or refuses."""
        known = 0
        while known < MOST:
            told = self.submit(address, parts_at, known, min(known + 1, MOST))
            if told is None:
                return
            known = told


def climb_until_killed(process: WitnessProcess, log: TwoFaced, delay_s: float) -> None:
    def climb(parts_at: int | None) -> None:
        with contextlib.suppress(*LOST):
            log.climb(process.address, parts_at)

    threads = [threading.Thread(target=climb, args=(at,)) for at in (None, PARTS_AT)]
    for thread in threads:
        thread.start()
    time.sleep(delay_s)
    process.kill()
    for thread in threads:
        thread.join()


def require_one_history(process: WitnessProcess, log: TwoFaced) -> None:
    """Try all that a log could try after the crash."""
    largest = max(log.sizes, default=0)
    told = log.submit(process.address, None, MOST, MOST)
    assert told is not None
    assert told >= largest
    for parts_at in (None, PARTS_AT):
        for old in {0, largest, told}:
            log.submit(process.address, parts_at, old, told + 1)
    assert len(log.beyond) <= 1
    assert max(log.sizes, default=0) in {largest, told + 1}


def test_killed_anywhere_it_never_signs_two_histories(tmp_path: Path) -> None:
    rng = random.Random(4)  # noqa: S311 - moments, not secrets
    keys = [SigningKey(f"log/{i}", KeyType.NOTE, bytes([i] * 32)) for i in range(ROUNDS)]
    folder = make_folder(tmp_path / "witness", *(key.verifier for key in keys))
    signed = 0
    process = WitnessProcess(folder)
    try:
        for key in keys:
            log = TwoFaced(key)
            climb_until_killed(process, log, rng.uniform(0, 0.08))
            signed += len(log.sizes)
            process = WitnessProcess(folder)
            require_one_history(process, log)
    finally:
        process.kill()
    assert signed > ROUNDS
    assert "Traceback" not in process.errors.read_text()
