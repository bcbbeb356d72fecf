"""`fairplate user list`: everybody who was ever invited. Parses and prints."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fairplate.cli.deployment_folder import data_option, opened
from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.listing import print_json_line, print_table
from fairplate.core.clock import spell_moment

if TYPE_CHECKING:
    from fairplate.deployment.people import Person

_COLUMNS = ("id", "name", "role", "state", "since")


@click.command(name="list", short_help="List who may come in.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON Lines; docs/sign-in.md tells the fields."
)
@data_option
def list_command(*, as_json: bool, folder: Path) -> ExitCode:
    """List everybody who was ever invited. Ids stand in the audit log, names do not."""
    with opened(folder) as deployment:
        people = deployment.people.all()
    if as_json:
        for each in people:
            print_json_line(_fields(each))
    elif people:
        print_table(_COLUMNS, map(_row, people), sys.stdout)
    else:
        click.echo("nobody may come in yet: fairplate user invite NAME --role ROLE")
    return ExitCode.DONE


def _fields(each: "Person") -> dict[str, object]:
    return {
        "id": each.id,
        "name": each.name,
        "address": each.address,
        "role": each.role.value,
        "state": each.state,
        "invited_at": spell_moment(each.invited_at),
        "joined_at": spell_moment(each.joined_at),
        "disabled_at": spell_moment(each.disabled_at),
    }


def _row(each: "Person") -> tuple[str, ...]:
    since = spell_moment(each.disabled_at or each.joined_at or each.invited_at) or ""
    return each.id, each.name, each.role.value, each.state, since
