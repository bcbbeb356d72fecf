"""One suite for every engine: what the protocol promises, whoever reads."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fairplate.cli.demo.plates import british, german
from fairplate.core.errors import InputError
from fairplate.reading.engine import Engine, Frame, Image
from fairplate.reading.engines import ENGINES, EngineOptions, build_engine

HEIGHT_PX, WIDTH_PX = 480, 640


def _on_grey(face: Image, left: int, top: int) -> Image:
    image: Image = np.full((HEIGHT_PX, WIDTH_PX, 3), 120, np.uint8)
    image[top : top + face.shape[0], left : left + face.shape[1]] = face
    return image


def _drawn_plate() -> Image:
    return _on_grey(german("MFP1038").pixels[::5, ::5], 220, 300)


def _coloured_plate() -> Image:
    # What the small networks of conftest.py take for a plate: red where the detector points.
    return _on_grey(np.full((44, 164, 3), (255, 0, 0), np.uint8), 198, 198)


# A new engine needs its picture and the plate in it here, or this suite fails.
PICTURES: dict[str, tuple[Callable[[], Image], str]] = {
    "ppocr": (_drawn_plate, "MFP1038"),
    "fast-alpr": (_coloured_plate, "AB12CD"),
}


@pytest.fixture(scope="module")
def engines(
    fast_alpr_hub: Callable[[Path, pytest.MonkeyPatch], Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, Engine]]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        fast_alpr_hub(tmp_path_factory.mktemp("cache"), monkeypatch).fill_caches()
        yield {name: build_engine(name, EngineOptions()) for name in ENGINES}


def test_every_engine_has_a_picture() -> None:
    assert set(PICTURES) == set(ENGINES)


@pytest.mark.parametrize("name", ENGINES)
def test_name_is_the_one_it_is_registered_under(name: str, engines: dict[str, Engine]) -> None:
    assert engines[name].name == name


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("grey", [0, 120, 255])
def test_a_blank_frame_yields_nothing(name: str, grey: int, engines: dict[str, Engine]) -> None:
    blank = np.full((HEIGHT_PX, WIDTH_PX, 3), grey, np.uint8)
    assert list(engines[name].locate(blank)) == []
    assert engines[name].read(Frame(blank, "blank")) == []


@pytest.mark.parametrize("name", ENGINES)
def test_a_clear_plate_is_read_first(name: str, engines: dict[str, Engine]) -> None:
    draw, plate = PICTURES[name]
    reads = engines[name].read(Frame(draw(), "a.png", index=7, time_s=1.5))
    assert reads[0].plate == plate
    for read in reads:
        assert (read.source, read.frame, read.time_s, read.frames) == ("a.png", 7, 1.5, 1)
        assert 0 <= read.box.x1 < read.box.x2 <= WIDTH_PX
        assert 0 <= read.box.y1 < read.box.y2 <= HEIGHT_PX
        for character in read.characters:
            assert character.second != character.char
            assert character.second_confidence <= character.confidence


@pytest.mark.parametrize("name", ENGINES)
def test_locate_and_transcribe_give_what_read_gives(name: str, engines: dict[str, Engine]) -> None:
    draw, plate = PICTURES[name]
    area = engines[name].locate(draw())[0]
    transcript = engines[name].transcribe(draw(), area)
    assert transcript is not None
    assert "".join(c.char for c in transcript.characters) == plate


@pytest.mark.parametrize("name", ENGINES)
def test_the_same_frame_reads_the_same(name: str, engines: dict[str, Engine]) -> None:
    frame = Frame(PICTURES[name][0](), "a.png")
    before = frame.image.copy()
    first = engines[name].read(frame)
    engines[name].read(Frame(_on_grey(british("LB21FKP").pixels[::3, ::3], 100, 100), "b.png"))
    assert engines[name].read(frame) == first
    assert (frame.image == before).all()


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("cut", [0, 60])
def test_boxes_stay_inside_when_the_frame_cuts_the_plate(
    name: str, cut: int, engines: dict[str, Engine]
) -> None:
    whole = PICTURES[name][0]()
    image = np.ascontiguousarray(whole[:, 220 + cut : 360])
    for read in engines[name].read(Frame(image, "cut.png")):
        assert 0 <= read.box.x1 < read.box.x2 <= image.shape[1]
        assert 0 <= read.box.y1 < read.box.y2 <= image.shape[0]


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("shape", [(1, 1), (3, 2000), (2000, 3)])
def test_odd_frames_do_not_stop_it(
    name: str, shape: tuple[int, int], engines: dict[str, Engine]
) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (*shape, 3), dtype=np.uint8)
    for read in engines[name].read(Frame(noise, "odd.png")):
        assert read.box.x2 <= shape[1]
        assert read.box.y2 <= shape[0]


def test_an_unknown_name_is_an_input_error() -> None:
    with pytest.raises(InputError, match=r"engine: name: expected ppocr or .*, found 'tesseract'"):
        build_engine("tesseract", EngineOptions())
