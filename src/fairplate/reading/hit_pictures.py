"""What is kept of the picture of a hit: the crop, and the whole picture blurred outside it.

Decides how much a person gets to compare (the plate, the vehicle's colour and rough shape) and that
nothing else can be had back: no other plate, no face. `docs/decisions/0005-pictures-of-hits.md`
says how strong the blur is and why. Leaves to others which reads are hits, and keeping and sealing
the two pictures.
"""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from fairplate.core.errors import SourceError
from fairplate.core.reads import Box
from fairplate.reading.engine import Image
from fairplate.reading.pictures import read_picture

MAX_CROP_BYTES = 64 * 2**10
MAX_BLURRED_BYTES = 512 * 2**10
# Enough to compare every character, and the most that a box which is no plate's can give away: on a
# whole car's front as large as this a face is about 18 px wide.
MAX_CROP_WIDTH_PX, MAX_CROP_HEIGHT_PX = 320, 160
MAX_BLURRED_PX = 960  # the longer side

# Around the plate, of its height: its edge belongs to what is compared.
_MARGIN = 0.15
# The blurred picture has at most so many cells along each side, and no cell is smaller than this
# share of the plate's height, whatever the size of the picture: 0.75 of 110 to 150 mm is a cell of
# 8 to 11 cm at the plate's distance, where a face is 15 cm wide.
_MAX_CELLS = 64
_CELL_HEIGHTS = 0.75
# What is narrower than this share of a cell, or of the plate, is filled before cells are averaged.
# Averages alone would tell plates apart: see the decision record.
_FILLED = 0.75

_BEST_QUALITY, _WORST_QUALITY, _QUALITY_STEP = 90, 10, 10
_GREY = 127

_Pixel = TypeVar("_Pixel", np.uint8, np.bool_)


@dataclass(frozen=True, slots=True)
class HitPictures:
    """Two JPEGs without any metadata: the plate, and the picture blurred outside the plate."""

    crop: bytes = field(repr=False)
    blurred: bytes = field(repr=False)


def cut_hit_pictures(
    picture: bytes, box: Box, *, name: str = "picture", others: Sequence[Box] = ()
) -> HitPictures:
    """Return what is kept of an encoded picture, which messages call `name`.

    `box` is in pixels of the upright picture. Raises what `read_picture` and `cut_from_image` do.
    """
    return cut_from_image(read_picture(io.BytesIO(picture), name).image, box, name, others=others)


def cut_from_image(image: Image, box: Box, name: str, *, others: Sequence[Box] = ()) -> HitPictures:
    """Return what is kept of `image`, whose matched plate is in `box`.

    `others` are the boxes of all other plates known in it; they are covered before the blur. Raises
    SourceError if `box` reaches outside the image by more than its margin.
    """
    height_px, width_px = image.shape[:2]
    kept = _grown(box, _margin_px(box), image)
    if kept is None or _reach_px(box, image) > _margin_px(box):
        expected = f"a box inside the picture of {width_px} x {height_px} px"
        raise SourceError(name, "box", expected=expected, found="one that reaches outside")
    crop = _shrunk(_part(image, kept), MAX_CROP_WIDTH_PX, MAX_CROP_HEIGHT_PX)
    scene = _shrunk(image, MAX_BLURRED_PX, MAX_BLURRED_PX)
    scale = scene.shape[1] / width_px, scene.shape[0] / height_px
    blurred = _blur(scene, _scaled(box, scale), [_scaled(other, scale) for other in others])
    # From the crop and not from the picture, so that nothing is kept that the crop does not show.
    sharp = _part(blurred, _scaled(kept, scale))
    sharp[:] = _resized(crop, sharp.shape[1], sharp.shape[0], cv2.INTER_AREA)
    return HitPictures(_encode(crop, MAX_CROP_BYTES), _encode(blurred, MAX_BLURRED_BYTES))


def _blur(scene: Image, plate: Box, others: Sequence[Box]) -> Image:
    """Return `scene` without plates, without anything narrow, and then in large cells, smoothed."""
    height_px, width_px = scene.shape[:2]
    covered = scene.copy()
    for box in (plate, *others):
        _cover(covered, box, scene)
    cell_px = max(max(width_px, height_px) / _MAX_CELLS, _CELL_HEIGHTS * plate.height_px)
    across, down = _count_cells(width_px, cell_px), _count_cells(height_px, cell_px)
    widest = max(width_px / across, height_px / down, plate.height_px)
    # An odd size keeps everything in its place.
    square = np.ones((round(_FILLED * widest) | 1,) * 2, np.uint8)
    # Closing first: what is written dark on light goes first, even on nearer and larger plates.
    filled = cv2.morphologyEx(covered, cv2.MORPH_CLOSE, square)
    filled = cv2.morphologyEx(filled, cv2.MORPH_OPEN, square)
    coarse = _resized(np.asarray(filled, np.uint8), across, down, cv2.INTER_AREA)
    return _resized(coarse, width_px, height_px, cv2.INTER_CUBIC)


def _count_cells(extent_px: int, cell_px: float) -> int:
    """Return the largest power of two that leaves cells of at least `cell_px`; at least 1.

    With powers of two, many pictures of one camera share few grids, each inside the next: what
    stands still in all of them, a parked car, is not cut in a new way by every hit.
    """
    cells = 1
    while extent_px >= 2 * cells * cell_px:
        cells *= 2
    return cells


def _cover(target: Image, box: Box, scene: Image) -> None:
    """Paint what `box` holds, and its margin, in the usual colour of what is around it."""
    inner = _grown(box, _margin_px(box), scene)
    outer = _grown(box, box.height_px + _margin_px(box), scene)
    if inner is None or outer is None:
        return
    around = np.ones(scene.shape[:2], dtype=np.bool_)
    _part(around, inner)[:] = False
    ring = _part(scene, outer)[_part(around, outer)]
    _part(target, inner)[:] = np.median(ring, axis=0) if len(ring) else _GREY


def _margin_px(box: Box) -> int:
    return max(1, round(_MARGIN * box.height_px))


def _reach_px(box: Box, image: Image) -> int:
    """Return how far `box` reaches outside the image; 0 or less if it does not."""
    height_px, width_px = image.shape[:2]
    reach: int = max(-box.x1, -box.y1, box.x2 - width_px, box.y2 - height_px)
    return reach


def _grown(box: Box, by_px: int, image: Image) -> Box | None:
    """Return `box` larger on each side, cut to the image; None if nothing is left."""
    height_px, width_px = image.shape[:2]
    x1, y1 = max(0, box.x1 - by_px), max(0, box.y1 - by_px)
    x2, y2 = min(width_px, box.x2 + by_px), min(height_px, box.y2 + by_px)
    return Box(x1, y1, x2, y2) if x1 < x2 and y1 < y2 else None


def _scaled(box: Box, scale: tuple[float, float]) -> Box:
    """Return the smallest box of whole pixels around `box` in the picture scaled by (x, y)."""
    x1, y1 = math.floor(box.x1 * scale[0]), math.floor(box.y1 * scale[1])
    x2, y2 = math.ceil(box.x2 * scale[0]), math.ceil(box.y2 * scale[1])
    return Box(x1, y1, max(x1 + 1, x2), max(y1 + 1, y2))


def _part(pixels: NDArray[_Pixel], box: Box) -> NDArray[_Pixel]:
    """Return the view of what is in `box`."""
    return pixels[box.y1 : box.y2, box.x1 : box.x2]


def _shrunk(image: Image, max_width_px: int, max_height_px: int) -> Image:
    """Return the image in its proportions and within both bounds; never enlarged."""
    height_px, width_px = image.shape[:2]
    scale = min(1.0, max_width_px / width_px, max_height_px / height_px)
    size = max(1, round(width_px * scale)), max(1, round(height_px * scale))
    return _resized(image, *size, cv2.INTER_AREA)


def _resized(image: Image, width_px: int, height_px: int, method: int) -> Image:
    return np.asarray(cv2.resize(image, (width_px, height_px), interpolation=method), np.uint8)


def _encode(image: Image, max_bytes: int) -> bytes:
    """Return the image as JPEG, as good as fits into `max_bytes`.

    The worst quality fits any picture of the sizes above: noise, the hardest, takes a third.
    """
    picture = PillowImage.fromarray(image)
    for quality in range(_BEST_QUALITY, _WORST_QUALITY - 1, -_QUALITY_STEP):
        out = io.BytesIO()
        # Full colour resolution, so that no colour crosses the seam by more than 8 pixels.
        picture.save(out, "JPEG", quality=quality, subsampling=0)
        if out.tell() <= max_bytes:
            break
    return out.getvalue()
