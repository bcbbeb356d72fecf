"""`fairplate policy set`: what it puts in force, says about keys, and refuses."""

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.deployments import ACTOR, expire_at, make_deployment, now
from tests.worlds import policy_document

from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.main import run
from fairplate.policy.presets import read_preset
from fairplate.storage.schema import policies
from fairplate.wiring import opened_deployment

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FAIRPLATE_DATA", str(tmp_path / "data"))
    started = now() - timedelta(days=3)
    folder = make_deployment(request, "sqlite", tmp_path / "data", policy_document(), at=started)
    expire_at(folder, started)
    return folder


def in_force(folder: Path) -> tuple[int, str]:
    with opened_deployment(folder, actor=ACTOR) as deployment:
        found = deployment.policy()
        return found.id, found.policy.name


def test_it_says_what_changes_and_which_keys_go(folder: Path, capsys: Capture) -> None:
    assert run(["policy", "set", "strict"]) == ExitCode.DONE
    assert capsys.readouterr().out.splitlines() == [
        "policy strict is in force",
        "  non-hits kept: never (before: 30 days)",
        "  hits kept: until the case ends; without one 24 hours (before: 24 hours)",
        "  4 keys to destroy at the next `keys expire`",
    ]
    assert in_force(folder) == (2, "strict")
    run(["keys", "expire"])
    assert capsys.readouterr().out.count(": destroyed\n") == 4
    assert run(["doctor"]) == ExitCode.DONE


def test_the_policy_in_force_is_not_set_again(folder: Path, capsys: Capture) -> None:
    run(["policy", "set", "strict"])
    run(["keys", "expire"])
    capsys.readouterr()
    assert run(["policy", "set", "strict"]) == ExitCode.DONE
    assert capsys.readouterr().out == "policy strict is in force already\n"
    assert in_force(folder) == (2, "strict")


def test_a_file_with_more_time_keeps_every_key(
    folder: Path, tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "town.toml"
    path.write_text(policy_document("60 days", "1 day", "town"))
    assert run(["policy", "set", str(path)]) == ExitCode.DONE
    # The two hits keys were due before.
    assert capsys.readouterr().out.splitlines() == [
        "policy town is in force",
        "  non-hits kept: 60 days (before: 30 days)",
        "  hits kept: 24 hours",
        "  2 keys to destroy at the next `keys expire`",
    ]
    assert in_force(folder) == (2, "town")


@pytest.mark.parametrize(
    ("document", "code", "told"),
    [
        (None, ExitCode.FAILED, "or a file, found neither"),
        ("name = ", ExitCode.FAILED, "file: expected TOML"),
        (
            read_preset("us-me").replace('"21 days"', '"91 days"', 1),
            ExitCode.REFUSED_BY_POLICY,
            "expected never, or 3 minutes to 90 days",
        ),
    ],
)
def test_what_is_refused_changes_nothing(
    folder: Path, tmp_path: Path, capsys: Capture, *, document: str | None, code: int, told: str
) -> None:
    path = tmp_path / "policy.toml"
    if document is not None:
        path.write_text(document)
    assert run(["policy", "set", str(path)]) == code
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    assert told in line
    assert in_force(folder) == (1, "trial")


def test_it_mends_one_that_was_altered(folder: Path, capsys: Capture) -> None:
    with (
        opened_deployment(folder, actor=ACTOR) as deployment,
        deployment.database.transaction() as connection,
    ):
        connection.execute(sa.update(policies).values(document="name = 1"))
    assert run(["doctor"]) == ExitCode.FAILED
    assert "policy in force: " in capsys.readouterr().out
    assert run(["policy", "set", "us-va"]) == ExitCode.DONE
    assert capsys.readouterr().out.splitlines()[1] == "  non-hits kept: 21 days"
    run(["keys", "expire"])
    assert run(["doctor"]) == ExitCode.DONE


def test_without_a_name_it_is_wrong_use() -> None:
    assert run(["policy", "set"]) == ExitCode.WRONG_USE
