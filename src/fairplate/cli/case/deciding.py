"""`fairplate case approve`, `refuse` and `close`."""

from pathlib import Path

import click

from fairplate.cli.deployment_folder import acting_user, data_option, opened
from fairplate.cli.exit_codes import ExitCode
from fairplate.core.clock import spell_moment

CASE_ID = click.argument("case_id", metavar="ID")


@click.command(short_help="Say yes to somebody else's case.")
@CASE_ID
@click.option("--note", default="", metavar="TEXT", help="What else there is to say; sealed.")
@data_option
def approve(*, case_id: str, note: str, folder: Path) -> ExitCode:
    """Say yes to the case ID, which somebody else opened. `case show` tells all it asks for.

    An approval ends after seven days, and with the case at the latest.
    """
    with opened(folder) as deployment:
        case = deployment.cases.approve(case_id, person=acting_user(), note=note)
        now = deployment.now()
    until = spell_moment(case.votes[-1].expires_at)
    click.echo(f"{case.id}: {case.state(now).value}; your approval ends at {until}")
    return ExitCode.DONE


@click.command(short_help="Say no to somebody else's case.")
@CASE_ID
@click.option("--note", required=True, metavar="TEXT", help="Why; sealed.")
@data_option
def refuse(*, case_id: str, note: str, folder: Path) -> ExitCode:
    """Say no to the case ID, which somebody else opened. One no is enough, and it stands."""
    with opened(folder) as deployment:
        case = deployment.cases.refuse(case_id, person=acting_user(), note=note)
    click.echo(f"{case.id}: refused")
    return ExitCode.DONE


@click.command(short_help="End your own case before its time.")
@CASE_ID
@data_option
def close(*, case_id: str, folder: Path) -> ExitCode:
    """End the case ID, which you opened. It would close by itself when its time is over."""
    with opened(folder) as deployment:
        case = deployment.cases.close(case_id, person=acting_user())
    click.echo(f"{case.id}: closed")
    return ExitCode.DONE
