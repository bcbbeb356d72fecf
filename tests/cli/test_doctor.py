"""`fairplate doctor`: what it prints and how it ends. What it finds is in tests/wiring."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from tests.deployments import expire_at, make_deployment, now
from tests.worlds import policy_document

from fairplate.cli.doctor import MEANINGS
from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.main import run
from fairplate.wiring import Check

Capture = pytest.CaptureFixture[str]
Deploy = Callable[..., Path]


@pytest.fixture
def deploy(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Deploy:
    monkeypatch.setenv("FAIRPLATE_DATA", str(tmp_path / "data"))
    return partial(make_deployment, request, "sqlite", tmp_path / "data")


def test_all_is_well_and_it_says_what_was_checked(deploy: Deploy, capsys: Capture) -> None:
    deploy()
    assert run(["doctor"]) == ExitCode.DONE
    out, err = capsys.readouterr()
    assert err == ""
    head, *checks = out.splitlines()
    assert head == "everything is as it should be:"
    assert checks == [f"  {check}: {MEANINGS[check]}" for check in Check]
    assert list(MEANINGS) == list(Check)


def test_each_problem_is_a_line_and_it_fails(deploy: Deploy, capsys: Capture) -> None:
    started = now() - timedelta(days=3)
    folder = deploy(policy_document("1 day", "1 day"), at=started)
    expire_at(folder, started)
    assert run(["doctor"]) == ExitCode.FAILED
    out, err = capsys.readouterr()
    assert err == ""
    assert ["expected to be gone since" in line for line in out.splitlines()] == [True] * 4
    assert run(["doctor", "--json"]) == ExitCode.FAILED
    found = json.loads(capsys.readouterr().out)
    assert found == {
        "well": False,
        "problems": out.splitlines(),
        "checked": list(Check),
        "unchecked": [],
    }
    assert run(["keys", "expire"]) == ExitCode.DONE
    capsys.readouterr()
    assert run(["doctor", "--json"]) == ExitCode.DONE
    found = json.loads(capsys.readouterr().out)
    assert found == {"well": True, "problems": [], "checked": list(Check), "unchecked": []}


def test_it_says_what_it_could_not_check(deploy: Deploy, capsys: Capture) -> None:
    folder = deploy()
    (folder / "keyring").chmod(0o755)
    assert run(["doctor"]) == ExitCode.FAILED
    problem, unchecked = capsys.readouterr().out.splitlines()
    assert problem.endswith("expected our own, mode 0700 or less, found mode 0755")
    assert unchecked == "could not be checked: keys"


def test_without_a_deployment_it_is_told(tmp_path: Path, capsys: Capture) -> None:
    assert run(["doctor", "--data", str(tmp_path)]) == ExitCode.FAILED
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1


def test_reading_pictures_waits_for_no_database() -> None:
    program = "import sys, fairplate.cli.main; print('sqlalchemy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    assert done.stdout == b"False\n"
