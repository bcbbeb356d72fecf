"""`fairplate ingest check`: what one saved payload is understood as.

Parses and prints; what a payload says is decided in `ingest/`.
"""

import sys
from pathlib import Path

import click

from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.ingest.read_fields import COLUMNS, read_fields, read_row
from fairplate.cli.listing import print_json_line, print_table
from fairplate.core.errors import SourceError
from fairplate.ingest.limits import MAX_BODY_BYTES
from fairplate.ingest.understanding import understand
from fairplate.ingest.vendor import Kind, Payload
from fairplate.ingest.vendors import VENDORS

_TOLD = {
    Kind.NO_PLATE: "no plate in it",
    Kind.HEARTBEAT: "a heartbeat, no read",
    Kind.OTHER_EVENT: "another event, no read",
}


@click.command(short_help="Print what a saved payload is understood as.")
@click.argument("vendor", type=click.Choice(list(VENDORS), case_sensitive=False))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--content-type", default="", help="The request's Content-Type header.")
@click.option("--topic", default="", help="The topic of an MQTT message.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON Lines; docs/vendors.md tells the fields."
)
def check(*, vendor: str, file: Path, content_type: str, topic: str, as_json: bool) -> ExitCode:
    """Print what the body in FILE is understood as: one vehicle a line.

    VENDOR is who sent it. A body without a read says on the error stream what it is. Nothing is
    taken in and nothing is kept.
    """
    payload = Payload(_read(file), content_type, topic)
    understood = understand(vendor, payload)
    if as_json:
        for read in understood.reads:
            print_json_line(read_fields(str(file), read))
    elif understood.reads:
        print_table(COLUMNS, map(read_row, understood.reads), sys.stdout)
    if not understood.reads:
        click.echo(f"{vendor}: {_TOLD[understood.kind]}", err=True)
    return ExitCode.DONE


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as body:
            return body.read(MAX_BODY_BYTES + 1)
    except OSError as error:
        found = error.strerror or "another"
        raise SourceError(str(file), "file", expected="a readable file", found=found) from error
