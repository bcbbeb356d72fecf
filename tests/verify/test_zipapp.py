import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tests.verify.planted import KEY, WITNESS, plant

from fairplate.verify import packing
from fairplate.verify.packing import pack_verifier

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def verifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file as `make verifier` makes it."""
    file = tmp_path_factory.mktemp("packed") / "fairplate-verify.pyz"
    line = [sys.executable, "-m", packing.__name__, file]
    subprocess.run(line, check=True, cwd=ROOT)
    return file


def run(verifier: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-I", verifier, *map(str, arguments)]
    return subprocess.run(line, check=False, capture_output=True, text=True, cwd="/")


def test_it_verifies_without_anything_else_of_ours(verifier: Path, tmp_path: Path) -> None:
    log = plant(tmp_path)
    arguments = [log.folder, "--key", KEY.verifier, "--witness", WITNESS.verifier]
    ran = run(verifier, *arguments)
    assert ran.stderr == ""
    assert ran.returncode == 0
    assert ran.stdout.endswith("The log holds.\n")
    log.path("tile/0/000").unlink()
    assert run(verifier, *arguments).returncode == 1
    assert run(verifier, tmp_path / "nothing", "--key", KEY.verifier).returncode == 2


def test_its_code_is_that_in_the_file(verifier: Path) -> None:
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import fairplate.verify.command\n"
        "names = sorted(n for n in sys.modules if n.partition('.')[0] == 'fairplate')\n"
        "assert all(sys.modules[n].__file__.startswith(sys.argv[1]) for n in names)\n"
        "assert all(n == 'fairplate' or n.startswith('fairplate.verify') for n in names)\n"
    )
    line = [sys.executable, "-I", "-c", script, verifier]
    subprocess.run(line, check=True, cwd="/")


def test_it_holds_the_verifier_and_nothing_else(verifier: Path) -> None:
    with zipfile.ZipFile(verifier) as archive:
        names = archive.namelist()
    assert names == sorted(names)
    assert {"__main__.py", "fairplate/__init__.py", "fairplate/verify/event_forms.json"} < set(
        names
    )
    others = [name for name in names if not name.startswith("fairplate/verify/")]
    assert others == ["__main__.py", "fairplate/__init__.py"]
    source = ROOT / "src/fairplate/verify"
    files = [path for end in ("py", "json") for path in source.rglob(f"*.{end}")]
    assert len(names) == len(files) + 2


def test_it_is_the_same_whenever_it_is_packed(verifier: Path) -> None:
    assert verifier.read_bytes() == pack_verifier()
    with zipfile.ZipFile(verifier) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_it_may_be_run_by_its_name(verifier: Path) -> None:
    assert os.access(verifier, os.X_OK)
    assert verifier.read_bytes().startswith(b"#!/usr/bin/env python3\n")


def test_it_says_what_is_missing(verifier: Path) -> None:
    line = [sys.executable, "-I", "-S", verifier, "--key", str(KEY.verifier)]
    ran = subprocess.run(line, check=False, capture_output=True, text=True, cwd="/")
    assert ran.returncode == 2
    assert ran.stderr == "fairplate-verify needs the Python package cryptography\n"


def test_make_packs_it() -> None:
    recipe = (ROOT / "Makefile").read_text().partition("\nverifier:")[2].partition("\n\n")[0]
    assert f"-m {packing.__name__} dist/fairplate-verify.pyz" in recipe
