"""`fairplate alert status`, `suspend` and `lift`: wrong alerts, what waits, what is stopped."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fairplate.cli.alert.looking import JSON_HELP
from fairplate.cli.alert.standing_text import (
    BACKLOG_COLUMNS,
    HELD_COLUMNS,
    STANDING_COLUMNS,
    backlog_row,
    head_lines,
    held_rows,
    problem_lines,
    standing_row,
    status_fields,
    suspension_lines,
)
from fairplate.cli.deployment_folder import data_option, opened
from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.listing import print_json_line, print_table
from fairplate.cli.terminal_text import printable
from fairplate.core.errors import FairplateError, InputError

if TYPE_CHECKING:
    from fairplate.wiring import Deployment

# As fairplate.audit.words.Suspended, which is not loaded to parse a command; a test compares them.
KINDS = ("list", "reader")

_KIND = click.argument("kind", type=click.Choice(KINDS), metavar="list|reader")
_ID = click.argument("of", metavar="ID")


@click.command(short_help="Show how often alerts were wrong, and which messages wait.")
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
@data_option
def status(*, as_json: bool, folder: Path) -> ExitCode:
    """Show how alerts stand.

    What waits for a decision, how often the alerts of each list and reader were wrong, what is
    suspended, what the gate held back and why, and which messages wait or were given up.

    Exit codes: 0 done, 1 the settings of channels or subscribers cannot be used.
    """
    from fairplate.wiring import read_alerting_status  # noqa: PLC0415 - see deployment_folder.py

    with opened(folder) as deployment:
        found = read_alerting_status(deployment.alerting)
        held_back = deployment.alerts.held_back()
        now = deployment.now()
        problem = _find_problem(deployment)
    if as_json:
        for fields in status_fields(found, held_back):
            print_json_line(fields)
    else:
        for line in head_lines(found, now):
            click.echo(line)
        _print_table(STANDING_COLUMNS, map(standing_row, found.standings))
        for line in suspension_lines(found):
            click.echo(line)
        _print_table(HELD_COLUMNS, held_rows(held_back))
        _print_table(BACKLOG_COLUMNS, map(backlog_row, found.backlogs))
        for line in problem_lines(found):
            click.echo(printable(line))
    if problem is not None:
        click.echo(f"fairplate: {printable(str(problem))}", err=True)
        return ExitCode.FAILED
    return ExitCode.DONE


@click.command(short_help="Let a list or reader raise no alerts.")
@_KIND
@_ID
@click.option("--note", required=True, metavar="TEXT", help="Why; sealed.")
@data_option
def suspend(*, kind: str, of: str, note: str, folder: Path) -> ExitCode:
    """Let the list or reader ID raise no alerts until somebody lifts that.

    Its matches are counted as held back.
    """
    from fairplate.audit.words import Suspended  # noqa: PLC0415 - see deployment_folder.py

    with opened(folder) as deployment:
        is_news = deployment.alerts.suspend(Suspended(kind), of, note)
    already = "" if is_news else "already "
    click.echo(f"{kind} {printable(of)} is {already}suspended and raises no alerts")
    return ExitCode.DONE


@click.command(short_help="Let a suspended list or reader raise alerts again.")
@_KIND
@_ID
@click.option("--note", required=True, metavar="TEXT", help="Why it may; sealed.")
@data_option
def lift(*, kind: str, of: str, note: str, folder: Path) -> ExitCode:
    """Let the suspended list or reader ID raise alerts again.

    What was decided before counts no more: it begins with a clean record.
    """
    from fairplate.audit.words import Suspended  # noqa: PLC0415 - see deployment_folder.py

    with opened(folder) as deployment:
        deployment.alerts.lift(Suspended(kind), of, note)
    click.echo(f"{kind} {printable(of)} raises alerts again")
    return ExitCode.DONE


def _print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table apart from what stands above it, and nothing where it is empty."""
    known = list(rows)
    if known:
        click.echo()
        print_table(columns, known, sys.stdout)


def _find_problem(deployment: "Deployment") -> FairplateError | None:
    """Return why the channels or subscribers of the settings cannot be used."""
    try:
        deployment.alerting.subscribers()
        for channel in deployment.alerting.channels().values():
            channel.close()
    except InputError as error:
        return error
    return None
