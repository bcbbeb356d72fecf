"""From the lines of text in a frame to the plates among them.

Joins the two lines of a two-line plate and the halves that an emblem splits, leaves out words
(dealers, slogans, states) and the camera's own date and time, and says how likely each is a plate.
Pure: geometry and text in, plates out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import exp, hypot

from fairplate.core.regions import region_covers
from fairplate.reading.decode import Decoded, Slot, decode
from fairplate.reading.engine import Point
from fairplate.reading.plate_words import is_word, region_named
from fairplate.reading.syntaxes import Syntax

Corners = tuple[Point, Point, Point, Point]


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One line of text: corners clockwise from its top left, what it may spell, as plain text."""

    corners: Corners
    slots: tuple[Slot, ...]
    decoded: Decoded
    text: str

    @property
    def width_px(self) -> float:
        """Length along the text."""
        return _distance(self.corners[0], self.corners[1])

    @property
    def height_px(self) -> float:
        """Height across the text."""
        return max(_distance(self.corners[0], self.corners[3]), 1.0)

    @property
    def centre(self) -> Point:
        """Middle of the four corners."""
        return _mean([c[0] for c in self.corners]), _mean([c[1] for c in self.corners])


@dataclass(frozen=True, slots=True, eq=False)
class Plate:
    """A plate in a frame: `confidence` is the chance that it is one and that its text is right."""

    corners: Corners
    decoded: Decoded
    confidence: float
    region: str | None


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _distance(one: Point, other: Point) -> float:
    return hypot(one[0] - other[0], one[1] - other[1])


def _offset(one: Line, other: Line) -> Point:
    """Return where `other` lies from `one`, along and across its text, in its own heights."""
    (x1, y1), (x2, y2) = one.corners[0], one.corners[1]
    along = ((x2 - x1) / max(one.width_px, 1.0), (y2 - y1) / max(one.width_px, 1.0))
    dx, dy = other.centre[0] - one.centre[0], other.centre[1] - one.centre[1]
    scale = one.height_px
    return (dx * along[0] + dy * along[1]) / scale, (dy * along[0] - dx * along[1]) / scale


def _join_order(one: Line, other: Line) -> tuple[Line, Line] | None:
    """Return the two in reading order if they may be parts of one plate, else None."""
    if not 0.55 < one.height_px / other.height_px < 1.8:  # noqa: PLR2004
        return None
    along, across = _offset(one, other)
    # Side by side on one base line, with at most an emblem (two heights) between.
    gap = abs(along) - (one.width_px + other.width_px) / 2 / one.height_px
    if abs(across) < 0.35 and -0.3 < gap < 2.0:  # noqa: PLR2004
        return (one, other) if along > 0 else (other, one)
    # One above the other, centred or flush left, no further apart than a line is high.
    wider = max(one.width_px, other.width_px) / one.height_px
    if 0.7 < abs(across) < 2.0 and abs(along) < 0.35 * wider:  # noqa: PLR2004
        return (one, other) if across > 0 else (other, one)
    return None


def _hull(lines: Sequence[Line]) -> Corners:
    """Return the rectangle around the lines, turned as the first one is."""
    (ax, ay), (bx, by) = lines[0].corners[0], lines[0].corners[1]
    length = max(hypot(bx - ax, by - ay), 1e-6)
    ux, uy = (bx - ax) / length, (by - ay) / length
    points = [c for line in lines for c in line.corners]
    along = [x * ux + y * uy for x, y in points]
    across = [y * ux - x * uy for x, y in points]
    left, right, top, bottom = min(along), max(along), min(across), max(across)

    def at(a: float, c: float) -> Point:
        return a * ux - c * uy, a * uy + c * ux

    return at(left, top), at(right, top), at(right, bottom), at(left, bottom)


def _joined(
    lines: Sequence[Line], expected: Sequence[Syntax]
) -> list[tuple[Line, tuple[int, int]]]:
    """Return the pairs that together fit a pattern which neither part fits alone."""
    pairs = []
    for (i, one), (j, other) in combinations(enumerate(lines), 2):
        if max(len(one.text), len(other.text)) > 5:  # noqa: PLR2004 - a whole plate already
            continue
        order = _join_order(one, other)
        if order is None:
            continue
        slots = order[0].slots + order[1].slots
        decoded = decode(slots, expected)
        if decoded is None or decoded.syntax is None or len(decoded.characters) < 5:  # noqa: PLR2004
            continue
        if decoded.log_odds < max(one.decoded.log_odds, other.decoded.log_odds):
            continue
        text = order[0].text + order[1].text
        pairs.append((Line(_hull(order), slots, decoded, text), (i, j)))
    return sorted(pairs, key=lambda pair: pair[0].decoded.log_odds, reverse=True)


def _is_clock(line: Line, frame_height_px: float) -> bool:
    """Say whether the line is a date or time that the camera wrote along the picture's edge."""
    if not line.text.isdigit() or len(line.text) < 4:  # noqa: PLR2004
        return False
    y = line.centre[1] / frame_height_px
    return not 0.1 < y < 0.9  # noqa: PLR2004


def plausibility(line: Line) -> float:
    """Return the chance, 0 to 1, that the line is a plate's, from its shape and kind of text."""
    plate = line.decoded.plate
    score = 2.5 if line.decoded.syntax is not None else 0.8
    if not any(c.isdigit() for c in plate):
        score -= 2.5  # a word until something else says otherwise
    elif plate.isdigit():
        score -= 1.6
    if len(plate) < 5:  # noqa: PLR2004
        score -= 1.5 * (5 - len(plate))
    # Characters of plates are between a third as wide as high and as wide as high, with gaps.
    pitch = line.width_px / line.height_px / len(plate)
    if not 0.3 < pitch < 1.1:  # noqa: PLR2004
        score -= 1.5
    tilt = abs(line.corners[1][1] - line.corners[0][1]) / max(line.width_px, 1.0)
    if tilt > 0.5:  # noqa: PLR2004 - steeper than 30 degrees
        score -= 1.5
    return 1.0 / (1.0 + exp(-score))


def _region(line: Line, named: Sequence[tuple[Line, str]]) -> str | None:
    """Return the region named within three lines of the plate, nearest first."""
    near = [
        (hypot(*_offset(line, word)), region)
        for word, region in named
        if abs(_offset(line, word)[1]) < 3 and abs(_offset(line, word)[0]) < 4  # noqa: PLR2004
    ]
    return min(near)[1] if near else None


def plates_among(
    lines: Sequence[Line],
    expected: Sequence[Syntax],
    *,
    frame_height_px: float,
    regions: Sequence[str] = (),
) -> list[Plate]:
    """Return the plates among the lines of one frame, most prominent first.

    Prominent is confident and large: with two sure reads, the nearer car is the picture's subject.
    A text without a digit is a word, unless the frame shows nothing that is more of a plate.

    `regions` limits what a state's name beside the plate may say: one outside them is ignored.
    """
    named = [
        (line, region)
        for line in lines
        if (region := region_named(line.text)) is not None
        and (not regions or any(region_covers(r, region) for r in regions))
    ]
    texts = [
        line for line in lines if not is_word(line.text) and not _is_clock(line, frame_height_px)
    ]
    used: set[int] = set()
    chosen: list[Line] = []
    for line, parts in _joined(texts, expected):
        if not used & set(parts):
            used |= set(parts)
            chosen.append(line)
    chosen += [line for at, line in enumerate(texts) if at not in used]
    plates = []
    for line in chosen:
        confidence = line.decoded.confidence * plausibility(line)
        plates.append(Plate(line.corners, line.decoded, confidence, _region(line, named)))
    plates.sort(key=_prominence, reverse=True)
    return [
        plate
        for plate in plates
        if plate is plates[0] or any(c.isdigit() for c in plate.decoded.plate)
    ]


def _prominence(plate: Plate) -> float:
    width: float = _distance(plate.corners[0], plate.corners[1]) ** 0.2
    return plate.confidence * width
