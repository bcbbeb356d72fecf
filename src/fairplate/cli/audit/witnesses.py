"""`fairplate audit witness`: who is asked to countersign checkpoints."""

from pathlib import Path

import click

from fairplate.cli.deployment_folder import data_option, opened

_QUORUM = click.option(
    "--quorum",
    type=click.IntRange(min=0),
    required=True,
    metavar="N",
    help="How many witnesses must sign from now on.",
)


@click.group(short_help="Say which outsiders countersign the log.")
def witness() -> None:
    """Say which outsiders countersign the log; docs/witness.md tells how one is run.

    Each change leaves an event.
    """


@witness.command(short_help="Ask a witness from now on.")
@click.argument("key", metavar="KEY")
@click.argument("url", metavar="URL")
@_QUORUM
@data_option
def add(*, key: str, url: str, quorum: int, folder: Path) -> None:
    """Ask the witness with the verifier key KEY, at URL, to countersign from now on."""
    with opened(folder) as deployment:
        deployment.add_witness(key, url, quorum)
    click.echo(f"asked from the next checkpoint on; {quorum} must sign")


@witness.command(short_help="Ask a witness no more.")
@click.argument("key", metavar="KEY")
@_QUORUM
@data_option
def remove(*, key: str, quorum: int, folder: Path) -> None:
    """Ask the witness with the verifier key KEY no more."""
    with opened(folder) as deployment:
        deployment.remove_witness(key, quorum)
    click.echo(f"asked no more; {quorum} must sign")
