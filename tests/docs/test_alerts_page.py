"""docs/alerts.md tells the reasons, states, commands, fields and figures there are."""

import re
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from tests.alerts.messages import illustrated

from fairplate.alerts import decisions, outbox, retries
from fairplate.alerts.backlog import Backlog
from fairplate.alerts.decisions import UNCONFIRMED, KeptAlert
from fairplate.alerts.gate import GateHold
from fairplate.alerts.ledger import LAST_DECIDED, Record
from fairplate.alerts.wording import NOT_TO_CONCLUDE
from fairplate.audit.words import Decision, Outcome, Suspended, SuspendReason
from fairplate.cli.alert import alert
from fairplate.cli.alert.alert_text import alert_fields, show_fields
from fairplate.cli.alert.standing_text import status_fields
from fairplate.cli.main import HELP_OPTIONS
from fairplate.hotlists.match import MatchHold
from fairplate.policy.alert_figures import LEAST_DECIDED, QUIET_PURPOSES, TwoLooks
from fairplate.wiring import AlertingStatus
from fairplate.wiring.alert_standing import Standing

PAGE = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text(encoding="utf-8")
FLOWING = " ".join(PAGE.split())
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
KINDS = {
    "integer": int,
    "number": float,
    "string": str,
    "array": list,
    "object": dict,
    "null": type(None),
}
ALERT = KeptAlert(
    id="al-1",
    list_id="town",
    reader_id="gate",
    purpose="stolen-vehicle",
    chance=0.5,
    raised_at=NOON,
    ends_at=NOON,
    record_id=None,
    repeats=0,
    state="confirmed",
    decided_at=NOON,
    decided_by="cli:1",
    outcome="found",
)


def tables(head: str) -> list[dict[str, str]]:
    """Return the first and second cells of each table that begins with `head`."""
    found = []
    for part in PAGE.split(f"| {head} |")[1:]:
        rows = part.split("\n\n")[0].splitlines()[2:]
        cells = ([cell.strip() for cell in row.split("|")[1:3]] for row in rows)
        found.append({first.strip("`"): second for first, second in cells})
    return found


def require(told: dict[str, str], fields: dict[str, object]) -> None:
    """Require the same fields in the same order, each of a kind that is told."""
    assert list(told) == list(fields)
    for name, kinds in told.items():
        known = tuple(KINDS[kind.split()[0]] for kind in kinds.split(" or ") if kind[0] != "`")
        assert not known or type(fields[name]) in known, name


def test_the_reasons_states_and_outcomes_are_those_there_are() -> None:
    assert list(tables("Reason")[0]) == [*MatchHold, *GateHold]
    assert list(tables("State")[0]) == [UNCONFIRMED, *Decision]
    assert list(tables("Outcome")[0]) == list(Outcome)
    assert list(tables("`two_looks`")[0]) == list(TwoLooks)
    assert " or ".join(f"`{reason}`" for reason in SuspendReason) in PAGE


def test_the_fields_are_those_printed() -> None:
    of_list, of_show, *of_status = tables("Field")
    fields = alert_fields(ALERT)
    require(of_list, fields)
    shown = show_fields(ALERT, illustrated(), [Path("crop.jpg")])
    require(of_show, {name: shown[name] for name in shown if name not in fields})
    standing = Standing(what=Suspended.LIST, id="town", record=Record(1, 3), suspension=None)
    backlog = Backlog.empty("mail")
    status = AlertingStatus(
        undecided=1, oldest=NOON, limit=0.2, standings=(standing,), backlogs=(backlog,)
    )
    lines = list(status_fields(status, {("town", "repeat"): 3}))
    assert len(lines) == len(of_status)
    for told, line in zip(of_status, lines, strict=True):
        assert f"`{line['what']}`" in told.pop("what") + PAGE
        require(told, {name: value for name, value in line.items() if name != "what"})


def test_every_command_is_told_in_order() -> None:
    told = list(dict.fromkeys(name.split()[2] for name in tables("Command")[0]))
    assert told == list(alert.commands)


def test_the_commands_shown_are_commands() -> None:
    shown = [line for line in PAGE.splitlines() if line.startswith("$ fairplate alert ")]
    assert len(shown) == 7
    for line in shown:
        name, *arguments = shlex.split(line)[3:]
        # Not without: click keeps what it once made of it, and the reference shows it.
        context = alert.commands[name].make_context(name, arguments, help_option_names=HELP_OPTIONS)
        assert isinstance(context, click.Context)


def test_the_figures_are_those_in_force() -> None:
    seconds = [int(wait.total_seconds()) for wait in retries.WAITS]
    assert seconds == [2, 5, 15, 60, 5 * 60, 15 * 60, 30 * 60, 3600]
    assert "after 2, 5, 15 and 60 seconds, 5, 15 and 30 minutes, then hourly, for a day" in FLOWING
    assert timedelta(days=1) == retries.LONGEST
    assert f"after {outbox.MOST_A_MINUTE} messages in a minute" in FLOWING
    assert f"while {outbox.MOST_WAITING} wait" in FLOWING
    assert f"Alerts are deleted {decisions.KEPT_FOR.days} days after" in FLOWING
    assert f"last {LAST_DECIDED} decided alerts" in FLOWING
    assert f"{LEAST_DECIDED} must have been decided" in FLOWING
    for purpose in QUIET_PURPOSES:
        assert f"`{purpose}`" in PAGE.split("**Quiet hours**")[1].split("- **")[0]


def test_what_not_to_conclude_is_what_every_message_says() -> None:
    section = PAGE.split("## What an alert does not say")[1].split("\n## ")[0]
    assert re.findall(r"^- (.+)$", section, re.MULTILINE) == list(NOT_TO_CONCLUDE)
