"""`fairplate user role|disable`: what somebody may do from now on. Parses and prints."""

from pathlib import Path

import click

from fairplate.audit.words import Role
from fairplate.cli.deployment_folder import data_option, opened
from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.terminal_text import printable
from fairplate.cli.user.roles import ROLE


@click.command(short_help="Give somebody another role.")
@click.argument("person_id", metavar="ID")
@click.argument("new_role", type=ROLE, metavar="ROLE")
@data_option
def role(*, person_id: str, new_role: str, folder: Path) -> ExitCode:
    """Give the person ID another role: operator, approver, auditor or administrator.

    Their sessions and tokens end. The last administrator keeps the role.
    """
    with opened(folder) as deployment:
        deployment.people.change_role(person_id, Role(new_role))
    click.echo(f"{printable(person_id)} is {new_role} from now on")
    return ExitCode.DONE


@click.command(short_help="Let somebody in no more.")
@click.argument("person_id", metavar="ID")
@data_option
def disable(*, person_id: str, folder: Path) -> ExitCode:
    """Let the person ID in no more: passkeys, sessions and tokens end at once.

    The last administrator cannot be disabled.
    """
    with opened(folder) as deployment:
        deployment.people.disable(person_id)
    click.echo(f"{printable(person_id)} is disabled")
    return ExitCode.DONE
