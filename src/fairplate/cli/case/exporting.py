"""`fairplate case export`: what one case found, as one file for its reader alone."""

import os
from pathlib import Path

import click

from fairplate.cli.case.deciding import CASE_ID
from fairplate.cli.case.looking import report_problems
from fairplate.cli.deployment_folder import acting_user, data_option, opened
from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.terminal_text import printable
from fairplate.core.errors import InputError
from fairplate.storage.durable import write_new_file

_FORMATS = ("pdf", "json")


@click.command(short_help="Take out what your own approved case found, as one file.")
@CASE_ID
@click.option(
    "--format", "form", type=click.Choice(_FORMATS), default="pdf", show_default=True,
    help="A page to print, or data.",
)  # fmt: skip
@click.option(
    "-o", "--out", "out", type=click.Path(path_type=Path, dir_okay=False), required=True,
    metavar="FILE", help="Write it here: a file that is not there yet.",
)  # fmt: skip
@data_option
def export(*, case_id: str, form: str, out: Path, folder: Path) -> ExitCode:
    """Search the case ID once more, and write what it finds to FILE, for you alone to read.

    Your pseudonym, the case, the moment and the export's id stand on every page. The log tells of
    the export before the file is written.

    Exit codes: 0 done, 1 some reads could not be opened, 3 nothing may be taken out.
    """
    from fairplate.cases.case_file import FileFormat  # noqa: PLC0415 - see deployment_folder.py

    _require_new(out)  # before anything is put on record
    with opened(folder) as deployment:
        made = deployment.cases.export(
            case_id, FileFormat(form), person=acting_user(), given_to=str(out.absolute())
        )
    _write(out, made.content, made.file.export_id)
    count = len(made.file.found.reads)
    click.echo(printable(f"{made.file.export_id}: {count} reads in {out}, sha256 {made.digest}"))
    return report_problems(made.file.found)


def _require_new(out: Path) -> None:
    if os.path.lexists(out):
        raise _not_written(out, "one that is there")
    if not os.access(out.parent, os.W_OK | os.X_OK):
        raise _not_written(out, "a folder that cannot be written, or none")


def _write(out: Path, content: bytes, export_id: str) -> None:
    """Write the whole file, mode 0600, or nothing; the log tells of it either way."""
    try:
        write_new_file(out, content)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise _not_written(out, f"{reason} ({export_id} is on record all the same)") from None


def _not_written(path: Path, found: str) -> InputError:
    expected = "a file that is not there yet, in a folder that can be written"
    return InputError(str(path), "--out", expected=expected, found=found)
