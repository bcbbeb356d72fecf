"""Four-cornered areas: order their corners, cut them out upright, box them.

Corners are (x, y) in pixels, clockwise from the text's own top left.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from fairplate.core.reads import Box
from fairplate.reading.engine import Image

# Four rows of x and y in float32.
Quad = NDArray[np.float32]


def quad_of(rectangle: tuple[float, float, float, float, float]) -> Quad:
    """Return the corners of (centre x, centre y, length along the text, height, angle in degrees).

    The angle is that of the text's base line, clockwise from x, between -90 and 90.
    """
    x, y, width, height, angle = rectangle
    along = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))]) * width / 2
    down = np.array([-np.sin(np.radians(angle)), np.cos(np.radians(angle))]) * height / 2
    centre = np.array([x, y])
    corners = [centre - along - down, centre + along - down]
    corners += [centre + along + down, centre - along + down]
    return np.array(corners, dtype=np.float32)


def quad_size(quad: Quad) -> tuple[float, float]:
    """Return width (along the text) and height in pixels."""
    width = (np.linalg.norm(quad[1] - quad[0]) + np.linalg.norm(quad[2] - quad[3])) / 2
    height = (np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])) / 2
    return float(width), float(height)


def cut_out(image: Image, quad: Quad, *, height_px: int, max_width_px: int) -> Image:
    """Return what the quad shows, upright, `height_px` high and in its own proportions."""
    width, height = quad_size(quad)
    # A warp skips pixels where it shrinks a lot, so shrink the surroundings first.
    shrink = max(height / height_px / 1.5, 1.0)
    if shrink > 1.0:
        x1, y1 = np.maximum(np.floor(quad.min(axis=0)).astype(int) - 2, 0)
        x2, y2 = np.maximum(np.ceil(quad.max(axis=0)).astype(int) + 2, 0)
        part = image[y1:y2, x1:x2]
        if part.size:
            size = (max(round(part.shape[1] / shrink), 1), max(round(part.shape[0] / shrink), 1))
            scale = np.array([size[0] / part.shape[1], size[1] / part.shape[0]])
            smaller = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
            image = np.asarray(smaller, dtype=np.uint8)
            quad = ((quad - [x1, y1]) * scale).astype(np.float32)
    out_width = int(np.clip(round(width / max(height, 1.0) * height_px), 16, max_width_px))
    target = [[0, 0], [out_width, 0], [out_width, height_px], [0, height_px]]
    matrix = cv2.getPerspectiveTransform(quad, np.array(target, dtype=np.float32))
    upright = cv2.warpPerspective(
        image,
        matrix,
        (out_width, height_px),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(upright, dtype=np.uint8)


def box_of(quad: Quad, image: Image) -> Box:
    """Return the upright box around the quad, within the image and at least one pixel."""
    height, width = image.shape[:2]
    x1, y1 = np.floor(quad.min(axis=0)).astype(int)
    x2, y2 = np.ceil(quad.max(axis=0)).astype(int)
    left, top = int(np.clip(x1, 0, width - 1)), int(np.clip(y1, 0, height - 1))
    return Box(left, top, int(np.clip(x2, left + 1, width)), int(np.clip(y2, top + 1, height)))
