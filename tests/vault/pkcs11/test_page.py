"""docs/pkcs11.md says what is so: its script runs, its options are the options."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.vault.pkcs11.softhsm import SoftToken

from fairplate.settings import KEYRINGS
from fairplate.vault.keyrings.pkcs11.labels import MarkKind

PAGE = (Path(__file__).parents[3] / "docs/pkcs11.md").read_text("utf-8")


def test_the_script_measures(soft_token: SoftToken, tmp_path: Path) -> None:
    (script,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    options = soft_token.options
    place = [options.module, options.label, options.pin_file, tmp_path / "keys", "2", "1"]
    printed = subprocess.run(
        [sys.executable, "-c", script, *map(str, place)],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    ).stdout
    acts = re.findall(r"^(.+): \d+ µs$", printed, re.MULTILINE)
    assert acts == re.findall(r"^\| ([a-z0-9 ]+) \| [\d,.]+ (?:µs|ms) \|", PAGE, re.MULTILINE)


def test_every_option_and_every_mark_is_told() -> None:
    for name in KEYRINGS["pkcs11"]:
        assert f"\n| `{name}` |" in PAGE
    for kind in MarkKind:
        assert f"\n| data object `fairplate/v1 {kind}" in PAGE
