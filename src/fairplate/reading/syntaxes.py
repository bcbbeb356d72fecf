"""What plates of a region look like: patterns of letters and digits, as a prior.

A pattern says which position holds a letter (`L`), a digit (`D`) or either (`A`); small letters
stand for the letters that an issuer restricts itself to (`KINDS`). Patterns never filter:
`decode.py` weighs them against what the characters themselves look like, so a personalised plate
still reads. The table lists current series and older ones still on the road; it is common
knowledge collected from the issuers' public descriptions, and a region without a line (or a series
that is missing) only loses the help, not the read.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from fairplate.core.regions import region_covers

# What each sign of a pattern stands for. Issuers leave out letters that look like digits or spell
# words: c Spain's consonants, n the Netherlands', p Poland's after the district (no B, D, I, O, Q,
# Z). (France and Italy leave out I, O and U too; saying so made Slovak O into French Q, as both
# countries' plates are LLDDDLL and look alike.)
LETTERS, DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
KINDS = {
    "A": DIGITS + LETTERS,
    "D": DIGITS,
    "L": LETTERS,
    "c": "BCDFGHJKLMNPRSTVWXYZ",
    "n": "BDFGHJKLNPRSTVXZ",
    "p": "ACEFGHJKLMNPRSTUVWXY",
}

# "L1-2" stands for one or two letters; patterns of one region are separated by blanks.
_PATTERNS = {
    # North America
    "us-al": "DLDDDDD DDLDDDD DLLDDDL DLDLDDD DDLDLDL",
    "us-ak": "LLLDDD",
    "us-az": "LLLDDDD LLADALA",
    "us-ar": "DDDLLL LLLDDL",
    "us-ca": "DLLLDDD DLDDDDD DDDDDLD DDLDDLD",
    "us-co": "LLLDDD DDDLLL LLLLDD",
    "us-ct": "DDDLLL LLDDDDD DLLLLD",
    "us-de": "DDDDDD DDDDD",
    "us-fl": "LLLLDD LLLDDD LLLDDL DDDLLL LDDDLL LDDDDL LLDDLL",
    "us-ga": "LLLDDDD",
    "us-hi": "LLLDDD",
    "us-id": "DLDDDDD DLLDDDD LDDDDDD",
    "us-il": "LLDDDDD DDDDDDD LDDDDDD DDDDDD",
    "us-in": "DDDLLL DDDLL DDDL",
    "us-ia": "LLLDDD DDDLLL",
    "us-ks": "DDDLLL DDDDLLL",
    "us-ky": "DDDLLL LDLDDD LLLDDD",
    "us-la": "DDDLLL LLLDDD",
    "us-me": "DDDDLL DDDLLL",
    "us-md": "DLLDDDD LDLDDDD LLLDDD",
    "us-ma": "DDLLDD DLLDDD DDDLLD DLLLDD LLDDLL DDDLLL DDDDLL",
    "us-mi": "LLLDDDD DLLLDD LLLDDL",
    "us-mn": "DDDLLL LLLDDD",
    "us-ms": "LLLDDD LLLDDDD LLDDDD",
    "us-mo": "LLDLDL LLDLDD",
    "us-mt": "DDDDDDL DDDDDL LLLDDD",
    "us-ne": "LLLDDD DDLDDD DLDDDD",
    "us-nv": "DDDLLL LLLDDD DDDLDD",
    "us-nh": "DDDDDDD DDDDDD",
    "us-nj": "LDDLLL LLLDDL LLDDDL",
    "us-nm": "DDDLLL LLLDDD LLLLDD",
    "us-ny": "LLLDDDD",
    "us-nc": "LLLDDDD",
    "us-nd": "DDDLLL",
    "us-oh": "LLLDDDD LLDDLL",
    "us-ok": "DDDLLL LLLDDD",
    "us-or": "DDDLLL LLLDDD",
    "us-pa": "LLLDDDD",
    "us-ri": "DDDDDD LLDDD",
    "us-sc": "LLLDDD DDDDLL",
    "us-sd": "DLLDDD DDLDDD DDLLDD",
    "us-tn": "LDDDDL DDDLLL LLLDDDD LLDDDD",
    "us-tx": "LLLDDDD LLDLDDD LLLDDD",
    "us-ut": "LDDDLL DDDLLL LLLDDD",
    "us-vt": "LLLDDD",
    "us-va": "LLLDDDD",
    "us-wa": "LLLDDDD DDDLLL",
    "us-wv": "DLLDDD DLDDDD LDDDDDD",
    "us-wi": "DDDLLL LLLDDDD",
    "us-wy": "DDDDDD DDDDD",
    "us-dc": "LLDDDD DDDDDD",
    "ca": "LLLLDDD LLLDDD LLLDDDD DDDLLL LDDLLL LLDDDL",
    "mx": "LLLDDDD LLLDDDL DDDLLL LLDDDDL LDDLLL",
    # South America
    "br": "LLLDDDD LLLDLDD",
    "ar": "LLDDDLL LLLDDD LDDDLLL DDDLLL",
    "uy": "LLLDDDD",
    "py": "LLLLDDD LLLDDD",
    "bo": "DDDDLLL",
    "cl": "LLLLDD LLDDDD",
    "co": "LLLDDD",
    "pe": "LDLDDD LLLDDD",
    # Europe
    "al": "LLDDDLL",
    "at": "L1-2D3-5L1-2 L1-2D1-3L2-3",
    "ba": "LDDLDDD",
    "be": "DLLLDDD LLLDDD DDDLLL",
    "bg": "L1-2DDDDLL",
    "ch": "LLD3-6",
    "cy": "LLLDDD",
    "cz": "DLDDDDD DLLDDDD",
    "de": "L2-5D1-4",
    "dk": "LLDDDDD",
    "ee": "DDDLLL",
    "es": "DDDDccc",
    "fi": "LLLDDD LLDDD",
    "fr": "LLDDDLL D2-4L2-3DD",
    "gb": "LLDDLLL LD1-3LLL LLLD1-3L",
    "gr": "LLLDDDD",
    "hr": "LLD3-4L1-2",
    "hu": "LLLDDD LLLLDDD",
    "ie": "D2-3L1-2D1-5",
    "is": "LLDDD LLLDD",
    "it": "LLDDDLL",
    "lt": "LLLDDD",
    "lu": "LLDDDD DDDDD",
    "lv": "LLD1-4",
    "md": "LLLDDD",
    "me": "LLLLDDD LLAADDD",
    "mk": "LLDDDDLL LLDDDLL",
    "mt": "LLLDDD",
    "nl": "nDDDnn nnDDDn DnnnDD DDnnnD DDnnDD nnDDnn nnnDDn",
    "no": "LLDDDDD",
    "pl": "LLDDDDD LLDDDDp LLDDDpp LLLDDDD LLLppDD LLLDDpp LLLpDDD LLLDDDp LLLDDpD",
    "pt": "LLDDLL DDLLDD DDDDLL LLDDDD",
    "ro": "L1-2D2-3LLL",
    "rs": "LLD3-4LL",
    "ru": "LDDDLLD2-3",
    "se": "LLLDDD LLLDDL",
    "si": "LLDDLLL LLLDDDD LLLLDDD LLLDDL",
    "sk": "LLDDDLL",
    "tr": "DDLD4-5 DDLLD3-4 DDLLLD2-3",
    "ua": "LLDDDDLL",
    "xk": "DDDDDLL DDDDDL",
    # Elsewhere
    "au": "LLLDDD LLDDLL DLLDLL DDDLLL LDDDLLL DLLLDDD DDDLLD",
    "in": "LLDDL1-2DDDD LLDL1-2DDDD",
    "nz": "LLLDDD",
    "za": "LLLDDDL LLDDLLL LLDDDDD",
}


# Millions of registered cars, rounded (national statistics of about 2022): a plate passing by is of
# a country or state as often as it has cars. What is not listed counts as one million.
_MILLIONS = {
    "us-ca": 30, "us-tx": 22, "us-fl": 18, "us-ny": 11, "us-pa": 10, "us-oh": 10, "us-il": 10,
    "us-ga": 8, "us-nc": 8, "us-mi": 8, "us-va": 7, "us-wa": 7, "us-nj": 6, "us-az": 6, "us-tn": 6,
    "us-in": 6, "us-ma": 5, "us-wi": 5, "us-mo": 5, "us-mn": 5, "us-co": 5, "us-al": 5, "us-sc": 4,
    "us-md": 4, "us-ky": 4, "us-or": 4, "us-la": 4, "us-ok": 3, "us-ia": 3, "us-ct": 3, "us-ks": 3,
    "us-ar": 3, "us-nv": 2, "us-ms": 2, "us-ut": 2, "us-ne": 2, "us-nm": 2, "us-id": 2,
    "ca": 24, "mx": 36, "br": 60, "ar": 14, "cl": 5, "co": 7, "pe": 3, "au": 15, "in": 50, "za": 8,
    "de": 49, "it": 40, "fr": 39, "gb": 34, "pl": 27, "es": 25, "nl": 9, "ua": 9, "ro": 8, "cz": 6,
    "be": 6, "gr": 6, "pt": 6, "at": 5, "se": 5, "ch": 5, "hu": 4, "bg": 3, "dk": 3, "fi": 3,
    "no": 3, "sk": 3, "ie": 2, "hr": 2, "rs": 2, "lt": 2, "ru": 50, "tr": 15,
}  # fmt: skip

# Share of plates without a known pattern: personalised, special, foreign. In the US, where 20 % of
# the crops free for training fit none of these patterns, trusting the table less than that read
# most of them right (tried from 0.05 to 0.9); elsewhere 0.075, the share of the US and European
# pictures of docs/benchmarks.md that fit none.
_UNPATTERNED_US, _UNPATTERNED = 0.6, 0.075


@dataclass(frozen=True, slots=True)
class Syntax:
    """One pattern with its share of all plates where it is expected, and the regions that use it.

    The shares of a set sum to less than 1: the rest is plates of no known pattern.
    """

    pattern: str
    share: float
    regions: frozenset[str]


def _expand(compact: str) -> list[str]:
    """Return every pattern that `L1-2D3` stands for: LDDD, LLDDD."""
    parts: list[list[str]] = []
    position = 0
    while position < len(compact):
        kind = compact[position]
        end = position + 1
        while end < len(compact) and compact[end] not in KINDS:
            end += 1
        low, _, high = (compact[position + 1 : end] or "1").partition("-")
        parts.append([kind * count for count in range(int(low), int(high or low) + 1)])
        position = end
    return ["".join(choice) for choice in product(*parts)]


def _regions_of(codes: Iterable[str]) -> list[str]:
    """Return the table's regions that the codes cover, or that cover them; all for no codes."""
    wanted = list(codes)
    if not wanted:
        return list(_PATTERNS)
    return [
        region
        for region in _PATTERNS
        if any(region_covers(code, region) or region_covers(region, code) for code in wanted)
    ]


@lru_cache(maxsize=64)
def syntaxes(codes: tuple[str, ...]) -> tuple[Syntax, ...]:
    """Return the patterns to expect where plates of `codes` (none = anywhere) pass by.

    A region's say is the square root of its number of cars: cars roam, cameras stand anywhere. Its
    first pattern has it twice as often as the second, three times as often as the third. A pattern
    of several regions is one Syntax, shares added.
    """
    regions = _regions_of(codes)
    if not regions:
        return ()
    shares: dict[str, float] = {}
    owners: dict[str, set[str]] = {}
    for region in regions:
        for rank, compact in enumerate(_PATTERNS[region].split(), start=1):
            patterns = _expand(compact)
            for pattern in patterns:
                weight = _MILLIONS.get(region, 1) ** 0.5 / rank / len(patterns)
                shares[pattern] = shares.get(pattern, 0.0) + weight
                owners.setdefault(pattern, set()).add(region)
    american = sum(region.startswith("us") for region in regions) / len(regions)
    unpatterned = american * _UNPATTERNED_US + (1 - american) * _UNPATTERNED
    scale = (1 - unpatterned) / sum(shares.values())
    return tuple(
        Syntax(pattern, share * scale, frozenset(owners[pattern]))
        for pattern, share in shares.items()
    )


def fits(plate: str, pattern: str) -> bool:
    """Say whether `plate` has exactly this pattern."""
    return len(plate) == len(pattern) and all(
        char in KINDS[kind] for char, kind in zip(plate, pattern, strict=True)
    )
