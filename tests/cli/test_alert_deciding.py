"""`fairplate alert decide` and `outcome`: told once, on record, and what too many wrong ones do."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.cli.alert_parts import LIST, PLATE, READER, Deploy, pass_by, set_up
from tests.deployments import ACTOR, make_deployment

from fairplate.audit.words import Decision, Outcome
from fairplate.cli.alert.deciding import DECISIONS, OUTCOMES
from fairplate.cli.deployment_folder import acting_user
from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.main import run
from fairplate.policy.alert_figures import LEAST_DECIDED
from fairplate.storage.schema import events
from fairplate.wiring import opened_deployment

Capture = pytest.CaptureFixture[str]
PLATES = tuple(f"ABC{n:02d}XY" for n in range(LEAST_DECIDED))
ROWS = tuple(f"{plate},us-ny,car,stolen-vehicle,{plate[3:5]},,," for plate in PLATES)
WRONG = [one for one in DECISIONS if one != "confirmed"]


@pytest.fixture
def deploy(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Deploy:
    monkeypatch.setenv("FAIRPLATE_DATA", str(tmp_path / "data"))
    return partial(make_deployment, request, "sqlite", tmp_path / "data")


@pytest.fixture
def folder(deploy: Deploy) -> Path:
    made = deploy()
    set_up(made)
    return made


@pytest.fixture
def alert_id(folder: Path) -> str:
    (raised,) = pass_by(folder, PLATE)
    return raised


def recorded(folder: Path, kind: str) -> list[dict[str, Any]]:
    """Return the events of a kind."""
    with (
        opened_deployment(folder, actor=ACTOR) as deployment,
        deployment.database.reading() as connection,
    ):
        bodies = connection.execute(sa.select(events.c.body).order_by(events.c.id)).scalars().all()
    return [event for event in map(json.loads, bodies) if event["type"] == kind]


def standing(capsys: Capture, alert_id: str) -> tuple[str, str | None, str | None]:
    capsys.readouterr()
    assert run(["alert", "list", "--all", "--json"]) == ExitCode.DONE
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (one,) = [fields for fields in found if fields["id"] == alert_id]
    return one["state"], one["outcome"], one["decided_by"]


def test_the_words_offered_are_those_there_are() -> None:
    assert list(DECISIONS) == [one for one in Decision if one is not Decision.EXPIRED]
    assert list(OUTCOMES) == list(Outcome)


@pytest.mark.parametrize("decision", DECISIONS)
def test_the_first_decision_counts_and_names_who_made_it(
    folder: Path, capsys: Capture, alert_id: str, decision: str
) -> None:
    assert run(["alert", "decide", alert_id, decision, "--note", "I looked"]) == ExitCode.DONE
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"alert {alert_id}: {decision}"
    next_step = [
        f"when it is known what came of it ({', '.join(OUTCOMES)}):",
        f"    fairplate alert outcome {alert_id} OUTCOME",
    ]
    assert lines[1:] == (next_step if decision == "confirmed" else [])
    assert max(map(len, lines)) <= 80
    (event,) = recorded(folder, "alert.decided")
    assert event["actor"] == acting_user()
    assert event["public"] == {"alert": alert_id, "decision": decision}
    for other in DECISIONS:
        assert run(["alert", "decide", alert_id, other]) == ExitCode.FAILED
        told = f"expected an undecided alert, found {decision}, by {acting_user()}"
        assert capsys.readouterr().err == f"fairplate: alert: state: {told}\n"
    assert standing(capsys, alert_id) == (decision, None, acting_user())
    assert recorded(folder, "alert.decided") == [event]


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_an_outcome_is_told_once(
    folder: Path, capsys: Capture, alert_id: str, outcome: str
) -> None:
    assert run(["alert", "decide", alert_id, "confirmed"]) == ExitCode.DONE
    capsys.readouterr()
    assert run(["alert", "outcome", alert_id, outcome]) == ExitCode.DONE
    assert capsys.readouterr().out == f"alert {alert_id}: {outcome}\n"
    for other in OUTCOMES:
        assert run(["alert", "outcome", alert_id, other]) == ExitCode.FAILED
        assert f"outcome: expected none before, found {outcome}" in capsys.readouterr().err
    assert standing(capsys, alert_id) == ("confirmed", outcome, acting_user())
    assert len(recorded(folder, "alert.outcome")) == 1
    assert run(["alert", "show", alert_id]) == ExitCode.DONE
    assert f"state    confirmed, {outcome}; decided 20" in capsys.readouterr().out


@pytest.mark.parametrize("decision", [None, *WRONG])
def test_only_a_confirmed_alert_has_an_outcome(
    capsys: Capture, alert_id: str, decision: str | None
) -> None:
    if decision is not None:
        assert run(["alert", "decide", alert_id, decision]) == ExitCode.DONE
    capsys.readouterr()
    assert run(["alert", "outcome", alert_id, "found"]) == ExitCode.FAILED
    found = decision or "unconfirmed"
    assert f"state: expected a confirmed alert, found {found}\n" in capsys.readouterr().err


@pytest.mark.parametrize("words", [("decide", "expired"), ("decide", "found"), ("outcome", "yes")])
def test_other_words_are_wrong_use(alert_id: str, capsys: Capture, words: tuple[str, str]) -> None:
    command, word = words
    assert run(["alert", command, alert_id, word]) == ExitCode.WRONG_USE
    assert standing(capsys, alert_id)[0] == "unconfirmed"


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("words", [("decide", "confirmed"), ("outcome", "found")])
@pytest.mark.parametrize("unknown", ["al-00", "\udcff"])
def test_an_alert_that_was_not_raised_is_told(
    capsys: Capture, words: tuple[str, str], unknown: str
) -> None:
    command, word = words
    assert run(["alert", command, unknown, word]) == ExitCode.FAILED
    told = "alert: id: expected one that was raised, found none of that id"
    assert capsys.readouterr().err == f"fairplate: {told}\n"


def test_a_note_that_no_event_takes_decides_nothing(
    folder: Path, capsys: Capture, alert_id: str
) -> None:
    assert (
        run(["alert", "decide", alert_id, "confirmed", "--note", "half \udcff"]) == ExitCode.FAILED
    )
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert standing(capsys, alert_id)[0] == "unconfirmed"
    assert recorded(folder, "alert.decided") == []


@pytest.mark.parametrize(
    ("decision", "stopped"),
    [("wrong-plate", {"list", "reader"}), ("stale-entry", {"list"})],
)
def test_too_many_wrong_ones_suspend_and_it_is_said(
    deploy: Deploy, capsys: Capture, decision: str, stopped: set[str]
) -> None:
    folder = deploy()
    set_up(folder, *ROWS)
    raised = pass_by(folder, *PLATES)
    assert len(raised) == LEAST_DECIDED
    for number, alert_id in enumerate(raised, start=1):
        capsys.readouterr()
        wrong = number > LEAST_DECIDED - 3  # 3 of 10 is past 20 %, and so few say nothing before
        assert run(["alert", "decide", alert_id, decision if wrong else "confirmed"]) == 0
        told = capsys.readouterr().out.splitlines()[1:]
        if number < LEAST_DECIDED:
            assert not any("suspended" in line for line in told)
    names = {"list": LIST, "reader": READER}
    assert told == [
        f"{kind} {names[kind]} is suspended and raises no alerts: "
        f"fairplate alert lift {kind} {names[kind]} --note TEXT"
        for kind in ("list", "reader")
        if kind in stopped
    ]
    reasons = [event["public"] for event in recorded(folder, "alerting.suspended")]
    assert {event["what"] for event in reasons} == stopped
    assert {event["reason"] for event in reasons} == {"wrong-alert-rate"}
    assert pass_by(folder, "ABC00XY") == []


def test_a_mistaken_stop_counts_as_wrong(deploy: Deploy, capsys: Capture) -> None:
    folder = deploy()
    set_up(folder, *ROWS)
    for alert_id in pass_by(folder, *PLATES):
        assert run(["alert", "decide", alert_id, "confirmed"]) == ExitCode.DONE
        assert run(["alert", "outcome", alert_id, "mistaken"]) == ExitCode.DONE
    out = capsys.readouterr().out
    assert f"list {LIST} is suspended and raises no alerts" in out
