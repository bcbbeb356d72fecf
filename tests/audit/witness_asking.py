"""Asking one witness about a small log, and what it says when it goes wrong."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from tests.verify.witness.memory_log import LOG_KEY, NOW_S, WITNESS_KEY, MemoryLog

from fairplate.audit.witnesses import (
    Cosigned,
    Prove,
    Witness,
    WitnessError,
    ask_witness,
)
from fairplate.verify.notes import KeyType, SigningKey

LOG = MemoryLog()
SIZE = 7
NOTE = LOG.note(SIZE, (LOG_KEY, LOG_KEY.as_type(KeyType.COSIGNATURE)))
LONG, SHORT = timedelta(seconds=30), timedelta(seconds=0.3)
KEY = WITNESS_KEY.verifier


def now() -> datetime:
    return datetime.now(UTC)


def at_noted() -> datetime:
    return datetime.fromtimestamp(NOW_S, UTC)


def prove_in(log: MemoryLog, size: int) -> Prove:
    return lambda old: log.prove(old, size)


def unasked(old: int) -> Sequence[bytes]:
    raise AssertionError(f"no proof from {old} was needed")


def ask(url: str, size: int, *, old: int = 0, log: MemoryLog = LOG) -> Cosigned:
    return ask_witness(
        Witness(KEY, url),
        log.note(size),
        old=old,
        prove=prove_in(log, size),
        clock=now,
        timeout=LONG,
    )


def refused(
    url: str, *, old: int = 0, timeout: timedelta = LONG, prove: Prove = unasked
) -> WitnessError:
    with pytest.raises(WitnessError) as told:
        ask_witness(Witness(KEY, url), NOTE, old=old, prove=prove, clock=at_noted, timeout=timeout)
    line = str(told.value)
    assert line.startswith("witness paper.example/witness: ")
    assert line.isascii()
    assert line.isprintable()
    return told.value


def good_line(time_s: int = NOW_S, key: SigningKey = WITNESS_KEY, text: str = NOTE.text) -> bytes:
    return f"{key.sign(text, time_s=time_s).line}\n".encode()
