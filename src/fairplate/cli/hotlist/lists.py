"""`fairplate hotlist set`, `status` and `retire`: which lists there are and how they stand."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fairplate.cli.asking import confirm_or_stop
from fairplate.cli.deployment_folder import data_option, opened
from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.hotlist.outlook_text import (
    OUTLOOK_COLUMNS,
    more_readers_line,
    outlook_rows,
)
from fairplate.cli.hotlist.status_text import COLUMNS, status_lines, status_row
from fairplate.cli.listing import print_json_line, print_table
from fairplate.cli.terminal_text import printable
from fairplate.core.errors import InputError

if TYPE_CHECKING:
    from fairplate.hotlists.outlook import Outlook

JSON_HELP = "Print JSON Lines; docs/hot-lists.md tells the fields."
_MOST_BYTES = 256 * 1024


@click.command(name="set", short_help="Make or change a list.")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.toml")
@data_option
def set_(*, file: Path, folder: Path) -> ExitCode:
    """Make the list that FILE.toml defines, or change the one of its name.

    docs/hot-lists.md tells the keys. Entries that are in force stay; a changed definition counts
    for the next batch. Exit codes: 0 set, 1 no definition, 2 wrong use, 3 the policy does not
    permit a purpose.
    """
    document = _read_definition(file)
    with opened(folder) as deployment:
        list_id = deployment.hot_lists.set(document, where=str(file))
        kept = next(one for one in deployment.hot_lists.all() if one.id == list_id)
    click.echo(f"list {list_id} is set")
    if kept.suspended:
        click.echo(f"it is SUSPENDED: fairplate alert lift list {list_id} --note TEXT")
    if kept.batch_id is None:
        click.echo(f"it has no entries yet: fairplate hotlist import {list_id} FILE")
    return ExitCode.DONE


@click.command(short_help="Show how lists stand.")
@click.argument("list_id", metavar="[LIST]", required=False)
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
@data_option
def status(*, list_id: str | None, as_json: bool, folder: Path) -> ExitCode:
    """Show every list: its entries, how old they are, and whether it raises alerts.

    With LIST tells more of that one: what it is for, what ends soon, what was held back, how often
    its alerts were wrong, and how many false ones a day are to be expected.
    """
    from fairplate.wiring import read_list_statuses  # noqa: PLC0415 - see deployment_folder.py

    with opened(folder) as deployment:
        statuses = read_list_statuses(deployment.hot_lists, list_id)
        now = deployment.now()
    if as_json:
        from fairplate.wiring.list_fields import status_fields  # noqa: PLC0415 - as above

        for each in statuses:
            print_json_line(status_fields(each, now))
    elif list_id is not None:
        for name, value in status_lines(statuses[0], now):
            click.echo(f"{name:<14}{printable(value)}")
        print_outlooks(statuses[0].outlooks)
    elif statuses:
        print_table(COLUMNS, [status_row(each, now) for each in statuses], sys.stdout)
    else:
        click.echo("no list is set yet: fairplate hotlist set FILE.toml")
    return ExitCode.DONE


@click.command(short_help="End a list and delete its entries.")
@click.argument("list_id", metavar="LIST")
@click.option("--note", required=True, metavar="TEXT", help="Why it ends; sealed.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@data_option
def retire(*, list_id: str, note: str, yes: bool, folder: Path) -> ExitCode:
    """End the list LIST: its entries are deleted and it raises no alerts any more.

    Alerts that it raised stay.
    """
    with opened(folder) as deployment:
        if list_id not in {one.id for one in deployment.hot_lists.all()}:
            expected = "a list that is set (`fairplate hotlist set`)"
            raise InputError("hot list", "id", expected=expected, found="none of that id")
        confirm_or_stop(f"Retire list {list_id} and delete its entries?", asked=yes)
        deployment.hot_lists.retire(list_id, note)
    click.echo(f"list {list_id} is retired and its entries are deleted")
    return ExitCode.DONE


def print_outlooks(outlooks: Sequence["Outlook"]) -> None:
    """Print what is to be expected at each reader, if anything is known of that."""
    if not outlooks:
        return
    click.echo()
    print_table(OUTLOOK_COLUMNS, outlook_rows(outlooks), sys.stdout)
    more = more_readers_line(outlooks)
    if more is not None:
        click.echo(more)


def _read_definition(file: Path) -> str:
    """Return the text of a definition; InputError if it cannot be read as one."""
    try:
        with file.open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        found = (getattr(error, "strerror", None) or "a path that cannot be opened").lower()
        expected = "a list's definition"
        raise InputError(str(file), "file", expected=expected, found=found) from None
    if len(data) > _MOST_BYTES:
        expected = f"at most {_MOST_BYTES // 1024} KB"
        raise InputError(str(file), "file", expected=expected, found="more")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(str(file), "encoding", expected="UTF-8", found="another") from None
