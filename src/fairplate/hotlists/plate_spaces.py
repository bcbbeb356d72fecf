"""How many plates a place can have, from the formats its issuer documents.

Decides the number that `chance.py` compares a list with. Only a rough size matters, so a format is
counted in full: words that are never issued and letters that few issuers leave out do not change
it. Which format a read has is `reading/syntaxes.py`'s.
"""

from math import prod

# L: 26 letters, D: 10 digits; small letters as their issuers restrict them: f France and Italy
# (no I, O, U), c Spain (no vowels, no Q and Ñ). Series that are issued now or make up most cars.
_SIZES = {"L": 26, "D": 10, "f": 23, "c": 20}
_FORMATS = {
    "us": ("LLLDDDD",),
    "us-ca": ("DLLLDDD",),
    "ca": ("LLLLDDD",),
    "br": ("LLLDLDD", "LLLDDDD"),
    "ar": ("LLDDDLL", "LLLDDD"),
    "cl": ("LLLLDD",),
    "co": ("LLLDDD",),
    "uy": ("LLLDDDD",),
    "de": ("LLLDDDD", "LLLLDDDD"),
    "gb": ("LLDDLLL",),
    "fr": ("ffDDDff",),
    "it": ("ffDDDff",),
    "es": ("DDDDccc",),
    "nl": ("LDDDLL", "LLDDDL"),
    "pl": ("LLDDDDD", "LLLDDDD"),
    "ro": ("LLDDLLL",),
    "sk": ("LLDDDLL",),
    "cz": ("DLDDDDD",),
    "hu": ("LLLDDD", "LLLLDDD"),
    "se": ("LLLDDD", "LLLDDL"),
    "fi": ("LLLDDD",),
    "no": ("LLDDDDD",),
    "dk": ("LLDDDDD",),
}


def _count(formats: tuple[str, ...]) -> float:
    return float(sum(prod(_SIZES[kind] for kind in pattern) for pattern in formats))


DEFAULT_PLATE_SPACE = _count(("LLLDDDD",))
"""175,760,000: what is taken where the place is not known or not listed here."""


def plate_space(jurisdiction: str | None) -> float:
    """Return how many plates a region has room for: its own, its country's, or the default."""
    if jurisdiction is None:
        return DEFAULT_PLATE_SPACE
    country = jurisdiction.split("-", maxsplit=1)[0]
    formats = _FORMATS.get(jurisdiction) or _FORMATS.get(country)
    return DEFAULT_PLATE_SPACE if formats is None else _count(formats)
