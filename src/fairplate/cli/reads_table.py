"""`read` for a person: a table of the reads, and below it every match with its doubts."""

from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from fairplate.cli.finding import Finding, RunSummary
from fairplate.cli.match_text import match_lines
from fairplate.cli.terminal_text import printable
from fairplate.core.doubts import percent
from fairplate.reading.frames import SourceKind

_COLUMNS = ("source", "time / frame", "plate", "region", "confidence", "frames", "match")
_FOLDABLE = {"source", "match"}
_PIPE_WIDTH = 10_000  # no line is cut or wrapped where a program reads along


class ReadsTable:
    """Keeps the rows and prints the whole at the end, when the columns' widths are known."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._rows: list[tuple[str, ...]] = []
        self._match_lines: list[str] = []

    def add(self, finding: Finding) -> None:
        """Keep the read's row and its matches, not its picture."""
        self._rows.append(_row(finding))
        read = finding.read
        place = f"{read.plate} in {read.source}, frame {read.frame}"
        for match in finding.matches:
            first, *rest = match_lines(match)
            self._match_lines += [first.replace(":", f" of {place}:", 1), *rest]

    def close_source(self) -> None:
        """Do nothing: the table is one."""

    def finish(self, summary: RunSummary) -> None:
        """Print the table, the matches, and one line of counts."""
        width = None if self._out.isatty() else _PIPE_WIDTH
        console = Console(file=self._out, width=width, highlight=False)
        if self._rows:
            table = Table()
            for column in _COLUMNS:
                # Folded, never cut: half a plate or a purpose is worse than two lines.
                table.add_column(column, overflow="fold", no_wrap=column not in _FOLDABLE)
            for row in self._rows:
                style = "bold" if row[-1] else None
                table.add_row(*(Text(printable(cell)) for cell in row), style=style)
            console.print(table)
        for line in self._match_lines:
            console.print(Text(printable(line)), soft_wrap=True)
        console.print(Text(counts_line(summary)), soft_wrap=True)


def counts_line(summary: RunSummary) -> str:
    """Return how much was read and found, as one sentence."""
    counts = [
        _count(summary.reads, "read"),
        f"in {_count(summary.frames, 'frame')} of {_count(summary.sources, 'source')}",
    ]
    if summary.lists:
        counts.append(f"— {_count(summary.matches, 'match', 'matches')}")
        counts.append(f"to compare, {summary.held_back} held back")
    return " ".join(counts)


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _row(finding: Finding) -> tuple[str, ...]:
    read, best = finding.read, finding.best
    still = finding.kind is SourceKind.PICTURE
    return (
        read.source,
        "" if still and read.frame == 0 else f"{read.time_s:.1f} s / {read.frame}",
        read.plate,
        read.region or "",
        percent(read.confidence),
        str(read.frames),
        "" if best is None else ("held back" if best.held_back else best.entry.purpose.value),
    )
