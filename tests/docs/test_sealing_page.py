"""The script of docs/sealing.md, run as a reader would run it, reproduces every vector."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from fairplate.core.periods import PERIOD_LENGTHS, Period
from fairplate.vault import seal
from fairplate.vault.keyring import LONGEST_LIFE

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "sealing.md").read_text(encoding="utf-8")
GOLDEN = ROOT / "tests" / "golden" / "sealing-v1.json"
(SCRIPT,) = re.findall(r"^```python\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)


def run(folder: Path, vectors: Path) -> subprocess.CompletedProcess[str]:
    script = folder / "check.py"
    script.write_text(SCRIPT, encoding="utf-8")
    return subprocess.run(
        [sys.executable, script, vectors], capture_output=True, text=True, check=False
    )


def test_the_script_reproduces_every_vector(tmp_path: Path) -> None:
    count = len(json.loads(GOLDEN.read_text("utf-8"))["vectors"])
    done = run(tmp_path, GOLDEN)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{count} vectors reproduced\n", "")


def test_the_script_tells_a_wrong_vector(tmp_path: Path) -> None:
    golden = json.loads(GOLDEN.read_text("utf-8"))
    golden["vectors"][3]["sealed"] = golden["vectors"][2]["sealed"]
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps(golden), encoding="utf-8")
    done = run(tmp_path, wrong)
    assert done.returncode == 1
    assert done.stderr == f"{golden['vectors'][3]['name']}: sealed differs\n"


def test_the_script_uses_nothing_of_ours() -> None:
    assert "import fairplate" not in SCRIPT
    assert "from fairplate" not in SCRIPT


def test_the_page_tells_the_figures_in_force() -> None:
    midnight = datetime(2026, 11, 23, tzinfo=UTC)
    for length in PERIOD_LENGTHS:
        assert f"`{Period(midnight, length).duration}`" in PAGE
    assert f"`{Period(midnight, PERIOD_LENGTHS[0])}`" in PAGE
    assert f"more than {LONGEST_LIFE.days} days" in PAGE
    assert f"{seal.MAX_PAYLOAD_BYTES:,} bytes" in PAGE
