"""The bench of alerts runs on little, and counts what it says it counts."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SMALL = ("--seconds", "2", "--reads", "100", "--alerts", "3", "--entries", "1200")


def measure(*arguments: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.alerts", *arguments, *SMALL],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_alert_is_timed_until_its_mail_was_accepted() -> None:
    (line,) = measure("delivery")
    assert (line["database"], line["alerts"], line["delivered"]) == ("sqlite", 6, 6)
    assert line["problems"] == 0
    # From the answer of the intake is a part of the time from the read.
    assert line["accepted_p50_ms"] < line["handed_p50_ms"] <= line["handed_p99_ms"]
    assert line["handed_p99_ms"] <= line["handed_max_ms"]


def test_an_import_is_timed_and_so_is_its_loading_in_another_process() -> None:
    imported, *refreshed = measure("import")
    assert imported["entries"] == 1200
    assert imported["peak_again_mb"] >= imported["peak_mb"] >= imported["resident_before_mb"] > 0
    assert [line["at"] for line in refreshed] == ["start", "next batch"]
    assert all(line["peak_mb"] >= line["resident_mb"] > 0 for line in refreshed)


@pytest.mark.usefixtures("postgresql_server")  # skips where the benchmark's own could not start
def test_figures_are_measured_on_a_postgresql_of_the_benchmarks_own() -> None:
    (line,) = measure("delivery", "--database", "postgresql")
    assert (line["database"], line["delivered"]) == ("postgresql", 6)
