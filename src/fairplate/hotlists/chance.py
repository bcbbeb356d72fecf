"""How likely an alert is right, and how many wrong ones a day to expect. Pure arithmetic.

Decides both from the read's score, the list's size, the room for plates and what is known of the
reader. Leaves counting outcomes to the ledger and what a chance is good for to the gate. The
formulas are derived, and measured, in docs/matching.md.
"""

from dataclasses import dataclass
from math import prod

from fairplate.core.errors import InputError
from fairplate.core.reads import PlateRead
from fairplate.hotlists.confusions import LOOK_ALIKE_SHARE, characters_like, share_a_glyph
from fairplate.hotlists.entries import UNKNOWN_CHARACTER, Entry
from fairplate.hotlists.match import MatchKind, score_read
from fairplate.hotlists.plate_spaces import DEFAULT_PLATE_SPACE

# Of the 3,740 crops free for training the default engine read 233 wrong, while its scores claimed
# that 12 % would be. So its doubts are too great; a reader known to be worse has them multiplied.
DEFAULT_MISREAD_RATE = 233 / 3740
CLAIMED_MISREAD_RATE = 0.12

# Of 808 reads that claimed 0.95 or more 9 were wrong, and only one claimed more than 0.98: no claim
# above that has been checked, whoever makes it.
LEAST_DOUBT = 0.02

# No chance above this is told: that a plate is copied, or that an entry should have been deleted,
# is in no figure here. Chosen, not measured.
MOST_CERTAIN = 0.99

# What a reader's misread rate is worth before outcomes are known, as that many decided alerts.
_PRIOR_DECIDED = 20.0

_LETTERS, _DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"

# A pattern's unknown characters taken as two letters: the most that it can stand for.
PLATES_A_PATTERN = len(_LETTERS) ** 2


def _alike_within(chars: str) -> float:
    """Return how many of `chars` look like one of them, on average."""
    return sum(other in chars for char in chars for other in characters_like(char)) / len(chars)


# How many plates of three letters and four digits look like one, on average: 5.3. A letter that
# looks like a digit leads to no plate of that format.
PLATES_ALIKE = 3 * _alike_within(_LETTERS) + 4 * _alike_within(_DIGITS)


def _odds(share: float) -> float:
    return share / (1 - share)


_DEFAULT_FACTOR = _odds(DEFAULT_MISREAD_RATE) / _odds(CLAIMED_MISREAD_RATE)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known of a list at a reader before the read: see docs/matching.md.

    `entries` of the list; `plate_space` how many plates the place has room for; `listed_share` of
    the vehicles passing are on the list; `misread_rate` of its reads the reader gets wrong. Shares
    lie between 0 and 1, neither included.
    """

    entries: int
    plate_space: float = DEFAULT_PLATE_SPACE
    listed_share: float = 0.0
    misread_rate: float = DEFAULT_MISREAD_RATE

    def __post_init__(self) -> None:
        """Refuse what no list and no reader has; a `listed_share` of 0 means: not known."""
        if self.entries < 1 or self.plate_space < 1:
            raise InputError("chance", "entries", expected="counts from 1", found="less")
        if not 0 <= self.listed_share < 1 or not 0 < self.misread_rate < 1:
            raise InputError("chance", "shares", expected="between 0 and 1", found="others")

    @property
    def entry_odds(self) -> float:
        """How much likelier an entry's plate passes than any other plate that the place can have.

        1 where nothing is known: a listed plate is then as likely as any other.
        """
        if not self.listed_share:
            return 1.0
        others = (1 - self.listed_share) / self.plate_space
        return self.listed_share / self.entries / others

    @property
    def doubt_factor(self) -> float:
        """How the odds of a misread compare with those that scores claim; 0.49 by default."""
        return _odds(self.misread_rate) / _odds(CLAIMED_MISREAD_RATE)


def measured_circumstances(
    *, entries: int, plate_space: float, reads: int, right: int, wrong: int
) -> Circumstances:
    """Return what the outcomes of a list at a reader say, with a prior that weighs little.

    `reads` the reader made while the list was in force, `right` alerts confirmed, `wrong` exact
    ones decided to be another plate. Without reads: what is taken where nothing is known.
    """
    chances = reads * entries / plate_space
    return Circumstances(
        entries,
        plate_space,
        # Worth one alert: the reads in which a plate like any other would pass once.
        posterior_rate(right, reads, prior=entries / plate_space, weight=plate_space / entries),
        # That many misreads would have hit an entry if every read were one.
        posterior_rate(wrong, chances, prior=DEFAULT_MISREAD_RATE, weight=_PRIOR_DECIDED),
    )


def posterior_rate(
    wrong: float, decided: float, *, prior: float = 0.5, weight: float = 2.0
) -> float:
    """Return the mean of the Beta posterior of a rate, always above 0 and below 1.

    `wrong` of `decided` were so; before, `prior` was believed as if `weight` had been decided.
    """
    alpha = prior * weight + wrong
    beta = (1 - prior) * weight + max(decided - wrong, 0.0)
    return alpha / (alpha + beta)


def chance_right(
    read: PlateRead, entry: Entry, kind: MatchKind, circumstances: Circumstances
) -> float:
    """Return how likely the vehicle read is the entry's: 0 to `MOST_CERTAIN`."""
    factor = circumstances.doubt_factor
    if kind is MatchKind.LOOK_ALIKE:
        right, wrong = _weigh_look_alike(read, entry.plate, factor)
    else:
        right = score_read(read.characters, entry.plate)
        wrong = max(1 - right, LEAST_DOUBT) * factor
    if kind is MatchKind.PATTERN:
        # Every plate that fits passes as often, also when nothing is misread.
        wrong = (right + wrong) * _plates_read_as(read.plate, entry.plate)
    for_it = circumstances.entry_odds * right
    return min(for_it / (for_it + wrong), MOST_CERTAIN)


def _weigh_look_alike(read: PlateRead, plate: str, factor: float) -> tuple[float, float]:
    """Return what speaks for the entry's plate, and for all others."""
    pairs = [(c.char, char) for c, char in zip(read.characters, plate, strict=True)]
    right = score_read(read.characters, plate, unnamed=LOOK_ALIKE_SHARE / _DEFAULT_FACTOR)
    if all(seen == char or share_a_glyph(seen, char) for seen, char in pairs):
        # No misread: the picture may show either, so the reader's record says nothing.
        return right, max(1 - right, LEAST_DOUBT)
    # The likeliest other vehicle is the one whose plate is just what was read.
    own = score_read(read.characters, read.plate)
    rest = max(1 - own - right, LEAST_DOUBT)
    return right * factor, own + rest * factor


def expected_false_alerts(
    *,
    entries: int,
    reads_per_day: float,
    misread_rate: float,
    look_alikes: bool,
    plate_space: float,
    patterns: int = 0,
    plates_per_pattern: float = PLATES_A_PATTERN,
) -> float:
    """Return how many vehicles a day that are not listed will match an entry by their plate alone.

    `patterns` of the `entries` have unknown characters. Jurisdiction, vehicle type and repeats hold
    some of these back; the figure is before that.
    """
    plates = entries - patterns
    fitting = misread_rate + (PLATES_ALIKE if look_alikes else 0.0)
    return reads_per_day * (plates * fitting + patterns * plates_per_pattern) / plate_space


def _plates_read_as(plate: str, pattern: str) -> int:
    """Return how many plates of the read's format fit the pattern."""
    unknown = (read for read, char in zip(plate, pattern, strict=True) if char == UNKNOWN_CHARACTER)
    return prod(len(_DIGITS) if read in _DIGITS else len(_LETTERS) for read in unknown)
