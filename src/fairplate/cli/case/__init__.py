"""`fairplate case`: looking back at one plate, only with a purpose and another person's yes.

One file a group of commands; each parses and prints, and what is done is decided in `cases/`.
"""

import click

from fairplate.cli.case.asking import open_
from fairplate.cli.case.deciding import approve, close, refuse
from fairplate.cli.case.exporting import export
from fairplate.cli.case.looking import list_, search, show


@click.group(short_help="Look back at a plate: ask, approve, search, close.")
def case() -> None:
    """Look back at a plate: ask, let somebody else approve, search, close.

    Who acts is the machine's user: those who ask and those who approve need accounts of their own.
    docs/cases.md tells the whole life of a case.
    """


for _command in (open_, list_, show, approve, refuse, search, export, close):
    case.add_command(_command)
