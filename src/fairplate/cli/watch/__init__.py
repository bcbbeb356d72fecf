"""`fairplate watch`: from cameras to messages in one process; parses its arguments."""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

from fairplate.cli.deployment_folder import BY_ITSELF, data_option, opened
from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.read import parse_rate, parse_regions
from fairplate.cli.stop_request import StopRequest
from fairplate.reading.engines import DEFAULT_ENGINE, ENGINES, EngineOptions, build_engine
from fairplate.reading.frames import Sampling, Source, find_sources

_WITH_READER = re.compile(r"([a-z0-9][a-z0-9-]*)=(.+)", re.DOTALL)


@click.command(short_help="Watch cameras, and tell people of matches.")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option(
    "--reader", metavar="ID", help="The reader that all sources are of. Without it: ID=SOURCE."
)
@click.option(
    "--list",
    "lists",
    multiple=True,
    metavar="ID",
    help="Let only this list raise alerts. May be given again; without it, every list.",
)
@click.option(
    "--hotlist",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Bring this file (CSV or JSON Lines) in as a list of its name. May be given again.",
)
@click.option(
    "--region",
    "regions",
    multiple=True,
    callback=parse_regions,
    metavar="CODE",
    help="Where the plates are from: us, us-ca, eu, de, br ... Without it, anywhere.",
)
@click.option(
    "--engine",
    type=click.Choice(list(ENGINES)),
    default=DEFAULT_ENGINE,
    show_default=True,
    help="What reads the plates.",
)
@click.option(
    "--second-engine",
    type=click.Choice(list(ENGINES)),
    help="What looks again at a plate before its alert leaves.",
)
@click.option(
    "--rate",
    "rate_fps",
    type=float,
    callback=parse_rate,
    metavar="FPS",
    help="Read this many frames a second of a clip or stream.",
)
@click.option(
    "--threads",
    type=click.IntRange(1, 256),
    default=1,
    show_default=True,
    metavar="N",
    help="How many cores to use.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON Lines; docs/watch.md tells them.")
@data_option
def watch(
    *,
    sources: tuple[str, ...],
    reader: str | None,
    lists: tuple[str, ...],
    files: tuple[Path, ...],
    regions: tuple[str, ...],
    engine: str,
    second_engine: str | None,
    rate_fps: float | None,
    threads: int,
    as_json: bool,
    folder: Path,
) -> ExitCode:
    """Watch each SOURCE, and tell those who subscribed of what matches a hot list.

    A SOURCE is a picture, a folder, a video, or the address of a stream, as for `fairplate read`;
    with several readers each is given as ID=SOURCE. One process does it all: it reads, checks,
    keeps and destroys as the policy says, imports what is dropped into the lists' folders, delivers
    and publishes the log.

    Prints a line an alert, without the plate. An alert is unconfirmed until a person has compared
    picture and entry.

    Ends when every source has ended and what waits is delivered (for 30 seconds at most), or on
    Ctrl-C.

    Exit codes: 0 done, 1 a source failed, a list was refused or messages still wait, 2 wrong use,
    3 refused by policy.
    """
    found = _find(sources, reader)
    with StopRequest().listen() as should_stop:
        run = _Run(
            sources=found,
            lists=lists,
            files=files,
            sampling=Sampling(rate_fps=rate_fps),
            engine=engine,
            second_engine=second_engine,
            options=EngineOptions(regions=regions, threads=threads),
            as_json=as_json,
            should_stop=should_stop,
        )
        return run.go(folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """What was asked for, and the wish to stop."""

    sources: list[tuple[str, Source]]
    lists: tuple[str, ...]
    files: tuple[Path, ...]
    sampling: Sampling
    engine: str
    second_engine: str | None
    options: EngineOptions
    as_json: bool
    should_stop: Callable[[], bool]

    def go(self, folder: Path) -> ExitCode:
        # See deployment_folder.py for why these are imported here.
        from fairplate.cli.watch.file_lists import import_files  # noqa: PLC0415
        from fairplate.cli.watch.job import (  # noqa: PLC0415
            Surroundings,
            WatchRequest,
            require_readers,
            watch_sources,
        )
        from fairplate.cli.watch.telling import Telling  # noqa: PLC0415

        telling = Telling(sys.stdout, sys.stderr, self.as_json)
        with opened(folder) as deployment:  # lists are brought in by a person
            require_readers(deployment, {reader_id for reader_id, _ in self.sources})
            imported = import_files(deployment, self.files, telling)
        if imported is None:
            return ExitCode.FAILED
        only = frozenset((*self.lists, *imported)) if self.lists else None
        request = WatchRequest(
            tuple(self.sources), only, self.sampling, threads=self.options.threads
        )
        second = self.second_engine
        around = Surroundings(
            build_engine=lambda: build_engine(self.engine, self.options),
            build_second_engine=None
            if second is None
            else lambda: build_engine(second, self.options),
            should_stop=self.should_stop,
            telling=telling,
        )
        with opened(folder, actor=BY_ITSELF) as deployment:
            return watch_sources(deployment, request, around)


def _find(given: tuple[str, ...], reader: str | None) -> list[tuple[str, Source]]:
    """Return each source with its reader's id; SourceError for one that is none."""
    found: list[tuple[str, Source]] = []
    for each in given:
        reader_id, place = reader, each
        if reader_id is None:
            pair = _WITH_READER.fullmatch(each)
            if pair is None:
                raise click.UsageError("whose reads are these? Give --reader ID, or ID=SOURCE")
            reader_id, place = pair[1], pair[2]
        found += [(reader_id, source) for source in find_sources(place)]
    return found
