"""What the outputs of `read` get: one read with its picture and matches, and how the run went."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from fairplate.core.reads import PlateRead
from fairplate.hotlists.match import Match
from fairplate.reading.engine import Frame
from fairplate.reading.frames import SourceKind


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """One read: the frame it is best seen in, the kind of its source, its matches best first."""

    read: PlateRead
    frame: Frame
    kind: SourceKind
    matches: tuple[Match, ...] = ()

    @property
    def best(self) -> Match | None:
        """The best match; one that is held back only if all are (the index puts those last)."""
        return self.matches[0] if self.matches else None


@dataclass(frozen=True, slots=True)
class RunSummary:
    """How a run went: counts, the engine, when it began, and every line told about trouble."""

    engine: str
    started_at: datetime
    sources: int
    frames: int
    reads: int
    matches: int
    held_back: int
    lists: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    stopped: bool = False


class Output(Protocol):
    """Somewhere findings go. `close_source` comes after each source, `finish` once at the end."""

    def add(self, finding: Finding) -> None:
        """Take one finding."""
        ...

    def close_source(self) -> None:
        """Learn that no more findings of the present source come."""
        ...

    def finish(self, summary: RunSummary) -> None:
        """Write what is left."""
        ...
