"""`fairplate keys`: which keys there are, and destroying them when their time is over.

Parses and prints; when a key is due is decided in `vault/`, when to look again in `worker.py`.
"""

import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fairplate.cli.deployment_folder import BY_ITSELF, data_option, opened
from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.keys_text import (
    COLUMNS,
    done_fields,
    done_lines,
    problem_fields,
    status_fields,
    status_row,
    summary_line,
)
from fairplate.cli.listing import print_json_line, print_table
from fairplate.cli.stop_request import run_until_stopped
from fairplate.cli.terminal_text import printable
from fairplate.core.errors import FairplateError, InputError

if TYPE_CHECKING:
    from fairplate.wiring import Deployment, Expired

_JSON_HELP = "Print JSON Lines; docs/keys.md tells the fields."


@click.group(short_help="Show the keys that reads are sealed under, and destroy what is due.")
def keys() -> None:
    """Show the keys that reads are sealed under, and destroy what is due.

    A read can be opened as long as its key exists, and never again afterwards.
    """


@keys.command(short_help="List every key.")
@click.option("--json", "as_json", is_flag=True, help=_JSON_HELP)
@data_option
def status(*, as_json: bool, folder: Path) -> ExitCode:
    """List every key: its state, when it was made, and when it must be gone.

    Also those that are destroyed while their rows are not dropped yet.
    """
    with opened(folder) as deployment:
        statuses = deployment.key_statuses()
    if as_json:
        for each in statuses:
            print_json_line(status_fields(each))
        return ExitCode.DONE
    if statuses:
        print_table(COLUMNS, map(status_row, statuses), sys.stdout)
    click.echo(summary_line(statuses))
    return ExitCode.DONE


@keys.command(short_help="Destroy what is due, now or as long as it runs.")
@click.option("--json", "as_json", is_flag=True, help=_JSON_HELP)
@click.option(
    "--watch",
    is_flag=True,
    help="Go on until Ctrl-C or SIGTERM, each minute and when a key is due.",
)
@click.option("--key", "name", metavar="NAME", help="Destroy this one key before its time.")
@click.option("--yes", is_flag=True, help="With --key: do not ask.")
@data_option
def expire(*, as_json: bool, watch: bool, name: str | None, yes: bool, folder: Path) -> ExitCode:
    """Destroy every key whose time is over, drop its rows, finish what a crash left.

    Makes the next keys too. Exit codes: 0 done, 1 something could not be done; the next round
    tries again.
    """
    if watch and name is not None:
        raise click.UsageError("--watch and --key are two things: give one of them")
    if yes and name is None:
        raise click.UsageError("--yes goes with --key")
    if name is not None:
        with opened(folder) as deployment:
            return _destroy(deployment, name, as_json=as_json, asked=yes)
    if watch:
        with opened(folder, actor=BY_ITSELF) as deployment:
            return _watch(deployment, as_json=as_json)
    with opened(folder) as deployment:
        did = deployment.expire()
        _tell(did, as_json=as_json)
        if not as_json:
            nothing = "" if did.destroyed or did.emptied or did.problems else "nothing was due; "
            click.echo(f"{nothing}{summary_line(deployment.key_statuses())}")
    return ExitCode.FAILED if did.problems else ExitCode.DONE


def _destroy(deployment: "Deployment", name: str, *, as_json: bool, asked: bool) -> ExitCode:
    """Destroy the key called `name`, `asked` already or asking now."""
    if name not in {str(status.name) for status in deployment.key_statuses()}:
        expected = "one that `fairplate keys status` lists"
        raise InputError("keys", "key", expected=expected, found="another")
    if not asked:
        if not sys.stdin.isatty():
            raise click.UsageError("nobody is there to be asked: give --yes")
        click.confirm(
            f"Destroy key {name}? What is sealed under it is lost for ever, and no other key is "
            "made in its place",
            abort=True,
        )
    deployment.destroy_key(name)
    if as_json:
        print_json_line({"what": "destroyed", "key": name, "message": None})
    else:
        click.echo(f"key {name}: destroyed, and its rows are dropped")
    return ExitCode.DONE


def _watch(deployment: "Deployment", *, as_json: bool) -> ExitCode:
    """Run the worker until somebody asks to stop; a round that is at work is finished."""
    from fairplate.worker import run_worker  # noqa: PLC0415 - see deployment_folder.py

    def work(stop: threading.Event) -> None:
        run_worker(deployment, stop, lambda told: _tell(told, as_json=as_json))

    run_until_stopped(work)
    return ExitCode.DONE


def _tell(told: "Expired | FairplateError", *, as_json: bool) -> None:
    """Print what a round did, and on standard error what went wrong."""
    if isinstance(told, FairplateError):
        problems, lines, fields = [told], [], [problem_fields(told)]
    else:
        problems, lines, fields = told.problems, list(done_lines(told)), list(done_fields(told))
    for problem in problems:
        click.echo(f"fairplate: {printable(str(problem))}", err=True)
    if as_json:
        for each in fields:
            print_json_line(each)
    else:
        for line in lines:
            click.echo(line)
