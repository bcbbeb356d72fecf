"""`fairplate audit status` and `publish`: how the log stands, and getting it before the public."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fairplate.cli.deployment_folder import BY_ITSELF, data_option, opened
from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.listing import print_json_line
from fairplate.cli.stop_request import run_until_stopped
from fairplate.cli.terminal_text import printable
from fairplate.core.clock import spell_moment
from fairplate.core.errors import FairplateError

if TYPE_CHECKING:
    from fairplate.wiring import Deployment, LogStatus, Round

JSON_HELP = "Print JSON; docs/audit-commands.md tells the fields."


@click.command(short_help="Show how the log stands.")
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
@data_option
def status(*, as_json: bool, folder: Path) -> None:
    """Show the log's key, its size, its last checkpoint, and how long no witness has signed it."""
    with opened(folder) as deployment:
        found = deployment.log_status()
        now = deployment.now()
    if as_json:
        print_json_line(status_fields(found))
        return
    for name, value in _status_lines(found, now):
        click.echo(f"{name:<16}{printable(value)}")


@click.command(short_help="Put new events into the log and sign it, now or as long as it runs.")
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
@click.option("--watch", is_flag=True, help="Go on until Ctrl-C or SIGTERM, every half a minute.")
@data_option
def publish(*, as_json: bool, watch: bool, folder: Path) -> ExitCode:
    """Put new events into the log, sign a checkpoint, and ask the witnesses to countersign it.

    Exit codes: 0 done, 1 something could not be done; the next round tries again.
    """
    if watch:
        with opened(folder, actor=BY_ITSELF) as deployment:
            _watch(deployment, as_json=as_json)
        return ExitCode.DONE
    with opened(folder, actor=BY_ITSELF) as deployment:
        done = deployment.publish_log()
    _tell(done, as_json=as_json)
    return ExitCode.FAILED if done.problems else ExitCode.DONE


def _watch(deployment: "Deployment", *, as_json: bool) -> None:
    from fairplate.worker import run_publisher  # noqa: PLC0415 - see deployment_folder.py

    def tell(told: "Round | FairplateError") -> None:
        if isinstance(told, FairplateError):
            click.echo(f"fairplate: {printable(str(told))}", err=True)
        elif told.signed is not None or told.restored:
            _tell(told, as_json=as_json)

    def work(stop: threading.Event) -> None:
        run_publisher(deployment, stop, tell)

    run_until_stopped(work)


def round_fields(done: "Round") -> dict[str, object]:
    """Return the fields of `publish --json`."""
    return {
        "size": done.size,
        "sequenced": done.sequenced,
        "restored": done.restored,
        "signed_at": None if done.signed is None else spell_moment(done.signed.at),
        "witnessed": done.witnessed,
        "witnessed_by": list(done.witnessed_by),
        "problems": [str(problem) for problem in done.problems],
    }


def _tell(done: "Round", *, as_json: bool) -> None:
    """Print what a round did, and on standard error which witnesses did not sign."""
    for problem in done.problems:
        click.echo(f"fairplate: {printable(str(problem))}", err=True)
    if as_json:
        print_json_line(round_fields(done))
        return
    if done.restored:
        click.echo(f"{done.restored} events taken back from the published log")
    if done.signed is None:
        click.echo(f"{done.size} events; no checkpoint was due")
        return
    by = f", countersigned by {', '.join(done.witnessed_by)}" if done.witnessed_by else ""
    click.echo(printable(f"{done.size} events, {done.sequenced} of them new; signed{by}"))


def _status_lines(found: "LogStatus", now: datetime) -> Iterator[tuple[str, str]]:
    yield "log", found.origin
    yield "key", found.key
    first = found.waiting_since
    waiting = "" if first is None else f" since {spell_moment(first)}"
    yield "events", f"{found.size} in the log, {found.waiting} waiting{waiting}"
    if found.latest is None:
        yield "checkpoint", "none yet: run `fairplate audit publish`"
    else:
        yield "checkpoint", f"{found.latest.size} events, {spell_moment(found.latest.at)}"
    if not found.witnesses:
        yield "witnesses", "none: add one with `fairplate audit witness add`"
    for known in found.witnesses:
        yield "witness", f"{known.witness.key.name}, {known.size} events, {known.witness.url}"
    since = found.unwitnessed_since
    if since is not None:
        yield "quorum", f"{found.quorum} of {len(found.witnesses)} witnesses"
        ago = f"{spell_moment(since)}, {_span(now - since)} ago"
        never = f"never; the first witness was added {ago}"
        last = found.witnessed
        yield "witnessed", never if last is None else f"{last.size} events, {ago}"
    yield "reviews overdue", str(found.overdue_reviews)


def _span(time: timedelta) -> str:
    """Return days, hours, minutes and seconds; a clock may have been set back."""
    return str(max(time, timedelta(0))).partition(".")[0]


def status_fields(found: "LogStatus") -> dict[str, object]:
    """Return the fields of `status --json`."""
    latest, witnessed = found.latest, found.witnessed
    return {
        "origin": found.origin,
        "key": found.key,
        "size": found.size,
        "waiting": found.waiting,
        "waiting_since": spell_moment(found.waiting_since),
        "published_size": found.published_size,
        "checkpoint_size": None if latest is None else latest.size,
        "checkpoint_at": None if latest is None else spell_moment(latest.at),
        "witnessed_size": None if witnessed is None else witnessed.size,
        "unwitnessed_since": spell_moment(found.unwitnessed_since),
        "quorum": found.quorum,
        "witnesses": [
            {"key": str(known.witness.key), "url": known.witness.url, "size": known.size}
            for known in found.witnesses
        ],
        "overdue_reviews": found.overdue_reviews,
    }
