"""Draws plates of several countries' formats, with lettering that comes with Pillow.

Decides what a plate looks like from straight ahead, in millimetres. Where it hangs and how it is
seen is the business of `cars.py` and `street.py`. The faces are alike to the real ones, not copies.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Colour: TypeAlias = tuple[int, int, int]

PX_PER_MM = 2
BLACK: Colour = (22, 22, 26)
WHITE: Colour = (244, 245, 243)
YELLOW: Colour = (247, 199, 38)
EU_BLUE: Colour = (20, 62, 160)
GOLD: Colour = (250, 214, 60)
RED: Colour = (176, 34, 40)
NAVY: Colour = (28, 44, 110)
# A stroke of this share of the letters' height makes the default face as heavy as a plate's.
_WEIGHT = 0.022
_DRAWN_PX = 160


@dataclass(frozen=True, slots=True, eq=False)
class PlateFace:
    """A drawn plate: red-green-blue pixels of shape (height, width, 3), and its size in metres."""

    pixels: NDArray[np.uint8]
    width_m: float
    height_m: float


class _Sheet:
    """A blank plate with rounded corners and a rim, measured in millimetres."""

    def __init__(self, width_mm: int, height_mm: int, ground: Colour, rim: Colour) -> None:
        self.width_mm, self.height_mm = width_mm, height_mm
        size = (width_mm * PX_PER_MM, height_mm * PX_PER_MM)
        self.image = Image.new("RGB", size, rim)
        self.draw = ImageDraw.Draw(self.image)
        self.block((3, 3, width_mm - 3, height_mm - 3), ground, radius_mm=8)

    def block(
        self, box_mm: tuple[float, float, float, float], colour: Colour, radius_mm: float = 0
    ) -> None:
        box = [side * PX_PER_MM for side in box_mm]
        self.draw.rounded_rectangle(box, radius_mm * PX_PER_MM, fill=colour)

    def dot(self, x_mm: float, y_mm: float, radius_mm: float, colour: Colour) -> None:
        x, y, radius = (value * PX_PER_MM for value in (x_mm, y_mm, radius_mm))
        self.draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=colour)

    def write(
        self,
        text: str,
        box_mm: tuple[float, float, float, float],
        colour: Colour,
        weight: float = _WEIGHT,
    ) -> None:
        """Fill the box with `text` from edge to edge."""
        font = ImageFont.load_default(_DRAWN_PX)
        stroke = round(weight * _DRAWN_PX)
        left, top, right, bottom = font.getbbox(text, stroke_width=stroke)
        size = (round(right - left), round(bottom - top))
        mask = Image.new("L", size, 0)
        ImageDraw.Draw(mask).text((-left, -top), text, 255, font, stroke_width=stroke)
        x1, y1, x2, y2 = (round(side * PX_PER_MM) for side in box_mm)
        mask = mask.resize((x2 - x1, y2 - y1), Image.Resampling.LANCZOS)
        self.image.paste(colour, (x1, y1), mask)

    def bolts(self, places_mm: Sequence[tuple[float, float]]) -> None:
        for x, y in places_mm:
            self.dot(x, y, 4.5, (120, 122, 124))
            self.dot(x - 1, y - 1, 2, (196, 198, 200))

    def face(self) -> PlateFace:
        pixels = np.asarray(self.image, np.uint8)
        return PlateFace(pixels, self.width_mm / 1000, self.height_mm / 1000)


def new_york(plate: str) -> PlateFace:
    """Draw `LLLDDDD` as on a plate of New York State: name above, motto below, gold feet."""
    sheet = _Sheet(305, 152, WHITE, (200, 202, 204))
    sheet.block((3, 118, 302, 149), (238, 204, 92), radius_mm=8)
    sheet.block((3, 112, 302, 122), WHITE)
    sheet.write("NEW YORK", (96, 13, 209, 29), NAVY)
    sheet.write("EXCELSIOR", (104, 127, 201, 140), NAVY, weight=0.0)
    sheet.write(plate[:3], (20, 40, 128, 110), NAVY)
    sheet.dot(142, 75, 4, NAVY)
    sheet.write(plate[3:], (156, 40, 286, 110), NAVY)
    sheet.bolts([(60, 20), (245, 20), (60, 134), (245, 134)])
    return sheet.face()


def german(plate: str, town_letters: int = 1) -> PlateFace:
    """Draw a German long plate: blue band, town, two seals, letters and number."""
    sheet = _Sheet(520, 110, WHITE, BLACK)
    _blue_band(sheet, "D")
    letters = plate[town_letters : town_letters + 2]
    digits = plate[town_letters + 2 :]
    town_end = 64 + 54 * town_letters
    sheet.write(plate[:town_letters], (64, 18, town_end, 92), BLACK)
    sheet.dot(town_end + 26, 33, 15, (38, 128, 84))
    sheet.dot(town_end + 26, 76, 17, (190, 192, 196))
    sheet.dot(town_end + 26, 76, 11, (226, 190, 60))
    sheet.write(letters, (town_end + 54, 18, town_end + 152, 92), BLACK)
    sheet.write(digits, (town_end + 178, 18, 504, 92), BLACK)
    return sheet.face()


def dutch(plate: str) -> PlateFace:
    """Draw a Dutch long plate `LLDDDL`: yellow, groups parted by hyphens."""
    sheet = _Sheet(520, 110, YELLOW, BLACK)
    _blue_band(sheet, "NL")
    sheet.write(plate[:2], (66, 20, 176, 92), BLACK)
    sheet.block((188, 52, 208, 60), BLACK)
    sheet.write(plate[2:5], (220, 20, 374, 92), BLACK)
    sheet.block((386, 52, 406, 60), BLACK)
    sheet.write(plate[5:], (420, 20, 478, 92), BLACK)
    return sheet.face()


def british(plate: str) -> PlateFace:
    """Draw a British front plate `LLDDLLL`: white, no rim, green band of an electric car."""
    sheet = _Sheet(520, 111, WHITE, (214, 216, 214))
    sheet.block((3, 3, 40, 108), (40, 152, 84), radius_mm=8)
    sheet.write("UK", (10, 78, 34, 94), WHITE)
    sheet.write(plate[:4], (58, 16, 262, 95), BLACK)
    sheet.write(plate[4:], (298, 16, 464, 95), BLACK)
    sheet.bolts([(490, 55)])
    return sheet.face()


def mercosur(plate: str) -> PlateFace:
    """Draw a Brazilian plate `LLLDLDD` of the Mercosur pattern: blue head with the country."""
    sheet = _Sheet(400, 130, WHITE, (60, 62, 66))
    sheet.block((3, 3, 397, 33), (18, 58, 148), radius_mm=8)
    sheet.block((3, 20, 397, 33), (18, 58, 148))
    sheet.write("BRASIL", (158, 10, 242, 26), WHITE)
    sheet.block((352, 9, 380, 27), (36, 140, 70))
    sheet.dot(366, 18, 6, GOLD)
    sheet.write("BR", (14, 106, 34, 120), BLACK)
    sheet.write(plate, (44, 44, 380, 112), BLACK)
    return sheet.face()


def romanian_square(plate: str) -> PlateFace:
    """Draw a Romanian two-line plate, as on imported off-roaders: `LDDD` above, letters below."""
    sheet = _Sheet(305, 175, WHITE, BLACK)
    _blue_band(sheet, "RO")
    sheet.write(plate[:1], (66, 14, 116, 82), BLACK)
    sheet.write(plate[1:-3], (146, 14, 270, 82), BLACK)
    sheet.write(plate[-3:], (84, 94, 262, 162), BLACK)
    return sheet.face()


PAINTERS: dict[str, Callable[[str], PlateFace]] = {
    "us-ny": new_york,
    "de": german,
    "nl": dutch,
    "gb": british,
    "br": mercosur,
    "ro": romanian_square,
}


def _blue_band(sheet: _Sheet, country: str) -> None:
    sheet.block((3, 3, 46, sheet.height_mm - 3), EU_BLUE, radius_mm=8)
    sheet.block((30, 3, 48, sheet.height_mm - 3), EU_BLUE)
    for angle in np.linspace(0, 2 * np.pi, 12, endpoint=False):
        sheet.dot(26 + 13 * np.sin(angle), 32 + 13 * np.cos(angle), 2, GOLD)
    half = 7 * len(country)
    foot = sheet.height_mm - 14
    sheet.write(country, (26 - half, foot - 24, 26 + half, foot), WHITE)
