"""Measures the vault: storing, searching, destroying, and intake's memory. One JSON line a figure.

Ratios compare with the same statements of unsealed reads, in the same run, in turns. PostgreSQL is
a server of the benchmark's own, with fsync on. Run it as `python -m bench.vault FIGURE …`.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random
from statistics import median

from bench.process_memory import peak_mb, resident_mb
from tests.postgresql_server import PostgresqlServer
from tests.worlds import NOON, TestApproval, World, make_read, policy_document

from fairplate.core.periods import Period, period_at
from fairplate.storage.database import connect_database
from fairplate.storage.migrate import migrate_database
from fairplate.storage.rows import insert_sealed_reads
from fairplate.vault.payloads import encode_read
from fairplate.vault.register import RegisteredKey
from fairplate.vault.seal import BLOCK_BYTES, NONCE_BYTES, TAG_BYTES, TOKEN_BYTES
from fairplate.vault.sealed_reads import ReadToSeal, store_reads

BATCH = 500
PLATE = "BGT4711"
LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
DATABASES = ("sqlite", "postgresql")
NOISE_AT_ONCE = 50_000
DAY = timedelta(days=1)


def tell(figure: str, **fields: object) -> None:
    """Print one figure."""
    print(json.dumps({"bench": "vault", "figure": figure, **fields}), flush=True)


def plates(number: int, seed: int = 1) -> Iterator[str]:
    """Yield `number` plates of seven characters."""
    random = Random(seed)  # noqa: S311 - not for keys
    for _ in range(number):
        yield "".join(random.choices(LETTERS, k=3)) + f"{random.randrange(10_000):04d}"


@contextmanager
def opened_world(kind: str, retention: str = "90 days") -> Iterator[World]:
    """Open a deployment in a folder of its own; nothing is left of it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL runs as another user
        server = None
        if kind == "postgresql":
            server = PostgresqlServer(folder / "server", fsync=True)
            server.start()
            url = server.url(server.make_database(migrated=False))
        else:
            url = f"sqlite:///{folder}/fairplate.db"
        try:
            database = connect_database(url)
            migrate_database(database)
            database.close()
            world = World(url, folder / "keys")
            world.set_up(policy_document(retention))
            yield world
            world.close()
        finally:
            if server is not None:
                server.stop()


def seconds(act: Callable[[], object]) -> float:
    """Return how long `act` takes."""
    begin = time.perf_counter()
    act()
    return time.perf_counter() - begin


def ensure_day(world: World, days_ago: int) -> tuple[Period, RegisteredKey]:
    """Make the key of a day."""
    period = period_at(world.clock() - days_ago * DAY, DAY)
    return period, world.vault.ensure_key(period, period.start + 90 * DAY)


def measure_storing(kind: str, batches: int) -> None:
    """Seal and store in batches, in turns with the same statements of unsealed reads.

    Payloads are ready before the time starts. An unsealed row has the plate where the token would
    be, no nonce, and the bare payload, which is shorter, where the ciphertext would.
    """
    with opened_world(kind) as world:
        period, key = ensure_day(world, 0)
        (reader_key,) = world.keyring.reader_keys(period, ["gate-north"])
        sealed_s, plain_s = [], []
        for number in range(batches):
            reads = [
                ReadToSeal(key.id, reader_key, plate, _payload(f"{number}-{at}", plate))
                for at, plate in enumerate(plates(BATCH, number))
            ]
            plain_s.append(seconds(partial(_store_plain, world, reads)))
            sealed_s.append(seconds(partial(_store_sealed, world, reads)))
        tell(
            "seal-and-store",
            database=kind,
            batch=BATCH,
            batches=batches,
            sealed_rows_s=round(BATCH / median(sealed_s)),
            unsealed_rows_s=round(BATCH / median(plain_s)),
            ratio=round(median(plain_s) / median(sealed_s), 3),
            ratio_of_sums=round(sum(plain_s) / sum(sealed_s), 3),
        )


def _store_sealed(world: World, reads: list[ReadToSeal]) -> None:
    with world.database.transaction() as connection:
        store_reads(connection, reads, os.urandom)


def _store_plain(world: World, reads: list[ReadToSeal]) -> None:
    rows = [
        (read.key_id, read.plate.encode().ljust(TOKEN_BYTES), b"", read.payload) for read in reads
    ]
    with world.database.transaction() as connection:
        insert_sealed_reads(connection, rows)


def _payload(read_id: str, plate: str) -> bytes:
    return encode_read(read_id, "gate-north", NOON, make_read(plate))


def fill_with_noise(world: World, keys: list[RegisteredKey], rows: int) -> None:
    """Insert rows that nobody can open, as many under each key."""
    size = 2 * BLOCK_BYTES + TAG_BYTES
    for key in keys:
        left = rows // len(keys)
        while left:
            number = min(left, NOISE_AT_ONCE)
            block = os.urandom(number * 28 + size)
            noise = [
                (
                    key.id,
                    block[at * 28 : at * 28 + TOKEN_BYTES],
                    block[at * 28 + TOKEN_BYTES : at * 28 + TOKEN_BYTES + NONCE_BYTES],
                    block[at * 28 : at * 28 + size],
                )
                for at in range(number)
            ]
            with world.database.transaction() as connection:
                insert_sealed_reads(connection, noise)
            left -= number


def measure_search(kind: str, rows: int, times: int) -> None:
    """Look for one plate in 30 days at 100 readers, among `rows` rows."""
    readers = [f"reader-{number}" for number in range(100)]
    approval = TestApproval(plates=frozenset({PLATE}), reader_ids=frozenset(readers))
    with opened_world(kind) as world:
        days = [ensure_day(world, ago) for ago in range(30)]
        fill_with_noise(world, [key for _, key in days], rows)
        for period, key in days:
            (reader_key,) = world.keyring.reader_keys(period, readers[7:8])
            read = make_read(PLATE, readers[7])
            payload = encode_read("x", readers[7], period.start + timedelta(hours=5), read)
            with world.database.transaction() as connection:
                store_reads(
                    connection, [ReadToSeal(key.id, reader_key, PLATE, payload)], os.urandom
                )
        took, found = [], 0
        for number in range(times):
            world.restart()  # nothing is cached in the process
            begin = time.perf_counter()
            opened = world.look_back(
                PLATE, readers=tuple(readers), since=days[-1][0].start, approval=approval
            )
            took.append(time.perf_counter() - begin)
            found = len(opened.reads)
            if number == 0:
                first = took.pop()
        tell(
            "search",
            database=kind,
            rows=rows,
            readers=len(readers),
            periods=len(days),
            found=found,
            first_ms=round(first * 1000, 1),
            median_ms=round(median(took) * 1000, 1),
            most_ms=round(max(took) * 1000, 1),
        )


def measure_destruction(kind: str, rows: int) -> None:
    """Destroy the key of a day with `rows` rows, and drop them."""
    with opened_world(kind) as world:
        period, key = ensure_day(world, 0)
        fill_with_noise(world, [key], rows)
        key_s = seconds(lambda: world.keyring.destroy_key(period))
        rest_s = seconds(world.expire)
        tell(
            "destroy",
            database=kind,
            rows=rows,
            key_ms=round(key_s * 1000, 1),
            rows_ms=round(rest_s * 1000),
        )


def measure_memory(kind: str, reads: int, retention: str) -> None:
    """Take `reads` reads in batches while hours go by, and watch the process."""
    with opened_world(kind, retention) as world:
        texts = list(plates(20_000))
        begin, told = time.perf_counter(), []
        for number in range(0, reads, BATCH):
            batch = [
                world.arriving(texts[(number + at) % len(texts)], f"{number + at}")
                for at in range(BATCH)
            ]
            world.intake.take(batch)
            if number % (reads // 10) == 0:
                told.append(resident_mb())
                world.clock.move(timedelta(hours=7))
                world.expire()
        told.append(resident_mb())
        tell(
            "intake-memory",
            database=kind,
            retention=retention,
            reads=reads,
            reads_s=round(reads / (time.perf_counter() - begin)),
            resident_mb=told,
            peak_mb=peak_mb(),
        )


def main(arguments: list[str] | None = None) -> int:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    figures = ("storing", "search", "destroy", "memory")
    parser.add_argument("figure", choices=figures, nargs="+")
    parser.add_argument("--database", choices=DATABASES, action="append")
    parser.add_argument("--batches", type=int, default=100)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--reads", type=int, default=10_000_000)
    parser.add_argument("--retention", default="30 days")
    parser.add_argument("--times", type=int, default=11)
    asked = parser.parse_args(arguments)
    for kind in asked.database or DATABASES:
        for figure in asked.figure:
            if figure == "storing":
                measure_storing(kind, asked.batches)
            elif figure == "search":
                measure_search(kind, asked.rows, asked.times)
            elif figure == "destroy":
                measure_destruction(kind, asked.rows)
            else:
                measure_memory(kind, asked.reads, asked.retention)
    return 0


if __name__ == "__main__":
    sys.exit(main())
