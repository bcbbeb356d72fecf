"""The deployment that a command works on: its folder as an option, and who acts in its events.

Decides nothing else. The wiring is imported when a command needs it: reading pictures needs no
database, and should not wait for one to be loaded.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from fairplate.settings import DEFAULT_FOLDER

if TYPE_CHECKING:
    from fairplate.wiring import Deployment

_Command = TypeVar("_Command", bound=Callable[..., Any])

BY_ITSELF = "system"
"""Who acts in the events of what goes on without a person."""


def data_option(command: _Command) -> _Command:
    """Give the command the option `--data`, and its function the argument `folder`."""
    return click.option(
        "--data",
        "folder",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="FAIRPLATE_DATA",
        default=DEFAULT_FOLDER,
        show_default=True,
        show_envvar=True,
        metavar="DIR",
        help="Folder of the deployment.",
    )(command)


def acting_user() -> str:
    """Return who acts in the events of a command: the machine's user, by number."""
    return f"cli:{os.getuid()}"


@contextmanager
def opened(folder: Path, *, actor: str | None = None) -> Iterator["Deployment"]:
    """Open the deployment in `folder` and close it afterwards; `actor` None is the user."""
    from fairplate.wiring import opened_deployment  # noqa: PLC0415 - see above

    with opened_deployment(folder, actor=actor or acting_user()) as deployment:
        yield deployment
