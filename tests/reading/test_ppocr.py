from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from fairplate.cli.demo.plates import PAINTERS, PlateFace
from fairplate.reading.engine import Area, Frame, Image
from fairplate.reading.engines.ppocr import PpocrEngine
from fairplate.reading.engines.ppocr.text_finder import FIRST_LOOK_PX, TextFinder
from fairplate.reading.engines.ppocr.text_reader import TextReader
from fairplate.reading.engines.ppocr.weights import FINDER_FILE, READER_FILE, open_session

# --- the networks' sizes -------------------------------------------------------------------------


class BlindSession:
    """A detection network that sees no text and notes how many pixels it was given."""

    def __init__(self) -> None:
        self.pixels = 0

    def get_inputs(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(name="x")]

    def run(self, _: None, inputs: dict[str, NDArray[np.float32]]) -> list[NDArray[np.float32]]:
        batch = inputs["x"]
        assert batch.dtype == np.float32
        assert batch.shape[:2] == (1, 3)
        assert batch.shape[2] % 32 == batch.shape[3] % 32 == 0
        self.pixels = batch.shape[2] * batch.shape[3]
        return [np.zeros((1, 1, *batch.shape[2:]), np.float32)]


@pytest.mark.parametrize(
    "size",
    [
        (1, 1),
        (5, 5),
        (480, 640),
        (3000, 4000),
        (300, 4000),
    ],
    ids=str,
)
def test_the_first_look_costs_the_same_for_any_picture(size: tuple[int, int]) -> None:
    session = BlindSession()
    assert TextFinder(session).first_look(np.zeros((*size, 3), np.uint8)) == []
    assert 0 < session.pixels < 1.5 * FIRST_LOOK_PX


@pytest.mark.parametrize("size", [(1, 30_000), (30_000, 1), (2, 400_000)], ids=str)
def test_a_strip_too_thin_for_a_plate_costs_nothing(size: tuple[int, int]) -> None:
    session = BlindSession()
    assert TextFinder(session).first_look(np.zeros((*size, 3), np.uint8)) == []
    assert session.pixels == 0


@pytest.fixture(scope="module")
def reader() -> TextReader:
    return TextReader(open_session(READER_FILE, threads=1))


def test_the_reader_gives_chances_for_each_step(reader: TextReader) -> None:
    face = PAINTERS["de"]("MFP1038").pixels
    chances = reader.read(np.asarray(cv2.resize(face, (227, 48)), dtype=np.uint8))
    assert chances.shape[1] == 38
    assert chances.min() >= 0
    assert chances.sum(axis=1) == pytest.approx(1.0, abs=1e-3)


# --- the engine on pictures ----------------------------------------------------------------------

WIDTH_PX, HEIGHT_PX = 800, 520
PLATES = {
    "us-ny": "KDR4827",
    "de": "MFP1038",
    "nl": "GZ614T",
    "gb": "LB21FKP",
    "br": "RFP4E18",
    "ro": "B471KLM",
}
LETTERS_MM = {"us-ny": 70, "de": 74, "nl": 72, "gb": 79, "br": 68, "ro": 68}
BUMPER = (WIDTH_PX / 2, HEIGHT_PX - 140.0)


def car() -> Image:
    """A car's front as wide as the picture, without a plate."""
    picture = np.full((HEIGHT_PX, WIDTH_PX, 3), (112, 124, 132), np.uint8)
    picture[HEIGHT_PX * 3 // 4 :] = (88, 90, 94)
    cv2.rectangle(picture, (60, 120), (WIDTH_PX - 60, HEIGHT_PX - 60), (150, 30, 36), -1)
    cv2.rectangle(picture, (150, 30), (WIDTH_PX - 150, 130), (40, 48, 60), -1)
    cv2.rectangle(picture, (60, HEIGHT_PX - 200), (WIDTH_PX - 60, HEIGHT_PX - 80), (60, 62, 66), -1)
    for x in (120, WIDTH_PX - 120):
        cv2.ellipse(picture, (x, 220), (50, 26), 0, 0, 360, (236, 236, 224), -1, cv2.LINE_AA)
        cv2.circle(picture, (x, HEIGHT_PX - 60), 56, (24, 24, 26), -1, cv2.LINE_AA)
    return picture


def hang(
    picture: Image, face: PlateFace, width_px: float, *, at: tuple[float, float], angle: float
) -> Image:
    """The picture with the plate on it, turned clockwise by `angle` degrees."""
    high, wide = face.pixels.shape[:2]
    scale = width_px / wide
    pixels = cv2.resize(
        face.pixels, (round(wide * scale), round(high * scale)), interpolation=cv2.INTER_AREA
    )
    middle = ((pixels.shape[1] - 1) / 2, (pixels.shape[0] - 1) / 2)
    matrix = cv2.getRotationMatrix2D(middle, -angle, 1.0)
    matrix[:, 2] += np.array(at) - middle
    size = (picture.shape[1], picture.shape[0])
    laid = cv2.warpAffine(pixels, matrix, size)
    share = cv2.warpAffine(np.full(pixels.shape[:2], 1.0), matrix, size)[..., None]
    return np.round(picture * (1 - share) + laid * share).astype(np.uint8)


def photographed(picture: Image) -> Image:
    """The picture through a lens that is a little soft, on a sensor that is a little noisy."""
    noise = np.random.default_rng(3).normal(0, 2, picture.shape)
    soft = cv2.GaussianBlur(picture, (0, 0), 0.6)
    return np.clip(np.round(soft + noise), 0, 255).astype(np.uint8)


def car_with(region: str, *, letters_px: float = 36, angle: float = 0.0) -> Image:
    face = PAINTERS[region](PLATES[region])
    width_px = face.width_m * 1000 / LETTERS_MM[region] * letters_px
    return photographed(hang(car(), face, width_px, at=BUMPER, angle=angle))


def signed(*words: str) -> Image:
    """A wall with words on it, one below the other."""
    picture = Pillow.new("RGB", (WIDTH_PX, HEIGHT_PX), (206, 204, 198))
    for n, word in enumerate(words):
        font = ImageFont.load_default(60)
        ImageDraw.Draw(picture).text((180, 60 + 130 * n), word, (30, 34, 60), font)
    return photographed(np.asarray(picture))


@pytest.fixture(scope="module")
def engine(reader: TextReader) -> PpocrEngine:
    """The engine as for anywhere, on one thread."""
    return PpocrEngine(TextFinder(open_session(FINDER_FILE, threads=1)), reader, ())


def plates_in(engine: PpocrEngine, image: Image) -> list[str]:
    return [read.plate for read in engine.read(Frame(image, "picture"))]


@pytest.mark.parametrize("region", PLATES)
@pytest.mark.parametrize("angle", [0.0, 8.0, -8.0])
def test_every_format_is_read_straight_and_tilted(
    engine: PpocrEngine, region: str, angle: float
) -> None:
    assert plates_in(engine, car_with(region, angle=angle))[:1] == [PLATES[region]]


def test_most_formats_are_read_when_small(engine: PpocrEngine) -> None:
    right = [
        region
        for region, plate in PLATES.items()
        if plates_in(engine, car_with(region, letters_px=16))[:1] == [plate]
    ]
    assert len(right) >= 5


def test_a_read_says_all_that_is_known(engine: PpocrEngine) -> None:
    image = car_with("us-ny")
    frame = Frame(image, "street.jpg", index=4, time_s=1.5)
    read = engine.read(frame)[0]
    assert (read.source, read.frame, read.time_s, read.frames) == ("street.jpg", 4, 1.5, 1)
    assert read.region == "us-ny"
    assert "".join(c.char for c in read.characters) == read.plate == PLATES["us-ny"]
    assert read.confidence > 0.5
    assert read.captured_at is None
    middle, high = read.box.centre, read.box.height_px
    assert middle == pytest.approx(BUMPER, abs=15)
    assert 30 < high < 70
    assert 2 < read.box.width_px / high < 7


def test_reading_twice_gives_the_same(engine: PpocrEngine) -> None:
    frame = Frame(car_with("ro"), "picture")
    before = frame.image.copy()
    assert engine.read(frame) == engine.read(frame)
    assert (frame.image == before).all()


def test_locate_and_transcribe_agree_with_read(engine: PpocrEngine) -> None:
    image = car_with("de")
    area, *_ = engine.locate(image)
    transcript = engine.transcribe(image, area)
    assert transcript is not None
    assert "".join(c.char for c in transcript.characters) == PLATES["de"]
    assert transcript.confidence > 0.5


def test_an_area_without_extent_or_outside_shows_nothing(engine: PpocrEngine) -> None:
    blank = np.zeros((100, 100, 3), np.uint8)
    for x, y in ((10.0, 10.0), (-500.0, 900.0)):
        assert engine.transcribe(blank, Area(((x, y), (x, y), (x, y), (x, y)), 0.9)) is None


def test_two_plates_are_two_reads_the_larger_first(engine: PpocrEngine) -> None:
    near, far = PAINTERS["de"]("MFP1038"), PAINTERS["gb"]("LB21FKP")
    picture = hang(car(), near, 300, at=(250, 400), angle=3)
    picture = photographed(hang(picture, far, 140, at=(640, 200), angle=-2))
    assert plates_in(engine, picture) == ["MFP1038", "LB21FKP"]


def test_words_are_no_plates(engine: PpocrEngine) -> None:
    assert plates_in(engine, signed("TEXAS", "FORD", "POLICE")) == []


def test_a_picture_without_text_has_no_plates(engine: PpocrEngine) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (480, 640, 3), dtype=np.uint8)
    for image in (car(), np.zeros((480, 640, 3), np.uint8), noise):
        assert plates_in(engine, image) == []


@pytest.mark.parametrize("size", [(200, 1), (1, 200), (5, 5), (1, 1), (300, 4000)], ids=str)
def test_odd_sizes_do_no_harm(engine: PpocrEngine, size: tuple[int, int]) -> None:
    high, wide = size
    ramp = np.linspace(0, 255, high * wide * 3).astype(np.uint8).reshape(high, wide, 3)
    assert plates_in(engine, ramp) == []


def test_a_plate_in_a_very_wide_picture_is_found(engine: PpocrEngine) -> None:
    wide = np.tile(car(), (1, 3, 1))
    face = PAINTERS["de"]("MFP1038")
    assert plates_in(engine, photographed(hang(wide, face, 300, at=(1900, 380), angle=0))) == [
        "MFP1038"
    ]


def test_a_plate_cut_off_at_the_edge_is_no_error(engine: PpocrEngine) -> None:
    whole = car_with("br")
    x = round(BUMPER[0])
    for part in (whole[:, :x], whole[: round(BUMPER[1])]):
        for read in engine.read(Frame(np.ascontiguousarray(part), "picture")):
            assert read.box.x2 <= part.shape[1]
            assert read.box.y2 <= part.shape[0]
