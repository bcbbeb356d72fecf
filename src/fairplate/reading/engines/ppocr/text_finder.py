"""Finds lines of text: once coarsely over the whole frame, then closely where something showed.

The network (PP-OCRv6 detection, a differentiable-binarisation net, arXiv:1911.08947) marks the
inner part of each text line. Its cost is proportional to the pixels it is given, and it marks small
text faintly: so the first look is cheap and credulous, the second is magnified and strict.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fairplate.reading.engine import Image
from fairplate.reading.quads import Quad, quad_of

_MEAN = np.array([0.485, 0.456, 0.406], dtype=np.float32)
_SPREAD = np.array([0.229, 0.224, 0.225], dtype=np.float32)
_STRIDE = 32  # the network halves its input five times

FIRST_LOOK_PX, HARD_LOOK_PX = 330_000, 800_000
_FIRST_LOOK_MARK = 0.15
_CLOSE_LOOK_WIDTH_PX = 320
_CLOSE_LOOK_MARK, _CLOSE_LOOK_PEAK = 0.2, 0.4
# A mark covers the inner part of a line; the line is that much larger (area / outline times this).
_GROW = 1.6
# In a close look a line of text is a eleventh of the width: about 29 px high.
_WINDOW_PER_TEXT_HEIGHT = 11
_WINDOW_MIN_PX = 64
_LONGEST_LINE = 14.0  # width to height of a mark, flatter than its line; longer is no plate


@dataclass(frozen=True, slots=True)
class Window:
    """A place for a close look: centre and width in frame pixels; half as high as wide."""

    x: float
    y: float
    width: float

    def closer(self) -> "Window":
        """Return the middle of this window at twice the size."""
        return Window(self.x, self.y, self.width / 2)


@dataclass(frozen=True, slots=True)
class _Mark:
    """A blob of the network's output: a rotated rectangle in its pixels, mean and peak."""

    x: float
    y: float
    width: float
    height: float
    angle: float
    mean: float
    peak: float


class TextFinder:
    """Marks text lines in RGB images; `session` runs the detection network."""

    def __init__(self, session: Any) -> None:
        """Keep the session; it must take (1, 3, h, w) float32 and give (1, 1, h, w)."""
        self._session = session
        self._input = session.get_inputs()[0].name

    def _mark(self, image: Image) -> NDArray[np.float32]:
        """Return the chance of text at each pixel; the sides must be multiples of the stride."""
        # The network learnt from OpenCV's blue-green-red with red-green-blue means; order matters.
        scaled = (image[:, :, ::-1].astype(np.float32) / 255.0 - _MEAN) / _SPREAD
        batch = np.ascontiguousarray(scaled.transpose(2, 0, 1)[None])
        output: NDArray[np.float32] = self._session.run(None, {self._input: batch})[0][0, 0]
        return output

    def first_look(self, image: Image, *, pixels: int = FIRST_LOOK_PX) -> list[Window]:
        """Return where a close look is worth it, most promising first.

        The frame is brought to about `pixels`, at most twice its own width and height.
        """
        height, width = image.shape[:2]
        ratio = min((pixels / (height * width)) ** 0.5, 2.0)
        size = (_to_stride(width * ratio), _to_stride(height * ratio))
        if size[0] * size[1] > 2 * pixels:
            return []  # a strip so thin that it has no room for a plate, yet would cost as a wall
        way = cv2.INTER_AREA if ratio < 1 else cv2.INTER_LINEAR
        small = np.asarray(cv2.resize(image, size, interpolation=way), dtype=np.uint8)
        marks = _marks(self._mark(small), mark=_FIRST_LOOK_MARK, peak=_FIRST_LOOK_MARK)
        return _windows(marks, width / size[0], height / size[1])

    def close_look(self, image: Image, window: Window) -> list[tuple[Quad, Quad, Quad]]:
        """Return each line in the window as three quads: as found, tighter and wider."""
        if not (0 <= window.x < image.shape[1] and 0 <= window.y < image.shape[0]):
            return []
        part, left, top, scale = _magnified(image, window)
        lines = []
        for m in _marks(self._mark(part), mark=_CLOSE_LOOK_MARK, peak=_CLOSE_LOOK_PEAK):
            if m.width > _LONGEST_LINE * m.height or m.height < 4:  # noqa: PLR2004 - dust
                continue
            sizes = []
            for grow in (_GROW, _GROW * 0.75, _GROW * 1.4):
                more = m.width * m.height * grow / (m.width + m.height)
                quad = quad_of((m.x, m.y, m.width + more, m.height + more, m.angle))
                sizes.append((quad / scale + [left, top]).astype(np.float32))
            lines.append((sizes[0], sizes[1], sizes[2]))
        return lines


def _to_stride(length: float) -> int:
    return max(round(length / _STRIDE) * _STRIDE, _STRIDE)


def _magnified(image: Image, window: Window) -> tuple[Image, int, int, tuple[float, float]]:
    """Return the close look's input, its left and top in the frame, and its scale in x and y."""
    height, width = image.shape[:2]
    left = max(int(window.x - window.width / 2), 0)
    right = min(int(window.x + window.width / 2) + 1, width)
    top = max(int(window.y - window.width / 4), 0)
    bottom = min(int(window.y + window.width / 4) + 1, height)
    scale = _CLOSE_LOOK_WIDTH_PX / window.width
    size = (_to_stride((right - left) * scale), _to_stride((bottom - top) * scale))
    part = cv2.resize(
        image[top:bottom, left:right],
        size,
        interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC,
    )
    exact = (size[0] / (right - left), size[1] / (bottom - top))
    return np.asarray(part, dtype=np.uint8), left, top, exact


def _marks(chances: NDArray[np.float32], *, mark: float, peak: float) -> list[_Mark]:
    """Return the blobs above `mark` whose highest chance reaches `peak`."""
    outlines, _ = cv2.findContours(
        (chances > mark).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
    )
    found = []
    for outline in outlines:
        (x, y), (width, height), angle = cv2.minAreaRect(outline)
        if width < height:
            width, height, angle = height, width, angle - 90
        left, top, across, down = cv2.boundingRect(outline)
        part = chances[top : top + down, left : left + across]
        highest = float(part.max())
        if height < 2 or highest < peak:  # noqa: PLR2004 - dust
            continue
        inside = np.zeros(part.shape, dtype=np.uint8)
        cv2.drawContours(inside, [outline - [left, top]], -1, 1, -1)
        mean = float(part[inside > 0].mean())
        # To between -90 and 90: text upside down does not occur on plates.
        angle = (angle + 90) % 180 - 90
        found.append(_Mark(x, y, width, height, angle, mean, highest))
    return found


def _windows(marks: Sequence[_Mark], scale_x: float, scale_y: float) -> list[Window]:
    """Return a window for each mark that no better window shows already at its size."""
    kept: list[Window] = []
    for m in sorted(marks, key=_promise, reverse=True):
        text_width, text_height = (m.width + 2) * scale_x, (m.height + 2) * scale_y
        # A mark may be a part of the line only: then its width says more than its height.
        likely_height = max(text_height * 1.5, text_width / 7)
        width = max(likely_height * _WINDOW_PER_TEXT_HEIGHT, text_width * 1.5, _WINDOW_MIN_PX)
        window = Window(m.x * scale_x, m.y * scale_y, width)
        if not any(_shows(other, window) for other in kept):
            kept.append(window)
    return kept


def _promise(m: _Mark) -> float:
    plate_like = 1.5 < m.width / m.height < 9  # noqa: PLR2004 - one line of two to nine characters
    return m.mean * (1.0 if plate_like else 0.5)


def _shows(window: Window, other: Window) -> bool:
    """Say whether a close look at `window` would show what `other` is after, as large."""
    near_x = abs(window.x - other.x) < 0.25 * window.width
    near_y = abs(window.y - other.y) < 0.11 * window.width
    return near_x and near_y and 0.55 < other.width / window.width < 1.8  # noqa: PLR2004
