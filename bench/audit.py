"""Measures the audit log: appending, verifying and proving. One JSON line a figure.

Appending is compared with bare INSERTs of the same bytes, in the same run, in turns. PostgreSQL is
a server of the benchmark's own, with fsync on. Run it as `python -m bench.audit FIGURE …`.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from random import Random
from statistics import median

import sqlalchemy as sa
from bench.city_acts import Act, city_acts
from bench.made_log import MadeLog, make_log, read_bodies
from bench.vault import DATABASES, opened_world, seconds
from tests.worlds import SetClock

from fairplate.audit.checkpoints import make_checkpoint, sign_checkpoint
from fairplate.audit.exports import prove_event
from fairplate.audit.kept_checkpoints import LATEST, KeptCheckpoint, keep_checkpoint
from fairplate.audit.log import Recorder
from fairplate.audit.log_keys import create_log_keys
from fairplate.audit.rounds import AuditLog, publish_log
from fairplate.audit.sequencer import sequence_events
from fairplate.audit.stored_tree import read_size, tree_hashes
from fairplate.storage.schema import events
from fairplate.verify.command import main as verifier
from fairplate.verify.proofs import parse_proof

TRANSACTION = 100
"""Acts in one transaction, about as many as a batch of reads leaves."""
SEALED_BYTES = 284
ROOT = Path(__file__).parents[1]
_VERIFIER = """
import runpy, sys
from bench.process_memory import peak_mb
code = None
try:
    runpy.run_module("fairplate.verify", run_name="__main__")
except SystemExit as ended:
    code = ended.code
print(peak_mb(), file=sys.stderr)
sys.exit(code)
"""

_bare = sa.Table(  # as `events`, but nothing is in it but what is put there
    "bare_events",
    sa.MetaData(),
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("private", sa.LargeBinary),
)
_BARE_INSERT = sa.insert(_bare).returning(_bare.c.id)


def tell(figure: str, **fields: object) -> None:
    """Print one figure."""
    print(json.dumps({"bench": "audit", "figure": figure, **fields}), flush=True)


@contextmanager
def opened_log(kind: str) -> Iterator[AuditLog]:
    """Open a deployment's log in a folder of its own; nothing is left of it."""
    with opened_world(kind) as world:
        folder = world.keys.parent
        keys = create_log_keys(folder / "log-keys", "bench.example/log", os.urandom)
        recorder = Recorder(lambda: datetime.now(UTC), os.urandom, "system", keys.private_parts)
        with world.database.transaction() as connection:
            _bare.create(connection)
        yield AuditLog(world.database, keys, folder / "log", recorder)


def record(log: AuditLog, acts: Sequence[Act], at_once: int) -> None:
    """Record acts, `at_once` a transaction."""
    clock = SetClock()
    recorders: dict[str, Recorder] = {}
    for start in range(0, len(acts), at_once):
        with log.database.transaction() as connection:
            for act in acts[start : start + at_once]:
                recorder = recorders.get(act.actor)
                if recorder is None:
                    recorder = Recorder(clock, os.urandom, act.actor, log.keys.private_parts)
                    recorders[act.actor] = recorder
                clock.now = act.at
                recorder.record(connection, act.type, public=act.public, private=act.private)


def insert_bare(log: AuditLog, rows: Sequence[dict[str, bytes]], at_once: int) -> None:
    """Insert rows of ready bytes as events are inserted: one statement each, its id returned."""
    for start in range(0, len(rows), at_once):
        with log.database.transaction() as connection:
            for row in rows[start : start + at_once]:
                connection.execute(_BARE_INSERT, row).scalar_one()


@dataclass(slots=True)
class _Times:
    recorded: float = 0.0
    published: float = 0.0
    bare: float = 0.0


def measure_append(kind: str, number: int, at_once: int, a_round: int) -> None:
    """Record acts and publish them up to the signed checkpoint, every `a_round` acts."""
    acts = list(islice(city_acts(), number))
    times = _Times()
    with opened_log(kind) as log:
        publish_log(log)
        for start in range(0, number, a_round):
            some = acts[start : start + a_round]
            times.recorded += seconds(partial(record, log, some, at_once))
            rows = _rows_of(log, len(some))
            times.published += seconds(partial(_publish, log))
            times.bare += seconds(partial(insert_bare, log, rows, at_once))
        through = times.recorded + times.published
        tell(
            "append",
            database=kind,
            events=number,
            events_a_transaction=at_once,
            events_a_round=a_round,
            recorded_events_s=round(number / times.recorded),
            published_events_s=round(number / times.published),
            through_events_s=round(number / through),
            bare_rows_s=round(number / times.bare),
            ratio=round(times.bare / through, 3),
        )


def _publish(log: AuditLog) -> None:
    if publish_log(log).signed is None:
        raise RuntimeError("expected a checkpoint of what was recorded")


def _rows_of(log: AuditLog, number: int) -> list[dict[str, bytes]]:
    """Return the bytes of the events written last."""
    newest = sa.select(events.c.body, events.c.private).order_by(events.c.id.desc()).limit(number)
    with log.database.reading() as connection:
        found = connection.execute(newest).all()
    return [{"body": bytes(row.body), "private": bytes(row.private)} for row in found]


def measure_verify(made: MadeLog) -> None:
    """Run the verifier as a process of its own over a whole log."""
    arguments = [str(made.folder), "--key", str(made.key.verifier), "--json"]
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _VERIFIER, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    took = time.perf_counter() - begin
    *said, memory = done.stderr.splitlines() or [""]
    if done.returncode not in {0, 1} or said:
        raise RuntimeError(done.stderr)
    tell(
        "verify",
        events=made.size,
        seconds=round(took, 1),
        events_s=round(made.size / took),
        peak_mb=float(memory),
        exit_code=done.returncode,
        findings=[finding["code"] for finding in json.loads(done.stdout)["findings"]][:5],
    )


def measure_prove(made: MadeLog, times: int) -> None:
    """Prove events picked at random, with the verifier's command line inside this process."""
    out = made.folder.with_name("proof")
    fixed = [str(made.folder), "--key", str(made.key.verifier), "--out", str(out)]

    def prove(index: int) -> bytes:
        if verifier([*fixed, "--prove", str(index)]) != 0:
            raise RuntimeError(f"expected a proof of event {index}")
        return out.read_bytes()

    _tell_proofs("folder", made.size, times, prove)


def measure_prove_stored(kind: str, made: MadeLog, times: int) -> None:
    """Prove events picked at random from the database, with as many events in it."""
    with opened_log(kind) as log:
        with log.database.transaction() as connection:
            connection.execute(sa.delete(events))  # those of the deployment itself
        for bodies in read_bodies(made):
            rows = [{"body": body, "private": os.urandom(SEALED_BYTES)} for body in bodies]
            with log.database.transaction() as connection:
                connection.execute(sa.insert(events), rows)
        sequenced = seconds(lambda: sequence_events(log.database))
        tell("sequence", database=kind, events=made.size, events_s=round(made.size / sequenced))
        with log.database.transaction() as connection:
            size = read_size(connection)
            last = log.keys.last_signed()
            checkpoint = make_checkpoint(
                log.keys.signing, size, tree_hashes(connection, size), last
            )
            now = log.recorder.clock()
            note = sign_checkpoint(log.keys.signing, checkpoint, now)
            keep_checkpoint(connection, LATEST, KeptCheckpoint(size, note, now))
        _tell_proofs(kind, size, times, lambda index: prove_event(log, index))


def _tell_proofs(source: str, size: int, times: int, prove: Callable[[int], bytes]) -> None:
    random = Random(7)  # noqa: S311 - which events does not matter
    took = []
    for _ in range(times):
        index = random.randrange(size)
        begin = time.perf_counter()
        proof = prove(index)
        took.append(time.perf_counter() - begin)
        if parse_proof(proof).index != index:
            raise RuntimeError(f"expected a proof of event {index}")
    took_ms = sorted(1000 * one for one in took)
    tell(
        "prove",
        source=source,
        events=size,
        times=times,
        median_ms=round(median(took_ms), 2),
        p95_ms=round(took_ms[int(0.95 * (times - 1))], 2),
        most_ms=round(took_ms[-1], 2),
    )


def main(arguments: list[str] | None = None) -> int:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("figure", choices=("append", "verify", "prove"), nargs="+")
    parser.add_argument("--database", choices=DATABASES, action="append")
    parser.add_argument("--appended", type=int, default=50_000, metavar="N")
    parser.add_argument("--round", type=int, default=10_000, metavar="N")
    parser.add_argument("--single", type=int, default=5_000, metavar="N")
    parser.add_argument("--events", type=int, default=1_000_000, metavar="N")
    parser.add_argument("--times", type=int, default=1000, metavar="N")
    asked = parser.parse_args(arguments)
    kinds = asked.database or DATABASES
    if "append" in asked.figure:
        for kind in kinds:
            measure_append(kind, asked.appended, TRANSACTION, asked.round)
            measure_append(kind, asked.single, 1, asked.round)
    if {"verify", "prove"} & {*asked.figure}:
        with tempfile.TemporaryDirectory() as name:
            made = make_log(Path(name) / "log", asked.events)
            if "verify" in asked.figure:
                measure_verify(made)
            if "prove" in asked.figure:
                measure_prove(made, asked.times)
                for kind in kinds:
                    measure_prove_stored(kind, made, asked.times)
    return 0


if __name__ == "__main__":
    sys.exit(main())
