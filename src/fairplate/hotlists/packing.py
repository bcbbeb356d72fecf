"""A plate as one number, so that a million of them can be held, sorted and looked up as an array.

Decides the number: plates that differ in O for 0 alone share one, all others have their own. Leaves
finding numbers to `index.py`.

The plate, O written as 0, is a number in base 36; a shorter plate comes before a longer one. The
digit that O has left stands for `?`, so a pattern's number is no plate's. The largest is below
2^63: it also fits a database's signed integer.
"""

from fairplate.core.errors import InputError
from fairplate.core.plates import MAX_PLATE_LENGTH, PLATE_CHARACTERS, is_plate
from fairplate.hotlists.entries import UNKNOWN_CHARACTER

BASE = 36
DIGITS = {char: int("0" if char == "O" else char, BASE) for char in PLATE_CHARACTERS}
UNKNOWN_DIGIT = int("O", BASE)

# How many texts are shorter, by length.
_SHORTER: tuple[int, ...] = tuple(
    (BASE**length - 1) // (BASE - 1) for length in range(MAX_PLATE_LENGTH + 1)
)


def fold_zero(plate: str) -> str:
    """Return the plate with every O written as 0: lists often hold one for the other."""
    return plate.replace("O", "0")


def pack_plate(plate: str) -> int:
    """Return the number of a normalised plate, or of a pattern with `?`, from 0 to below 2^63.

    Raises InputError, without quoting it, for what is neither.
    """
    if len(plate) > MAX_PLATE_LENGTH or not is_plate(plate.replace(UNKNOWN_CHARACTER, "0")):
        raise InputError("index", "plate", expected="a normalised plate", found="another text")
    digits = fold_zero(plate).replace(UNKNOWN_CHARACTER, "O")
    return int(digits, BASE) + _SHORTER[len(plate)]
