import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SMALL = ("--batches", "2", "--rows", "300", "--times", "3", "--reads", "2000")


def measure(*arguments: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.vault", *arguments, *SMALL],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=ROOT,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_each_figure_is_measured_on_sqlite() -> None:
    storing, search, destroy, memory = measure(
        "storing", "search", "destroy", "memory", "--database", "sqlite"
    )
    assert {line["database"] for line in (storing, search, destroy, memory)} == {"sqlite"}
    assert storing["ratio"] > 0
    assert (search["found"], search["periods"], search["readers"]) == (30, 30, 100)
    assert destroy["key_ms"] > 0
    assert len(memory["resident_mb"]) > 2


@pytest.mark.usefixtures("postgresql_server")  # skips where the benchmark's own could not start
def test_figures_are_measured_on_a_postgresql_of_the_benchmarks_own() -> None:
    storing, destroy = measure("storing", "destroy", "--database", "postgresql")
    assert (storing["database"], destroy["rows"]) == ("postgresql", 300)
