"""The camera, and the street it looks along: road, pavements, houses, trees, sky.

Metres: x to the right of the camera, y up from the road, z along the street. The street is drawn
once, at twice the size and scaled down; what moves on it is `cars.py`'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from fairplate.cli.demo.plates import Colour

Picture: TypeAlias = NDArray[np.uint8]
Place: TypeAlias = tuple[float, float, float]

WIDTH_PX, HEIGHT_PX = 1280, 720
LANE_M = 1.5  # from the middle of the street to the middle of a lane
_KERB_M = 3.1
_GARDEN_M = 5.4
_HOUSE_M = 7.8
_STOREY_M = 2.9
_NEAREST_M = 0.3
# OpenCV takes corners in sixteenths of a pixel, which keeps slow movements smooth.
_SHIFT = 4
# Tree shadows across the road: from, to, in metres along the street.
SHADOWS_M = ((8.2, 10.6), (17.0, 21.0), (33.0, 40.0))
_SHADOW = 0.72

_PALE: Colour = (206, 214, 216)  # what far things fade to
_WALLS: Sequence[Colour] = (
    (203, 172, 138),
    (176, 104, 82),
    (226, 214, 190),
    (150, 164, 168),
    (214, 186, 120),
    (190, 134, 112),
)


@dataclass(frozen=True, slots=True)
class Camera:
    """A level pinhole camera; `scale` blows up every pixel measure."""

    scale: float = 1.0
    focal_px: float = 1500.0
    height_m: float = 1.7
    horizon_px: float = 215.0

    def project(self, places: Sequence[Place] | NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (x, y) in pixels for each place (x, y, z), shape (n, 2)."""
        x, y, z = np.asarray(places, np.float64).T
        per_metre = self.focal_px / np.maximum(z, _NEAREST_M)
        left_px = WIDTH_PX / 2 + x * per_metre
        top_px = self.horizon_px + (self.height_m - y) * per_metre
        return np.stack([left_px, top_px], axis=1) * self.scale

    def fill(self, picture: Picture, places: Sequence[Place], colour: Colour) -> None:
        """Draw a filled polygon with smooth edges."""
        fill(picture, self.project(places), colour)


def fill(picture: Picture, corners_px: NDArray[np.float64], colour: Colour) -> None:
    """Draw a filled polygon with smooth edges; corners as (x, y) in pixels, shape (n, 2)."""
    corners = np.round(corners_px * 2**_SHIFT).astype(np.int32)
    cv2.fillPoly(picture, [corners], colour, cv2.LINE_AA, _SHIFT)


def shade(colour: Colour, factor: float) -> Colour:
    """Return a colour made darker (factor below 1) or brighter."""
    red, green, blue = (min(255, max(0, round(part * factor))) for part in colour)
    return red, green, blue


def light_at(z: float) -> float:
    """Return how much sun falls on a car whose front is at `z`: 1, or less under the trees."""
    depths = [min(z - near, far - z) for near, far in SHADOWS_M]
    return 1.0 - 0.3 * min(1.0, max(0.0, max(depths) / 0.8))


def draw_street(rng: np.random.Generator) -> Picture:
    """Return the empty street, shape (720, 1280, 3)."""
    camera = Camera(scale=2.0)
    picture: Picture = np.full((HEIGHT_PX * 2, WIDTH_PX * 2, 3), (122, 150, 92), np.uint8)
    _draw_sky(picture, camera, rng)
    _draw_ground(picture, camera)
    for side in (-1, 1):
        _draw_houses(picture, camera, side, rng)
        for z in (150.0, 105.0, 76.0, 54.0, 39.0, 27.0):
            _draw_tree(picture, camera, (side * 4.9, 0.0, z + side), rng)
    _draw_shadows(picture, camera, rng)
    small = cv2.resize(picture, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_AREA)
    grain = rng.normal(0.0, 2.2, (HEIGHT_PX, WIDTH_PX, 1))
    grain[: round(camera.horizon_px)] *= 0.3
    return np.clip(small + grain, 0, 255).astype(np.uint8)


def _draw_sky(picture: Picture, camera: Camera, rng: np.random.Generator) -> None:
    horizon = round(camera.horizon_px * camera.scale)
    share = np.linspace(0.0, 1.0, horizon)[:, None, None]
    top, low = np.array([112.0, 164.0, 214.0]), np.array([226.0, 232.0, 230.0])
    picture[:horizon] = np.round(top * (1 - share) + low * share).astype(np.uint8)
    clouds = np.zeros((horizon, picture.shape[1]), np.float32)
    for _ in range(26):
        x, y = int(rng.integers(700, 1900)), int(rng.integers(20, horizon - 170))
        wide = int(rng.integers(60, 190))
        cv2.ellipse(clouds, (x, y), (wide, wide // 5), 0, 0, 360, 0.45, -1)
    soft = cv2.GaussianBlur(clouds, (0, 0), 22)[..., None]
    picture[:horizon] = np.round(picture[:horizon] * (1 - soft) + 250 * soft).astype(np.uint8)
    for height, colour in ((62, (150, 174, 178)), (36, (116, 148, 124))):
        xs = np.linspace(0, picture.shape[1], 60)
        ys = horizon - height * (1.2 + np.sin(xs / 230 + height) + 0.4 * np.sin(xs / 71))
        outline = np.stack([xs, ys], axis=1)
        corners = np.vstack([outline, [[picture.shape[1], horizon + 4], [0, horizon + 4]]])
        fill(picture, corners, colour)


def _flat(x1: float, x2: float, z1: float, z2: float, y: float = 0.0) -> list[Place]:
    return [(x1, y, z1), (x2, y, z1), (x2, y, z2), (x1, y, z2)]


def _wall(x: float, z1: float, z2: float, y1: float, y2: float) -> list[Place]:
    return [(x, y1, z1), (x, y1, z2), (x, y2, z2), (x, y2, z1)]


def _draw_ground(picture: Picture, camera: Camera) -> None:
    far, near = 400.0, 3.0
    camera.fill(picture, _flat(-90, 90, near, far), (122, 150, 92))
    camera.fill(picture, _flat(-_GARDEN_M, _GARDEN_M, near, far), (176, 170, 160))
    camera.fill(picture, _flat(-_KERB_M - 0.16, _KERB_M + 0.16, near, far), (202, 200, 194))
    camera.fill(picture, _flat(-_KERB_M, _KERB_M, near, far), (96, 98, 104))
    for x in (-LANE_M, LANE_M):
        camera.fill(picture, _flat(x - 0.55, x + 0.55, near, far), (90, 92, 98))
    for z in np.arange(3.4, 200, 6.0):
        camera.fill(picture, _flat(-0.06, 0.06, z, z + 3.0), (222, 222, 214))
    for side in (-1, 1):
        x = side * (_KERB_M - 0.25)
        camera.fill(picture, _flat(x - 0.05, x + 0.05, near, far), (214, 214, 206))


def _draw_shadows(picture: Picture, camera: Camera, rng: np.random.Generator) -> None:
    shadow = np.zeros(picture.shape[:2], np.float32)
    turns = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    for near, far in SHADOWS_M:
        for _ in range(90):
            x, z = rng.uniform(-_GARDEN_M, _GARDEN_M), rng.uniform(near, far)
            radius = rng.uniform(0.2, 0.55)
            ring = [(x + radius * np.sin(a), 0.0, z + radius * np.cos(a)) for a in turns]
            cv2.fillPoly(shadow, [np.round(camera.project(ring)).astype(np.int32)], 1.0)
    soft = cv2.GaussianBlur(shadow, (0, 0), 5)[..., None]
    picture[:] = np.round(picture * (1 - (1 - _SHADOW) * soft)).astype(np.uint8)


def _draw_houses(picture: Picture, camera: Camera, side: int, rng: np.random.Generator) -> None:
    x = side * _HOUSE_M
    walls = [_WALLS[int(n)] for n in rng.permutation(len(_WALLS))]
    for n in reversed(range(14)):
        z1 = 10.0 + 10.5 * n
        z2 = z1 + 9.4
        # The sun stands on the left, so the right row faces it.
        haze = 0.5 ** (z1 / 160)
        colour = shade(walls[n % len(walls)], 1.08 if side > 0 else 0.74)
        wall = _mix(colour, _PALE, haze)
        eaves = _STOREY_M * (2 if n % 3 else 2.6)
        camera.fill(picture, _flat(x, x + side * 9, z1, z1, 0.0), wall)
        gable = [(x, 0.0, z1), (x + side * 9, 0.0, z1), (x + side * 9, eaves, z1)]
        gable += [(x + side * 4.5, eaves + 2.6, z1), (x, eaves, z1)]
        camera.fill(picture, gable, shade(wall, 0.82))
        camera.fill(picture, _wall(x, z1, z2, 0.0, eaves), wall)
        roof = [(x - side * 0.35, eaves - 0.1, z1 - 0.2), (x - side * 0.35, eaves - 0.1, z2 + 0.2)]
        roof += [(x + side * 4.5, eaves + 2.6, z2 + 0.2), (x + side * 4.5, eaves + 2.6, z1 - 0.2)]
        camera.fill(picture, roof, _mix((124, 70, 58), _PALE, haze))
        _draw_windows(picture, camera, (x, z1, eaves), haze)
        hedge = _wall(side * _GARDEN_M, z1, z2 - 1.6, 0.0, 0.85)
        camera.fill(picture, hedge, _mix((72, 112, 64), _PALE, haze))


def _draw_windows(
    picture: Picture, camera: Camera, corner: tuple[float, float, float], haze: float
) -> None:
    x, z1, eaves = corner
    for z in (z1 + 1.2, z1 + 4.1, z1 + 7.0):
        for sill in np.arange(0.95, eaves - 1.4, _STOREY_M):
            if z == z1 + 4.1 and sill < 1:
                door = _wall(x, z - 0.05, z + 1.15, 0.0, 2.2)
                camera.fill(picture, door, _mix((58, 84, 96), _PALE, haze))
                continue
            frame = _wall(x, z - 0.1, z + 1.4, sill - 0.1, sill + 1.5)
            camera.fill(picture, frame, _mix((226, 222, 212), _PALE, haze))
            # Small panes that mirror the sky: two tall dark ones would read as two zeros.
            for row, glass in enumerate(((118, 136, 148), (134, 152, 164), (158, 176, 186))):
                for left in (z, z + 0.45, z + 0.9):
                    low = sill + 0.48 * row
                    pane = _wall(x, left, left + 0.4, low, low + 0.43)
                    camera.fill(picture, pane, _mix(glass, _PALE, haze))


def _draw_tree(picture: Picture, camera: Camera, foot: Place, rng: np.random.Generator) -> None:
    x, _, z = foot
    haze = 0.5 ** (z / 160)
    trunk = [(x - 0.14, 0.0, z), (x + 0.14, 0.0, z), (x + 0.09, 3.0, z), (x - 0.09, 3.0, z)]
    camera.fill(picture, trunk, _mix((94, 76, 62), _PALE, haze))
    for layer, colour in enumerate(((56, 96, 54), (78, 124, 64), (112, 154, 78))):
        for _ in range(24):
            dx, dy = rng.normal(0.0, 0.62), rng.normal(0.0, 0.55)
            centre = (x + dx - 0.28 * layer, 4.1 + dy + 0.25 * layer, z)
            rim = (centre[0] + rng.uniform(0.3, 0.6), *centre[1:])
            (left, top), (edge, _) = camera.project([centre, rim])
            radius = max(1, round(edge - left))
            at = (round(left), round(top))
            cv2.circle(picture, at, radius, _mix(colour, _PALE, haze), -1, cv2.LINE_AA)


def _mix(colour: Colour, pale: Colour, share: float) -> Colour:
    red, green, blue = (
        round(a * share + b * (1 - share)) for a, b in zip(colour, pale, strict=True)
    )
    return red, green, blue
