"""`fairplate serve`: the server, until somebody asks it to stop. Parses and prints."""

from pathlib import Path

import click

from fairplate.cli.deployment_folder import BY_ITSELF, data_option, opened
from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.stop_request import StopRequest


@click.command(short_help="Take reads over HTTP, and do all that goes on by itself.")
@data_option
def serve(*, folder: Path) -> ExitCode:
    """Serve the deployment over HTTP: cameras push reads, alerts go out, keys end in time.

    Listens on 127.0.0.1, port 8750, unless the settings' table [server] says otherwise; never in
    clear on a network, unless behind a proxy that is told of there. One process does everything: no
    other needs to run beside it.

    Ends on Ctrl-C or SIGTERM once what was accepted is stored.

    Exit codes: 0 ended as asked, 1 a part failed, 2 wrong use, 3 refused by policy.
    """
    from fairplate.web.listening import read_listening  # noqa: PLC0415 - see deployment_folder.py
    from fairplate.web.logs import log, set_up_logs  # noqa: PLC0415
    from fairplate.web.serving import serve as serve_deployment  # noqa: PLC0415

    set_up_logs()
    with StopRequest().listen() as should_stop, opened(folder, actor=BY_ITSELF) as deployment:
        settings = deployment.settings
        listening = read_listening(settings.server, settings.folder)

        def started(url: str) -> None:
            click.echo(f"listening on {url}")
            log("listening", url=url)

        as_asked = serve_deployment(deployment, listening, should_stop, started)
    return ExitCode.DONE if as_asked else ExitCode.FAILED
