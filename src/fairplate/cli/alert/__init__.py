"""`fairplate alert`: alerts, what people found of them, what raises none for now, how all stand.

One file a group of commands; each parses and prints, and what is done is decided in `alerts/`.
"""

import click

from fairplate.cli.alert.deciding import decide, outcome
from fairplate.cli.alert.looking import list_, show
from fairplate.cli.alert.push_key import push_key
from fairplate.cli.alert.standing import lift, status, suspend


@click.group(short_help="Look at alerts, decide them, say what came of them.")
def alert() -> None:
    """Look at alerts, decide them, say what came of them.

    An alert is unconfirmed until a person has compared the picture with the entry. docs/alerts.md
    tells what each state means.
    """


for _command in (list_, show, decide, outcome, status, suspend, lift, push_key):
    alert.add_command(_command)
