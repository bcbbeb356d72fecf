"""The words in which a match is told to a person, the same on the terminal and on the sheet.

Decides how a match is phrased, never whether it is one (`hotlists/match.py`).
"""

from collections.abc import Iterator

from fairplate.core.reads import Character
from fairplate.hotlists.match import Match

UNCONFIRMED = "unconfirmed: compare the picture with the entry before anyone acts"

# Below this a character is marked, so that the eye goes there first.
DOUBTFUL_BELOW = 0.8


def percent(share: float) -> str:
    """Return a share in whole per cent, cut and not rounded: 99.9 % is not certain."""
    return f"{int(share * 100 + 1e-9)} %"  # 0.29 * 100 is 28.999…


def is_doubtful(character: Character) -> bool:
    """Say whether a person should look at this character twice."""
    return character.confidence < DOUBTFUL_BELOW


def doubtful_lines(characters: tuple[Character, ...]) -> list[str]:
    """Return one line for each doubtful character: which, how sure, and the runner-up."""
    return [
        f"character {position} reads {c.char} ({percent(c.confidence)})"
        + (f", runner-up {c.second} ({percent(c.second_confidence)})" if c.second else "")
        for position, c in enumerate(characters, start=1)
        if is_doubtful(c)
    ]


def entry_lines(match: Match) -> Iterator[tuple[str, str]]:
    """Yield what the entry says as (field, text), leaving out what it does not say."""
    entry = match.entry
    vehicle = " ".join(word for word in (entry.colour, entry.make, entry.vehicle.value) if word)
    fit = "same text" if match.kind.value == "exact" else "one look-alike"
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
        *(f"  held back: {reason}" for reason in match.held_back),
        *(f"  doubt: {doubt}" for doubt in match.doubts),
        f"  {UNCONFIRMED}",
    ]
