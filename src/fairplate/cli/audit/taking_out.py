"""`fairplate audit export`, `prove` and `open`: what an auditor is given."""

import os
from pathlib import Path

import click

from fairplate.cli.deployment_folder import data_option, opened
from fairplate.cli.terminal_text import printable
from fairplate.core.errors import InputError

_OUT = click.option(
    "--out",
    "out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write it here, to a file that is not there yet, instead of printing it.",
)
_INDEX = click.argument("index", type=click.IntRange(min=0), metavar="N")


@click.command(short_help="Copy the log into an empty folder.")
@click.argument("target", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@data_option
def export(*, target: Path, folder: Path) -> None:
    """Copy the log, up to its last checkpoint, into DIR: an empty folder, or one to be made.

    Leaves an event. The copy is checked with `python -m fairplate.verify DIR --key KEY`.
    """
    with opened(folder) as deployment:
        number = deployment.export_log(target)
    click.echo(printable(f"{number} events in {target}"))


@click.command(short_help="Prove that one event is in the log.")
@_INDEX
@_OUT
@data_option
def prove(*, index: int, out: Path | None, folder: Path) -> None:
    """Print the proof that event N, counted from 0, is in the log: a C2SP tlog-proof.

    It is checked with `python -m fairplate.verify --proof FILE --key KEY`.
    """
    _require_new(out)
    with opened(folder) as deployment:
        _put_out(deployment.prove_event(index).decode(), out)


@click.command("open", short_help="Show the sealed part of one event to somebody.")
@_INDEX
@click.option("--given-to", required=True, metavar="TEXT", help="Who gets it; put on record.")
@_OUT
@data_option
def open_(*, index: int, given_to: str, out: Path | None, folder: Path) -> None:
    """Print the sealed part of event N: plates, names, references. Leaves an event.

    The line is checked with `python -m fairplate.verify DIR --key KEY --open FILE`.
    """
    _require_new(out)  # before anything is put on record
    with opened(folder) as deployment:
        _put_out(f"{deployment.open_event(index, given_to)}\n", out)


def _require_new(out: Path | None) -> None:
    if out is not None and os.path.lexists(out):
        raise _not_written(out, "one that is there")


def _put_out(text: str, out: Path | None) -> None:
    if out is None:
        click.echo(text, nl=False)
    else:
        _write_new(out, text)


def _write_new(path: Path, text: str) -> None:
    """Write a file for this user alone; InputError if there is one, or it cannot be written."""
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with open(file, "w", encoding="utf-8") as stream:  # noqa: PTH123 - a descriptor
            stream.write(text)
    except OSError as error:
        raise _not_written(path, (error.strerror or type(error).__name__).lower()) from None


def _not_written(path: Path, found: str) -> InputError:
    expected = "a file that is not there yet, in a folder that can be written"
    return InputError(str(path), "--out", expected=expected, found=found)
