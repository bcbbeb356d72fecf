"""Codes that lists of police forces share: states, dates, and a zero keyed for the letter O.

Decides what a code says. A code that may say two things says nothing.
"""

import re
from functools import lru_cache

from fairplate.core.regions import SUBDIVISIONS
from fairplate.hotlists.fields import UNKNOWN

COUNTRIES_WITH_STATES = tuple(sorted({code.split("-")[0] for code in SUBDIVISIONS}))

# NCIC's own codes beside those of the post. NB is both its Nebraska and Canada's New Brunswick; a
# wrong jurisdiction would hold back right alerts, so NB says nothing.
_NCIC_REGIONS = {"US": "us", "MX": "mx", "PQ": "ca-qc", "SN": "ca-sk", "NF": "ca-nl"}
_AMBIGUOUS = frozenset({"NB"})

_DAY = re.compile(r"[0-9]{8}", re.ASCII)
_SHORT_DAY = re.compile(r"[0-9]{6}", re.ASCII)

# POSIX reads two-digit years so: 69 to 99 are of the last century.
_FIRST_YEAR_OF_1900S = 69


def letter_o_for_zero(text: str) -> str:
    """Return a code of letters alone, where `0H` was keyed for `OH`; never for a plate."""
    return text.replace("0", "O")


def region_of_state(text: str, country: str) -> str | None:
    """Return the region of a state's code, such as `us-ca` for `CA`, or None if there is none."""
    code = f"{country}-{text.strip().lower()}"
    return code if code in SUBDIVISIONS else None


@lru_cache(maxsize=1024)
def region_of_ncic(text: str) -> str:
    """Return the region code of NCIC's code for a state, `unknown` for one that is not known here.

    What is not two letters is returned as it is, and so refused where it is read as a region.
    """
    code = letter_o_for_zero(text.strip().upper())
    if not code:
        return UNKNOWN
    if len(code) != 2 or not code.isascii() or not code.isalpha():  # noqa: PLR2004 - two letters
        return text
    if code in _AMBIGUOUS:
        return UNKNOWN
    state = region_of_state(code, "us") or region_of_state(code, "ca")
    return state or _NCIC_REGIONS.get(code, UNKNOWN)


@lru_cache(maxsize=4096)
def day_of_digits(text: str) -> str:
    """Return `20190509` as `2019-05-09`; no digits but zeros are no date, other text stays."""
    text = text.strip()
    if not text.strip("0"):
        return ""
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if _DAY.fullmatch(text) else text


def day_of_short_digits(text: str) -> str:
    """Return `010315` (month, day, year) as `2015-01-03`; other text stays."""
    if not _SHORT_DAY.fullmatch(text):
        return text
    return f"{full_year(text[4:])}-{text[:2]}-{text[2:4]}"


def full_year(text: str) -> str:
    """Return a year of two digits with its century; other text stays."""
    if len(text) != 2 or not text.isascii() or not text.isdigit():  # noqa: PLR2004 - two digits
        return text
    return f"{19 if int(text) >= _FIRST_YEAR_OF_1900S else 20}{text}"
