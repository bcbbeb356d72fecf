"""`fairplate user`: inviting, listing, other roles, disabling; and the invite of `init`."""

import json
import re
from pathlib import Path

import pytest
from tests.deployments import make_deployment

from fairplate.audit.words import Role
from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.main import run
from fairplate.deployment.invites import take_invite
from fairplate.wiring import opened_deployment

Capture = pytest.CaptureFixture[str]
LINK = re.compile(r"http://localhost:8750/invite#(fpi1_[A-Za-z0-9_-]{43})")


@pytest.fixture
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FAIRPLATE_DATA", str(tmp_path / "data"))
    return make_deployment(request, "sqlite", tmp_path / "data")


def user(*arguments: str) -> int:
    return run(["user", *arguments])


def take(folder: Path, secret: str) -> str:
    with opened_deployment(folder, actor="system") as deployment:
        people = deployment.people
        with people.database.transaction() as connection:
            return take_invite(connection, people.recorder, people.key, secret).id


def listed(capsys: Capture) -> list[dict[str, str]]:
    capsys.readouterr()
    assert user("list", "--json") == ExitCode.DONE
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_somebody_is_invited_listed_changed_and_disabled(folder: Path, capsys: Capture) -> None:
    assert user("list") == ExitCode.DONE
    assert capsys.readouterr().out.startswith("nobody may come in yet")
    assert user("invite", "Ada Ranger", "--role", "operator", "--address", "a@b") == ExitCode.DONE
    link, until = capsys.readouterr().out.splitlines()
    found = LINK.fullmatch(link)
    assert found is not None
    assert until.startswith("works once, until 20")
    (ada,) = listed(capsys)
    assert list(ada) == [
        "id", "name", "address", "role", "state", "invited_at", "joined_at", "disabled_at",
    ]  # fmt: skip
    assert (ada["name"], ada["address"], ada["state"]) == ("Ada Ranger", "a@b", "invited")
    assert take(folder, found[1]) == ada["id"]
    assert user("role", ada["id"], "approver") == ExitCode.DONE
    assert capsys.readouterr().out == f"{ada['id']} is approver from now on\n"
    assert user("list") == ExitCode.DONE
    head, row = capsys.readouterr().out.splitlines()
    assert head.split() == ["id", "name", "role", "state", "since"]
    assert re.match(rf"{ada['id']}  Ada Ranger  approver  joined  20", row)
    assert user("disable", ada["id"]) == ExitCode.DONE
    assert listed(capsys)[0]["state"] == "disabled"
    assert user("invite", "--again", ada["id"], "--json") == ExitCode.DONE
    again = json.loads(capsys.readouterr().out)
    assert again["id"] == ada["id"]
    assert LINK.fullmatch(again["link"])
    assert listed(capsys)[0]["state"] == "joined"


def test_the_last_administrator_stays(folder: Path, capsys: Capture) -> None:
    user("invite", "Ada", "--role", "administrator", "--json")
    made = json.loads(capsys.readouterr().out)
    take(folder, made["link"].partition("#")[2])
    assert user("disable", made["id"]) == ExitCode.REFUSED_BY_POLICY
    assert user("role", made["id"], "operator") == ExitCode.REFUSED_BY_POLICY
    assert "another administrator" in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "arguments",
    [
        ["invite"],
        ["invite", "Ada"],
        ["invite", "--role", "operator"],
        ["invite", "Ada", "--role", "officer"],
        ["invite", "Ada", "--role", "reader"],
        ["invite", "Ada", "--role", "operator", "--again", "user:1"],
        ["invite", "--again", "user:1", "--address", "x"],
        ["role", "user:1"],
        ["role", "user:1", "king"],
    ],
)
def test_wrong_use(arguments: list[str]) -> None:
    assert user(*arguments) == ExitCode.WRONG_USE


@pytest.mark.usefixtures("folder")
def test_nobody_of_that_id(capsys: Capture) -> None:
    for arguments in (["disable", "user:0"], ["role", "x", "auditor"], ["invite", "--again", "x"]):
        assert user(*arguments) == ExitCode.FAILED
    assert user("invite", "Ada\nRanger", "--role", "operator") == ExitCode.FAILED
    assert "Ranger" not in capsys.readouterr().err


def test_init_invites_the_first_administrator_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    folder = tmp_path / "data"
    monkeypatch.setenv("FAIRPLATE_DATA", str(folder))
    assert run(["init"]) == ExitCode.DONE
    out = capsys.readouterr().out
    found = LINK.search(out)
    assert found is not None
    assert "to become administrator:" in out
    (first,) = listed(capsys)
    assert (first["role"], first["state"]) == (Role.ADMINISTRATOR, "invited")
    assert take(folder, found[1]) == first["id"]
    assert run(["init"]) == ExitCode.FAILED
    assert "invite#" not in capsys.readouterr().out
    # No file of the deployment holds the link's secret.
    for path in folder.rglob("*"):
        assert not path.is_file() or found[1].encode() not in path.read_bytes()
