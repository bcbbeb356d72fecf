"""`fairplate case`: what a person at the machine sees of a case."""

import hashlib
import json
import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.deployments import make_deployment

from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.main import run

PLATE = "TEST123"


@pytest.fixture
def act(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., int]:
    """Run a command of `case` as the machine's user with a number."""
    folder = make_deployment(request, "sqlite", tmp_path / "data")
    monkeypatch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
    assert run(["reader", "add", "gate", "--name", "Gate", "--data", str(folder)]) == 0

    def go(*arguments: str, user: int = 1001) -> int:
        monkeypatch.setattr(os, "getuid", lambda: user)
        return run(["case", *arguments, "--data", str(folder)])

    return go


def ask(act: Callable[..., int], *more: str, plate: str = PLATE) -> int:
    now = datetime.now(UTC)
    times = (f"{now - timedelta(hours=1)}", f"{now}")
    fixed = ("--purpose", "stolen-vehicle", "--reference", "2026/17", "--why", "taken at night")
    return act(
        *("open", *fixed, "--plate", plate, "--reader", "gate"),
        *("--from", times[0], "--until", times[1], *more),
    )


def the_id(act: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert act("list", "--json") == 0
    return str(json.loads(capsys.readouterr().out.splitlines()[-1])["id"])


def test_the_life_of_a_case(act: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(act) == 0
    case_id = the_id(act, capsys)
    assert act("search", case_id) == ExitCode.REFUSED_BY_POLICY
    assert act("approve", case_id) == ExitCode.REFUSED_BY_POLICY
    assert "own-case" in capsys.readouterr().err
    assert act("approve", case_id, user=1002) == 0
    assert "approved" in capsys.readouterr().out
    assert act("search", case_id, user=1002) == ExitCode.REFUSED_BY_POLICY
    assert act("search", case_id) == 0
    assert "reads found: 0" in capsys.readouterr().out
    assert act("close", case_id) == 0
    assert act("search", case_id) == ExitCode.REFUSED_BY_POLICY
    capsys.readouterr()
    assert act("list") == 0
    assert capsys.readouterr().out == "no case\n"
    assert act("list", "--all") == 0
    assert case_id in capsys.readouterr().out


def test_a_refusal(act: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(act) == 0
    case_id = the_id(act, capsys)
    assert act("refuse", case_id, "--note", "no ground", user=1002) == 0
    assert act("search", case_id) == ExitCode.REFUSED_BY_POLICY
    assert "case-refused" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["pdf", "json"])
def test_an_export(
    act: Callable[..., int], capsys: pytest.CaptureFixture[str], tmp_path: Path, form: str
) -> None:
    assert ask(act) == 0
    case_id = the_id(act, capsys)
    out = tmp_path / "found"
    arguments = ("export", case_id, "--format", form, "-o", str(out))
    assert act(*arguments) == ExitCode.REFUSED_BY_POLICY
    assert act("approve", case_id, user=1002) == 0
    assert act(*arguments, user=1002) == ExitCode.REFUSED_BY_POLICY
    assert not out.exists()
    capsys.readouterr()
    assert act(*arguments) == 0
    content = out.read_bytes()
    assert hashlib.sha256(content).hexdigest() in capsys.readouterr().out
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert content.startswith(b"%PDF-" if form == "pdf" else b"{")
    assert sorted(one.name for one in tmp_path.iterdir() if one.name.startswith("found")) == [
        "found"
    ]
    assert act(*arguments) == ExitCode.FAILED
    assert "one that is there" in capsys.readouterr().err
    assert out.read_bytes() == content
    assert act(*arguments[:-1], str(tmp_path / "none" / "found")) == ExitCode.FAILED
    assert act("show", case_id, "--json") == 0


def test_what_is_asked_for_is_shown(
    act: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    for more, told in (((), (False, False)), (("--hold", "--look-alikes"), (True, True))):
        assert ask(act, *more) == 0
        case_id = the_id(act, capsys)
        assert act("show", case_id, "--json") == 0
        shown = json.loads(capsys.readouterr().out)
        assert (shown["hold"], shown["look_alikes"]) == told
        assert act("approve", case_id, user=1002) == 0
        assert act("search", case_id) == 0
        assert act("close", case_id) == 0


def test_what_a_driver_is_told(
    act: Callable[..., int], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def report(*more: str) -> int:
        return run(["subject-report", "test 123", *more, "--data", str(tmp_path / "data")])

    assert ask(act, "--purpose", "subject-access") == 0
    case_id = the_id(act, capsys)
    assert report() == ExitCode.REFUSED_BY_POLICY
    err = capsys.readouterr().err
    assert "subject-access" in err
    assert PLATE not in err
    assert act("approve", case_id, user=1002) == 0
    assert report() == ExitCode.REFUSED_BY_POLICY  # the approver's is not the opener's
    assert act("show", case_id) == 0
    capsys.readouterr()
    assert report() == 0
    assert f"What is kept of {PLATE}" in capsys.readouterr().out
    assert report("--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["plate"], told["case"], told["reads"]) == (PLATE, case_id, [])


def test_only_show_tells_the_plate(
    act: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(act) == 0
    case_id = the_id(act, capsys)
    assert act("list") == 0
    told = capsys.readouterr()
    assert PLATE not in told.out + told.err
    assert act("show", case_id, "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["plates"], shown["why"]) == ([PLATE], "taken at night")
    assert act("show", case_id) == 0
    assert PLATE in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--from", "yesterday"), "an offset|its offset"),
        (("--from", "2026-11-20T08:00"), "offset"),
        (("--reader", "nobody"), "1 unknown"),
    ],
)
def test_what_cannot_be_asked(
    act: Callable[..., int], capsys: pytest.CaptureFixture[str], more: tuple[str, ...], told: str
) -> None:
    assert ask(act, *more) == ExitCode.FAILED
    err = capsys.readouterr().err
    assert any(one in err for one in told.split("|"))
    assert PLATE not in err


def test_a_sweep_cannot_be_asked(
    act: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(act, plate="T????") == ExitCode.FAILED
    assert "unknown characters" in capsys.readouterr().err
    assert ask(act, "--exigent") == ExitCode.REFUSED_BY_POLICY
    assert "no-exigent-path" in capsys.readouterr().err
