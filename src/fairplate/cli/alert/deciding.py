"""`fairplate alert decide` and `outcome`: what a person saw, and what came of it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fairplate.cli.alert.alert_id import ALERT_ID
from fairplate.cli.deployment_folder import data_option, opened
from fairplate.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from fairplate.alerts.decisions import KeptAlert
    from fairplate.wiring import Deployment

# As fairplate.audit.words has them, which is not loaded to parse a command; a test compares them.
DECISIONS = ("confirmed", "wrong-plate", "wrong-jurisdiction", "wrong-vehicle", "stale-entry")
OUTCOMES = ("found", "not-found", "not-followed", "mistaken")

_NOTE = click.option(
    "--note", default="", metavar="TEXT", help="What else there is to say; sealed."
)


@click.command(short_help="Say what you saw on comparing picture and entry.")
@ALERT_ID
@click.argument("decision", type=click.Choice(DECISIONS), metavar=f"[{'|'.join(DECISIONS)}]")
@_NOTE
@data_option
def decide(*, alert_id: str, decision: str, note: str, folder: Path) -> ExitCode:
    """Put on record what you saw on comparing the picture of alert ID with its entry.

    The first decision counts and stays. `confirmed` says that plate, place and vehicle are the
    entry's, no more. Each wrong one counts against its list; too many suspend it.
    """
    from fairplate.audit.words import Decision  # noqa: PLC0415 - see deployment_folder.py

    with opened(folder) as deployment:
        kept = deployment.alerts.decide(alert_id, Decision(decision), note)
        suspended = _suspended(deployment, kept)
    click.echo(f"alert {kept.id}: {decision}")
    if decision == Decision.CONFIRMED:
        click.echo(f"when it is known what came of it ({', '.join(OUTCOMES)}):")
        click.echo(f"    fairplate alert outcome {kept.id} OUTCOME")
    _tell_suspended(suspended)
    return ExitCode.DONE


@click.command(short_help="Say what came of a confirmed alert.")
@ALERT_ID
@click.argument("outcome", type=click.Choice(OUTCOMES), metavar=f"[{'|'.join(OUTCOMES)}]")
@_NOTE
@data_option
def outcome(*, alert_id: str, outcome: str, note: str, folder: Path) -> ExitCode:
    """Put on record what came of the confirmed alert ID. Told once, it stays.

    `mistaken`: the vehicle that was stopped was not the one; that counts as a wrong alert.
    """
    from fairplate.audit.words import Outcome  # noqa: PLC0415 - see deployment_folder.py

    with opened(folder) as deployment:
        kept = deployment.alerts.record_outcome(alert_id, Outcome(outcome), note)
        suspended = _suspended(deployment, kept)
    click.echo(f"alert {kept.id}: {outcome}")
    _tell_suspended(suspended)
    return ExitCode.DONE


def _suspended(deployment: "Deployment", kept: "KeptAlert") -> list[str]:
    """Return which of the alert's list and reader raise no alerts now."""
    concerned = {("list", kept.list_id), ("reader", kept.reader_id)}
    found = deployment.alerts.suspensions()
    return [f"{one.what} {one.id}" for one in found if (one.what.value, one.id) in concerned]


def _tell_suspended(suspended: list[str]) -> None:
    for one in suspended:
        click.echo(
            f"{one} is suspended and raises no alerts: fairplate alert lift {one} --note TEXT"
        )
