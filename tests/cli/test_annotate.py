import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PillowImage

from fairplate.cli.annotate import (
    Mark,
    MarkKind,
    annotate_picture,
    cut_crop,
    dashes,
    line_width_px,
    place_label,
)
from fairplate.core.reads import Box, PlateRead
from fairplate.reading.engine import Image


def _pixels(path: Path) -> Image:
    with PillowImage.open(path) as picture:
        return np.asarray(picture)


def _changed(before: Image, after: Image | PillowImage.Image) -> tuple[int, int, int, int]:
    """Return the smallest box that holds every changed pixel."""
    ys, xs = np.nonzero((before != np.asarray(after)).any(axis=2))
    return (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)


@pytest.mark.parametrize("kind", list(MarkKind))
def test_only_the_plate_s_surroundings_change(
    noise: Image, make_read: Callable[..., PlateRead], kind: MarkKind
) -> None:
    read = make_read()
    before = noise.copy()
    drawn = annotate_picture(noise, [Mark(read, kind)])
    assert (noise == before).all(), "the frame itself is never drawn into"
    x1, y1, x2, y2 = _changed(noise, drawn)
    near, label_height = 10 * line_width_px((320, 240)), 30
    assert y1 >= read.box.y1 - near - label_height
    assert y2 <= read.box.y2 + near
    assert x1 >= read.box.x1 - near
    assert x2 <= 320
    # Beside the plate (below the label) nothing far from the frame changes either.
    rows = slice(read.box.y1, read.box.y2)
    assert (
        np.asarray(drawn)[rows, read.box.x2 + near :] == noise[rows, read.box.x2 + near :]
    ).all()


@pytest.mark.parametrize("kind", list(MarkKind))
def test_the_plate_itself_is_not_drawn_over(
    noise: Image, make_read: Callable[..., PlateRead], kind: MarkKind
) -> None:
    box = make_read().box
    drawn = np.asarray(annotate_picture(noise, [Mark(make_read(), kind)]))
    inside = (slice(box.y1, box.y2), slice(box.x1, box.x2))
    assert (drawn[inside] == noise[inside]).all()


def test_kinds_differ_in_shape_not_only_in_colour(
    noise: Image, make_read: Callable[..., PlateRead]
) -> None:
    """Frames drawn on flat grey and reduced to touched / untouched still differ."""
    flat = np.full_like(noise, 128)
    below = make_read().box.y1 - 5  # the label's text differs anyway: leave it out
    shapes = [
        (np.asarray(annotate_picture(flat, [Mark(make_read(), kind)]))[below:] != flat[below:]).any(
            axis=2
        )
        for kind in MarkKind
    ]
    for one, other in itertools.combinations(shapes, 2):
        assert (one != other).sum() > 50


def test_label_holds_text_and_confidence_and_says_match(
    make_read: Callable[..., PlateRead],
) -> None:
    assert Mark(make_read()).label == "ABC123  97 %"
    assert Mark(make_read(), MarkKind.MATCH).label == "ABC123  97 %  MATCH, unconfirmed"
    assert Mark(make_read(), MarkKind.HELD_BACK).label == "ABC123  97 %  match held back"


def test_label_is_legible(noise: Image, make_read: Callable[..., PlateRead]) -> None:
    """The label is a dark field with light text in it: both in plenty, far apart in lightness."""
    drawn = np.asarray(annotate_picture(np.full_like(noise, 128), [Mark(make_read())]).convert("L"))
    label = drawn[40:66, 58:150]
    assert (label < 90).sum() > 300
    assert (label > 200).sum() > 100


_SIZES = st.tuples(st.integers(1, 4000), st.integers(1, 4000))


@given(size=_SIZES, data=st.data())
def test_label_lies_inside_the_picture(size: tuple[int, int], data: st.DataObject) -> None:
    width, height = size
    x1, y1 = data.draw(st.integers(-50, width - 1)), data.draw(st.integers(-50, height - 1))
    box = Box(
        x1,
        y1,
        data.draw(st.integers(x1 + 1, width + 50)),
        data.draw(st.integers(y1 + 1, height + 50)),
    )
    label = data.draw(st.tuples(st.integers(1, width), st.integers(1, height)))
    x, y = place_label(label, box, size, 5)
    assert 0 <= x <= width - label[0]
    assert 0 <= y <= height - label[1]


def test_label_moves_below_where_another_already_lies() -> None:
    size, label = (400, 300), (100, 20)
    box = Box(50, 100, 150, 130)
    assert place_label(label, box, size, 5) == (45, 75)
    assert place_label(label, box, size, 5, [(45, 75, 145, 95)]) == (45, 135)


@pytest.mark.parametrize(
    ("size", "box"),
    [((8, 6), (0, 0, 8, 6)), ((1, 1), (0, 0, 1, 1)), ((90, 30), (-5, -5, 95, 35)),
     ((300, 200), (290, 190, 300, 200))],
)  # fmt: skip
@pytest.mark.parametrize("kind", list(MarkKind))
def test_tiny_pictures_and_boxes_at_the_edge_are_drawn(
    make_read: Callable[..., PlateRead],
    size: tuple[int, int],
    box: tuple[int, int, int, int],
    kind: MarkKind,
) -> None:
    image = np.zeros((size[1], size[0], 3), np.uint8)
    read = make_read(box=box)
    assert annotate_picture(image, [Mark(read, kind)]).size == size
    assert min(cut_crop(image, read.box).size) >= 1


def test_crop_is_the_plate_enlarged(noise: Image) -> None:
    crop = cut_crop(noise, Box(60, 70, 160, 100))
    assert crop.size == (480, round((30 + 2 * 4) * 480 / 124))
    wide = np.zeros((200, 2000, 3), np.uint8)
    assert cut_crop(wide, Box(0, 0, 2000, 200)).size == (2000, 200)


def test_dashes_lie_on_the_outline() -> None:
    for x1, y1, x2, y2 in dashes((10, 20, 100, 50), 8):
        assert 10 <= x1 <= x2 <= 100
        assert 20 <= y1 <= y2 <= 50
        assert (x1 == x2 and x1 in {10, 100}) or (y1 == y2 and y1 in {20, 50})


def test_jpeg_keeps_the_rest_of_the_picture_too(
    tmp_path: Path, make_read: Callable[..., PlateRead], runner: Any, noise: Image
) -> None:
    path = tmp_path / "a.jpg"
    smooth = np.asarray(PillowImage.fromarray(noise).resize((20, 15)).resize((320, 240)))
    PillowImage.fromarray(smooth).save(path, quality=95)
    runner.script = {"a.jpg": [make_read()]}
    runner(path, annotate=tmp_path / "out")
    before = _pixels(path).astype(int)
    after = _pixels(tmp_path / "out/read-0001-a.jpg").astype(int)
    assert np.abs(after - before)[112:].max() <= 6


def test_png_is_exact_away_from_the_plate(
    tmp_path: Path,
    make_read: Callable[..., PlateRead],
    runner: Any,
    picture: Callable[[str], Path],
    noise: Image,
) -> None:
    runner.script = {"a.png": [make_read()]}
    runner(picture("a.png"), annotate=tmp_path / "out")
    after = _pixels(tmp_path / "out/read-0001-a.png")
    x1, y1, x2, y2 = _changed(noise, after)
    assert (x1, y1) >= (40, 30)
    assert (x2, y2) <= (200, 110)
    assert (after[112:] == noise[112:]).all()
