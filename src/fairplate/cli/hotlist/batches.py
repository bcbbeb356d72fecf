"""`fairplate hotlist preview` and `import`: what a batch would change, and putting it in force."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from fairplate.cli.asking import confirm_or_stop, require_somebody
from fairplate.cli.deployment_folder import data_option, opened
from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.hotlist.lists import JSON_HELP, print_outlooks
from fairplate.cli.hotlist.preview_text import (
    ENTRY_COLUMNS,
    entry_rows,
    imported_fields,
    imported_line,
    more_lines,
    not_permitted,
    preview_fields,
    problem_lines,
    summary_lines,
)
from fairplate.cli.listing import print_json_line, print_table
from fairplate.cli.terminal_text import printable
from fairplate.core.errors import HotListError, PolicyError

if TYPE_CHECKING:
    from fairplate.wiring import Deployment, Preview

_LIST = click.argument("list_id", metavar="LIST")
_FILE = click.argument("file", type=click.Path(path_type=Path), metavar="FILE")


@click.command(short_help="Show what a batch would change.")
@_LIST
@_FILE
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
@data_option
def preview(*, list_id: str, file: Path, as_json: bool, folder: Path) -> ExitCode:
    """Show what FILE would change as the next batch of LIST; nothing is changed.

    Tells every problem by line and field, what is added, changed and removed, and how many false
    alerts a day are to be expected at each reader. Exit codes: 0 it may be imported, 1 it would be
    refused or cannot be read, 2 wrong use, 3 the policy does not permit what it is for.
    """
    with opened(folder) as deployment:
        found = _look(deployment, list_id, file, as_json=as_json)
        return ExitCode.DONE if found.prepared is not None else _refused(deployment, found)


@click.command(name="import", short_help="Put a batch in force.")
@_LIST
@_FILE
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
@data_option
def import_(*, list_id: str, file: Path, yes: bool, as_json: bool, folder: Path) -> ExitCode:
    """Put FILE in force as the next batch of LIST, in place of the one before.

    Shows first what `preview` shows, and asks. All of it comes in or nothing does: one bad row
    refuses it, which is put on record. A batch that changes nothing makes the list fresh again.
    Exit codes: 0 in force, 1 refused or not readable, 2 wrong use, 3 the policy does not permit
    what it is for.
    """
    require_somebody(asked=yes)
    with opened(folder) as deployment:
        try:
            found = _look(deployment, list_id, file, as_json=as_json)
        except (HotListError, PolicyError):
            _record_unreadable(deployment, list_id, file)
            raise
        if found.prepared is None:
            deployment.hot_lists.commit(found, printable(file.name))
            return _refused(deployment, found)
        question = f"Put {found.prepared.entries:,} entries in force on list {list_id}?"
        confirm_or_stop(question, asked=yes)
        imported = deployment.hot_lists.commit(found, printable(file.name))
        kept = next(one for one in deployment.hot_lists.all() if one.id == list_id)
    if imported is None:  # said for the type: a batch that was prepared is not refused
        return ExitCode.FAILED
    if as_json:
        print_json_line(imported_fields(kept, imported))
    else:
        click.echo(imported_line(kept, imported))
    return ExitCode.DONE


def _refused(deployment: "Deployment", found: "Preview") -> ExitCode:
    """Say what the policy does not permit, if that is among the reasons; return the exit code."""
    purposes = not_permitted(found, deployment.policy().policy.purposes)
    if not purposes:
        return ExitCode.FAILED
    named = ", ".join(purposes)
    click.echo(f"fairplate: the policy in force does not permit: {named}", err=True)
    return ExitCode.REFUSED_BY_POLICY


def _record_unreadable(deployment: "Deployment", list_id: str, file: Path) -> None:
    """Put on record that a batch of which no row could be read was refused, if there was one."""
    from fairplate.wiring import Preview  # noqa: PLC0415 - see deployment_folder.py

    kept = {one.id: one for one in deployment.hot_lists.all()}.get(list_id)
    if kept is not None and os.path.isfile(file):  # noqa: PTH113 - is_file() may raise OSError
        deployment.hot_lists.commit(Preview(kept=kept, prepared=None), printable(file.name))


def _look(deployment: "Deployment", list_id: str, file: Path, *, as_json: bool) -> "Preview":
    """Read the batch and print what it would do; problems go to standard error."""
    from fairplate.wiring import read_outlooks  # noqa: PLC0415 - see deployment_folder.py

    with _busy(f"reading {printable(file.name)}"):
        found = deployment.hot_lists.preview(list_id, file)
        outlooks = read_outlooks(deployment.hot_lists, found)
    if as_json:
        for fields in preview_fields(found, outlooks):
            print_json_line(fields)
        return found
    for line in problem_lines(found):
        click.echo(f"fairplate: {printable(line)}", err=True)
    for line in summary_lines(found):
        click.echo(printable(line))
    rows = list(entry_rows(found))
    if rows:
        print_table(ENTRY_COLUMNS, rows, sys.stdout)
    for line in more_lines(found):
        click.echo(printable(line))
    print_outlooks(outlooks)
    return found


@contextmanager
def _busy(doing: str) -> Iterator[None]:
    """Show on a terminal that something goes on: a batch of a million entries takes seconds."""
    if not sys.stderr.isatty():
        yield
        return
    with Console(stderr=True, highlight=False, markup=False).status(doing):
        yield
