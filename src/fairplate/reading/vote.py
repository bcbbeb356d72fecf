"""Agreeing on one plate: the reads of one vehicle's frames become one read.

Decides the length and every character by weighted voting over first and second choices. Which
reads are of one vehicle is `tracking.py`'s decision.

    weight of a read      w = frames x max(confidence, 0.001)² x (height of its box in pixels)²
    length                the one whose reads weigh most
    character             at each place the choice with the highest weighted mean probability
    its confidence        that mean: sum(w x p) / sum(w), over the reads that have the place
    confidence            sum(w x confidence x agreement) / sum(w), where agreement is the share of
                          the longer text's places on which the read and the result say the same

Frames of one passing repeat each other's mistakes, so their probabilities are averaged, not
multiplied: a result is never surer than its best frame, and dissent lowers it. All sums are exact,
so the order of the reads does not matter.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import fsum
from typing import TypeVar

from fairplate.core.reads import Character, PlateRead
from fairplate.core.vehicles import VehicleType

_LEAST_CONFIDENCE = 0.001
# Costs of an alignment. A plate half out of the picture loses characters at its ends, so those are
# cheap; a substitution is cheap if one of the reads was in doubt there anyway.
_END_GAP = 0.5
_INNER_GAP = 1.0
_SECOND_CHOICE = 0.3
_UNSURE = 0.75
_UNSURE_BELOW = 0.7
_UNLIKE = 1.0

_Value = TypeVar("_Value", int, str, VehicleType)


@dataclass(frozen=True, slots=True)
class Alignment:
    """How a text lies against a pivot: for each pivot place its character or None, and the cost."""

    places: tuple[Character | None, ...]
    cost: float


def weigh(read: PlateRead) -> float:
    """Return how much a read counts: frames times squared confidence and height in pixels."""
    return read.frames * (max(read.confidence, _LEAST_CONFIDENCE) * read.box.height_px) ** 2


def vote(reads: Sequence[PlateRead]) -> PlateRead:
    """Return the one read that the reads of one vehicle agree on; a single read is returned as is.

    `frames` counts the frames whose own text is the result's, at least 1. Source, box, frame, time
    and capture time are those of the most confident of them (of all reads, if none has the text).
    Region and vehicle type are those holding most of the weight of the reads that name one.
    Raises ValueError if there is no read.
    """
    if not reads:
        raise ValueError("a vote needs at least one read")
    if len(reads) == 1:
        return reads[0]
    # The representation is the last tie-breaker: it makes the order total over unequal reads.
    ranked = sorted(reads, key=lambda read: (-weigh(read), read.frame, repr(read)))
    characters = _vote_characters(ranked)
    plate = "".join(character.char for character in characters)
    agreeing = [read for read in ranked if read.plate == plate]
    best = max(agreeing or ranked, key=lambda read: read.confidence)
    return replace(
        best,
        plate=plate,
        characters=characters,
        confidence=_combined_confidence(ranked, characters),
        frames=max(1, sum(read.frames for read in agreeing)),
        region=_majority(ranked, lambda read: read.region),
        vehicle=_majority(ranked, _known_vehicle) or VehicleType.UNKNOWN,
    )


def align(pivot: Sequence[Character], other: Sequence[Character]) -> Alignment:
    """Return the cheapest edit alignment of `other` to `pivot`."""
    rows, columns = len(pivot), len(other)
    # Each cell: cost, and 0 = both step on, 1 = pivot's place is empty, 2 = other's character is
    # left out. Comparing the pairs makes stepping on together win a tie.
    table = [[(0.0, 0)] * (columns + 1) for _ in range(rows + 1)]
    for i in range(rows + 1):
        down_gap = _END_GAP if i in {0, rows} else _INNER_GAP
        for j in range(columns + 1):
            across_gap = _END_GAP if j in {0, columns} else _INNER_GAP
            steps: list[tuple[float, int]] = []
            if i and j:
                change = _substitution(pivot[i - 1], other[j - 1])
                steps.append((table[i - 1][j - 1][0] + change, 0))
            if i:
                steps.append((table[i - 1][j][0] + across_gap, 1))
            if j:
                steps.append((table[i][j - 1][0] + down_gap, 2))
            if steps:
                table[i][j] = min(steps)
    places: list[Character | None] = [None] * rows
    i, j = rows, columns
    while i or j:
        step = table[i][j][1]
        if step == 0:
            places[i - 1] = other[j - 1]
        i -= step != 2  # noqa: PLR2004 - the three steps are explained above
        j -= step != 1
    return Alignment(tuple(places), table[rows][columns][0])


def _substitution(one: Character, other: Character) -> float:
    if one.char == other.char:
        return 0.0
    if one.second == other.char or other.second == one.char:
        return _SECOND_CHOICE
    return _UNSURE if min(one.confidence, other.confidence) < _UNSURE_BELOW else _UNLIKE


def _vote_characters(ranked: Sequence[PlateRead]) -> tuple[Character, ...]:
    # On a tie the longer text wins: frames lose edge characters more often than they invent any.
    lengths = _weights((len(read.plate), weigh(read)) for read in ranked)
    length = max(lengths, key=lambda n: (lengths[n], n))
    fitting = [read for read in ranked if len(read.plate) == length]
    texts = _weights((read.plate, weigh(read)) for read in fitting)
    pivot = max(fitting, key=lambda read: texts[read.plate])
    ballots = [(weigh(read), align(pivot.characters, read.characters).places) for read in ranked]
    return tuple(_vote_place([(w, places[n]) for w, places in ballots]) for n in range(length))


def _vote_place(ballots: Iterable[tuple[float, Character | None]]) -> Character:
    cast = [(weight, choice) for weight, choice in ballots if choice is not None]
    total = fsum(weight for weight, _ in cast)
    means = {
        char: min(1.0, fsum(w * _probability(choice, char) for w, choice in cast) / total)
        for char in {c for _, choice in cast for c in (choice.char, choice.second) if c}
    }
    firsts = _weights((choice.char, weight) for weight, choice in cast)
    # An engine may rank a choice of higher raw probability second, because the syntax of the place
    # forbids it: that must survive the vote, so a second choice counts no more than its first.
    scores = {
        char: fsum(w * min(_probability(c, char), c.confidence) for w, c in cast) for char in means
    }
    order = sorted(means, key=lambda char: (-scores[char], -firsts.get(char, 0.0), char))
    first, second = order[0], order[1] if len(order) > 1 else None
    return Character(first, means[first], second, means[second] if second else 0.0)


def _probability(choice: Character, char: str) -> float:
    if choice.char == char:
        return choice.confidence
    return choice.second_confidence if choice.second == char else 0.0


def _combined_confidence(ranked: Sequence[PlateRead], voted: Sequence[Character]) -> float:
    total = fsum(weigh(read) for read in ranked)
    shares = [weigh(read) * read.confidence * _agreement(read, voted) for read in ranked]
    return min(1.0, fsum(shares) / total)


def _agreement(read: PlateRead, voted: Sequence[Character]) -> float:
    places = align(voted, read.characters).places
    same = sum(a.char == b.char for a, b in zip(voted, places, strict=True) if b is not None)
    return same / max(len(voted), len(read.plate))


def _known_vehicle(read: PlateRead) -> VehicleType | None:
    return None if read.vehicle is VehicleType.UNKNOWN else read.vehicle


def _majority(
    ranked: Sequence[PlateRead], value_of: Callable[[PlateRead], _Value | None]
) -> _Value | None:
    named = ((value_of(read), weigh(read)) for read in ranked)
    weights = _weights((value, weight) for value, weight in named if value is not None)
    total = fsum(weights.values())
    return next((value for value, weight in weights.items() if weight > total / 2), None)


def _weights(pairs: Iterable[tuple[_Value, float]]) -> dict[_Value, float]:
    gathered: dict[_Value, list[float]] = defaultdict(list)
    for value, weight in pairs:
        gathered[value].append(weight)
    return {value: fsum(weights) for value, weights in gathered.items()}
