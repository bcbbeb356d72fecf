"""The `fairplate` command: its groups, and how every error becomes one line and an exit code."""

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import NoReturn

import click

from fairplate import __version__
from fairplate.cli.alert import alert
from fairplate.cli.audit import audit
from fairplate.cli.case import case
from fairplate.cli.demo_command import demo
from fairplate.cli.doctor import doctor
from fairplate.cli.exit_codes import ExitCode, exit_code_for
from fairplate.cli.hotlist import hotlist
from fairplate.cli.ingest import ingest
from fairplate.cli.init import init
from fairplate.cli.keys import keys
from fairplate.cli.policy import policy
from fairplate.cli.read import read
from fairplate.cli.reader import reader
from fairplate.cli.serve import serve
from fairplate.cli.subject_report import subject_report
from fairplate.cli.terminal_text import printable
from fairplate.cli.transparency import transparency
from fairplate.cli.user import user
from fairplate.cli.watch import watch
from fairplate.core.errors import FairplateError

HELP_OPTIONS = ["-h", "--help"]


@click.group(context_settings={"help_option_names": HELP_OPTIONS})
@click.version_option(__version__, prog_name="fairplate", message="%(prog)s %(version)s")
def cli() -> None:
    """Read licence plates and check them against hot lists, on your own machine.

    A match is unconfirmed until a person has compared the picture with the entry.
    """


cli.add_command(read)
cli.add_command(demo)
cli.add_command(init)
cli.add_command(policy)
cli.add_command(reader)
cli.add_command(user)
cli.add_command(keys)
cli.add_command(hotlist)
cli.add_command(alert)
cli.add_command(case)
cli.add_command(subject_report)
cli.add_command(ingest)
cli.add_command(audit)
cli.add_command(watch)
cli.add_command(serve)
cli.add_command(transparency)
cli.add_command(doctor)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and leave the process with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name the terminal cannot show
    code = run(sys.argv[1:] if arguments is None else arguments)
    try:
        sys.stdout.flush()
    except OSError:
        # Told already, or nobody is there to be told; Python would tell it again as it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit code; no error leaves as a traceback."""
    try:
        result = cli.main(args=list(arguments), prog_name="fairplate", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        return ExitCode.FAILED  # whoever read our output has gone, and need not be told
    except (click.ClickException, click.Abort, FairplateError, OSError) as error:
        line, code = explain(error)
        click.echo(f"fairplate: {printable(line)}", err=True)
        return code
    return result if isinstance(result, int) else ExitCode.DONE


def explain(error: Exception) -> tuple[str, ExitCode]:
    """Return the one line that tells of `error`, and the code to end with."""
    match error:
        case click.UsageError():
            command = error.ctx.command_path if error.ctx else "fairplate"
            return f"{error.format_message()} (see {command} --help)", ExitCode.WRONG_USE
        case click.ClickException():
            return error.format_message(), ExitCode.FAILED
        case click.Abort():
            return "stopped by user", ExitCode.FAILED
        case FairplateError():
            return str(error), exit_code_for(error)
        case OSError():
            return error.strerror or str(error), ExitCode.FAILED
        case _:
            raise error
