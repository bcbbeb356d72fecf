"""From a text recogniser's output to one plate: characters, runner-ups, and how sure.

A recogniser trained with CTC (Graves et al. 2006) gives, for each step from left to right, the
chances of "nothing", of each plate character and of anything else. `slots_of` folds the steps into
slots, one for each sign that may stand there. `decode` then weighs every plate pattern of the
region against the slots, by Bayes' rule, together with "no known pattern": strong evidence
overrules the patterns, weak evidence follows them. Pure; which crops are tried is the engine's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log

import numpy as np
from numpy.typing import NDArray

from fairplate.core.plates import PLATE_CHARACTERS
from fairplate.core.reads import Character
from fairplate.reading.syntaxes import KINDS, Syntax

# Columns of a recogniser's output: nothing, the 36 plate characters, any other sign.
NOTHING, FIRST, OTHER = 0, 1, 37
_COUNT = len(PLATE_CHARACTERS)
_MEMBERS = {
    kind: np.array([PLATE_CHARACTERS.index(c) for c in members]) for kind, members in KINDS.items()
}

# P(seen | printed) of the recogniser for the pairs it confuses. Most are rounded counts on crops
# free for training (1,200 of br_crops, 356 of uscrop). Judgement, not counts: 0O (0.035 counted),
# 1I (0.006) and D1 (0.076), as br_crops' one pattern helps the network; pairs seen under ten times.
_CONFUSED = {
    "O0": 0.28, "0O": 0.15, "QO": 0.22, "Q0": 0.07, "OD": 0.08, "DO": 0.03, "QD": 0.03, "0D": 0.01,
    "I1": 0.13, "1I": 0.06, "D1": 0.04, "01": 0.01, "8B": 0.02, "B8": 0.02, "WN": 0.02, "WM": 0.02,
    "GC": 0.02, "MN": 0.015, "IL": 0.015, "YV": 0.015, "HM": 0.01, "86": 0.007, "65": 0.007,
    "2Z": 0.004, "1T": 0.004, "WV": 0.01, "G6": 0.003, "6G": 0.003, "S5": 0.003, "5S": 0.003,
    "Z2": 0.003, "NM": 0.003, "MH": 0.003, "EF": 0.003, "FE": 0.003,
}  # fmt: skip
# Neighbouring steps that waver between these saw one sign; between others, two.
_ONE_SHAPE = (*(frozenset(c) for c in PLATE_CHARACTERS), frozenset("O0QD"), frozenset("I1"))
_ANY_ERROR = 0.01  # and every other character this much in all

_LENGTH_SHARES = {
    1: 0.001,
    2: 0.005,
    3: 0.02,
    4: 0.05,
    5: 0.13,
    6: 0.3,
    7: 0.38,
    8: 0.1,
    9: 0.01,
    10: 0.002,
}

# A blue band, a bolt, a sticker or the frame beside the text reads as a character that is not there
# (first and last slot); an emblem between the groups does so less often (the others).
# Either looks like no character in particular: the surer the character, the less it is a stray.
_STRAY_AT_EDGE, _STRAY_INSIDE, _STRAY_DOUBT, _LEAST_DOUBT = 0.04, 0.004, 0.2, 0.05
_NEGLIGIBLE = 12.0  # in log odds: e^-12 of the best
_WEAK_INK = 0.08  # a step with less than this chance of any character makes no slot


def _confusion_matrix() -> NDArray[np.float64]:
    """Return P(seen | printed), rows seen, columns printed."""
    matrix = np.full((_COUNT, _COUNT), _ANY_ERROR / _COUNT)
    for pair, chance in _CONFUSED.items():
        printed, seen = pair[0], pair[1]
        matrix[PLATE_CHARACTERS.index(seen), PLATE_CHARACTERS.index(printed)] += chance
    np.fill_diagonal(matrix, 0.0)
    np.fill_diagonal(matrix, 1.0 - matrix.sum(axis=0))
    return matrix


_SEEN_GIVEN_PRINTED = _confusion_matrix()


@dataclass(frozen=True, slots=True, eq=False)
class Slot:
    """One sign on the plate: P(character), shape (36,), sums to 1; and P(there is none)."""

    chances: NDArray[np.float64]
    nothing: float

    @property
    def most_likely(self) -> str:
        """The character it shows if it shows one."""
        return PLATE_CHARACTERS[int(self.chances.argmax())]


@dataclass(frozen=True, slots=True)
class Decoded:
    """The best text, `log_odds` of it being a plate's rather than noise, and its syntax if any."""

    characters: tuple[Character, ...]
    confidence: float
    log_odds: float
    syntax: Syntax | None

    @property
    def plate(self) -> str:
        """The characters as text."""
        return "".join(c.char for c in self.characters)


def _one_sign(left: int, right: int) -> bool:
    """Say whether neighbouring steps with these best columns show one sign, not two."""
    if OTHER in {left, right}:
        return left == right
    pair = {PLATE_CHARACTERS[left - FIRST], PLATE_CHARACTERS[right - FIRST]}
    return any(pair <= shape for shape in _ONE_SHAPE)


def _runs(best: NDArray[np.intp], ink: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Return the (start, end) of the steps that show one sign each.

    A step that is most likely nothing is a run of its own only away from others: beside a run it
    is that sign's edge.
    """
    runs: list[tuple[int, int]] = []
    for step, column in enumerate(best):
        if column == NOTHING:
            around = best[max(step - 1, 0) : step + 2]
            if ink[step] <= _WEAK_INK or around.any():
                continue
            if runs and runs[-1][1] == step:
                runs[-1] = (runs[-1][0], step + 1)
            else:
                runs.append((step, step + 1))
        elif runs and runs[-1][1] == step and _one_sign(int(best[step - 1]), int(column)):
            runs[-1] = (runs[-1][0], step + 1)
        else:
            runs.append((step, step + 1))
    return runs


def slots_of(steps: NDArray[np.float32]) -> list[Slot]:
    """Fold a recogniser's steps, shape (steps, 38) with rows summing to 1, into slots."""
    if not len(steps):
        return []
    characters = steps[:, FIRST:OTHER].astype(np.float64)
    ink = characters.sum(axis=1)
    slots = []
    for start, end in _runs(steps.argmax(axis=1), ink):
        peak = float(ink[start:end].max())
        if peak <= _WEAK_INK:
            continue
        seen = characters[start:end].sum(axis=0)
        printed = (seen / seen.sum()) @ _SEEN_GIVEN_PRINTED
        slots.append(Slot(printed / printed.sum(), nothing=max(1.0 - peak, 0.0)))
    return slots


def _log_nothing(slots: Sequence[Slot]) -> list[float]:
    last = len(slots) - 1
    chances = []
    for at, slot in enumerate(slots):
        stray = _STRAY_AT_EDGE if at in {0, last} else _STRAY_INSIDE
        doubt = min(max(1.0 - float(slot.chances.max()), _LEAST_DOUBT) / _STRAY_DOUBT, 1.0)
        chances.append(log(max(slot.nothing, stray * doubt)))
    return chances


def _log_best(slots: Sequence[Slot]) -> list[dict[str, float]]:
    """Return each slot's log odds of being of each kind, against being a stray sign.

    A stray sign shows any character (1 in 36), a letter's place any letter (1 in 26), and so on.
    """
    table = []
    for slot in slots:
        here = log(max(1.0 - slot.nothing, 1e-3))
        table.append(
            {
                kind: log(slot.chances[members].max() * _COUNT / len(members)) + here
                for kind, members in _MEMBERS.items()
            }
        )
    return table


def _fit(
    pattern: str, best: Sequence[dict[str, float]], none: Sequence[float]
) -> tuple[float, tuple[int, ...]]:
    """Return the log chance of the best way to lay `pattern` on the slots, and the slots used."""
    # ways[j]: best score with j places filled by the slots so far, and which slots filled them.
    dead = (float("-inf"), ())
    ways: list[tuple[float, tuple[int, ...]]] = [(0.0, ()), *[dead] * len(pattern)]
    spare = len(best) - len(pattern)
    for at, (chances, skip) in enumerate(zip(best, none, strict=True)):
        for place in range(min(at + 1, len(pattern)), max(at - spare, 0) - 1, -1):
            kept = (ways[place][0] + skip, ways[place][1])
            if place:
                before = ways[place - 1]
                filled = before[0] + chances[pattern[place - 1]]
                if filled > kept[0]:
                    kept = (filled, (*before[1], at))
            ways[place] = kept
    return ways[-1]


@dataclass(frozen=True, slots=True)
class _Hypothesis:
    """One pattern laid on the slots `used`; `log_odds` against noise with its best characters."""

    pattern: str
    used: tuple[int, ...]
    log_odds: float
    log_prior: float
    syntax: Syntax | None

    def text(self, slots: Sequence[Slot]) -> str:
        """Return the best characters that the pattern allows."""
        best = []
        for at, kind in zip(self.used, self.pattern, strict=True):
            members = _MEMBERS[kind]
            best.append(PLATE_CHARACTERS[int(members[slots[at].chances[members].argmax()])])
        return "".join(best)


def _hypotheses(slots: Sequence[Slot], expected: Sequence[Syntax]) -> list[_Hypothesis]:
    """Return every expected pattern, and no pattern of every length, laid on the slots."""
    best, none = _log_best(slots), _log_nothing(slots)
    rest = max(1.0 - sum(syntax.share for syntax in expected), 0.01)
    priors: list[tuple[str, float, Syntax | None]] = [
        ("A" * length, share * rest, None) for length, share in _LENGTH_SHARES.items()
    ]
    priors += [(s.pattern, s.share, s) for s in expected]
    found = []
    for pattern, prior, syntax in priors:
        if len(pattern) <= len(slots):
            score, used = _fit(pattern, best, none)
            found.append(_Hypothesis(pattern, used, score + log(prior), log(prior), syntax))
    return found


def _log_joint(text: str, h: _Hypothesis, slots: Sequence[Slot], none: Sequence[float]) -> float:
    """Return the log odds, against noise, of the plate being `text` and of the hypothesis."""
    total = h.log_prior + sum(none) - sum(none[at] for at in h.used)
    for char, at, kind in zip(text, h.used, h.pattern, strict=True):
        members = _MEMBERS[kind]
        column = PLATE_CHARACTERS.index(char)
        if column not in members:
            return float("-inf")
        here = max(1.0 - slots[at].nothing, 1e-3)
        total += log(max(slots[at].chances[column], 1e-12) * here * _COUNT / len(members))
    return total


def _characters(
    text: str, slots: Sequence[Slot], rivals: Sequence[tuple[str, float]]
) -> tuple[Character, ...]:
    """Return `text` with each character's chance, and the runner-up's.

    `rivals` are the patterns that use these slots with their posteriors, summing to 1: a
    character's chance is what each says of it, weighed. A runner-up is capped at the first
    choice's chance, as only the text as a whole was put first.
    """
    characters = []
    for place, (char, slot) in enumerate(zip(text, slots, strict=True)):
        chances = np.zeros(_COUNT)
        for kinds, posterior in rivals:
            members = _MEMBERS[kinds[place]]
            here = slot.chances[members]
            chances[members] += posterior * here / here.sum()
        first = PLATE_CHARACTERS.index(char)
        sure = min(float(chances[first]), 1.0)
        chances[first] = -1.0
        second = int(chances.argmax())
        second_sure = min(float(chances[second]), sure)
        characters.append(Character(char, sure, PLATE_CHARACTERS[second], second_sure))
    return tuple(characters)


def decode(slots: Sequence[Slot], expected: Sequence[Syntax]) -> Decoded | None:
    """Return the most probable plate in `slots` under the `expected` syntaxes; None for no slots.

    `confidence` is the chance that every character is right and none is missing or too many.
    """
    hypotheses = _hypotheses(slots, expected)
    if not hypotheses:
        return None
    none = _log_nothing(slots)
    top = max(h.log_odds for h in hypotheses)
    # A text's chance is the sum over all patterns that allow it; far-off hypotheses add nothing.
    near = [h for h in hypotheses if h.log_odds > top - _NEGLIGIBLE]
    chances: dict[tuple[tuple[int, ...], str], float] = {}
    for used, text in {(h.used, h.text(slots)) for h in near}:
        joint = (_log_joint(text, h, slots, none) for h in near if h.used == used)
        chances[used, text] = sum(exp(value - top) for value in joint)
    used, text = max(chances, key=lambda key: (chances[key], key))
    fitting = [h for h in near if h.used == used]
    weights = [exp(h.log_odds - top) for h in fitting]
    rivals = [(h.pattern, w / sum(weights)) for h, w in zip(fitting, weights, strict=True)]
    characters = _characters(text, [slots[at] for at in used], rivals)
    confidence = sum(weights) / sum(exp(h.log_odds - top) for h in hypotheses)
    for character in characters:
        confidence *= character.confidence
    best = max(fitting, key=lambda h: _log_joint(text, h, slots, none))
    return Decoded(characters, min(confidence, 1.0), log(chances[used, text]) + top, best.syntax)
