"""`fairplate audit verify`: the offline verifier, over this deployment's own published log."""

from pathlib import Path

import click

from fairplate.cli.deployment_folder import data_option, opened


@click.command(short_help="Check the published log as an outsider would.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one line of JSON.")
@click.option(
    "--since",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="An older checkpoint that the log must continue.",
)
@data_option
def verify(*, as_json: bool, since: Path | None, folder: Path) -> int:
    """Check the published log with the verifier that outsiders use: `python -m fairplate.verify`.

    Exit codes: 0 it holds, 1 it does not, 2 FILE is no checkpoint.
    """
    from fairplate.verify.command import main  # noqa: PLC0415 - see deployment_folder.py

    with opened(folder) as deployment:
        log = deployment.log
        arguments = [str(log.folder), "--key", str(log.keys.signing.verifier)]
    arguments += ["--json"] if as_json else []
    arguments += [] if since is None else ["--since", str(since)]
    return main(arguments)
