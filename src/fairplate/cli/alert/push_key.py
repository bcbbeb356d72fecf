"""`fairplate alert push-key`: the key by which push services know this deployment (RFC 8292).

Parses and prints; the file's form is decided in `alerts/vapid.py`. The key opens no read and no
message: whoever has it can send notifications to browsers that subscribed, if their subscriptions
are known too.
"""

import json
from pathlib import Path

import click

from fairplate.cli.exit_codes import ExitCode
from fairplate.core.errors import InputError


@click.command(name="push-key", short_help="Make the key that Web Push needs.")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--show", is_flag=True, help="Make none; print the public part of the one in FILE.")
def push_key(*, file: Path, show: bool) -> ExitCode:
    """Make a key in FILE, mode 0600, by which push services know this deployment (VAPID).

    Prints its public part, which a browser needs to subscribe (`applicationServerKey`). A key that
    is there is never replaced: with another one every phone has to subscribe again.
    """
    # Not loaded to parse a command.
    from fairplate.alerts.vapid import create_vapid_key, read_public_part  # noqa: PLC0415

    if show:
        click.echo(read_public_part(file))
        return ExitCode.DONE
    path = str(file.absolute())
    if not path.isprintable():  # no settings could name it
        raise InputError("push-key", "file", expected="a printable path", found="another")
    public = create_vapid_key(file)
    click.echo(f"vapid_key_file = {json.dumps(path, ensure_ascii=False)}")
    click.echo(f"public part: {public}")
    return ExitCode.DONE
