"""`fairplate ingest`: what cameras and vendors' software send, for whoever sets one up."""

import click

from fairplate.cli.ingest.checking import check


@click.group(short_help="Look at what cameras send.")
def ingest() -> None:
    """Look at what cameras and vendors' software send.

    docs/vendors.md tells what to set in each, and what is understood.
    """


ingest.add_command(check)
