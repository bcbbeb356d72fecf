"""`fairplate read`: parses its arguments and hands them to `read_job.py`."""

import math
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.read_job import ReadRequest, Surroundings, read_sources
from fairplate.cli.stop_request import StopRequest
from fairplate.core.errors import InputError
from fairplate.core.regions import parse_region
from fairplate.reading.engines import DEFAULT_ENGINE, ENGINES, EngineOptions, build_engine
from fairplate.reading.frames import Sampling

_FASTEST_FPS = 1000.0


def parse_regions(
    context: click.Context, parameter: click.Parameter, given: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the codes of `--region us,br --region de`, each once, in the order given."""
    words = [word for text in given for word in text.split(",")]
    try:
        codes = [parse_region(word, where="--region") for word in words]
    except InputError as error:
        raise click.BadParameter(
            f"expected {error.expected}, found {error.found}", context, parameter
        ) from None
    return tuple(dict.fromkeys(codes))


def parse_rate(
    context: click.Context, parameter: click.Parameter, given: float | None
) -> float | None:
    """Return the frames a second of `--rate`."""
    if given is not None and not (math.isfinite(given) and 0 < given <= _FASTEST_FPS):
        raise click.BadParameter(
            f"expected a number of frames a second above 0, up to {_FASTEST_FPS:.0f}, "
            f"found {given}",
            context,
            parameter,
        )
    return given


@click.command(short_help="Read plates in pictures, clips and streams.")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option(
    "--hotlist",
    "hot_lists",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Check every read against this hot list (CSV or JSON Lines). May be given again.",
)
@click.option(
    "--region",
    "regions",
    multiple=True,
    callback=parse_regions,
    metavar="CODE",
    help="Where the plates are from: us, us-ca, eu, de, br ... May be given again or hold commas. "
    "Without it, anywhere.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON line a read, as it is made.")
@click.option(
    "--annotate",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write the pictures with the plates marked, and a contact sheet, DIR/index.html. "
    "An earlier run's are replaced.",
)
@click.option(
    "--engine",
    type=click.Choice(list(ENGINES)),
    default=DEFAULT_ENGINE,
    show_default=True,
    help="What reads the plates.",
)
@click.option(
    "--rate",
    "rate_fps",
    type=float,
    callback=parse_rate,
    metavar="FPS",
    help="Read this many frames a second of a clip or stream.",
)
@click.option("--every", type=click.IntRange(min=1), metavar="N", help="Read every Nth frame.")
@click.option(
    "--threads",
    type=click.IntRange(1, 256),
    default=1,
    show_default=True,
    metavar="N",
    help="How many cores to use.",
)
def read(
    *,
    sources: tuple[str, ...],
    hot_lists: tuple[Path, ...],
    regions: tuple[str, ...],
    as_json: bool,
    annotate: Path | None,
    engine: str,
    rate_fps: float | None,
    every: int | None,
    threads: int,
) -> ExitCode:
    """Read the plates in each SOURCE.

    A SOURCE is a picture, a folder, a video, or the address of a stream (rtsp:// or http://).

    Prints a table, or JSON Lines with --json. With --hotlist, every read is checked, and each match
    comes with its doubts: it is unconfirmed until a person has compared picture and entry.

    Ctrl-C ends the run with what was read so far.

    Exit codes: 0 done, 1 failed or stopped (a source or a list could not be read; the others
    were), 2 wrong use, 3 refused by policy.
    """
    if rate_fps is not None and every is not None:
        raise click.UsageError("--rate and --every both choose the frames: give one of them")
    request = ReadRequest(
        sources=sources,
        hot_lists=hot_lists,
        sampling=Sampling(every=every or 1, rate_fps=rate_fps),
        threads=threads,
        as_json=as_json,
        annotate=annotate,
    )
    return run_on_terminal(request, engine, EngineOptions(regions=regions, threads=threads))


def run_on_terminal(request: ReadRequest, engine: str, options: EngineOptions) -> ExitCode:
    """Run `request` with the process's own streams, clock and signals."""
    with StopRequest().listen() as should_stop:
        return read_sources(
            request,
            Surroundings(
                build_engine=lambda: build_engine(engine, options),
                clock=lambda: datetime.now(UTC),
                out=sys.stdout,
                err=sys.stderr,
                should_stop=should_stop,
            ),
        )
