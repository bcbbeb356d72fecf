"""Renders the demo clip: which car passes when, the camera's faults, and the video file.

The clip is drawn from a seed, so the same call writes the same street, traffic and noise.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import cv2
import numpy as np

from fairplate.cli.demo.cars import HATCHBACK, OFFROADER, SALOON, VAN, Body, Pose, draw_car
from fairplate.cli.demo.plates import PAINTERS, Colour, PlateFace
from fairplate.cli.demo.street import (
    HEIGHT_PX,
    LANE_M,
    WIDTH_PX,
    Camera,
    Picture,
    draw_street,
    light_at,
)
from fairplate.core.vehicles import VehicleType

FPS = 15
DURATION_S = 9.0
DEMO_SEED = 20261123
# A frame is the mean of two instants so far apart, as a shutter of 1/120 s would blur it.
_SHUTTER_S = 1 / 240
_FARTHEST_M = 70.0
# How far behind its front a car ends: then nothing of it is in the picture any more.
_GONE_M = -5.0
_NOISE = 3.5
_SOFTNESS_PX = 0.55
_CODECS = {"libx264": {"crf": "24", "preset": "ultrafast"}, "mpeg4": {"qscale": "3"}}


@dataclass(frozen=True, slots=True)
class DemoCar:
    """One car of the clip: its plate, where that is from, and when its front passes the camera."""

    plate: str
    region: str
    vehicle: VehicleType
    colour: str
    passes_at_s: float


@dataclass(frozen=True, slots=True)
class _Driven:
    """A car with what is needed to draw it; the lane is -1 (left) or 1 (right)."""

    car: DemoCar
    body: Body
    paint: Colour
    lane: int
    speed_m_per_s: float
    heading: float
    light: float = 1.0

    def pose_at(self, time_s: float) -> Pose:
        z = (self.car.passes_at_s - time_s) * self.speed_m_per_s
        # Cars keep their lane, but not like trains.
        x = self.lane * LANE_M + 0.12 * float(np.sin(z / 5.0 + self.heading))
        return Pose(x, z, self.heading, self.light * light_at(z))


def _car(
    plate: str, region: str, colour: str, passes_at_s: float, vehicle: VehicleType = VehicleType.CAR
) -> DemoCar:
    return DemoCar(plate, region, vehicle, colour, passes_at_s)


_TRAFFIC: Sequence[_Driven] = (
    _Driven(_car("KDR4827", "us-ny", "yellow", 2.3), HATCHBACK, (236, 178, 60), 1, 5.6, 4.0),
    _Driven(_car("GZ614T", "nl", "red", 3.5), HATCHBACK, (196, 54, 44), -1, 5.4, -5.0),
    _Driven(_car("B471KLM", "ro", "green", 5.5), OFFROADER, (74, 110, 72), 1, 5.2, -4.0),
    _Driven(_car("MFP1038", "de", "blue", 5.6), SALOON, (38, 72, 132), -1, 5.4, 3.0, 0.92),
    _Driven(_car("RFP4E18", "br", "grey", 7.6), SALOON, (128, 132, 138), 1, 5.6, 5.0, 0.85),
    _Driven(
        _car("LB21FKP", "gb", "white", 8.8, VehicleType.VAN), VAN, (226, 228, 226), -1, 5.6, -3.0
    ),
)
DEMO_CARS: Sequence[DemoCar] = tuple(driven.car for driven in _TRAFFIC)


def render_clip(path: Path, *, seed: int = DEMO_SEED) -> list[DemoCar]:
    """Write the clip to `path` (MP4, 1280 x 720) and return its cars in order of passing."""
    codec = next(name for name in _CODECS if name in av.codecs_available)
    with av.open(str(path), "w", format="mp4") as file:
        # The type follows from the codec's name, which is not known to the checker here.
        stream = cast("av.VideoStream", file.add_stream(codec, rate=FPS, options=_CODECS[codec]))
        stream.width, stream.height, stream.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
        for index, picture in enumerate(draw_frames(seed=seed)):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, FPS)
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
    return list(DEMO_CARS)


def draw_frames(*, seed: int = DEMO_SEED) -> Iterator[Picture]:
    """Yield the frames of the clip as the camera sees them, shape (720, 1280, 3)."""
    rng = np.random.default_rng(seed)
    street = draw_street(rng)
    faces = {driven.car.plate: PAINTERS[driven.car.region](driven.car.plate) for driven in _TRAFFIC}
    noise = rng.normal(0.0, _NOISE, (HEIGHT_PX + 64, WIDTH_PX + 64, 1)).repeat(3, axis=2)
    grain = np.round(noise).astype(np.int16)
    for index in range(round(DURATION_S * FPS)):
        early, late = (
            _draw_instant(street, faces, index / FPS + delay) for delay in (0.0, _SHUTTER_S)
        )
        soft = cv2.GaussianBlur(cv2.addWeighted(early, 0.5, late, 0.5, 0.0), (0, 0), _SOFTNESS_PX)
        down, right = rng.integers(0, 64, 2)
        here = grain[down : down + HEIGHT_PX, right : right + WIDTH_PX]
        yield np.clip(soft + here, 0, 255).astype(np.uint8)


def _draw_instant(street: Picture, faces: dict[str, PlateFace], time_s: float) -> Picture:
    picture = street.copy()
    poses = [(driven, driven.pose_at(time_s)) for driven in _TRAFFIC]
    for driven, pose in sorted(poses, key=lambda pair: -pair[1].z):
        if _GONE_M < pose.z < _FARTHEST_M:
            face = faces[driven.car.plate]
            draw_car(picture, Camera(), driven.body, driven.paint, face=face, pose=pose)
    return picture
