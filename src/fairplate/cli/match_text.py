"""The words in which a match is told to a person, the same on the terminal and on the sheet.

Decides how a match is phrased, never whether it is one (`hotlists/match.py`), nor which characters
are doubtful (`core/doubts.py`).
"""

from collections.abc import Iterator

from fairplate.hotlists.match import Match, MatchKind

UNCONFIRMED = "unconfirmed: compare the picture with the entry before anyone acts"

_FITS = {
    MatchKind.EXACT: "same text",
    MatchKind.LOOK_ALIKE: "one look-alike",
    MatchKind.PATTERN: "pattern",
}


def entry_lines(match: Match) -> Iterator[tuple[str, str]]:
    """Yield what the entry says as (field, text), leaving out what it does not say."""
    entry = match.entry
    vehicle = " ".join(word for word in (entry.colour, entry.make, entry.vehicle.value) if word)
    fit = _FITS[match.kind]
    yield "list", f"{entry.source}, line {entry.line}"
    yield "plate", f"{entry.plate} ({fit})"
    yield "purpose", entry.purpose.value
    yield "reference", entry.reference
    if entry.call:
        yield "call", entry.call
    yield "jurisdiction", entry.jurisdiction or "not given"
    yield "vehicle", vehicle
    yield "score", f"{match.score:.2f}"


def match_lines(match: Match) -> list[str]:
    """Return a match as a heading and indented lines: the entry, the doubts, what to do."""
    told = "; ".join(f"{field} {text}" for field, text in entry_lines(match))
    heading = "HELD BACK" if match.held_back else "MATCH"
    return [
        f"{heading}: {told}",
        *(f"  held back: {held}" for held in match.held_back),
        *(f"  doubt: {doubt}" for doubt in match.doubts),
        f"  {UNCONFIRMED}",
    ]
