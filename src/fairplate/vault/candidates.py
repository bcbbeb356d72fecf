"""Which plates a pattern stands for: its unknown characters filled in, and what looks like those.

Decides the candidates and how many there may be. Which characters look alike is given by whoever
asks, since hot lists decide it. A pattern that knows too little would be a sweep, and is refused.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import product

from fairplate.core.errors import InputError
from fairplate.core.plates import MAX_PLATE_LENGTH, PLATE_CHARACTERS, normalise_plate

UNKNOWN = "?"
MOST_UNKNOWN = 2
FEWEST_KNOWN = 3
"""With fewer known characters beside the unknown ones, a pattern would say next to nothing."""

MAX_CANDIDATES = 2_000


@dataclass(frozen=True, slots=True)
class Candidates:
    """The plates to look for; `complete` False: some look-alikes are left out."""

    plates: tuple[str, ...] = field(repr=False)
    complete: bool


def parse_pattern(text: str, *, where: str = "grant", field_name: str = "plates") -> str:
    """Return `text` as a pattern: a normalised plate with `?` for each unknown character.

    Raises InputError, without quoting it, for more than two unknown characters, for fewer than
    three known ones beside them, and for what is no plate.
    """
    known = normalise_plate(text.replace(UNKNOWN, ""), where=where, field=field_name)
    unknown = text.count(UNKNOWN)
    expected = (
        f"at most {MOST_UNKNOWN} unknown characters, with at least {FEWEST_KNOWN} known ones, and "
        f"{MAX_PLATE_LENGTH} in all"
    )
    too_little = unknown > 0 and len(known) < FEWEST_KNOWN
    if unknown > MOST_UNKNOWN or too_little or len(known) + unknown > MAX_PLATE_LENGTH:
        found = f"{unknown} unknown and {len(known)} known"
        raise InputError(where, field_name, expected=expected, found=found)
    if not unknown:
        return known
    # A neutral character keeps each piece from being empty, or nothing but separators.
    pieces = (
        normalise_plate(f"{piece}0", where=where, field=field_name)[:-1]
        for piece in text.split(UNKNOWN)
    )
    return UNKNOWN.join(pieces)


def expand_plate(pattern: str, *, look_alikes: Callable[[str], str] | None = None) -> Candidates:
    """Return the candidates of a parsed `pattern`, each once, exact fillings first.

    `look_alikes` gives the characters that look like one. With it come, filling by filling, the
    plates that differ in one such character, as hot lists match, and those that differ in O for 0
    at any number of places, up to `MAX_CANDIDATES` in all. Raises as `parse_pattern` does.
    """
    if pattern != parse_pattern(pattern):
        raise InputError("grant", "plates", expected="normalised patterns", found="another text")
    fillings = tuple(_fill(pattern))
    if look_alikes is None:
        return Candidates(fillings, complete=True)
    wanted = dict.fromkeys(fillings)
    alike = (other for filling in fillings for other in _alike(filling, look_alikes))
    for other in alike:
        if other in wanted:
            continue
        if len(wanted) == MAX_CANDIDATES:
            return Candidates(tuple(wanted), complete=False)
        wanted[other] = None
    return Candidates(tuple(wanted), complete=True)


def _fill(pattern: str) -> Iterator[str]:
    places = [at for at, char in enumerate(pattern) if char == UNKNOWN]
    for chars in product(PLATE_CHARACTERS, repeat=len(places)):
        filled = list(pattern)
        for at, char in zip(places, chars, strict=True):
            filled[at] = char
        yield "".join(filled)


def _alike(plate: str, look_alikes: Callable[[str], str]) -> Iterator[str]:
    """Yield plates that look like `plate`; the first ones differ least."""
    for at, char in enumerate(plate):
        for other in look_alikes(char):
            yield f"{plate[:at]}{other}{plate[at + 1 :]}"
    zeros = [at for at, char in enumerate(plate) if char in "O0"]
    for way in product("O0", repeat=len(zeros)):
        folded = list(plate)
        for at, char in zip(zeros, way, strict=True):
            folded[at] = char
        yield "".join(folded)
