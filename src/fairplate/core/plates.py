"""What a plate is as text: upper-case letters A-Z and digits 0-9, nothing else.

Decides which characters count and how spellings fold to one. Leaves to others what a plate of a
given place looks like (`reading/syntaxes.py`) and which characters look alike
(`hotlists/confusions.py`).
"""

import unicodedata

from fairplate.core.errors import InputError

PLATE_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MAX_PLATE_LENGTH = 12

# Written between groups and read as nothing. Letters of other scripts are not on this list: a plate
# with one is refused, because dropping a character would turn it into somebody else's plate.
_SEPARATORS = frozenset(" -–—_.·•:/'’\"\t\u00a0\u2009\u200b\u2060\ufeff")

# Cyrillic, Greek: the capitals that plates of the 1968 Vienna Convention use because they have a
# Latin twin (annex 2: "capital Latin characters"; Russian GOST R 50577 uses exactly these twelve).
_LATIN_TWINS = str.maketrans("АВЕКМНОРСТУХΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEKMHOPCTYXABEZHIKMNOPTYX")


def normalise_plate(text: str, *, where: str = "plate", field: str = "plate") -> str:
    """Return `text` as a plate: NFKC (full-width to ASCII), upper case, separators removed.

    Marks on Latin letters are dropped, as lists commonly key them (Ü → U).
    Raises InputError if nothing is left, if more than `MAX_PLATE_LENGTH` characters are, or if a
    character is neither a plate character nor a separator; the message never quotes the plate.
    """
    expected = f"1 to {MAX_PLATE_LENGTH} letters or digits"
    # NFKD also splits a letter from its mark, so that the mark alone can be dropped below.
    folded = unicodedata.normalize("NFKD", text).upper().translate(_LATIN_TWINS)
    kept: list[str] = []
    for character in folded:
        if character in PLATE_CHARACTERS:
            kept.append(character)
        elif character not in _SEPARATORS and not unicodedata.combining(character):
            found = f"U+{ord(character):04X} {unicodedata.name(character, 'no name')}"
            raise InputError(where, field, expected=expected, found=found)
    if not kept:
        raise InputError(where, field, expected=expected, found="none")
    if len(kept) > MAX_PLATE_LENGTH:
        raise InputError(where, field, expected=expected, found=f"{len(kept)}")
    return "".join(kept)


def is_plate(text: str) -> bool:
    """Say whether `text` is already in normal form."""
    # Stripping takes every plate character off both ends: something is left only around another.
    return 0 < len(text) <= MAX_PLATE_LENGTH and not text.strip(PLATE_CHARACTERS)
