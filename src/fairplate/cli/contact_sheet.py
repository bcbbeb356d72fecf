"""The contact sheet: one page of every read with its picture, to look at and to compare.

Decides the order (matches, held back, the rest) and what each card says; the page's form is
`templates/contact_sheet.html`. The page asks nothing of any other host: style inside, pictures
beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

import jinja2

from fairplate import __version__
from fairplate.cli.finding import RunSummary
from fairplate.cli.match_text import UNCONFIRMED, entry_lines
from fairplate.cli.output_folder import SHEET_GENERATOR
from fairplate.cli.reads_table import counts_line
from fairplate.cli.terminal_text import printable
from fairplate.core.doubts import doubtful_lines, is_doubtful, percent
from fairplate.core.reads import PlateRead
from fairplate.hotlists.match import Match
from fairplate.reading.frames import SourceKind


@dataclass(frozen=True, slots=True)
class Picture:
    """A file beside the sheet, and its size in pixels."""

    file: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Card:
    """One read on the sheet: no pixels, only the names of its pictures."""

    read: PlateRead
    matches: tuple[Match, ...]
    kind: SourceKind
    picture: Picture
    crop: Picture

    @property
    def source(self) -> str:
        """The source's name without anything unprintable."""
        return printable(self.read.source)

    @property
    def is_match(self) -> bool:
        """Whether a match stands that a person has to compare."""
        return bool(self.matches) and not self.matches[0].held_back

    @property
    def when(self) -> str:
        """Where in its source the picture is, in words; nothing for a still picture."""
        if self.kind is SourceKind.PICTURE and self.read.frame == 0:
            return ""
        return f"{self.read.time_s:.1f} s, frame {self.read.frame}"


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, its cards, and the word that styles them."""

    title: str
    style: str
    cards: tuple[Card, ...]


def sections(cards: Sequence[Card]) -> list[Section]:
    """Return the sections that have cards: matches first, then held back, then the rest."""
    parts = [
        Section("Matches to compare", "match", tuple(c for c in cards if c.is_match)),
        Section("Held back", "held-back", tuple(c for c in cards if c.matches and not c.is_match)),
        Section("Other reads", "read", tuple(c for c in cards if not c.matches)),
    ]
    return [part for part in parts if part.cards]


def render_sheet(cards: Sequence[Card], summary: RunSummary) -> str:
    """Return the page as HTML; its pictures are the cards' files in the same folder."""
    text = (
        resources.files("fairplate.cli").joinpath("templates/contact_sheet.html").read_text("utf-8")
    )
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(text).render(
        sections=sections(cards),
        summary=summary,
        counts=counts_line(summary),
        version=__version__,
        generator=SHEET_GENERATOR,
        unconfirmed=UNCONFIRMED,
        percent=percent,
        is_doubtful=is_doubtful,
        doubtful_lines=doubtful_lines,
        entry_lines=entry_lines,
    )
