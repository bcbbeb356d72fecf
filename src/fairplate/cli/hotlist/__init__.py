"""`fairplate hotlist`: the lists of a deployment, their batches, and how they stand.

One file a group of commands; each parses and prints, and what is done is decided in `hotlists/`.
"""

import click

from fairplate.cli.hotlist.batches import import_, preview
from fairplate.cli.hotlist.lists import retire, set_, status


@click.group(short_help="Set hot lists, look at batches, import them.")
def hotlist() -> None:
    """Set hot lists, look at what a batch would change, import it, and see how lists stand.

    docs/hot-lists.md tells what a list and its definition hold.
    """


for _command in (set_, status, preview, import_, retire):
    hotlist.add_command(_command)
