"""Measures the server: reads pushed over HTTP, stored for good before they are answered.

One JSON line a figure. The server is `fairplate serve` in a process of its own, on SQLite, with a
policy that keeps reads; the sender is this process, on the same machine. Run it as
`python -m bench.http`.
"""  # noqa: A005 - run as a module, so that it shadows nothing

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles

from bench.http_load import Answered, MakeBody, Target, send_for
from bench.listed_deployment import READER, make_plates, opened_new
from bench.machine_load import MachineLoad
from tests.ingest.payloads import multipart

READS = 100
CONNECTIONS = 16
PICTURE_BYTES = 200_000
_BOUNDARY = "part-end"


def tell(figure: str, **fields: object) -> None:
    """Print one figure."""
    print(json.dumps({"bench": "http", "figure": figure, **fields}), flush=True)


@contextmanager
def serving() -> Iterator[tuple[int, str, int]]:
    """Run a server; yield its port, a reader's key and its process id."""
    with opened_new("sqlite", "[server]\nport = 0\n") as deployment:
        key = deployment.make_access_key(READER, keep_old=False)
        command = [sys.executable, "-m", "fairplate", "serve", "--data"]
        process = subprocess.Popen(
            [*command, str(deployment.settings.folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            url = next(iter(process.stdout or ())).split()[-1]
            yield int(url.rpartition(":")[2]), key, process.pid
        finally:
            process.terminate()
            process.wait(60)


def reads_body(plates: list[str], size: int, run: str) -> MakeBody:
    """Return what makes the body of one request with `size` reads, each of another vehicle."""

    def make(number: int) -> bytes:
        now = datetime.now(UTC).isoformat()
        begin = number * size
        return json.dumps(
            {
                "reads": [
                    {
                        "id": f"{run}-{begin + n}",
                        "captured_at": now,
                        "plate": plates[(begin + n) % len(plates)],
                        "confidence": 0.95,
                    }
                    for n in range(size)
                ]
            }
        ).encode()

    return make


def payload_body(plates: list[str]) -> MakeBody:
    """Return what makes one webhook of Plate Recognizer's Stream, with a picture."""
    picture = b"\xff\xd8\xff\xe0" + os.urandom(PICTURE_BYTES)

    def make(number: int) -> bytes:
        data = {
            "camera_id": "gate",
            "timestamp": f"{datetime.now(UTC)}",
            "results": [{"plate": plates[number % len(plates)], "score": 0.9, "dscore": 0.9}],
        }
        told = json.dumps({"hook": {"event": "recognition"}, "data": data}).encode()
        return multipart(
            ('Content-Disposition: form-data; name="json"', told),
            ('Content-Disposition: form-data; name="upload"; filename="a.jpg"', picture),
            boundary=_BOUNDARY,
        )

    return make


def measure(figure: str, target: Target, make: MakeBody, size: int, seconds: float) -> None:
    """Tell how many requests a second are answered, and how long they take at half of that."""
    load = MachineLoad()
    fast = send_for(target, make, CONNECTIONS, seconds)
    busy = load.fields()
    rate = len(fast.took_s) / fast.wall_s
    half = send_for(target, lambda n: make(n + 10_000_000), CONNECTIONS, seconds, each_s=2 / rate)
    tell(
        figure,
        **busy,
        reads_a_request=size,
        connections=CONNECTIONS,
        seconds=seconds,
        requests_s=round(rate, 1),
        reads_s=round(rate * size),
        not_200=fast.others + half.others,
        half_requests_s=round(len(half.took_s) / half.wall_s, 1),
        half_p50_ms=_at(half, 50),
        half_p99_ms=_at(half, 99),
    )


def _at(answered: Answered, percent: int) -> float:
    values = [one * 1000 for one in answered.took_s]
    return round(quantiles(values, n=100, method="inclusive")[percent - 1], 1)


def peak_mb_of(process_id: int) -> float:
    """Return the largest resident size that a process had (VmHWM), in MB of 10^6 bytes."""
    lines = Path(f"/proc/{process_id}/status").read_text("ascii").splitlines()
    kib = next(line.split()[1] for line in lines if line.startswith("VmHWM"))
    return round(int(kib) * 1024 / 1e6, 1)


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench.http", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="for each rate (20)")
    seconds = parser.parse_args().seconds
    plates = make_plates(20_000, seed=3)
    with serving() as (port, key, process_id):
        reads = Target(port, "/api/v1/reads", key)
        measure("batches", reads, reads_body(plates, READS, "a"), READS, seconds)
        measure("single", reads, reads_body(plates, 1, "b"), 1, seconds)
        kind = f"multipart/form-data; boundary={_BOUNDARY}"
        hook = Target(port, f"/hooks/platerecognizer/{READER}", key, kind)
        measure("webhooks", hook, payload_body(plates), 1, seconds)
        tell("memory", peak_mb=peak_mb_of(process_id))


if __name__ == "__main__":
    main()
