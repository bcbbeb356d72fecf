"""docs/audit-commands.md tells the commands, fields and figures there are."""

import re
import shlex
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from fairplate.audit.checkpoints import LONGEST_WAIT
from fairplate.audit.reviews import REVIEW_TIME, Review
from fairplate.audit.rounds import PATIENCE, Round
from fairplate.audit.status import LONGEST_UNPUBLISHED, LONGEST_UNWITNESSED, LogStatus
from fairplate.audit.words import Finding
from fairplate.cli.audit import audit
from fairplate.cli.audit.publishing import round_fields, status_fields
from fairplate.cli.audit.reviewing import review_fields
from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.main import HELP_OPTIONS
from fairplate.settings import FILE_NAME, compose_settings, parse_settings
from fairplate.verify.sampling import LEAST_PICKS, SHARE
from fairplate.worker import PUBLISHED_EVERY

PAGE = (Path(__file__).parents[2] / "docs" / "audit-commands.md").read_text(encoding="utf-8")
FLOWING = " ".join(PAGE.split())
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
KINDS = {"integer": int, "string": str, "boolean": bool, "array": list, "null": type(None)}


def table(before: str, head: str) -> dict[str, str]:
    """Return the first and second cells of the first table that begins with `head` there."""
    rows = PAGE.split(before, 1)[1].split(f"| {head} |", 1)[1].split("\n\n")[0].splitlines()[2:]
    cells = ([cell.strip() for cell in row.split("|")[1:3]] for row in rows)
    return {first.strip("`"): second for first, second in cells}


def require(told: dict[str, str], fields: dict[str, object]) -> None:
    """Require the same fields in the same order, each of a kind that is told."""
    assert list(told) == list(fields)
    for name, kinds in told.items():
        known = tuple(KINDS[kind.split()[0]] for kind in kinds.split(" or "))
        assert type(fields[name]) in known, name


def commands(group: click.Group, name: str) -> list[str]:
    found = []
    for child, command in group.commands.items():
        path = f"{name} {child}"
        found += commands(command, path) if isinstance(command, click.Group) else [path]
    return found


def test_every_command_is_told_in_order() -> None:
    told = table("# Running", "Command")
    assert [re.sub(r" [A-Z]+$", "", name) for name in told] == commands(audit, "fairplate audit")


def test_the_fields_are_those_printed() -> None:
    status = LogStatus("o", "k", 0, 0, None, None, None, None, None, (), 0, 0)
    require(table("`status --json`", "Field"), status_fields(status))
    require(table("`publish --json`", "Field"), round_fields(Round(3)))
    require(
        table("`sample --json`", "Field"), review_fields(Review(3, "2026-11", NOON, None), NOON)
    )


def test_the_states_and_findings_are_those_there_are() -> None:
    kinds = {
        "open": Review(3, "2026-11", NOON + timedelta(seconds=1), None),
        "done": Review(3, "2026-11", NOON, NOON),
        "overdue": Review(3, "2026-11", NOON, None),
    }
    for state, review in kinds.items():
        assert review_fields(review, NOON)["state"] == state
    assert "`open`, `done` or `overdue`" in PAGE
    for finding in Finding:
        assert f"--finding {finding.value}`" in PAGE


def test_the_exit_codes_are_those_there_are() -> None:
    assert list(table("# Running", "Exit code")) == [str(code.value) for code in ExitCode]


def test_the_figures_are_those_in_force() -> None:
    minute = timedelta(minutes=1)
    assert f"a round every {PUBLISHED_EVERY.seconds} seconds" in FLOWING
    assert f"the witnesses {PATIENCE.seconds} seconds to answer" in FLOWING
    assert f"for more than {LONGEST_UNPUBLISHED // minute} minutes" in FLOWING
    assert timedelta(days=1) == LONGEST_UNWITNESSED
    assert 50 * minute < LONGEST_WAIT < 60 * minute  # "nearly an hour"
    assert f"one in {SHARE} is picked, at least {LEAST_PICKS}, or all" in FLOWING
    assert f"{REVIEW_TIME.days} days after the drawing" in FLOWING


def test_the_commands_shown_are_commands() -> None:
    shown = [line for line in PAGE.splitlines() if line.startswith("fairplate audit ")]
    assert len(shown) == 2
    for line in shown:
        name, *arguments = shlex.split(line)[2:]
        group = audit.commands[name]
        assert isinstance(group, click.Group)
        command = group.commands[arguments[0]]
        # Not without: click keeps what it once made of it, and the reference shows it.
        command.make_context(arguments[0], arguments[1:], help_option_names=HELP_OPTIONS)


def test_the_settings_shown_are_settings() -> None:
    (example,) = re.findall(r"^```toml\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)
    before, _, after = compose_settings().partition("[log]\n")
    document = f"{before}{example}"
    assert tomllib.loads(document)["log"].keys() < tomllib.loads(f"[log]\n{after}")["log"].keys()
    settings = parse_settings(document, folder=Path("/srv/fairplate"), where=FILE_NAME)
    assert f"alias {settings.log_directory}/;" in PAGE
