"""`fairplate transparency`: what everybody may know of a deployment, here or at a server."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from fairplate.cli.deployment_folder import data_option, opened
from fairplate.cli.listing import print_json_line, print_table


@click.command(short_help="Show what everybody may know: rules and figures.")
@data_option
@click.option("--server", metavar="URL", help="Ask a server instead; needs no key.")
@click.option(
    "--json", "as_json", is_flag=True, help="One JSON object, as the server's API has it."
)
def transparency(*, folder: Path, server: str | None, as_json: bool) -> None:
    """Show the rules of a deployment, and how often it was used and was wrong.

    The figures are counted from the published log: who runs `python -m fairplate.verify` on it
    finds the same.
    """
    told = _ask(server) if server is not None else _count(folder)
    if as_json:
        print_json_line(dict(told))
        return
    print_table(["figure", "value", "what it is"], _rows(told), sys.stdout)


def _ask(server: str) -> Mapping[str, Any]:
    from fairplate.client import Client  # noqa: PLC0415 - see deployment_folder.py

    with Client(server) as client:
        return client.transparency()


def _count(folder: Path) -> Mapping[str, Any]:
    from fairplate.web.api.transparency import spell_figures  # noqa: PLC0415
    from fairplate.wiring.public_figures import PublicFigures  # noqa: PLC0415

    with opened(folder) as deployment:
        told: dict[str, Any] = spell_figures(PublicFigures(deployment.log).tell()).model_dump(
            mode="json"
        )
    return told


def _rows(told: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield one row a figure; a server may be newer, and tell more than is known here."""
    try:
        for name, value in told["figures"].items():
            yield name, str(value), str(told["meanings"].get(name, ""))
        for purpose, number in told["searches_by_purpose"].items():
            yield f"searches: {purpose}", str(number), "of these, for that purpose"
        reads = told["reads"]
        for outcome, number in reads["by_outcome"].items():
            count = f"fewer than {reads['fewer_than']}" if number is None else str(number)
            yield f"reads: {outcome}", count, f"reads of the last {reads['days']} days"
    except (KeyError, TypeError, AttributeError):
        raise click.ClickException("server: expected figures, found another answer") from None
