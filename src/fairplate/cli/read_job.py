"""The core of `read`: every source through the engine and the hot lists into the outputs.

Engine, clock, streams and the wish to stop arrive as arguments. Decides what one bad source means
(one line on standard error, the others go on) and what the run ends with. Leaves parsing to
`read.py` and every way of showing a read to the outputs.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TextIO

from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.finding import Finding, Output, RunSummary
from fairplate.cli.hot_list_check import HotListCheck
from fairplate.cli.json_lines import JsonLines
from fairplate.cli.notices import Bar, Notices
from fairplate.cli.output_folder import OutputFolder
from fairplate.cli.picture_output import PictureOutput
from fairplate.cli.reads_table import ReadsTable
from fairplate.core.clock import Clock
from fairplate.core.errors import FairplateError, InputError, SourceError
from fairplate.reading.engine import Engine, Frame
from fairplate.reading.frames import (
    Sampling,
    Source,
    SourceKind,
    count_frames,
    find_sources,
    open_frames,
)
from fairplate.reading.pipeline import Sighting, read_clip, read_pictures


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """What was asked for on the command line, parsed."""

    sources: tuple[str, ...]
    hot_lists: tuple[Path, ...] = ()
    sampling: Sampling = field(default_factory=Sampling)
    threads: int = 1
    as_json: bool = False
    annotate: Path | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the run needs from the world around it; tests give their own."""

    build_engine: Callable[[], Engine]
    clock: Clock
    out: TextIO
    err: TextIO
    should_stop: Callable[[], bool]


def read_sources(request: ReadRequest, around: Surroundings) -> ExitCode:
    """Read every source of `request` and return what the command ends with.

    Raises InputError if the folder for pictures is refused and EngineError if there is no engine,
    both before anything is read.
    """
    notices = Notices(around.err, bar=not (request.as_json and around.out.isatty()))
    started_at = around.clock()
    outputs: list[Output] = [JsonLines(around.out) if request.as_json else ReadsTable(around.out)]
    folder = None if request.annotate is None else OutputFolder.open(request.annotate)
    check = HotListCheck.load(request.hot_lists, now=started_at, say=notices.say)
    sources, any_missing = _find(request.sources, notices)
    if not sources:
        return ExitCode.FAILED
    engine = around.build_engine()
    if folder is not None:
        folder.drop_earlier_run(source.name for source in sources)
        outputs.append(PictureOutput(folder))
    run = _Run(
        request=request,
        around=around,
        notices=notices,
        check=check,
        engine=engine,
        outputs=outputs,
        failed=any_missing or check.any_refused,
    )
    try:
        with notices.progress() as bar:
            run.read_all(sources, bar)
    finally:
        if run.stopped:
            notices.say(f"stopped by user after {run.frames} frames")
        summary = run.summary(started_at)
        for output in outputs:
            output.finish(summary)
    return ExitCode.FAILED if run.failed or run.stopped else ExitCode.DONE


def _find(given: Sequence[str], notices: Notices) -> tuple[list[Source], bool]:
    """Return the sources there are, and whether one given is none."""
    found: list[Source] = []
    any_missing = False
    for name in given:
        try:
            found += find_sources(name)
        except SourceError as error:
            notices.say(str(error))
            any_missing = True
    return found, any_missing


@dataclass(slots=True, kw_only=True, eq=False)
class _Run:
    """One run under way: its counts, and whether something failed."""

    request: ReadRequest
    around: Surroundings
    notices: Notices
    check: HotListCheck
    engine: Engine
    outputs: Sequence[Output]
    failed: bool
    stopped: bool = False
    sources: int = 0
    frames: int = 0
    reads: int = 0
    matches: int = 0
    held_back: int = 0

    def read_all(self, sources: Sequence[Source], bar: Bar) -> None:
        for number, source in enumerate(sources):
            if self.around.should_stop():
                break
            total = self._count(source) if self.notices.shows_bar else None
            bar.start(number, len(sources), source.name, total)
            try:
                self._read(source, bar)
            except InputError as error:
                self.notices.say(str(error))
                self.failed = True
            finally:
                self.sources += 1
                for output in self.outputs:
                    output.close_source()
        self.stopped = self.around.should_stop()

    def summary(self, started_at: datetime) -> RunSummary:
        return RunSummary(
            engine=self.engine.name,
            started_at=started_at,
            sources=self.sources,
            frames=self.frames,
            reads=self.reads,
            matches=self.matches,
            held_back=self.held_back,
            lists=self.check.names,
            problems=self.notices.lines,
            stopped=self.stopped,
        )

    def _read(self, source: Source, bar: Bar) -> None:
        read = read_pictures if source.kind is SourceKind.PICTURE else read_clip
        for sighting in read(self._frames(source, bar), self.engine):
            finding = self._find_matches(sighting, source.kind)
            for output in self.outputs:
                output.add(finding)

    def _frames(self, source: Source, bar: Bar) -> Iterator[Frame]:
        """Yield the source's frames until it ends or somebody asks to stop, counting them."""
        asked, stop = self.request, self.around.should_stop
        for frame in open_frames(source, asked.sampling, should_stop=stop, threads=asked.threads):
            if stop():
                return
            self.frames += 1
            yield frame
            bar.advance()

    def _find_matches(self, sighting: Sighting, kind: SourceKind) -> Finding:
        read = sighting.read
        finding = Finding(
            read, sighting.frame, kind, self.check.match(read, now=self.around.clock())
        )
        self.reads += 1
        if finding.best is not None:
            self.matches += not finding.best.held_back
            self.held_back += bool(finding.best.held_back)
        return finding

    def _count(self, source: Source) -> int | None:
        try:
            return count_frames(source, self.request.sampling)
        except FairplateError:
            return None  # reading will meet the same trouble, and tell it
