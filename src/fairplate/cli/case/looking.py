"""`fairplate case list`, `show` and `search`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fairplate.cases.case_fields import asked_fields, case_fields, read_fields
from fairplate.cli.case.deciding import CASE_ID
from fairplate.cli.deployment_folder import acting_user, data_option, opened
from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.listing import print_json_line
from fairplate.cli.terminal_text import printable

if TYPE_CHECKING:
    from fairplate.cases.search import Found

JSON_HELP = "Print JSON Lines; docs/cases.md tells the fields."


@click.command(name="list", short_help="List cases, without plates.")
@click.option("--all", "with_closed", is_flag=True, help="Also those that are closed.")
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
@data_option
def list_(*, with_closed: bool, as_json: bool, folder: Path) -> ExitCode:
    """List the cases that are not closed, the oldest first. No plate is shown."""
    with opened(folder) as deployment:
        found, now = deployment.cases.all(open_only=not with_closed), deployment.now()
    for case in found:
        fields = case_fields(case, now)
        if as_json:
            print_json_line(fields)
        else:
            click.echo("  ".join(str(value) for value in fields.values() if value is not None))
    if not found and not as_json:
        click.echo("no case")
    return ExitCode.DONE


@click.command(short_help="Show everything that a case asks for.")
@CASE_ID
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
@data_option
def show(*, case_id: str, as_json: bool, folder: Path) -> ExitCode:
    """Show the case ID, for whoever is to say yes or no. Its plates are shown."""
    with opened(folder) as deployment:
        case, now = deployment.cases.one(case_id), deployment.now()
    fields = {**case_fields(case, now), **asked_fields(case)}
    if as_json:
        print_json_line(fields)
        return ExitCode.DONE
    for name, value in fields.items():
        text = ", ".join(value) if isinstance(value, list) else str(value)
        click.echo(printable(f"{name:15} {text}"))
    return ExitCode.DONE


@click.command(short_help="Search under your own case, once it is approved.")
@CASE_ID
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
@data_option
def search(*, case_id: str, as_json: bool, folder: Path) -> ExitCode:
    """Show the reads that the case ID reaches. Each search is in the log, with their number.

    Exit codes: 0 done, 1 some reads could not be opened, 3 it may not be searched.
    """
    with opened(folder) as deployment:
        found = deployment.cases.search(case_id, person=acting_user())
    for read in found.reads:
        fields = read_fields(read)
        if as_json:
            print_json_line(fields)
        else:
            click.echo(printable("  ".join(str(value) for value in fields.values())))
    click.echo(f"reads found: {len(found.reads)}", err=as_json)
    return report_problems(found)


def report_problems(found: "Found") -> ExitCode:
    """Tell what a search could not open, and return the code to end with."""
    if not found.complete:
        click.echo("some spellings were left out: there are too many", err=True)
    for problem in found.damaged:
        click.echo(f"fairplate: {printable(str(problem))}", err=True)
    for period in found.lost:
        click.echo(f"fairplate: the key of {period} is lost, and its reads with it", err=True)
    return ExitCode.FAILED if found.damaged or found.lost else ExitCode.DONE
