"""Which frames of a source are kept, and what time each has. Pure: stamps in, decisions out.

Decides for files and live streams alike; where stamps come from is `video.py`'s and `streams.py`'s.
"""

import math
from dataclasses import dataclass

from fairplate.core.errors import InputError

# 0.3 s at 10 frames a second must be slot 3, not 2.9999999999999996.
_SLOT_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Sampling:
    """Which frames to take: every nth, or at most `rate_fps` a second of the source's own time."""

    every: int = 1
    rate_fps: float | None = None

    def __post_init__(self) -> None:
        """Refuse counts and rates that take nothing, and both at once."""
        if self.every < 1:
            raise InputError("sampling", "every", expected="1 or more", found=f"{self.every}")
        if self.rate_fps is None:
            return
        if not (math.isfinite(self.rate_fps) and self.rate_fps > 0):
            raise InputError(
                "sampling", "rate_fps", expected="a number above 0", found=f"{self.rate_fps}"
            )
        if self.every != 1:
            raise InputError(
                "sampling", "every", expected="1 when a rate is given", found=f"{self.every}"
            )


class Sampler:
    """Applies a `Sampling` to frames in order: one frame for each nth, or for each slot of time."""

    def __init__(self, sampling: Sampling) -> None:
        self._sampling = sampling
        self._slot = -1

    def keeps(self, index: int, time_s: float) -> bool:
        """Say whether to take the frame; `time_s` must not fall from call to call."""
        if self._sampling.rate_fps is None:
            return index % self._sampling.every == 0
        slot = math.floor(time_s * self._sampling.rate_fps + _SLOT_TOLERANCE)
        if slot <= self._slot:
            return False
        self._slot = slot
        return True


class Timeline:
    """Turns the stamps of frames into seconds from the first one that never fall."""

    def __init__(self, rate_fps: float) -> None:
        self._step_s = 1.0 / rate_fps
        self._origin_s: float | None = None
        self._last_s = 0.0

    def place(self, index: int, stamp_s: float | None) -> float:
        """Return the time of frame `index`; without a stamp the frame rate tells it."""
        stamp = index * self._step_s if stamp_s is None else stamp_s
        if self._origin_s is None:
            self._origin_s = stamp
        if stamp - self._origin_s < self._last_s:  # the recorder's clock was set back
            self._origin_s = stamp - self._last_s - self._step_s
        self._last_s = stamp - self._origin_s
        return self._last_s
