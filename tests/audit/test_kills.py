"""Writers and publishers of a log are killed with SIGKILL, on SQLite and on PostgreSQL."""

import json
import subprocess
import sys
from pathlib import Path

from tests.databases import MakeDatabase

ROOT = Path(__file__).parents[2]
KILLS = 200
"""Of publishers; about as many of writers come on top."""

# How often the kills must have left what matters; a run has several times as many of each.
LEFT = {
    "in the tree, not signed": 5,
    "broken off after the tree": 5,
    "rounds of the log": 20,
}


def test_no_kill_loses_or_doubles_an_event_or_makes_the_log_contradict_itself(
    make_database: MakeDatabase, tmp_path: Path
) -> None:
    arguments = [make_database(migrated=True), tmp_path / "log", str(KILLS), "20261123"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.audit.killed_log", *arguments],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    print(told)  # noqa: T201 - shown when the test fails: the moments cannot be had again
    seen = told["seen"]
    assert seen["publishers killed"] >= KILLS
    assert {where: seen.get(where, 0) for where in LEFT if seen.get(where, 0) < LEFT[where]} == {}
