import json
import subprocess
import sys
from pathlib import Path

FRAME = Path(__file__).parents[2] / "bench/frame.py"


def test_the_demo_frame_is_measured() -> None:
    done = subprocess.run(
        [sys.executable, FRAME, "--times", "1"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    line = json.loads(done.stdout)
    assert (line["bench"], line["engine"], line["threads"]) == ("frame", "ppocr", 1)
    assert (line["width_px"], line["height_px"]) == (1280, 720)
    assert line["reads"] >= 1
    assert line["ms_median"] > 0
    assert 50 < line["resident_mb"] <= line["peak_mb"]
