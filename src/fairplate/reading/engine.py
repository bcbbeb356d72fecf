"""What an engine is: it turns one frame into the reads it sees in it.

An engine works in two steps that can be replaced one by one: *locate* finds where plates are,
*transcribe* says what one of them spells. `read` does both and returns reads with `frames=1`;
grouping the frames of one vehicle is `tracking.py`'s, agreeing on one text `vote.py`'s work.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fairplate.core.reads import Character, PlateRead

# uint8, shape (height, width, 3), red-green-blue, upright (EXIF orientation already applied).
Image: TypeAlias = NDArray[np.uint8]
Point: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """What every engine is told: where the plates are from (none = anywhere), and its threads."""

    regions: tuple[str, ...] = ()
    threads: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of a source: `index` counts from 0, `time_s` is seconds from its start.

    `still` says that no other frame shows the same scene: an engine may take longer over it.
    """

    image: Image
    source: str
    index: int = 0
    time_s: float = 0.0
    captured_at: datetime | None = None
    still: bool = True


@dataclass(frozen=True, slots=True)
class Area:
    """Where a plate is: corners (x, y) in pixels, clockwise from the plate's own top left."""

    corners: tuple[Point, Point, Point, Point]
    confidence: float


@dataclass(frozen=True, slots=True)
class Transcript:
    """What one area spells, and the region if the plate itself shows it."""

    characters: tuple[Character, ...]
    confidence: float
    region: str | None = None


class Engine(Protocol):
    """Reads plates in frames. One instance serves one thread at a time."""

    name: str

    def locate(self, image: Image) -> Sequence[Area]:
        """Return the places that may be plates, the most prominent first."""
        ...

    def transcribe(self, image: Image, area: Area) -> Transcript | None:
        """Return what stands in `area`, or None if it is no plate."""
        ...

    def read(self, frame: Frame) -> list[PlateRead]:
        """Return one read for each plate in the frame, the most prominent first."""
        ...
