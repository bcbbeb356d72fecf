import re
import subprocess
import sys
from pathlib import Path

from PIL import Image as PillowImage

# The demo in a process of its own, with a scripted engine registered as a plug-in is: it reads the
# two listed cars of the clip, one of them with its look-alike. That the real engine reads the clip
# is tried where the clip is tested.
_PROGRAM = """
from fairplate.cli.main import main
from fairplate.core.reads import Box, Character, PlateRead
from fairplate.reading.engines import ENGINES

class Scripted:
    name = "scripted"
    def read(self, frame):
        number = frame.index // 20
        if number > 1:
            return []
        plate = ("RFP4E18", "MFP1038")[number]
        letters = tuple(Character(c, 0.95) for c in plate)
        return [PlateRead(frame.source, plate, 0.95, letters, Box(60, 70 + 300 * number, 160, 100 +
                          300 * number), frame=frame.index, time_s=frame.time_s)]

ENGINES["ppocr"] = lambda options: Scripted()
main()
"""


def _demo(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _PROGRAM, "demo", *arguments]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )


def test_demo_prints_reads_matches_doubts_and_where_the_sheet_is(tmp_path: Path) -> None:
    PillowImage.new("RGB", (320, 240)).save(tmp_path / "mine.png")
    done = _demo(tmp_path, "mine.png")
    assert (done.returncode, done.stderr) == (0, "drawing demo-output/street.mp4\n")
    assert "MATCH of RFP4E18 in demo-output/street.mp4" in done.stdout
    assert "MATCH of MFP1038" in done.stdout
    assert "plate MFP1O38 (one look-alike)" in done.stdout
    assert re.search(r"doubt: character 5 reads 0 .*, the entry has O", done.stdout)
    last = done.stdout.splitlines()[-1]
    assert last == "contact sheet, open it in a browser: demo-output/sheet/index.html"
    assert (tmp_path / "demo-output/sheet/index.html").is_file()
    assert {path.name for path in (tmp_path / "demo-output/sheet").glob("*.png")} == {
        "read-0003-mine.png",
        "read-0003-mine-crop-1.png",
    }


def test_demo_that_cannot_write_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = _demo(tmp_path, "--output", "file/below")
    assert done.returncode == 1
    assert done.stderr == "fairplate: file/below: cannot write the demo: Not a directory\n"
