"""A second engine looks at a plate that another one found: at its crop alone, with a margin.

Decides what part of the picture it is shown and which of its reads is of that plate. What
disagreement means is the policy's decision.
"""

import io
import threading
from dataclasses import dataclass, field

import numpy as np

from fairplate.core.errors import InputError
from fairplate.core.reads import Box, PlateRead
from fairplate.reading.engine import Area, Engine, Frame, Image, Transcript
from fairplate.reading.pictures import read_picture

# Around the box, of its height: what a detector needs to see where a plate ends.
_MARGIN = 1.0
_LEAST_MARGIN_PX = 16
# Less than this of the two boxes in common is another plate.
_SAME_PLATE = 0.2


@dataclass(frozen=True, slots=True)
class SecondLook:
    """Reads plates again with `engine`, for any number of threads, one after the other."""

    engine: Engine
    _turn: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __call__(self, picture: bytes, box: Box) -> str | None:
        """Return the plate in `box` of the picture, empty if there is none; None: cannot tell."""
        try:
            image = read_picture(io.BytesIO(picture), "picture").image
        except InputError:
            return None
        return self.read(image, box)

    def read(self, image: Image, box: Box) -> str | None:
        """Return the plate in `box` of `image`, empty if there is none; None if that is outside."""
        kept = _with_margin(box, image)
        if kept is None:
            return None
        crop = np.ascontiguousarray(image[kept.y1 : kept.y2, kept.x1 : kept.x2])
        wanted = Box(box.x1 - kept.x1, box.y1 - kept.y1, box.x2 - kept.x1, box.y2 - kept.y1)
        with self._turn:
            found = _nearest(self.engine.read(Frame(crop, "crop")), wanted)
            if found is not None:
                return found.plate
            # Its detector sees no plate in so small a picture; asked for the text it may still.
            return _text(self.engine.transcribe(crop, _area(wanted)))


def _with_margin(box: Box, image: Image) -> Box | None:
    margin = max(_LEAST_MARGIN_PX, round(_MARGIN * box.height_px))
    height_px, width_px = image.shape[:2]
    x1, y1 = max(0, box.x1 - margin), max(0, box.y1 - margin)
    x2, y2 = min(width_px, box.x2 + margin), min(height_px, box.y2 + margin)
    outside = box.x2 <= 0 or box.y2 <= 0 or box.x1 >= width_px or box.y1 >= height_px
    return None if outside else Box(x1, y1, x2, y2)


def _nearest(reads: list[PlateRead], wanted: Box) -> PlateRead | None:
    found = [read for read in reads if read.box.overlap(wanted) >= _SAME_PLATE]
    return max(found, key=lambda read: read.box.overlap(wanted), default=None)


def _area(box: Box) -> Area:
    x1, y1, x2, y2 = float(box.x1), float(box.y1), float(box.x2), float(box.y2)
    return Area(((x1, y1), (x2, y1), (x2, y2), (x1, y2)), 1.0)


def _text(transcript: Transcript | None) -> str:
    return "" if transcript is None else "".join(c.char for c in transcript.characters)
