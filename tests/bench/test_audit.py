"""The benchmark of the audit log runs, and the log that it makes is one without a fault."""

import importlib
import json
import subprocess
import sys
from datetime import UTC, datetime
from itertools import islice, pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.verify.log_folders import make_entries, tree_files

from fairplate.audit.event_types import EventType
from fairplate.audit.events import read_event
from fairplate.verify.log_check import Trust, check_log
from fairplate.verify.log_directory import LogDirectory

ROOT = Path(__file__).parents[2]
SMALL = ("--appended", "450", "--round", "300", "--single", "20", "--events", "600", "--times", "5")
# What the made-up city does; the other types come with witnesses, people and questions, and the one
# that makes its list is too rare to be looked for.
TOLD = {
    EventType.POLICY_SET,
    EventType.READER_ENROLLED,
    EventType.KEY_MADE,
    EventType.KEY_DESTROYED,
    EventType.GRANT_USED,
    EventType.SIGN_IN_FAILED,
    EventType.BACKUP_MADE,
    EventType.BATCH_IMPORTED,
    EventType.BATCH_REJECTED,
    EventType.ALERT_RAISED,
    EventType.ALERT_DECIDED,
    EventType.ALERT_OUTCOME,
    EventType.CASE_OPENED,
    EventType.CASE_APPROVED,
    EventType.CASE_REFUSED,
    EventType.CASE_SEARCHED,
    EventType.CASE_CLOSED,
}


@pytest.fixture
def made_log(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(ROOT)  # bench/ is a folder of scripts, and installed nowhere
    return importlib.import_module("bench.made_log")


def measure(*arguments: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.audit", *arguments, *SMALL],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=ROOT,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_each_figure_is_measured_on_sqlite() -> None:
    lines = measure("append", "verify", "prove", "--database", "sqlite")
    together, single, verify, folder, sequence, stored = lines
    assert {line["bench"] for line in lines} == {"audit"}
    assert (together["events"], together["events_a_transaction"]) == (450, 100)
    assert (single["events"], single["events_a_transaction"]) == (20, 1)
    for line in (together, single):
        parts = 1 / line["recorded_events_s"] + 1 / line["published_events_s"]
        assert line["through_events_s"] == pytest.approx(1 / parts, rel=0.05)
        ratio = line["through_events_s"] / line["bare_rows_s"]
        assert line["ratio"] == pytest.approx(ratio, rel=0.05)
    assert (verify["events"], verify["exit_code"], verify["findings"]) == (600, 0, [])
    assert verify["peak_mb"] > 10
    assert (sequence["figure"], sequence["events"]) == ("sequence", 600)
    assert (folder["source"], stored["source"]) == ("folder", "sqlite")
    for line in (folder, stored):
        assert (line["events"], line["times"]) == (600, 5)
        assert 0 < line["median_ms"] <= line["p95_ms"] <= line["most_ms"]


@pytest.mark.usefixtures("postgresql_server")  # skips where the benchmark's own could not start
def test_figures_are_measured_on_a_postgresql_of_the_benchmarks_own() -> None:
    together, single, _, _, stored = measure("append", "prove", "--database", "postgresql")
    kinds = {together["database"], single["database"], stored["source"]}
    assert kinds == {"postgresql"}


def test_the_made_log_has_no_fault_and_every_act_of_the_city(
    tmp_path: Path, made_log: ModuleType
) -> None:
    made = made_log.make_log(tmp_path / "log", 50_000)
    with LogDirectory(made.folder) as directory:
        trust = Trust(made.key.verifier)
        report = check_log(directory, trust, now=datetime.now(UTC))
    assert (report.size, report.findings) == (50_000, ())
    bodies = [body for bundle in made_log.read_bodies(made) for body in bundle]
    assert len(bodies) == 50_000
    assert {read_event(body).type for body in bodies[::7]} == TOLD


def test_acts_come_in_the_order_of_time_and_the_same_again(made_log: ModuleType) -> None:
    city_acts = made_log.city_acts
    acts = list(islice(city_acts(), 3000))
    assert all(one.at <= other.at for one, other in pairwise(acts))
    assert acts == list(islice(city_acts(), 3000))
    assert acts != list(islice(city_acts(seed=2), 3000))


@pytest.mark.parametrize("size", [1, 255, 256, 257, 65_537])
def test_tiles_are_those_of_the_tree(tmp_path: Path, made_log: ModuleType, size: int) -> None:
    entries = make_entries(size)
    writer = made_log.TileWriter(tmp_path)
    for entry in entries:
        writer.add(entry)
    writer.finish()
    written = {
        str(path.relative_to(tmp_path)): path.read_bytes()
        for path in tmp_path.rglob("*")
        if path.is_file()
    }
    assert written == tree_files(entries)
