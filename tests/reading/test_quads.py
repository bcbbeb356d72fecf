import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairplate.core.reads import Box
from fairplate.reading.engine import Image
from fairplate.reading.quads import Quad, box_of, cut_out, quad_of, quad_size

RED, GREEN, BLUE, GREY = (220, 20, 20), (20, 200, 20), (20, 20, 220), (90, 90, 90)


def blank(width: int = 400, height: int = 300) -> Image:
    return np.full((height, width, 3), GREY, np.uint8)


def painted(angle: float, *, size: tuple[float, float] = (160, 40)) -> tuple[Image, Quad]:
    """A rectangle about (200, 150): its left half red, its right half blue; and its corners."""
    image = blank()
    quad = quad_of((200, 150, *size, angle))
    cv2.fillPoly(image, [quad.round().astype(np.int32)], BLUE)
    middle = [(quad[0] + quad[1]) / 2, (quad[3] + quad[2]) / 2]
    left_half = np.array([quad[0], middle[0], middle[1], quad[3]]).round().astype(np.int32)
    cv2.fillPoly(image, [left_half], RED)
    return image, quad


# --- corners -------------------------------------------------------------------------------------


def test_corners_run_clockwise_from_the_top_left() -> None:
    corners = quad_of((100, 50, 80, 20, 0))
    assert corners == pytest.approx(np.array([[60, 40], [140, 40], [140, 60], [60, 60]]))
    assert corners.dtype == np.float32


def test_a_positive_angle_turns_clockwise() -> None:
    corners = quad_of((100, 50, 80, 20, 90))
    assert corners == pytest.approx(np.array([[110, 10], [110, 90], [90, 90], [90, 10]]))


@given(
    st.floats(-50, 500),
    st.floats(-50, 500),
    st.floats(1, 300),
    st.floats(1, 100),
    st.floats(-90, 90),
)
def test_corners_keep_the_size(
    x: float, y: float, width: float, height: float, angle: float
) -> None:
    quad = quad_of((x, y, width, height, angle))
    assert quad_size(quad) == pytest.approx((width, height), abs=0.01)
    assert quad.mean(axis=0) == pytest.approx((x, y), abs=0.01)


def test_size_of_a_quad_in_perspective_is_the_mean_of_its_sides() -> None:
    quad = np.array([[0, 0], [100, 10], [100, 30], [0, 40]], dtype=np.float32)
    assert quad_size(quad) == pytest.approx((np.hypot(100, 10), 30), abs=0.01)


# --- cutting out ---------------------------------------------------------------------------------


@pytest.mark.parametrize("angle", [0, 8, -8, 30, -45, 80, -90])
def test_a_turned_rectangle_comes_out_upright(angle: float) -> None:
    image, quad = painted(angle)
    crop = cut_out(image, quad, height_px=48, max_width_px=480)
    assert crop.shape == (48, 192, 3)
    assert crop.dtype == np.uint8
    assert crop[6:-6, 6:90].mean(axis=(0, 1)) == pytest.approx(RED, abs=4)
    assert crop[6:-6, 102:-6].mean(axis=(0, 1)) == pytest.approx(BLUE, abs=4)


def test_up_stays_up() -> None:
    image = blank()
    quad = quad_of((200, 150, 160, 40, 12))
    image[:] = GREEN
    middle = [(quad[0] + quad[3]) / 2, (quad[1] + quad[2]) / 2]
    top_half = np.array([quad[0], quad[1], middle[1], middle[0]]).round().astype(np.int32)
    cv2.fillPoly(image, [top_half], RED)
    crop = cut_out(image, quad, height_px=48, max_width_px=480)
    assert crop[4:18, 6:-6].mean(axis=(0, 1)) == pytest.approx(RED, abs=4)
    assert crop[-18:-4, 6:-6].mean(axis=(0, 1)) == pytest.approx(GREEN, abs=4)


@pytest.mark.parametrize("factor", [1.0, 1.5, 2.5, 4.0])
def test_shrinking_keeps_the_place(factor: float) -> None:
    """The shrunk surroundings must not shift what is cut out."""
    size = (80 * factor, 24 * factor)
    image, quad = painted(17, size=size)
    crop = cut_out(image, quad, height_px=24, max_width_px=480)
    assert crop.shape == (24, 80, 3)
    assert crop[4:-4, 4:36].mean(axis=(0, 1)) == pytest.approx(RED, abs=6)
    assert crop[4:-4, 44:-4].mean(axis=(0, 1)) == pytest.approx(BLUE, abs=6)
    for rim in (crop[1, 4:36], crop[-2, 4:36], crop[4:-4, 1]):
        assert rim.mean(axis=0) == pytest.approx(RED, abs=25)


def test_a_large_shrink_averages_instead_of_skipping_pixels() -> None:
    board = np.indices((600, 1600)).sum(axis=0) % 2 * 255
    image = np.repeat(board[..., None], 3, axis=2).astype(np.uint8)
    crop = cut_out(image, quad_of((800, 300, 1400, 480, 0)), height_px=24, max_width_px=480)
    assert crop.mean() == pytest.approx(127.5, abs=2)
    assert crop.std() < 12


def test_width_has_limits() -> None:
    image = blank()
    assert (
        cut_out(image, quad_of((200, 150, 380, 4, 0)), height_px=48, max_width_px=320).shape[1]
        == 320
    )
    narrow = cut_out(image, quad_of((200, 150, 2, 200, 0)), height_px=48, max_width_px=320)
    assert narrow.shape[0] == 48
    assert narrow.shape[1] > 1


def test_beyond_the_edge_its_pixels_go_on() -> None:
    image = np.full((60, 200, 3), RED, np.uint8)
    crop = cut_out(image, quad_of((0, 0, 160, 40, 5)), height_px=48, max_width_px=480)
    assert crop.reshape(-1, 3).mean(axis=0) == pytest.approx(RED, abs=1)


def test_the_image_is_left_as_it_was() -> None:
    image, quad = painted(20, size=(300, 120))
    before, corners = image.copy(), quad.copy()
    cut_out(image, quad, height_px=24, max_width_px=480)
    assert (image == before).all()
    assert (quad == corners).all()


# --- boxes ---------------------------------------------------------------------------------------


def test_a_box_surrounds_the_quad() -> None:
    assert box_of(quad_of((100, 50, 80, 20, 0)), blank()) == Box(60, 40, 140, 60)
    assert box_of(quad_of((100, 100, 80, 20, 90)), blank()) == Box(90, 60, 110, 140)


@pytest.mark.parametrize(
    ("centre", "box"),
    [
        ((10, 50), Box(0, 40, 50, 60)),
        ((390, 50), Box(350, 40, 400, 60)),
        ((100, 5), Box(60, 0, 140, 15)),
        ((100, 295), Box(60, 285, 140, 300)),
    ],
)
def test_a_box_ends_at_the_pictures_edge(centre: tuple[float, float], box: Box) -> None:
    assert box_of(quad_of((*centre, 80, 20, 0)), blank()) == box


coordinates = st.integers(-2000, 3000).map(float) | st.floats(-2000, 3000, width=32)
any_quad = st.lists(st.tuples(coordinates, coordinates), min_size=4, max_size=4).map(
    lambda corners: np.array(corners, dtype=np.float32)
)


@given(any_quad, st.integers(1, 90), st.integers(1, 90))
def test_a_box_is_within_the_image_wherever_the_quad_is(
    quad: Quad, width: int, height: int
) -> None:
    box = box_of(quad, blank(width, height))
    assert 0 <= box.x1 < box.x2 <= width
    assert 0 <= box.y1 < box.y2 <= height


@given(any_quad, st.integers(1, 90), st.integers(1, 90))
def test_any_four_corners_can_be_cut_out(quad: Quad, width: int, height: int) -> None:
    crop = cut_out(blank(width, height), quad, height_px=48, max_width_px=240)
    assert crop.shape[0] == 48
    assert 1 <= crop.shape[1] <= 240


@pytest.mark.parametrize(
    "corners",
    [
        [(7, 7)] * 4,
        [(0, 0), (10, 0), (10, 0), (0, 0)],
        [(0, 0), (0, 0), (0, 40), (0, 40)],
        [(0, 0), (10, 10), (20, 20), (30, 30)],
        [(0, 0), (10, 10), (10, 0), (0, 10)],
    ],
    ids=["point", "flat", "thin", "line", "crossed"],
)
def test_degenerate_quads_give_a_picture_and_a_box(corners: list[tuple[float, float]]) -> None:
    quad = np.array(corners, dtype=np.float32)
    assert cut_out(blank(), quad, height_px=48, max_width_px=480).shape[0] == 48
    assert box_of(quad, blank()).area_px >= 1
