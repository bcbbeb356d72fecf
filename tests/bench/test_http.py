"""The bench of the server runs on little, and every request it counts was answered."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_request_is_answered() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.http", "--seconds", "1"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    *rates, memory = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["figure"] for line in rates] == ["batches", "single", "webhooks"]
    for line in rates:
        assert line["not_200"] == 0
        assert line["reads_s"] >= line["requests_s"] - 1 > 0
        assert line["half_p50_ms"] <= line["half_p99_ms"]
    assert memory["peak_mb"] > 0
