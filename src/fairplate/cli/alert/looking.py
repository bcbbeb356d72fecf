"""`fairplate alert list` and `show`: which alerts there are, and everything to compare of one."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fairplate.alerts.alert_fields import alert_fields
from fairplate.alerts.wording import plain_text
from fairplate.cli.alert.alert_id import ALERT_ID
from fairplate.cli.alert.alert_text import (
    NOTHING_LEFT,
    alert_lines,
    held_back_line,
    show_fields,
    standing_lines,
)
from fairplate.cli.deployment_folder import data_option, opened
from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.listing import print_json_line
from fairplate.cli.terminal_text import printable
from fairplate.core.errors import FairplateError, InputError

if TYPE_CHECKING:
    from fairplate.alerts.message import AlertMessage
    from fairplate.wiring import Deployment

JSON_HELP = "Print JSON Lines; docs/alerts.md tells the fields."


@click.command(name="list", short_help="List alerts, undecided ones first.")
@click.option("--all", "with_decided", is_flag=True, help="Also those that are decided.")
@click.option(
    "--most", type=click.IntRange(1, 100_000), default=100, show_default=True, metavar="N",
    help="At most so many.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
@data_option
def list_(*, with_decided: bool, most: int, as_json: bool, folder: Path) -> ExitCode:
    """List the alerts that nobody has decided, the oldest first, then the last decided ones.

    No plate is shown; `show` shows it. What the gate held back in the last 7 days is counted below.
    """
    with opened(folder) as deployment:
        found = deployment.alerts.all(only_undecided=not with_decided, most=most + 1)
        held_back = deployment.alerts.held_back()
    if as_json:
        for each in found[:most]:
            print_json_line(alert_fields(each))
        return ExitCode.DONE
    for each in found[:most]:
        for line in alert_lines(each):
            click.echo(printable(line))
    if len(found) > most:
        click.echo(f"and more: --most N lists more than {most}")
    if not found:
        click.echo("no alert" if with_decided else "no alert waits for a decision")
    click.echo(printable(held_back_line(held_back)))
    return ExitCode.DONE


@click.command(short_help="Show everything there is to compare.")
@ALERT_ID
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
@click.option(
    "--pictures",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write crop.jpg and blurred.jpg there, for this user alone.",
)
@data_option
def show(*, alert_id: str, as_json: bool, pictures: Path | None, folder: Path) -> ExitCode:
    """Show the alert ID: what was read, the entry, the doubts, and what not to conclude.

    The plate is shown. Compare every character with the picture before you decide. Exit codes: 0
    done, 1 there is no such alert, or it cannot be opened, or no picture written.
    """
    with opened(folder) as deployment:
        kept = deployment.alerts.one(alert_id)
        message, problem = _compose(deployment, alert_id)
        now = deployment.now()
    if problem is not None:
        click.echo(f"fairplate: {printable(str(problem))}", err=True)
    done = ExitCode.DONE if problem is None else ExitCode.FAILED
    written = [] if pictures is None or message is None else _write_pictures(message, pictures)
    if as_json:
        print_json_line(show_fields(kept, message, written))
        return done
    for line in standing_lines(kept, now):
        click.echo(printable(line))
    for path in written:
        click.echo(f"picture  {printable(str(path))}")
    if pictures is not None and not written:
        click.echo("picture  there is none")
    if message is not None:
        # Made harmless already, with marks that keep a name from turning the line around.
        click.echo(f"\n{plain_text(message)}", nl=False)
    elif problem is None:
        click.echo(f"\n{NOTHING_LEFT}")
    return done


def _compose(
    deployment: "Deployment", alert_id: str
) -> tuple["AlertMessage | None", FairplateError | None]:
    """Return what there is to compare, None if it is destroyed; or why it cannot be opened."""
    try:
        return deployment.alerts.message(alert_id), None
    except InputError:  # its record went with its key
        return None, None
    except FairplateError as error:
        return None, error


def _write_pictures(message: "AlertMessage", folder: Path) -> list[Path]:
    """Write what pictures there are and return where; InputError if one cannot be written."""
    given = (("crop.jpg", message.crop), ("blurred.jpg", message.blurred))
    pictures = [(folder / name, picture) for name, picture in given if picture is not None]
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _not_written(folder, error) from None
    for path, picture in pictures:
        _write_new(path, picture)
    return [path for path, _ in pictures]


def _write_new(path: Path, data: bytes) -> None:
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(file, "wb") as stream:
            stream.write(data)
    except OSError as error:
        raise _not_written(path, error) from None


def _not_written(path: Path, error: OSError) -> InputError:
    expected = "pictures that are not there yet, in a folder that can be written"
    found = (error.strerror or type(error).__name__).lower()
    return InputError(str(path), "--pictures", expected=expected, found=found)
