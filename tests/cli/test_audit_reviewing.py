"""`fairplate audit sample` and `review`: searches that are looked at again."""

import json
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.cli.audit_parts import (
    OFFICER,
    SEARCH,
    Witness,
    publish_with_witness,
    search,
    starting_witnesses,
)
from tests.deployments import ACTOR, make_deployment, now

from fairplate.audit.events import read_event
from fairplate.audit.reviews import REVIEW_TIME
from fairplate.audit.stored_tree import read_entries
from fairplate.audit.words import Finding
from fairplate.cli.audit.reviewing import FINDINGS
from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.main import run
from fairplate.wiring import opened_deployment

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FAIRPLATE_DATA", str(tmp_path / "data"))
    at = now() - timedelta(days=40)
    return make_deployment(request, "sqlite", tmp_path / "data", at=at)


@pytest.fixture
def witness(folder: Path, tmp_path: Path) -> Iterator[Witness]:
    with starting_witnesses(folder, tmp_path) as start:
        yield start


def draw(folder: Path, witness: Witness, *, days_ago: int, asked_by: str = OFFICER) -> datetime:
    """Search, and draw from a checkpoint that was witnessed so many days ago; return when."""
    at = now() - timedelta(days=days_ago)
    search(folder, asked_by=asked_by, at=at)
    publish_with_witness(folder, witness, at)
    return at


def sample(capsys: Capture, *arguments: str) -> list[dict[str, object]]:
    capsys.readouterr()
    assert run(["audit", "sample", "--json", *arguments]) == ExitCode.DONE
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.usefixtures("folder")
def test_before_anything_was_drawn(capsys: Capture) -> None:
    assert run(["audit", "sample"]) == ExitCode.DONE
    assert capsys.readouterr().out == "no search has been picked\n"
    assert sample(capsys) == []


def test_a_search_that_was_picked_is_listed(
    folder: Path, witness: Witness, capsys: Capture
) -> None:
    at = draw(folder, witness, days_ago=5)
    (picked,) = sample(capsys)
    due = at + REVIEW_TIME
    assert picked == {
        "event": SEARCH,
        "month": f"{at:%Y-%m}",
        "due_at": f"{due:%Y-%m-%dT%H:%M:%S}Z",
        "done_at": None,
        "state": "open",
    }
    assert sample(capsys, "--month", f"{at:%Y-%m}") == [picked]
    assert sample(capsys, "--month", "2020-01") == []
    assert run(["audit", "sample"]) == ExitCode.DONE
    head, row = capsys.readouterr().out.splitlines()
    assert head.split() == ["EVENT", "MONTH", "DUE", "STATE"]
    assert row.split() == [str(SEARCH), picked["month"], picked["due_at"], "open"]


@pytest.mark.parametrize("finding", list(Finding))
def test_a_review_is_put_on_record(
    folder: Path, witness: Witness, capsys: Capture, finding: Finding
) -> None:
    draw(folder, witness, days_ago=5)
    asked = ["audit", "review", str(SEARCH), "--finding", finding.value, "--note", "no reference"]
    capsys.readouterr()
    assert run(asked) == ExitCode.DONE
    assert capsys.readouterr().out == f"event {SEARCH}: reviewed, {finding}\n"
    (picked,) = sample(capsys)
    assert picked["state"] == "done"
    assert str(picked["done_at"]) >= f"{now() - timedelta(days=1):%Y-%m-%d}"
    run(["audit", "publish"])  # the witness's clock is behind, which is told
    with (
        opened_deployment(folder, actor=ACTOR) as deployment,
        deployment.database.reading() as connection,
    ):
        last = read_entries(connection, deployment.log_status().size - 1, 1)[0]
    event = read_event(last)
    assert (event.type, event.actor) == ("review.done", f"cli:{os.getuid()}")
    assert event.public == {"search": SEARCH, "finding": finding}
    assert b"reference" not in last
    assert run(asked) == ExitCode.FAILED
    assert "found one that is reviewed already" in capsys.readouterr().err


def test_whoever_took_part_may_not_review(folder: Path, witness: Witness, capsys: Capture) -> None:
    draw(folder, witness, days_ago=5, asked_by=f"cli:{os.getuid()}")
    refused = run(["audit", "review", str(SEARCH), "--finding", "in-order"])
    assert refused == ExitCode.REFUSED_BY_POLICY
    (line,) = capsys.readouterr().err.splitlines()
    assert "expected somebody who took no part in the search" in line
    assert [each["state"] for each in sample(capsys)] == ["open"]


def test_an_event_that_was_not_picked_is_not_reviewed(
    folder: Path, witness: Witness, capsys: Capture
) -> None:
    draw(folder, witness, days_ago=5)
    assert run(["audit", "review", "0", "--finding", "in-order"]) == ExitCode.FAILED
    assert "found one that was not picked" in capsys.readouterr().err


def test_a_review_that_is_late_is_told_everywhere(
    folder: Path, witness: Witness, capsys: Capture
) -> None:
    draw(folder, witness, days_ago=31)
    assert [each["state"] for each in sample(capsys)] == ["overdue"]
    assert run(["audit", "status"]) == ExitCode.DONE
    assert "reviews overdue 1\n" in capsys.readouterr().out
    assert run(["doctor"]) == ExitCode.FAILED
    told = capsys.readouterr().out
    assert "reviews: expected all within 30 days, found 1 overdue" in told
    assert run(["audit", "review", str(SEARCH), "--finding", "in-order"]) == ExitCode.DONE
    capsys.readouterr()
    run(["doctor"])
    assert "reviews:" not in capsys.readouterr().out


def test_the_findings_of_the_command_are_those_of_the_log() -> None:
    assert list(FINDINGS) == [finding.value for finding in Finding]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("sample --month 2026-13", "--month: expected one such as 2026-11, found '2026-13'"),
        ("sample --month november", "--month: expected one such as 2026-11"),
        ("review 1", "Missing option '--finding'"),
        ("review 1 --finding good", "'good' is not one of 'in-order', 'questioned'"),
        ("review x --finding in-order", "'x' is not a valid integer range"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_wrong_use_is_one_line(capsys: Capture, arguments: str, told: str) -> None:
    assert run(["audit", *arguments.split()]) == ExitCode.WRONG_USE
    (line,) = capsys.readouterr().err.splitlines()
    assert told in line
