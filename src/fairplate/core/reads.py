"""`PlateRead`: what was read of one vehicle passing, and the values it is made of.

All values are frozen and check themselves, so a read that exists is a read that makes sense.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime

from fairplate.core.clock import require_aware
from fairplate.core.errors import InputError
from fairplate.core.plates import PLATE_CHARACTERS, is_plate
from fairplate.core.vehicles import VehicleType

LARGEST_NUMBER = 2**31
"""Coordinates and counts stay below it: no picture is larger, and what is kept stays small."""

_REGION = re.compile(r"[a-z0-9-]{1,16}")


def _require_share(value: float, where: str, field_name: str) -> None:
    if not 0.0 <= value <= 1.0:
        raise InputError(where, field_name, expected="0 to 1", found=f"{value!r}")


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels of its frame: x right, y down, x2 and y2 just outside."""

    x1: int
    y1: int
    x2: int
    y2: int

    def __post_init__(self) -> None:
        """Refuse an empty, reversed or boundless rectangle."""
        if max(map(abs, (self.x1, self.y1, self.x2, self.y2))) >= LARGEST_NUMBER:
            raise InputError("read", "box", expected="pixels of a picture", found="larger numbers")
        if self.x2 <= self.x1 or self.y2 <= self.y1:
            found = f"{self.width_px} x {self.height_px} px"
            raise InputError("read", "box", expected="a width and height above 0", found=found)

    @property
    def width_px(self) -> int:
        """Width in pixels."""
        return self.x2 - self.x1

    @property
    def height_px(self) -> int:
        """Height in pixels."""
        return self.y2 - self.y1

    @property
    def area_px(self) -> int:
        """Area in square pixels."""
        return self.width_px * self.height_px

    @property
    def centre(self) -> tuple[float, float]:
        """Middle as (x, y) in pixels."""
        return (self.x1 + self.x2) / 2, (self.y1 + self.y2) / 2

    def overlap(self, other: "Box") -> float:
        """Intersection over union with `other`, 0 to 1."""
        width = min(self.x2, other.x2) - max(self.x1, other.x1)
        height = min(self.y2, other.y2) - max(self.y1, other.y1)
        if width <= 0 or height <= 0:
            return 0.0
        shared = width * height
        return shared / (self.area_px + other.area_px - shared)


@dataclass(frozen=True, slots=True)
class Character:
    """One character of a read: the first choice and the runner-up, with their probabilities."""

    char: str
    confidence: float
    second: str | None = None
    second_confidence: float = 0.0

    def __post_init__(self) -> None:
        """Refuse characters that no plate has and probabilities outside 0 to 1."""
        for char in (self.char, self.second):
            if char is not None and (len(char) != 1 or char not in PLATE_CHARACTERS):
                raise InputError("read", "characters", expected="A-Z or 0-9", found="another")
        _require_share(self.confidence, "read", "characters.confidence")
        _require_share(self.second_confidence, "read", "characters.second_confidence")


@dataclass(frozen=True, slots=True)
class PlateRead:
    """One plate as read: `plate` is spelled by `characters`; `frames` is how many frames agree.

    `region` is None unless the picture itself says where the plate is from. `frame` counts from 0
    and `time_s` is seconds from the start of the source. `captured_at` is aware, or None if the
    source does not say.
    """

    source: str
    plate: str
    confidence: float
    characters: tuple[Character, ...]
    box: Box
    region: str | None = None
    vehicle: VehicleType = VehicleType.UNKNOWN
    frame: int = 0
    time_s: float = 0.0
    frames: int = 1
    captured_at: datetime | None = field(default=None)

    def __post_init__(self) -> None:
        """Refuse a read that contradicts itself."""
        if not is_plate(self.plate):
            raise InputError("read", "plate", expected="a normalised plate", found="another text")
        if "".join(c.char for c in self.characters) != self.plate:
            raise InputError("read", "characters", expected="the plate's spelling", found="another")
        _require_share(self.confidence, "read", "confidence")
        if not 1 <= self.frames < LARGEST_NUMBER or self.frame < 0 or self.time_s < 0:
            raise InputError("read", "frames", expected="counts from 1, times from 0", found="less")
        if self.region is not None and _REGION.fullmatch(self.region) is None:
            raise InputError("read", "region", expected="a code as us-ca", found="another text")
        if self.captured_at is not None:
            require_aware(self.captured_at, where="read", field="captured_at")
