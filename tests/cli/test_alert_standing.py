"""`fairplate alert status`, `suspend` and `lift`: what is told of how alerts stand."""

import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.cli.alert_parts import (
    LIST,
    PLATE,
    READER,
    Deploy,
    add_settings,
    deliver,
    pass_by,
    set_up,
)
from tests.deployments import make_deployment, now

from fairplate.alerts import ledger
from fairplate.audit.words import Suspended
from fairplate.cli.alert import standing_text
from fairplate.cli.alert.standing import KINDS
from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.main import run

Capture = pytest.CaptureFixture[str]
OTHER = "XYZ9876"
ROWS = tuple(f"{plate},us-ny,car,stolen-vehicle,1,,," for plate in (PLATE, OTHER))
MAIL = """
[channels.mail]
kind = "email"
host = "127.0.0.1"
port = 1
sender = "alerts@example.org"

[channels.spare]
kind = "email"
host = "127.0.0.1"
sender = "alerts@example.org"

[subscribers.desk]
channel = "mail"
address = "desk@example.org"
"""


@pytest.fixture
def deploy(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Deploy:
    monkeypatch.setenv("FAIRPLATE_DATA", str(tmp_path / "data"))
    return partial(make_deployment, request, "sqlite", tmp_path / "data")


@pytest.fixture
def folder(deploy: Deploy) -> Path:
    made = deploy()
    set_up(made, *ROWS)
    return made


Status = Callable[[], dict[tuple[str, str], dict[str, Any]]]


@pytest.fixture
def status(capsys: Capture) -> Status:
    """Return what gives the JSON lines of the status by kind and name."""

    def read() -> dict[tuple[str, str], dict[str, Any]]:
        capsys.readouterr()
        assert run(["alert", "status", "--json"]) == ExitCode.DONE
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        names = ("id", "channel", "reason")
        return {
            (one["what"], next((one[name] for name in names if name in one), "")): one
            for one in lines
        }

    return read


def test_words_and_figures_are_those_in_force() -> None:
    assert list(KINDS) == list(Suspended)
    assert standing_text.LAST_DECIDED == ledger.LAST_DECIDED


def test_an_empty_deployment_has_little_to_tell(deploy: Deploy, capsys: Capture) -> None:
    deploy()
    assert run(["alert", "status"]) == ExitCode.DONE
    assert capsys.readouterr().out.splitlines() == [
        "0 alerts undecided",
        "suspended above 20 % wrong of the last 100 decided",
    ]


def test_what_waits_was_wrong_and_was_held_back(
    folder: Path, capsys: Capture, status: Status
) -> None:
    (first,) = pass_by(folder, PLATE, PLATE)
    pass_by(folder, OTHER, at=now() - timedelta(hours=2))
    assert run(["alert", "decide", first, "wrong-plate"]) == ExitCode.DONE
    capsys.readouterr()
    assert run(["alert", "status"]) == ExitCode.DONE
    out = capsys.readouterr().out
    assert [line.split() for line in out.splitlines()] == [
        "1 alert undecided, the oldest raised 2 hours ago".split(),
        "suspended above 20 % wrong of the last 100 decided".split(),
        [],
        "of id wrong rate state".split(),
        f"list {LIST} 1 of 1 100 % alerting".split(),
        f"reader {READER} 1 of 1 100 % alerting".split(),
        [],
        "list held back, 7 days matches".split(),
        f"{LIST} repeat 1".split(),
    ]
    assert PLATE not in out
    assert OTHER not in out
    found = status()
    assert found["alerts", ""] == {
        "what": "alerts",
        "undecided": 1,
        "oldest_at": found["alerts", ""]["oldest_at"],
        "wrong_limit": 0.2,
    }
    assert found["list", LIST] == {
        "what": "list",
        "id": LIST,
        "decided": 1,
        "wrong": 1,
        "rate": 1.0,
        "suspended_at": None,
        "suspend_reason": None,
    }
    assert found["held-back", "repeat"]["matches"] == 1


@pytest.mark.parametrize(("kind", "of"), [("list", LIST), ("reader", READER)])
def test_a_suspension_holds_until_it_is_lifted(
    folder: Path, capsys: Capture, status: Status, kind: str, of: str
) -> None:
    (first,) = pass_by(folder, PLATE)
    assert run(["alert", "decide", first, "stale-entry"]) == ExitCode.DONE
    capsys.readouterr()
    suspend = ["alert", "suspend", kind, of, "--note", "rows shifted"]
    assert run(suspend) == ExitCode.DONE
    assert capsys.readouterr().out == f"{kind} {of} is suspended and raises no alerts\n"
    assert run(suspend) == ExitCode.DONE
    assert capsys.readouterr().out == f"{kind} {of} is already suspended and raises no alerts\n"
    assert pass_by(folder, OTHER) == []
    assert run(["alert", "status"]) == ExitCode.DONE
    out = capsys.readouterr().out
    assert f"{kind} {of}: SUSPENDED since 20" in out
    assert f"lift it: fairplate alert lift {kind} {of} --note TEXT\n" in out
    assert max(map(len, out.splitlines())) <= 80
    found = status()
    assert found[kind, of]["suspend_reason"] == "asked"
    assert found["held-back", f"{kind}-suspended"]["matches"] == 1
    for note in ("", " \t"):
        assert run(["alert", "lift", kind, of, "--note", note]) == ExitCode.FAILED
        assert "expected why it may raise alerts, found nothing" in capsys.readouterr().err
    assert pass_by(folder, OTHER) == []
    assert run(["alert", "lift", kind, of, "--note", "mended"]) == ExitCode.DONE
    assert capsys.readouterr().out == f"{kind} {of} raises alerts again\n"
    assert status()[kind, of]["decided"] == 0  # a clean record
    assert len(pass_by(folder, OTHER)) == 1
    assert run(["alert", "lift", kind, of, "--note", "again"]) == ExitCode.FAILED
    assert f"alerting: {kind}: expected a suspended one" in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("unknown", ["nothing", "\x1b[2J"])
def test_what_is_not_known_cannot_be_suspended(capsys: Capture, kind: str, unknown: str) -> None:
    assert run(["alert", "suspend", kind, unknown, "--note", "x"]) == ExitCode.FAILED
    err = capsys.readouterr().err
    assert err.startswith(f"fairplate: alerting: {kind}: expected a {kind} that is ")
    assert err.endswith("found none of that id\n")
    assert run(["alert", "lift", kind, unknown, "--note", "x"]) == ExitCode.FAILED
    assert "expected a suspended one" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["suspend", "lift"])
def test_a_reason_must_be_given(command: str, capsys: Capture) -> None:
    assert run(["alert", command, "list", LIST]) == ExitCode.WRONG_USE
    assert "--note" in capsys.readouterr().err
    assert run(["alert", command, "lists", LIST, "--note", "x"]) == ExitCode.WRONG_USE


def test_a_list_that_is_gone_is_still_told_to_be_suspended(folder: Path, status: Status) -> None:
    assert folder.exists()
    assert run(["alert", "suspend", "list", LIST, "--note", "x"]) == ExitCode.DONE
    assert run(["hotlist", "retire", LIST, "--note", "x", "--yes"]) == ExitCode.DONE
    assert status()["list", LIST]["suspend_reason"] == "asked"


def test_messages_that_wait_are_told_by_channel(
    folder: Path, capsys: Capture, status: Status
) -> None:
    add_settings(folder, MAIL)
    pass_by(folder, PLATE)
    deliver(folder)
    assert run(["alert", "status"]) == ExitCode.DONE
    out, err = capsys.readouterr()
    assert err == ""
    problem = "the SMTP server cannot be reached (Connection refused)"
    head, mail, spare, said = out.splitlines()[-4:]
    assert head.split("  ")[0] == "channel"
    assert mail.split()[:2] == ["mail", "1"]
    assert spare.split() == ["spare", "0", "0", "0"]
    assert said == f"mail said last: {problem}"
    assert max(map(len, out.splitlines())) <= 80
    found = status()
    assert found["channel", "mail"] == {
        "what": "channel",
        "channel": "mail",
        "waiting": 1,
        "due_since": found["channel", "mail"]["due_since"],
        "accepted": 0,
        "failed": 0,
        "problem": problem,
    }
    assert found["channel", "mail"]["due_since"] is not None
    assert found["channel", "spare"]["due_since"] is None
    assert "desk@example.org" not in out


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('kind = "email"', 'kind = "pigeon"', "channels.mail: kind: expected one of email, "),
        ('channel = "mail"', 'channel = "post"', "subscribers.desk: channel: expected the name"),
        ("desk@", "no mailbox ", "subscribers.desk: address: expected "),
    ],
)
def test_settings_that_cannot_be_used_are_told_after_the_rest(
    folder: Path, capsys: Capture, old: str, new: str, told: str
) -> None:
    add_settings(folder, MAIL.replace(old, new, 1))
    assert run(["alert", "status"]) == ExitCode.FAILED
    out, err = capsys.readouterr()
    assert out.startswith("0 alerts undecided\n")
    assert told in err
    assert len(err.splitlines()) == 1
