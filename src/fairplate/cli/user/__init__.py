"""`fairplate user`: who may use the deployment over the network, and as what."""

import click

from fairplate.cli.user.inviting import invite
from fairplate.cli.user.looking import list_command
from fairplate.cli.user.standing import disable, role


@click.group(short_help="Say who may come in, and as what.")
def user() -> None:
    """Invite, list and disable people, and change their roles.

    A person has one role: nobody both asks and approves. Whoever may run this command can let
    anybody in; the audit log tells that it was done here.
    """


for command in (invite, list_command, role, disable):
    user.add_command(command)
