"""`fairplate case open`: what is looked for, where, when and why."""

from datetime import datetime, timedelta
from pathlib import Path

import click

from fairplate.cli.deployment_folder import acting_user, data_option, opened
from fairplate.cli.exit_codes import ExitCode
from fairplate.core.errors import InputError
from fairplate.core.purposes import Purpose

_MOST_DAYS = 30
_PURPOSES = [one.value for one in Purpose]


@click.command(name="open", short_help="Ask to look back.")
@click.option(
    "--purpose", type=click.Choice(_PURPOSES), required=True, metavar="PURPOSE",
    help="What for; the policy says which are permitted.",
)  # fmt: skip
@click.option("--reference", required=True, metavar="TEXT", help="The case number, say; sealed.")
@click.option("--why", required=True, metavar="TEXT", help="For whoever approves; sealed.")
@click.option(
    "--plate", "plates", required=True, multiple=True, metavar="PLATE",
    help="Up to five; ? is an unknown character, two at most.",
)  # fmt: skip
@click.option(
    "--reader", "readers", required=True, multiple=True, metavar="ID", help="Which readers."
)
@click.option(
    "--from",
    "since",
    required=True,
    metavar="TIME",
    help="First moment, such as 2026-11-20T08:00Z.",
)
@click.option("--until", required=True, metavar="TIME", help="First moment that is not asked for.")
@click.option(
    "--days", type=click.IntRange(1, _MOST_DAYS), default=7, show_default=True, metavar="N",
    help="The case closes by itself after so many.",
)  # fmt: skip
@click.option("--exigent", is_flag=True, help="Search first; approval is owed within 24 hours.")
@click.option(
    "--look-alikes", is_flag=True,
    help="Also plates that differ in one character that looks like the one asked for.",
)  # fmt: skip
@click.option("--hold", is_flag=True, help="Keep what is found until the case ends.")
@data_option
def open_(
    *,
    purpose: str,
    reference: str,
    why: str,
    plates: tuple[str, ...],
    readers: tuple[str, ...],
    since: str,
    until: str,
    days: int,
    exigent: bool,
    look_alikes: bool,
    hold: bool,
    folder: Path,
) -> ExitCode:
    """Ask to look back at a plate. Nothing is searched yet.

    Somebody else must approve before `case search`. With --exigent, where the policy has that, you
    may search at once; without approval within 24 hours you can open and search nothing more.
    """
    from fairplate.cases.case import Asked  # noqa: PLC0415 - see deployment_folder.py
    from fairplate.cases.rules import parse_plates  # noqa: PLC0415

    with opened(folder) as deployment:
        asked = Asked(
            purpose=Purpose(purpose),
            reference=reference,
            why=why,
            plates=parse_plates(plates),
            reader_ids=frozenset(readers),
            captured_from=_moment(since, "from"),
            captured_until=_moment(until, "until"),
            ends_at=deployment.now() + timedelta(days=days),
            exigent=exigent,
            look_alikes=look_alikes,
            hold=hold,
        )
        case = deployment.cases.open(asked, person=acting_user())
    click.echo(f"{case.id}: {case.state(case.opened_at).value}")
    if exigent:
        click.echo(f"search it now; somebody else must approve within 24 hours: {case.needed}")
    else:
        click.echo(f"other people who must approve before it is searched: {case.needed}")
    return ExitCode.DONE


def _moment(text: str, name: str) -> datetime:
    expected = "a time with its offset from UTC, such as 2026-11-20T08:00Z"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InputError("case", name, expected=expected, found="another text") from None
    if moment.tzinfo is None:
        raise InputError("case", name, expected=expected, found="one without")
    return moment
