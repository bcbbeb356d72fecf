"""`fairplate user invite`: a link by which somebody comes in. Parses and prints."""

from pathlib import Path

import click

from fairplate.audit.words import Role
from fairplate.cli.deployment_folder import data_option, opened
from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.listing import print_json_line
from fairplate.cli.user.invite_text import invite_lines, link_of
from fairplate.cli.user.roles import ROLE
from fairplate.core.clock import spell_moment


@click.command(short_help="Make a link by which somebody comes in, once.")
@click.argument("name", required=False, metavar="NAME")
@click.option("--role", type=ROLE, help="What they may do.")
@click.option("--address", default="", metavar="TEXT", help="Where the link goes; for the log.")
@click.option(
    "--again", metavar="ID", help="Invite somebody again who lost the link or all passkeys."
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON Lines; docs/sign-in.md tells the fields."
)
@data_option
def invite(
    *,
    name: str | None,
    role: str | None,
    address: str,
    again: str | None,
    as_json: bool,
    folder: Path,
) -> ExitCode:
    """Invite NAME with a role, and print the link: once, here. Hand it to nobody else.

    The link is good for 72 hours. Taking one that was made with --again ends the passkeys,
    sessions and tokens of before; it also lets a disabled person in again.
    """
    is_new = name is not None and role is not None
    if is_new is (again is not None) or (again is not None and (name or role or address)):
        raise click.UsageError("give NAME and --role, or --again ID alone")
    with opened(folder) as deployment:
        people = deployment.people
        if name is not None and role is not None:
            made = people.invite(name, address, Role(role))
        else:
            made = people.invite_again(again or "")
        if as_json:
            ends_at = spell_moment(made.ends_at)
            link = link_of(deployment, made)
            print_json_line({"id": made.person_id, "link": link, "ends_at": ends_at})
        else:
            for line in invite_lines(deployment, made):
                click.echo(line)
    return ExitCode.DONE
