"""The script of docs/sealing.md, run as a reader would run it, reproduces every vector."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fairplate.core.periods import PERIOD_LENGTHS, Period
from fairplate.vault import seal
from fairplate.vault.key_names import LONGEST_CASE_LIFE, LONGEST_LIFE, CaseKeyName, HitsKeyName
from fairplate.vault.keyrings.file import records

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
    golden = json.loads(GOLDEN.read_text("utf-8"))
    count = len(golden["vectors"]) + len(golden["records"])
    done = run(tmp_path, GOLDEN)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{count} vectors reproduced\n", "")


@pytest.mark.parametrize(
    ("kind", "number", "field"),
    [("vectors", 3, "sealed"), ("vectors", 0, "receipt"), ("records", 2, "own_key")],
)
def test_the_script_tells_a_wrong_vector(
    tmp_path: Path, kind: str, number: int, field: str
) -> None:
    golden = json.loads(GOLDEN.read_text("utf-8"))
    vector = golden[kind][number]
    vector[field] = vector[field][:-1] + ("1" if vector[field].endswith("0") else "0")
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps(golden), encoding="utf-8")
    done = run(tmp_path, wrong)
    assert (done.returncode, done.stderr) == (1, f"{vector['name']}: {field} differs\n")


def test_no_field_of_a_vector_goes_unchecked() -> None:
    golden = json.loads(GOLDEN.read_text("utf-8"))
    given = {"name", "s", "period", "reader_id", "plate", "read_id", "key", "record_id"}
    fields = {field for kind in ("vectors", "records") for v in golden[kind] for field in v}
    for field in fields - given - {"payload", "nonce"}:
        assert f'"{field}"' in SCRIPT
    assert {"receipt", "own_key", "record_key"} <= fields


def test_the_script_is_short() -> None:
    assert len(SCRIPT.splitlines()) <= 45


def test_the_script_uses_nothing_of_ours() -> None:
    assert "import fairplate" not in SCRIPT
    assert "from fairplate" not in SCRIPT


def test_the_page_tells_the_figures_in_force() -> None:
    midnight = datetime(2026, 11, 23, tzinfo=UTC)
    for length in PERIOD_LENGTHS:
        assert f"`{Period(midnight, length).duration}`" in PAGE
    assert f"`{Period(midnight, PERIOD_LENGTHS[0])}`" in PAGE
    assert f"more than {LONGEST_LIFE.days} days" in PAGE
    assert f"more than {LONGEST_CASE_LIFE.days} days" in PAGE
    assert f"{seal.MAX_PAYLOAD_BYTES:,} bytes" in PAGE
    assert f"{seal.MAX_RECORD_BYTES:,} bytes" in PAGE
    assert f"1 to {seal.MAX_READ_ID_BYTES} bytes" in PAGE
    assert f"[0:{seal.RECEIPT_BYTES}]" in PAGE


def test_the_page_tells_the_names_in_force() -> None:
    day = Period(datetime(2026, 11, 23, tzinfo=UTC), PERIOD_LENGTHS[0])
    for name in (day, HitsKeyName(day), CaseKeyName("theft-2026-17")):
        assert f"`{name}`" in PAGE
        assert f"`{records.file_name(name, records.LIVING)}`" in PAGE
