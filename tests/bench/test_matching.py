"""The benches of matching run on little, and count what they say they count."""

import json
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any
from xml.etree import ElementTree as ET

import pytest

ROOT = Path(__file__).parents[2]


def lines_of(*arguments: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_lookup_is_timed() -> None:
    pytest.importorskip("rapidfuzz")
    few = ["--entries", "500", "--reads", "50", "--patterns", "20", "--scans", "2"]
    memory, *lookups, compared = lines_of("bench.matching", *few)
    assert memory["bytes_an_entry"] == pytest.approx(12, abs=0.1)
    assert [(line["reads"], line["look_alikes"]) for line in lookups] == [
        ("unlisted", False), ("unlisted", True), ("listed", False), ("listed", True),
    ]  # fmt: skip
    assert all(0 < line["us_median"] <= line["us_p99"] for line in lookups)
    assert compared["rapidfuzz_us_mean"] > 0


def test_a_short_year_counts_every_passing_of_a_listed_vehicle() -> None:
    few = ["--vehicles", "300", "--listed", "60", "--passing", "30", "--reads", "500"]
    ways = lines_of("bench.simulated_year", *few, "--days", "4")
    assert [way["matching"] for way in ways] == ["same text", "one look-alike", "one edit"]
    assert len({way["right"] + way["missed"] for way in ways}) == 1
    # Each way finds what the one before finds, and more.
    for name, sign in (("right", 1), ("wrong", 1), ("missed", -1)):
        counts = [sign * way[name] for way in ways]
        assert counts == sorted(counts)
    assert ways[0]["right"] > ways[0]["missed"] > 0


def test_one_edit_is_an_edit_distance_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT)
    from bench.scoring import edit_distance  # noqa: PLC0415 - bench/ is no installed package
    from bench.simulated_year import misread, ways  # noqa: PLC0415 - the same

    random = Random(3)  # noqa: S311 - the same texts every time
    texts = ["".join(random.choices("AB1", k=random.randrange(1, 5))) for _ in range(60)]
    find = ways(texts)["one edit"]
    for read in texts:
        assert set(find(read)) == {text for text in texts if edit_distance(read, text) <= 1}
    assert all(misread("ABQ1058", random) != "ABQ1058" for _ in range(500))


LINE = '{"set": "made", "text": "%s", "characters": [%s]}\n'


def kept_reads(path: Path) -> Path:
    """Keep eight right reads and two with an 8 for a B, at 0.9 a character."""

    def line(text: str, read: str) -> str:
        characters = ", ".join(f'["{char}", 0.9, null, 0.0]' for char in read)
        return LINE % (text, characters)

    path.write_text(8 * line("XK71", "XK71") + 2 * line("XKB1", "XK81"))
    return path


def test_calibration_of_reads_whose_truth_is_known(tmp_path: Path) -> None:
    kept, plot = kept_reads(tmp_path / "reads.jsonl"), tmp_path / "plot.svg"
    files = ["--free", str(kept), "--yardstick", str(kept), "--plot", str(plot)]
    lines = lines_of("bench.calibration", *files)
    misreads = next(line for line in lines if line["figure"] == "misreads")
    assert (misreads["read"], misreads["wrong"], misreads["one_look_alike"]) == (10, 2, 2)
    assert misreads["unnamed_true"] == 2
    (pair, *_) = (line for line in lines if line["figure"] == "pair")
    assert (pair["pair"], pair["seen"], pair["printed"]) == ("B8", 2, 2)
    score = next(line for line in lines if line["figure"] == "score")
    assert score["told"] == pytest.approx(0.9**4, abs=1e-5)
    assert score["right"] == 0.8
    assert score["error"] == pytest.approx(0.8 - 0.9**4, abs=1e-5)
    assert ET.parse(plot).getroot().tag.endswith("svg")  # noqa: S314 - our own file


def test_the_shipped_plot_is_small() -> None:
    assert (ROOT / "docs/images/calibration.svg").stat().st_size < 30_000
