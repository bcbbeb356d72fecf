"""Asking before something cannot be taken back."""

import sys

import click


def confirm_or_stop(question: str, *, asked: bool) -> None:
    """Ask on a terminal unless that is done; click.Abort for no.

    Raises click.UsageError if nobody is there to be asked.
    """
    if asked:
        return
    require_somebody(asked=asked)
    click.confirm(question, abort=True, err=True)  # standard output may be JSON Lines


def require_somebody(*, asked: bool) -> None:
    """Raise click.UsageError if nobody is there to be asked: before work that would be in vain."""
    if not asked and not sys.stdin.isatty():
        raise click.UsageError("nobody is there to be asked: give --yes")
