"""What stands where a payload has its plate: a plate, a word for none, or neither.

Leaves the normal form of a Latin plate to `core/plates.py`.
"""

import unicodedata
from collections.abc import Iterable

from fairplate.core.errors import InputError
from fairplate.core.plates import MAX_PLATE_LENGTH, is_plate, normalise_plate
from fairplate.ingest.limits import MAX_CANDIDATES
from fairplate.ingest.sentinels import is_no_plate
from fairplate.ingest.vendor import Candidate, Doubt

_UNREAD = frozenset("?*#")
"""Written for a character that was seen and not read: without it, it is another plate."""

_LONGEST = 4 * MAX_PLATE_LENGTH
"""Of a text with all its signs; a longer one is not looked at."""


def read_plate(text: str) -> tuple[str | None, tuple[Doubt, ...]]:
    """Return the plate, or None, and what is odd about it."""
    if len(text) <= _LONGEST and is_no_plate(text):
        return None, ()
    if len(text) > _LONGEST or not _UNREAD.isdisjoint(text):
        return None, (Doubt.NOT_A_PLATE,)
    try:
        return normalise_plate(text), ()
    except InputError:
        return _other_script(text)


def candidates_of(pairs: Iterable[tuple[str, float | None]]) -> tuple[Candidate, ...]:
    """Return the candidates in their order, without those that are no plates."""
    found = []
    for text, confidence in pairs:
        plate, _ = read_plate(text)
        if plate is not None:
            found.append(Candidate(plate, confidence))
        if len(found) == MAX_CANDIDATES:
            break
    return tuple(found)


def _other_script(text: str) -> tuple[str | None, tuple[Doubt, ...]]:
    plate = ""
    for character in unicodedata.normalize("NFKC", text).upper():
        if character.isalnum():
            plate += character
        elif unicodedata.category(character)[0] not in "PZM":  # signs, controls, surrogates
            return None, (Doubt.NOT_A_PLATE,)
    if not 0 < len(plate) <= MAX_PLATE_LENGTH:
        return None, (Doubt.NOT_A_PLATE,)
    return plate, () if is_plate(plate) else (Doubt.NOT_LATIN,)
