"""What goes to standard error: one line for each trouble, and a progress bar on a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from fairplate.cli.terminal_text import printable


class Notices:
    """Prints lines of trouble, above the bar if there is one, and remembers them."""

    def __init__(self, err: TextIO, *, bar: bool) -> None:
        """Take the stream; `bar` False: show none even on a terminal (its lines are wanted raw)."""
        self._console = Console(file=err, highlight=False)
        self.shows_bar = bar and err.isatty()
        self._lines: list[str] = []
        self._progress: Progress | None = None

    @property
    def lines(self) -> tuple[str, ...]:
        """Every line said so far, without the program's name."""
        return tuple(self._lines)

    def say(self, line: str) -> None:
        """Print `fairplate: LINE`."""
        self._lines.append(printable(line))
        self._console.print(Text(f"fairplate: {printable(line)}"), soft_wrap=True)

    @contextmanager
    def progress(self) -> Iterator["Bar"]:
        """Show a bar, on a terminal, until the block ends; the terminal is left clean."""
        if not self.shows_bar:
            yield Bar(None)
            return
        progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            # Ours go to given streams; redirecting the process's own would send reads to stderr.
            redirect_stdout=False,
            redirect_stderr=False,
        )
        with progress:
            yield Bar(progress)


class Bar:
    """A bar of sources, and one of frames while a clip is read; or nothing at all."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._sources = None if progress is None else progress.add_task("sources", total=None)
        self._frames = None if progress is None else progress.add_task("frames", visible=False)

    def start(self, number: int, of: int, name: str, frames: int | None) -> None:
        """Show that source `number` (from 0) of `of` begins, with `frames` frames if known."""
        if self._progress is None or self._sources is None or self._frames is None:
            return
        self._progress.update(self._sources, completed=number, total=of)
        short = printable(name)[-30:]
        self._progress.reset(self._frames, total=frames, description=short, visible=frames != 1)

    def advance(self) -> None:
        """Count one frame."""
        if self._progress is not None and self._frames is not None:
            self._progress.advance(self._frames)
