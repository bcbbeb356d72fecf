"""`fairplate audit sample` and `review`: searches that somebody looks at again."""

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fairplate.cli.audit.publishing import JSON_HELP
from fairplate.cli.deployment_folder import data_option, opened
from fairplate.cli.listing import print_json_line, print_table
from fairplate.core.clock import spell_moment

if TYPE_CHECKING:
    from datetime import datetime

    from fairplate.wiring import Review

# As fairplate.audit.words.Finding, which is not loaded to parse a command; a test compares them.
FINDINGS = ("in-order", "questioned")


@click.command(short_help="List the searches that are to be reviewed.")
@click.option("--month", metavar="YYYY-MM", help="Only those of this month.")
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
@data_option
def sample(*, month: str | None, as_json: bool, folder: Path) -> None:
    """List the searches that were picked to be reviewed, by a number nobody could choose.

    They are drawn from the first checkpoint of each month that the witnesses have signed, and are
    to be reviewed within 30 days.
    """
    if month is not None and re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", month) is None:
        raise click.UsageError(f"--month: expected one such as 2026-11, found {ascii(month)[:20]}")
    with opened(folder) as deployment:
        found = deployment.reviews(month)
        now = deployment.now()
    if as_json:
        for each in found:
            print_json_line(review_fields(each, now))
        return
    if not found:
        click.echo("no search has been picked")
        return
    rows = [
        (str(each.index), each.month, spell_moment(each.due_at) or "", _state(each, now))
        for each in found
    ]
    print_table(("EVENT", "MONTH", "DUE", "STATE"), rows, sys.stdout)


@click.command(short_help="Put on record what a review found.")
@click.argument("index", type=click.IntRange(min=0), metavar="N")
@click.option("--finding", type=click.Choice(FINDINGS), required=True, help="What was found.")
@click.option("--note", default="", metavar="TEXT", help="What else there is to say; sealed.")
@data_option
def review(*, index: int, finding: str, note: str, folder: Path) -> None:
    """Put on record that the search of event N was reviewed, by you.

    Refused if you took part in the search.
    """
    from fairplate.audit.words import Finding  # noqa: PLC0415 - see deployment_folder.py

    with opened(folder) as deployment:
        deployment.finish_review(index, Finding(finding), note)
    click.echo(f"event {index}: reviewed, {finding}")


def review_fields(review: "Review", now: "datetime") -> dict[str, object]:
    """Return the fields of one line of `sample --json`."""
    return {
        "event": review.index,
        "month": review.month,
        "due_at": spell_moment(review.due_at),
        "done_at": spell_moment(review.done_at),
        "state": _state(review, now),
    }


def _state(review: "Review", now: "datetime") -> str:
    if review.done_at is not None:
        return "done"
    return "overdue" if review.due_at <= now else "open"
