"""Draws one car from the front: painted boxes in perspective, and its plate.

Decides what a car looks like. Where it is at which time is `clip.py`'s, how places become pixels
`street.py`'s. The windows are dark: nobody sits in these cars.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import cos, radians, sin

import cv2
import numpy as np
from numpy.typing import NDArray

from fairplate.cli.demo.plates import Colour, PlateFace
from fairplate.cli.demo.street import HEIGHT_PX, WIDTH_PX, Camera, Picture, Place, fill, shade

_GLASS: Colour = (44, 58, 72)
_RUBBER: Colour = (34, 35, 38)
_CHROME: Colour = (196, 200, 204)
_LAMP: Colour = (246, 246, 232)
# Past this the front is beside the camera and only the flank is still in the picture.
_FRONT_NEAREST_M = 0.8


@dataclass(frozen=True, slots=True)
class Body:
    """A car's measures in metres: `screen` and `roof` say how far behind the front these begin."""

    width: float
    bonnet: float
    top: float
    screen: float
    roof: float
    length: float
    plate_height: float


HATCHBACK = Body(1.74, 0.92, 1.46, 0.85, 1.65, 4.0, 0.48)
SALOON = Body(1.80, 0.88, 1.42, 1.15, 2.0, 4.7, 0.46)
OFFROADER = Body(1.86, 1.12, 1.78, 1.0, 1.45, 4.4, 0.66)
VAN = Body(1.88, 1.12, 1.95, 0.45, 1.25, 4.9, 0.52)


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a car's front is, in metres, which way it points (degrees off straight), how lit."""

    x: float
    z: float
    heading: float = 0.0
    light: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class _Brush:
    """Draws in the car's own measures: right, up, and behind the front's middle."""

    picture: Picture
    camera: Camera
    pose: Pose

    def corners_px(self, points: Sequence[Place]) -> NDArray[np.float64]:
        right, up, behind = np.array(points, np.float64).T
        turn = radians(self.pose.heading)
        x = self.pose.x + right * cos(turn) - behind * sin(turn)
        z = self.pose.z + behind * cos(turn) + right * sin(turn)
        return self.camera.project(np.stack([x, up, z], axis=1))

    def fill(self, points: Sequence[Place], colour: Colour) -> None:
        fill(self.picture, self.corners_px(points), shade(colour, self.pose.light))

    def hull(self, points: Sequence[Place], colour: Colour) -> None:
        around = cv2.convexHull(self.corners_px(points).astype(np.float32))[:, 0]
        fill(self.picture, around.astype(np.float64), shade(colour, self.pose.light))

    def panel(
        self, box: tuple[float, float, float, float], colour: Colour, radius: float = 0.0
    ) -> None:
        """Fill an upright rounded rectangle (left, low, right, high) at the very front."""
        self.fill(_rounded(box, radius), colour)

    def disc(self, centre: tuple[float, float], radius: float, colour: Colour) -> None:
        right, up = centre
        self.panel((right - radius, up - radius, right + radius, up + radius), colour, radius)


def draw_car(
    picture: Picture, camera: Camera, body: Body, paint: Colour, *, face: PlateFace, pose: Pose
) -> None:
    """Draw a car into `picture`, farthest parts first."""
    brush = _Brush(picture, camera, pose)
    _draw_shadow(brush, body)
    _draw_flanks(brush, body, paint)
    _draw_cabin(brush, body, paint)
    if pose.z < _FRONT_NEAREST_M:
        return
    _draw_front(brush, body, paint)
    _draw_lamps(brush, body)
    _draw_plate(brush, body, face)


@cache  # a dozen shapes for each body, drawn thousands of times
def _rounded(box: tuple[float, float, float, float], radius: float) -> tuple[Place, ...]:
    left, low, right, high = box
    if radius <= 0:
        return ((left, low, 0.0), (right, low, 0.0), (right, high, 0.0), (left, high, 0.0))
    centres = (
        (right - radius, high - radius),
        (left + radius, high - radius),
        (left + radius, low + radius),
        (right - radius, low + radius),
    )
    return tuple(
        (x + radius * cos(turn), y + radius * sin(turn), 0.0)
        for quarter, (x, y) in enumerate(centres)
        for turn in (radians(90 * quarter + step) for step in range(0, 91, 15))
    )


def _draw_shadow(brush: _Brush, body: Body) -> None:
    half = body.width / 2 + 0.12
    ground = [(-half, 0.0, -0.25), (half, 0.0, -0.25), (half, 0.0, body.length), (-half, 0.0, 3.0)]
    outline = cv2.convexHull(brush.corners_px(ground).astype(np.float32))[:, 0]
    limits = (WIDTH_PX, HEIGHT_PX)
    left, top = (max(0, int(v) - 12) for v in outline.min(axis=0))
    right, low = (
        min(limit, int(v) + 12) for v, limit in zip(outline.max(axis=0), limits, strict=True)
    )
    if right <= left or low <= top:
        return
    mask = np.zeros((low - top, right - left), np.float32)
    cv2.fillPoly(mask, [np.round(outline - [left, top]).astype(np.int32)], 1.0)
    soft = cv2.GaussianBlur(mask, (0, 0), 4)[..., None]
    part = brush.picture[top:low, left:right]
    part[:] = np.round(part * (1 - 0.62 * soft)).astype(np.uint8)


def _draw_flanks(brush: _Brush, body: Body, paint: Colour) -> None:
    half = body.width / 2
    low, high = 0.26, body.bonnet
    box: list[Place] = [
        (right, up, behind)
        for right in (-half, half)
        for up, behind in (
            (low, 0.15),
            (low, body.length),
            (high, body.screen),
            (high, body.length),
        )
    ]
    box += [(side * half, body.bonnet - 0.16, 0.08) for side in (-1, 1)]
    for side in (-1, 1):
        tyre = [(side * (half - w), up, 0.35) for w in (0.02, 0.26) for up in (0.0, 0.4)]
        brush.hull(tyre, _RUBBER)
    brush.hull(box, shade(paint, 0.62))
    inner = -1 if brush.pose.x > 0 else 1
    for behind in (0.85, body.length - 0.85):
        for radius, colour in ((0.36, _RUBBER), (0.22, (150, 152, 156))):
            ring = np.linspace(0, 2 * np.pi, 24, endpoint=False)
            wheel = [
                (inner * half, 0.34 + radius * float(np.sin(a)), behind + radius * float(np.cos(a)))
                for a in ring
            ]
            brush.fill(wheel, colour)


def _draw_cabin(brush: _Brush, body: Body, paint: Colour) -> None:
    base, top = body.width * 0.46, body.width * 0.37
    back = body.length - 0.7
    outline: list[Place] = []
    for side in (-1, 1):
        outline += [(side * base, body.bonnet, body.screen), (side * top, body.top, body.roof)]
        outline += [(side * top, body.top, back), (side * base, body.bonnet, body.length - 0.2)]
    brush.hull(outline, shade(paint, 0.78))
    side = -1 if brush.pose.x > 0 else 1
    low, high = body.bonnet + 0.05, body.top - 0.08
    ahead, behind = body.screen + 0.3, back - 0.25
    glass: list[Place] = [
        (side * base * 0.99, low, ahead),
        (side * top * 1.01, high, body.roof + 0.1),
    ]
    glass += [(side * top * 1.01, high, behind), (side * base * 0.99, low, behind + 0.2)]
    brush.fill(glass, _GLASS)
    roof = [(-top, body.top, body.roof), (top, body.top, body.roof)]
    brush.fill([*roof, (top, body.top, back), (-top, body.top, back)], shade(paint, 1.1))

    def across(left: float, right: float, low: float, high: float) -> list[Place]:
        """Return a piece of the windscreen, in shares of its width and height."""
        points: list[Place] = []
        for share, up in ((left, low), (right, low), (right, high), (left, high)):
            half = base + (top - base) * up
            level = body.bonnet + (body.top - 0.05 - body.bonnet) * up
            depth = body.screen + (body.roof - body.screen) * up
            points.append(((2 * share - 1) * half, level, depth))
        return points

    brush.fill(across(0.0, 1.0, 0.0, 1.0), shade(paint, 0.9))
    brush.fill(across(0.05, 0.95, 0.04, 0.94), _GLASS)
    brush.fill(across(0.05, 0.95, 0.55, 0.94), shade(_GLASS, 1.35))
    lower, upper = across(0.2, 0.42, 0.04, 0.94), across(0.32, 0.54, 0.04, 0.94)
    brush.fill([lower[0], lower[1], upper[2], upper[3]], shade(_GLASS, 1.7))


def _draw_front(brush: _Brush, body: Body, paint: Colour) -> None:
    half, edge = body.width / 2, body.bonnet - 0.14
    bonnet: list[Place] = [(-half * 0.96, edge, 0.02), (half * 0.96, edge, 0.02)]
    bonnet += [(half * 0.92, body.bonnet, body.screen), (-half * 0.92, body.bonnet, body.screen)]
    brush.fill(bonnet, shade(paint, 1.12))
    for side in (-1, 1):
        crease = [(side * half * 0.5, edge, 0.02), (side * half * 0.54, edge, 0.02)]
        crease += [(side * half * 0.62, body.bonnet, body.screen)]
        brush.fill(crease, shade(paint, 1.22))
        arm, level = side * (half + 0.07), body.bonnet + 0.11
        shell = _rounded((arm - 0.09, level - 0.05, arm + 0.09, level + 0.07), 0.05)
        mirror = [(right, up, body.screen + 0.2) for right, up, _ in shell]
        mirror.append((side * half * 0.86, body.bonnet, body.screen))
        brush.hull(mirror, shade(paint, 0.95))
    brush.panel((-half, 0.2, half, edge + 0.02), paint, 0.11)
    brush.panel((-half + 0.06, 0.16, half - 0.06, 0.3), _RUBBER, 0.06)
    brush.panel((-half, 0.3, half, 0.34), shade(paint, 0.8))
    plate_top = body.plate_height + 0.12
    grille = (-half * 0.52, min(plate_top, edge - 0.14), half * 0.52, edge - 0.04)
    brush.panel(grille, _RUBBER, 0.04)
    for up in np.linspace(grille[1], grille[3], 4)[1:-1]:
        brush.panel((grille[0] + 0.03, up - 0.008, grille[2] - 0.03, up + 0.008), (92, 94, 98))
    brush.disc((0.0, (grille[1] + grille[3]) / 2), 0.055, _CHROME)
    brush.disc((0.0, (grille[1] + grille[3]) / 2), 0.04, shade(paint, 0.7))


def _draw_lamps(brush: _Brush, body: Body) -> None:
    half, edge = body.width / 2, body.bonnet - 0.14
    for side in (-1, 1):
        inner, outer = side * half * 0.58, side * (half - 0.05)
        box = (min(inner, outer), edge - 0.19, max(inner, outer), edge - 0.04)
        brush.panel(box, (88, 92, 98), 0.05)
        brush.panel((box[0] + 0.02, box[1] + 0.02, box[2] - 0.02, box[3] - 0.02), _LAMP, 0.04)
        brush.disc((side * half * 0.78, edge - 0.115), 0.045, (255, 255, 250))
        brush.disc((side * half * 0.76, 0.41), 0.05, (70, 72, 76))
        brush.disc((side * half * 0.76, 0.41), 0.035, _LAMP)


def _draw_plate(brush: _Brush, body: Body, face: PlateFace) -> None:
    half, up = face.width_m / 2, body.plate_height
    low, high = up - face.height_m / 2, up + face.height_m / 2
    brush.panel((-half - 0.015, low - 0.015, half + 0.015, high + 0.015), _RUBBER, 0.02)
    places: list[Place] = [
        (-half, high, 0.0),
        (half, high, 0.0),
        (half, low, 0.0),
        (-half, low, 0.0),
    ]
    corners = brush.corners_px(places)
    left, top = np.floor(corners.min(axis=0)).astype(int) - 1
    right, bottom = np.ceil(corners.max(axis=0)).astype(int) + 1
    x1, y1, x2, y2 = max(0, left), max(0, top), min(WIDTH_PX, right), min(HEIGHT_PX, bottom)
    if x2 - x1 < 2 or y2 - y1 < 2:  # noqa: PLR2004 - nothing left to see
        return
    # Scaled to nearly its size first, so that warping does not skip pixels.
    size = (max(2, int(right - left)), max(2, int(bottom - top)))
    small = cv2.resize(face.pixels, size, interpolation=cv2.INTER_AREA)
    source = np.array([[0, 0], [size[0], 0], size, [0, size[1]]], np.float32)
    warp = cv2.getPerspectiveTransform(source, (corners - [x1, y1]).astype(np.float32))
    shape = (int(x2 - x1), int(y2 - y1))
    pixels = cv2.warpPerspective(small, warp, shape, flags=cv2.INTER_LINEAR)
    cover = cv2.warpPerspective(np.ones(size[::-1], np.float32), warp, shape)[..., None]
    part = brush.picture[y1:y2, x1:x2]
    mixed = part * (1 - cover) + pixels.astype(np.float32) * brush.pose.light
    part[:] = np.clip(np.round(mixed), 0, 255).astype(np.uint8)
