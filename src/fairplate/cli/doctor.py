"""`fairplate doctor`: whether a deployment keeps its promises.

Parses and prints; what is checked is decided in `wiring/health.py`.
"""

from pathlib import Path

import click

from fairplate.cli.deployment_folder import data_option
from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.listing import print_json_line
from fairplate.cli.terminal_text import printable

MEANINGS = {
    "places": "keyring and key file lie outside of what is backed up with the database",
    "database": "it can be used, and its tables are of this version",
    "keyring": "it can be used, and nobody else may use it",
    "policy": "one is in force",
    "keys": "all whole, none past its time; keyring and database know the same ones",
    "rows": "those of destroyed keys are gone; none was found altered",
    "log": "its keys can be used; events are published, and witnessed, in time",
    "lists": "none is stale or damaged; neither a list nor a reader is suspended",
    "outbox": "channels can be used; each list has a subscriber; messages are accepted in time",
    "clocks": "not set back; the database server's agrees",
}
"""What it means that a check found nothing."""


@click.command(short_help="Check that a deployment keeps its promises.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print one line of JSON; docs/keys.md tells the fields."
)
@data_option
def doctor(*, as_json: bool, folder: Path) -> ExitCode:
    """Check that keys end in their time, lie outside of backups, and that clocks agree.

    Prints one line for each thing that is wrong; docs/keys.md says what to do about each. Exit
    codes: 0 everything is as it should be, 1 something is not.
    """
    from fairplate.wiring import check_deployment  # noqa: PLC0415 - see deployment_folder.py

    found = check_deployment(folder)
    if as_json:
        print_json_line(
            {
                "well": not found.problems,
                "problems": found.problems,
                "checked": list(found.checked),
                "unchecked": list(found.unchecked),
            }
        )
        return ExitCode.FAILED if found.problems else ExitCode.DONE
    for problem in found.problems:
        click.echo(printable(problem))
    if found.unchecked:
        click.echo(f"could not be checked: {', '.join(found.unchecked)}")
    if found.problems:
        return ExitCode.FAILED
    click.echo("everything is as it should be:")
    for check in found.checked:
        click.echo(f"  {check}: {MEANINGS[check]}")
    return ExitCode.DONE
