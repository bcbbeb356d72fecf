"""Which characters look alike, and how likely one is read as the other when the read says nothing.

Decides pairs of single characters. Leaves to `match.py` how many may differ. The relation is
symmetrical but not transitive: 1 looks like 7 and like I, but nobody takes 7 for I.
"""

# What a score gives the other character of a pair that the reader did not name as its second
# choice. Chosen, not measured, so that an otherwise sure read stays above `match.MIN_SCORE` with
# one such character and a person may see it.
LOOK_ALIKE_PRIOR = 0.05

# How likely it was: on 42 of 32,777 such occasions on the crops free for training. Chances are told
# by this (`chance.py`).
LOOK_ALIKE_SHARE = 42 / 32_777

# For pairs printed with one and the same glyph somewhere the picture cannot decide, however sure
# the reader is: heads or tails.
SAME_GLYPH_PRIOR = 0.5

# The prescribed font of UK plates (display regulations of 2001) has one glyph for O and 0, and one
# for I and 1; Brazilian plates before 2018 use a font derived from it. Lists derived from NCIC hold
# 0 where the plate shows O.
SAME_GLYPH = ("0O", "1I")

LOOK_ALIKE = (
    # UTMC (the UK's traffic-management data format) folds each of these to one character.
    "0ODQ",
    "1I",
    "5S",
    "38B",
    "2Z",
    # Not in UTMC; each for a reason that holds on any plate.
    "1IL",  # a narrow L whose foot is hidden by the frame or a bolt
    "6G",  # differ by how far the bowl is closed
    "4A",  # the open four of condensed dies
    "17",  # a slanted one with a flag
    "7T",  # the left half of the bar in shadow
    "VY",  # the stem of the Y is short on condensed dies
    "MN",  # at low resolution the diagonals run together
    "HN",  # the same
    "CG",  # differ by the inner stroke alone
    # Measured: what the default engine took for each other at least seven times, either way, in
    # 3,740 crops free for training (docs/matching.md).
    "86",
    "HM",
    "56",
)


def _pairs(groups: tuple[str, ...]) -> frozenset[tuple[str, str]]:
    return frozenset((a, b) for group in groups for a in group for b in group if a != b)


_SAME_GLYPH_PAIRS = _pairs(SAME_GLYPH)
_LOOK_ALIKE_PAIRS = _pairs(LOOK_ALIKE) | _SAME_GLYPH_PAIRS
_ALIKE: dict[str, str] = {
    char: "".join(sorted(b for a, b in _LOOK_ALIKE_PAIRS if a == char))
    for char in {a for a, _ in _LOOK_ALIKE_PAIRS}
}


def characters_like(char: str) -> str:
    """Return the other plate characters that look like `char`, in order; possibly none."""
    return _ALIKE.get(char, "")


def look_alike(a: str, b: str) -> bool:
    """Say whether two different plate characters are commonly taken for each other."""
    return (a, b) in _LOOK_ALIKE_PAIRS


def share_a_glyph(a: str, b: str) -> bool:
    """Say whether two different characters are printed alike on plates of some places."""
    return (a, b) in _SAME_GLYPH_PAIRS


def confusion_prior(a: str, b: str, *, unnamed: float = LOOK_ALIKE_PRIOR) -> float:
    """Return what the plate's having `b` counts where `a` was read without naming `b`: 0 to 1."""
    if share_a_glyph(a, b):
        return SAME_GLYPH_PRIOR
    return unnamed if look_alike(a, b) else 0.0
