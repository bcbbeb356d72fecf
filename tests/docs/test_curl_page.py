"""The commands of docs/curl.md, run as they stand: every output shown is what comes out."""

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "curl.md").read_text(encoding="utf-8")
VARIES = re.compile(r"al-[0-9a-f]{20}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
MARK = "-- shown so far --"


def script(port: int) -> tuple[str, list[str]]:
    """Return the commands as one script that marks where outputs are shown, and the outputs."""
    found = re.findall(r"^```(sh|text)\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)
    lines = ["set -eu -m"]
    for kind, text in found:
        lines.append(text if kind == "sh" else f"echo '{MARK}'")
        if "fairplate init" in text:  # another port, since one server may be here already
            lines.append(f"printf '\\n[server]\\nport = {port}\\n' >> town/fairplate.toml")
    shown = [text for kind, text in found if kind == "text"]
    return "\n".join(lines).replace("8750", str(port)), shown


def test_the_commands_of_the_page_lead_to_an_alert(tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        if os.environ.get("CI"):
            pytest.fail("no curl here: make setup-ci installs it")
        pytest.skip("no curl here: make setup-ci installs it")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        commands, shown = script(free.getsockname()[1])
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", commands],
        cwd=tmp_path,
        env={**os.environ, "PATH": programs},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    printed = VARIES.sub("…", done.stdout).split(f"{MARK}\n")
    for text, before in zip(shown, printed, strict=False):
        assert before.endswith(VARIES.sub("…", text))
    assert len(printed) == len(shown) + 1
