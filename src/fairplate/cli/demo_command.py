"""`fairplate demo`: draws a street clip and a hot list, and reads them as `fairplate read` does."""

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from fairplate.cli.demo.clip import render_clip
from fairplate.cli.demo.hot_list import write_hot_list
from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.output_folder import SHEET_NAME
from fairplate.cli.read import run_on_terminal
from fairplate.cli.read_job import ReadRequest
from fairplate.core.errors import FairplateError
from fairplate.reading.engines import DEFAULT_ENGINE, EngineOptions

CLIP_NAME = "street.mp4"
HOT_LIST_NAME = "demo-hot-list.csv"
SHEET_FOLDER = "sheet"


@click.command(short_help="Draw a street clip, read it, and show the matches.")
@click.argument("photos", nargs=-1, metavar="[PHOTO]...")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo-output"),
    show_default=True,
    metavar="DIR",
    help="Where clip, hot list, pictures and contact sheet go.",
)
def demo(*, photos: tuple[str, ...], output: Path) -> ExitCode:
    """Draw a short street clip, read it, and show the matches.

    Two of its cars stand on a hot list that is made with it. The clip, and each PHOTO if some are
    given, are read as `fairplate read --hotlist --annotate` does.

    Every plate in the clip is drawn, none is real.
    """
    clip, hot_list = output / CLIP_NAME, output / HOT_LIST_NAME
    try:
        output.mkdir(parents=True, exist_ok=True)
        click.echo(f"drawing {clip}", err=True)
        render_clip(clip)
        write_hot_list(hot_list, now=datetime.now(UTC))
    except OSError as error:
        reason = error.strerror or "it failed"
        raise FairplateError(f"{output}: cannot write the demo: {reason}") from None
    request = ReadRequest(
        sources=(str(clip), *photos), hot_lists=(hot_list,), annotate=output / SHEET_FOLDER
    )
    options = EngineOptions(threads=min(2, os.cpu_count() or 1))
    code = run_on_terminal(request, DEFAULT_ENGINE, options)
    click.echo(f"\ncontact sheet, open it in a browser: {output / SHEET_FOLDER / SHEET_NAME}")
    return code
