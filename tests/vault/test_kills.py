"""Intake and expiry are killed with SIGKILL, 200 times each, on SQLite and on PostgreSQL."""

import json
import subprocess
import sys
from pathlib import Path

from tests.databases import MakeDatabase

ROOT = Path(__file__).parents[2]
PROGRAM = (sys.executable, "-m", "tests.vault.killed_vault")
KILLS = 200

# How many kills must have come where it matters; a run has several times as many of each.
INTAKE = {
    "before the first answer": 20,
    "between answers": 40,
    "nothing stored of a batch": 40,
    "stored but not answered": 3,
    "key made but not on record": 4,
}
EXPIRY = {
    "before the first key was gone": 8,
    "some keys gone": 50,
    "key gone but not on record": 30,
    "all gone, rows left": 8,
}


def test_no_kill_loses_or_doubles_a_read_or_leaves_a_due_key(
    make_database: MakeDatabase, tmp_path: Path
) -> None:
    running = {
        act: subprocess.Popen(
            [*PROGRAM, act, make_database(migrated=True), tmp_path / act, str(KILLS), "20261123"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for act in ("intake", "expiry")
    }
    done = {act: process.communicate() for act, process in running.items()}
    for act, least in (("intake", INTAKE), ("expiry", EXPIRY)):
        assert running[act].returncode == 0, done[act][1]
        seen = json.loads(done[act][0])
        assert seen["kills"] >= KILLS
        assert {where: seen[where] for where in least if seen[where] < least[where]} == {}
