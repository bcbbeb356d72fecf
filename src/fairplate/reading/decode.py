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
from fairplate.reading.syntaxes import Syntax

# Columns of a recogniser's output: nothing, the 36 plate characters, any other sign.
NOTHING, FIRST, OTHER = 0, 1, 37
_COUNT = len(PLATE_CHARACTERS)
_DIGITS, _LETTERS = slice(0, 10), slice(10, 36)

# P(seen | printed) of the recogniser for the pairs that it confuses, measured on the crops free for
# training (1,200 of br_crops, 356 of uscrop; rounded; the figures of pairs seen under ten times are
# pooled). O and 0 are one glyph on many plates, so what is seen says little between the two.
_CONFUSED = {
    "O0": 0.28, "0O": 0.20, "QO": 0.22, "Q0": 0.07, "OD": 0.08, "DO": 0.03, "0D": 0.01, "QD": 0.03,
    "I1": 0.15, "1I": 0.10, "D1": 0.02, "01": 0.01, "8B": 0.02, "B8": 0.02, "G6": 0.01, "6G": 0.01,
    "S5": 0.02, "5S": 0.02, "Z2": 0.02, "2Z": 0.02, "WN": 0.02, "WM": 0.02, "MN": 0.02, "NM": 0.01,
    "HM": 0.01, "MH": 0.01, "GC": 0.02, "CG": 0.01, "YV": 0.01, "VY": 0.01, "86": 0.01, "65": 0.01,
    "1T": 0.01, "IL": 0.02, "L1": 0.01, "1L": 0.01, "4A": 0.01, "A4": 0.01, "7T": 0.01, "T7": 0.01,
    "B3": 0.01, "83": 0.01, "38": 0.01, "EF": 0.01, "FE": 0.01, "PF": 0.01, "FP": 0.01, "UV": 0.01,
}  # fmt: skip
# Neighbouring steps that waver between these saw one sign; between others, two.
_ONE_SHAPE = (*(frozenset(c) for c in PLATE_CHARACTERS), frozenset("O0QD"), frozenset("I1"))
_ANY_ERROR = 0.01  # and every other character this much in all

# Mass of "no known pattern": personalised and foreign plates. About a tenth of the US and European
# plates in public test sets fit no pattern of their region's table.
_UNPATTERNED = 0.1
_LENGTH_SHARES = {1: 0.001, 2: 0.005, 3: 0.02, 4: 0.05, 5: 0.13, 6: 0.3, 7: 0.38, 8: 0.1, 9: 0.01}

# A blue band, a bolt, a sticker or the frame beside the text reads as a character that is not there
# (first and last slot); an emblem between the groups does so less often (the others).
_STRAY_AT_EDGE, _STRAY_INSIDE = 0.04, 0.004
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
            if ink[step] > _WEAK_INK and not around.any():
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
    return [
        log(max(slot.nothing, _STRAY_AT_EDGE if at in {0, last} else _STRAY_INSIDE))
        for at, slot in enumerate(slots)
    ]


def _log_best(slots: Sequence[Slot]) -> list[dict[str, float]]:
    """Return each slot's log odds of being a letter, digit or either, against a stray sign.

    A stray sign shows any character (1 in 36), a letter place any letter (1 in 26), and so on.
    """
    table = []
    for slot in slots:
        here = log(max(1.0 - slot.nothing, 1e-3))
        letter = log(slot.chances[_LETTERS].max()) + here
        digit = log(slot.chances[_DIGITS].max()) + here
        table.append(
            {
                "L": letter + log(_COUNT / 26),
                "D": digit + log(_COUNT / 10),
                "A": max(letter, digit),
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


def _characters(slots: Sequence[Slot], pattern: str, trust: float) -> tuple[Character, ...]:
    """Return first and second choice of each slot; `trust` is how far the pattern is believed."""
    characters = []
    for slot, kind in zip(slots, pattern, strict=True):
        prior = np.full(_COUNT, (1.0 - trust) / _COUNT)
        members = {"L": _LETTERS, "D": _DIGITS, "A": slice(0, _COUNT)}[kind]
        prior[members] += trust / (members.stop - members.start)
        chances = slot.chances * prior
        chances /= chances.sum()
        second, first = (int(i) for i in np.argsort(chances)[-2:])
        characters.append(
            Character(
                PLATE_CHARACTERS[first],
                float(chances[first]),
                PLATE_CHARACTERS[second],
                float(chances[second]),
            )
        )
    return tuple(characters)


def decode(slots: Sequence[Slot], expected: Sequence[Syntax]) -> Decoded | None:
    """Return the most probable plate in `slots` under the `expected` syntaxes; None for no slots.

    `confidence` is the chance that every character is right and none is missing or too many.
    """
    if not slots:
        return None
    best, none = _log_best(slots), _log_nothing(slots)
    hypotheses: list[tuple[float, tuple[int, ...], str, Syntax | None]] = []
    for length, share in _LENGTH_SHARES.items():
        if length <= len(slots):
            score, used = _fit("A" * length, best, none)
            hypotheses.append((score + log(share * _UNPATTERNED), used, "A" * length, None))
    for syntax in expected:
        if len(syntax.pattern) <= len(slots):
            score, used = _fit(syntax.pattern, best, none)
            prior = log(syntax.share * (1.0 - _UNPATTERNED))
            hypotheses.append((score + prior, used, syntax.pattern, syntax))
    if not hypotheses:
        return None
    top, used, pattern, chosen = max(hypotheses, key=lambda h: h[0])
    # Rivals that use other slots say whether a character is too many or missing.
    same = sum(exp(h[0] - top) for h in hypotheses if h[1] == used)
    rivals = sum(exp(h[0] - top) for h in hypotheses if h[1] != used)
    trust = 0.0 if chosen is None else 1.0 / same
    characters = _characters([slots[at] for at in used], pattern, trust)
    confidence = same / (same + rivals)
    for character in characters:
        confidence *= character.confidence
    return Decoded(characters, confidence, top, chosen)
