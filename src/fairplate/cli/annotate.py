"""Draw reads into a copy of their picture: frame, text, confidence; a match in another shape too.

Decides where label and lines go, and touches no pixel outside them. Shapes differ as well as
colours: a read has one frame, a match a double frame with corner brackets, a held-back match a
dashed frame. Leaves writing the picture to `output_folder.py`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from PIL import Image as PillowImage
from PIL import ImageDraw, ImageFont

from fairplate.core.doubts import percent
from fairplate.core.reads import Box, PlateRead
from fairplate.reading.engine import Image

Colour: TypeAlias = tuple[int, int, int]
_Font: TypeAlias = ImageFont.FreeTypeFont | ImageFont.ImageFont
_Line: TypeAlias = tuple[float, float, float, float]

_WHITE: Colour = (255, 255, 255)
_BLACK: Colour = (0, 0, 0)
_SMALLEST_FONT_PX = 10
_CROP_MARGIN = 0.12  # of the plate's own size, so that its edge is seen
_CROP_WIDTH_PX = 480


class MarkKind(Enum):
    """What a mark says; each has a colour (fill, ink) of contrast ≥ 7 and a shape of its own."""

    READ = "read"
    MATCH = "match"
    HELD_BACK = "held back"


_COLOURS: dict[MarkKind, tuple[Colour, Colour]] = {
    MarkKind.READ: ((9, 63, 150), _WHITE),
    MarkKind.MATCH: ((158, 0, 40), _WHITE),
    MarkKind.HELD_BACK: ((255, 191, 0), _BLACK),
}
# How far a mark reaches outside its plate, in line widths; its label begins there.
_REACH: dict[MarkKind, int] = {MarkKind.READ: 4, MarkKind.MATCH: 9, MarkKind.HELD_BACK: 5}
_WORDS: dict[MarkKind, str] = {
    MarkKind.READ: "",
    MarkKind.MATCH: "  MATCH, unconfirmed",
    MarkKind.HELD_BACK: "  match held back",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """One read to draw."""

    read: PlateRead
    kind: MarkKind = MarkKind.READ

    @property
    def label(self) -> str:
        """The text beside the frame."""
        return f"{self.read.plate}  {percent(self.read.confidence)}{_WORDS[self.kind]}"


def annotate_picture(image: Image, marks: Sequence[Mark]) -> PillowImage.Image:
    """Return a copy of `image` with `marks` drawn, the matches last so that nothing hides them."""
    picture = PillowImage.fromarray(image)
    draw = ImageDraw.Draw(picture)
    taken: list[_Line] = []
    order = [MarkKind.READ, MarkKind.HELD_BACK, MarkKind.MATCH]
    ordered = sorted(marks, key=lambda mark: order.index(mark.kind))
    for mark in ordered:
        _draw_frame(draw, mark, line_width_px(picture.size))
    # Labels are placed in the other order, so that a match gets its first choice of place.
    for mark in reversed(ordered):
        taken.append(_draw_label(draw, mark, picture.size, taken))
    return picture


def cut_crop(image: Image, box: Box) -> PillowImage.Image:
    """Return the plate with a narrow margin, enlarged if it is small."""
    height, width = image.shape[:2]
    dx, dy = round(box.width_px * _CROP_MARGIN), round(box.height_px * _CROP_MARGIN)
    left, top = min(max(0, box.x1 - dx), width - 1), min(max(0, box.y1 - dy), height - 1)
    right, bottom = max(left + 1, min(width, box.x2 + dx)), max(top + 1, min(height, box.y2 + dy))
    crop = PillowImage.fromarray(image[top:bottom, left:right].copy())
    scale = _CROP_WIDTH_PX / crop.width
    if scale <= 1:
        return crop
    size = (_CROP_WIDTH_PX, max(1, round(crop.height * scale)))
    return crop.resize(size, PillowImage.Resampling.LANCZOS)


def line_width_px(size: tuple[int, int]) -> int:
    """Return how thick lines are in a picture of `size` (width, height)."""
    return max(1, round(max(size) / 500))


def place_label(
    label: tuple[int, int], box: Box, size: tuple[int, int], gap: int, taken: Sequence[_Line] = ()
) -> tuple[int, int]:
    """Return the label's top left: above the box, else below, else inside; always in the picture.

    `label` and `size` are (width, height) in pixels; `taken` are labels already placed.
    """
    x = max(0, min(box.x1 - gap, size[0] - label[0]))
    above, below = box.y1 - gap - label[1], box.y2 + gap
    inside = max(0, min(box.y1, size[1] - label[1]))
    fitting = [y for y in (above, below) if 0 <= y <= size[1] - label[1]]
    for y in fitting:
        if not any(_overlap((x, y, x + label[0], y + label[1]), other) for other in taken):
            return x, y
    return x, (fitting[0] if fitting else inside)


def _overlap(one: _Line, other: _Line) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _draw_label(
    draw: ImageDraw.ImageDraw, mark: Mark, size: tuple[int, int], taken: Sequence[_Line]
) -> _Line:
    fill, ink = _COLOURS[mark.kind]
    text = mark.label
    font = _fitting_font(text, size)
    left, top, right, bottom = (round(v) for v in font.getbbox(text))
    pad = max(2, (bottom - top) // 4)
    label = (min(size[0], right - left + 2 * pad), min(size[1], bottom - top + 2 * pad))
    gap = _REACH[mark.kind] * line_width_px(size)
    x, y = place_label(label, mark.read.box, size, gap, taken)
    area = (x, y, x + label[0] - 1, y + label[1] - 1)
    draw.rectangle(area, fill=fill)
    draw.text((x + pad - left, y + pad - top), text, font=font, fill=ink)
    return area


def _fitting_font(text: str, size: tuple[int, int]) -> _Font:
    wanted = max(14, round(max(size) / 45))
    for height in range(wanted, _SMALLEST_FONT_PX, -1):
        font = ImageFont.load_default(height)
        left, _, right, _ = font.getbbox(text)
        if right - left <= size[0] * 0.95:
            return font
    return ImageFont.load_default(_SMALLEST_FONT_PX)


def _draw_frame(draw: ImageDraw.ImageDraw, mark: Mark, width: int) -> None:
    """Draw around the plate, not over it: an inner white line makes any background work."""
    colour, _ = _COLOURS[mark.kind]
    box = mark.read.box
    if mark.kind is MarkKind.HELD_BACK:
        _rectangle(draw, box, width, 2 * width, _BLACK)
        for line in dashes(_grown(box, 2 * width), 6 * width):
            draw.line(line, fill=colour, width=2 * width)
        return
    _rectangle(draw, box, 0, width, _WHITE)
    _rectangle(draw, box, width, 2 * width, colour)
    if mark.kind is MarkKind.MATCH:
        _rectangle(draw, box, 5 * width, width, colour)
        _draw_brackets(draw, _grown(box, 6 * width), width, colour)


def _draw_brackets(draw: ImageDraw.ImageDraw, outline: _Line, width: int, colour: Colour) -> None:
    x1, y1, x2, y2 = outline
    arm_x, arm_y = (x2 - x1) / 4, (y2 - y1) / 3
    half = 1.5 * width  # so that the arms meet in a full corner
    for x, dx in ((x1, arm_x), (x2, -arm_x)):
        for y, dy in ((y1, arm_y), (y2, -arm_y)):
            out_x, out_y = math.copysign(half, -dx), math.copysign(half, -dy)
            draw.line((x + out_x, y, x + dx, y), fill=colour, width=3 * width)
            draw.line((x, y + out_y, x, y + dy), fill=colour, width=3 * width)


def _grown(box: Box, by: int) -> _Line:
    return (box.x1 - by, box.y1 - by, box.x2 - 1 + by, box.y2 - 1 + by)


def _rectangle(draw: ImageDraw.ImageDraw, box: Box, away: int, width: int, colour: Colour) -> None:
    """Draw a frame whose inner edge is `away` pixels outside the box."""
    draw.rectangle(_grown(box, away + width), outline=colour, width=width)


def dashes(outline: _Line, length: int) -> list[_Line]:
    """Return the dashes of a dashed rectangle; gaps are as long as dashes."""
    x1, y1, x2, y2 = outline
    across = [(x, min(x + length, x2)) for x in _steps(x1, x2, 2 * length)]
    down = [(y, min(y + length, y2)) for y in _steps(y1, y2, 2 * length)]
    return [(a, y, b, y) for a, b in across for y in (y1, y2)] + [
        (x, a, x, b) for a, b in down for x in (x1, x2)
    ]


def _steps(start: float, stop: float, step: int) -> list[float]:
    return [float(value) for value in range(round(start), round(stop), max(1, step))]
