"""What a second engine is shown of a picture, and which of its reads counts."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from PIL import Image as PillowImage

from fairplate.core.reads import Box, Character, PlateRead
from fairplate.reading.engine import Area, Frame, Image, Transcript
from fairplate.reading.second_look import SecondLook

WIDTH_PX, HEIGHT_PX = 640, 480
PLATE = Box(300, 200, 400, 230)


def whole_picture() -> Image:
    return np.random.default_rng(3).integers(0, 256, (HEIGHT_PX, WIDTH_PX, 3), dtype=np.uint8)


@dataclass
class SecondEngine:
    """Reads what it is told at places in the crop; keeps what it was shown."""

    reads: Sequence[tuple[str, Box]] = ()
    text: str | None = None
    shown: list[Image] = field(default_factory=list)
    asked: list[Area] = field(default_factory=list)
    name: str = "second"

    def locate(self, image: Image) -> Sequence[Area]:
        raise NotImplementedError

    def transcribe(self, image: Image, area: Area) -> Transcript | None:
        self.asked.append(area)
        assert image is self.shown[-1]
        if self.text is None:
            return None
        return Transcript(tuple(Character(char, 0.9) for char in self.text), 0.9)

    def read(self, frame: Frame) -> list[PlateRead]:
        self.shown.append(frame.image)
        return [
            PlateRead(frame.source, plate, 0.9, tuple(Character(c, 0.9) for c in plate), box)
            for plate, box in self.reads
        ]


def test_it_is_shown_the_plate_with_a_margin_and_nothing_else() -> None:
    engine, picture = SecondEngine(text="AB123"), whole_picture()
    assert SecondLook(engine).read(picture, PLATE) == "AB123"
    (crop,) = engine.shown
    assert np.array_equal(crop, picture[170:260, 270:430])
    assert crop.flags.c_contiguous
    (area,) = engine.asked
    assert area.corners == ((30.0, 30.0), (130.0, 30.0), (130.0, 60.0), (30.0, 60.0))


@pytest.mark.parametrize(
    ("box", "rows", "columns"),
    [
        (Box(0, 0, 40, 10), slice(0, 26), slice(0, 56)),  # the least margin, cut at the corner
        (Box(600, 470, 640, 480), slice(454, 480), slice(584, 640)),
        (Box(-20, 100, 20, 130), slice(70, 160), slice(0, 50)),  # half outside
        (Box(0, 0, 640, 480), slice(0, 480), slice(0, 640)),
    ],
)
def test_the_margin_ends_where_the_picture_does(box: Box, rows: slice, columns: slice) -> None:
    engine, picture = SecondEngine(text="AB123"), whole_picture()
    assert SecondLook(engine).read(picture, box) == "AB123"
    assert np.array_equal(engine.shown[0], picture[rows, columns])


@pytest.mark.parametrize(
    "box", [Box(700, 10, 800, 40), Box(10, 480, 100, 510), Box(-100, 10, 0, 40)]
)
def test_a_plate_outside_of_the_picture_cannot_be_told(box: Box) -> None:
    engine = SecondEngine(text="AB123")
    assert SecondLook(engine).read(whole_picture(), box) is None
    assert engine.shown == []


def test_the_read_that_lies_where_the_plate_is_counts() -> None:
    beside, over = ("XY987", Box(0, 0, 30, 20)), ("AB123", Box(25, 32, 128, 62))
    half = ("HALF1", Box(30, 30, 80, 60))
    for reads in ((beside, half, over), (over, half, beside)):
        engine = SecondEngine(reads, text="OTHER")
        assert SecondLook(engine).read(whole_picture(), PLATE) == "AB123"
        assert engine.asked == []


def test_another_plate_in_the_crop_is_not_the_one_asked_for() -> None:
    beside = ("XY987", Box(0, 0, 30, 20))
    assert SecondLook(SecondEngine([beside], "AB123")).read(whole_picture(), PLATE) == "AB123"
    assert SecondLook(SecondEngine([beside])).read(whole_picture(), PLATE) == ""


def encode(image: Image, kind: str) -> bytes:
    stream = io.BytesIO()
    PillowImage.fromarray(image).save(stream, kind)
    return stream.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_an_encoded_picture_is_read(kind: str) -> None:
    engine = SecondEngine(text="AB123")
    assert SecondLook(engine)(encode(whole_picture(), kind), PLATE) == "AB123"
    assert engine.shown[0].shape == (90, 160, 3)


@pytest.mark.parametrize(
    "spoil", [lambda _: b"", lambda _: b"no picture", lambda whole: whole[: len(whole) // 2]]
)
def test_a_picture_that_cannot_be_read_cannot_be_told(spoil: Callable[[bytes], bytes]) -> None:
    engine = SecondEngine(text="AB123")
    assert SecondLook(engine)(spoil(encode(whole_picture(), "PNG")), PLATE) is None
    assert engine.shown == []
