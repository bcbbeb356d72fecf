"""`fairplate reader`: which camera positions and vehicles reads are taken from.

Parses and prints; what a reader is and what its id may be is decided in `deployment/readers.py`.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fairplate.cli.deployment_folder import data_option, opened
from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.listing import print_json_line, print_table
from fairplate.cli.terminal_text import printable
from fairplate.core.clock import spell_moment

if TYPE_CHECKING:
    from fairplate.deployment.readers import EnrolledReader

_COLUMNS = ("id", "name", "enrolled", "state")


@click.group(short_help="Say which readers reads are taken from.")
def reader() -> None:
    """Enrol, list and disable readers: camera positions and vehicles that read plates.

    Reads of a reader that is not enrolled are refused and counted.
    """


@reader.command(short_help="Take reads from a reader from now on.")
@click.argument("reader_id", metavar="ID")
@click.option("--name", required=True, help="What people call it: 1 to 100 characters.")
@data_option
def add(*, reader_id: str, name: str, folder: Path) -> ExitCode:
    """Take reads from the reader ID from now on; one that was disabled is enabled again.

    ID is 1 to 64 of a-z, 0-9 and hyphens inside, a letter among them. Ids are public,
    names are not.
    """
    with opened(folder) as deployment:
        deployment.enrol_reader(reader_id, name)
    click.echo(f"reader {reader_id} is enrolled")
    return ExitCode.DONE


@reader.command(name="list", short_help="List the readers.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON Lines; docs/keys.md tells the fields."
)
@data_option
def list_command(*, as_json: bool, folder: Path) -> ExitCode:
    """List every reader that was ever enrolled, by id."""
    with opened(folder) as deployment:
        readers = deployment.readers()
    if as_json:
        for each in readers:
            print_json_line(_fields(each))
    elif readers:
        print_table(_COLUMNS, map(_row, readers), sys.stdout)
    else:
        click.echo("no reader is enrolled yet: fairplate reader add ID --name TEXT")
    return ExitCode.DONE


@reader.command(short_help="Take no more reads from a reader.")
@click.argument("reader_id", metavar="ID")
@data_option
def disable(*, reader_id: str, folder: Path) -> ExitCode:
    """Take no more reads from the reader ID. What it read stays until its time is over."""
    with opened(folder) as deployment:
        deployment.disable_reader(reader_id)
    click.echo(f"reader {printable(reader_id)} is disabled")
    return ExitCode.DONE


@reader.command(name="key", short_help="Make a key by which a reader sends reads.")
@click.argument("reader_id", metavar="ID")
@click.option(
    "--keep-old", is_flag=True, help="Let the key it has work on until the next one is made."
)
@data_option
def key_command(*, reader_id: str, keep_old: bool, folder: Path) -> ExitCode:
    """Make a key by which the reader ID sends reads to the server, and print it: once, here.

    Its older keys end at once, or with --keep-old when the next key is made. A key lets its
    reader send reads and nothing else.
    """
    with opened(folder) as deployment:
        key = deployment.make_access_key(reader_id, keep_old=keep_old)
    click.echo(key)
    return ExitCode.DONE


def _fields(each: "EnrolledReader") -> dict[str, object]:
    return {
        "id": each.id,
        "name": each.name,
        "enrolled_at": spell_moment(each.enrolled_at),
        "disabled_at": spell_moment(each.disabled_at),
    }


def _row(each: "EnrolledReader") -> tuple[str, ...]:
    disabled_at = spell_moment(each.disabled_at)
    state = "enrolled" if disabled_at is None else f"disabled {disabled_at}"
    return each.id, each.name, spell_moment(each.enrolled_at) or "", state
