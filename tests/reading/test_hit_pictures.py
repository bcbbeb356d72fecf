"""What a hit's two pictures show, and that they show nothing else."""

import csv
import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PillowImage

from fairplate.cli.demo.plates import PAINTERS
from fairplate.core.errors import SourceError
from fairplate.core.reads import Box
from fairplate.reading.engine import EngineOptions, Frame, Image
from fairplate.reading.engines.ppocr import PpocrEngine
from fairplate.reading.hit_pictures import (
    MAX_BLURRED_BYTES,
    MAX_BLURRED_PX,
    MAX_CROP_BYTES,
    MAX_CROP_HEIGHT_PX,
    MAX_CROP_WIDTH_PX,
    HitPictures,
    _encode,
    cut_from_image,
    cut_hit_pictures,
)
from fairplate.reading.pictures import read_picture

SETS = Path(__file__).parents[2] / "../shared/data/plates"
PAINT = (120, 30, 40)
PLATE = Box(100, 400, 220, 430)
BLOCK_PX = 8  # what JPEG itself spreads a change over


def shown(data: bytes) -> Image:
    return read_picture(io.BytesIO(data), "kept").image


def encoded(image: Image, kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    PillowImage.fromarray(image).save(out, kind, **options)
    return out.getvalue()


def painted(colour: tuple[int, int, int] = PAINT, size: tuple[int, int] = (540, 960)) -> Image:
    """A surface of one colour with a striped plate, so that the plate is told from its blur."""
    image = np.full((*size, 3), colour, np.uint8)
    stripes = np.arange(PLATE.x1, PLATE.x2) // 6 % 2 * 220 + 20
    image[PLATE.y1 : PLATE.y2, PLATE.x1 : PLATE.x2] = stripes[None, :, None]
    return image


def noise(seed: int, size: tuple[int, int] = (540, 960)) -> Image:
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)


def hang(image: Image, face: Image, box: Box) -> Image:
    """The image with a plate's face filling the box."""
    size = (box.width_px, box.height_px)
    image = image.copy()
    image[box.y1 : box.y2, box.x1 : box.x2] = cv2.resize(face, size, interpolation=cv2.INTER_AREA)
    return image


def away_from(box: Box, image: Image, by_px: int) -> np.ndarray:
    """Which pixels of the image are farther than `by_px` from the box."""
    far = np.ones(image.shape[:2], np.bool_)
    far[max(0, box.y1 - by_px) : box.y2 + by_px, max(0, box.x1 - by_px) : box.x2 + by_px] = False
    return far


def refused(picture: bytes, box: Box) -> SourceError:
    with pytest.raises(SourceError) as caught:
        cut_hit_pictures(picture, box, name="gate.jpg")
    assert str(caught.value).startswith("gate.jpg: ")
    return caught.value


# --- the two pictures ----------------------------------------------------------------------------


def test_the_crop_is_the_plate_with_a_narrow_margin() -> None:
    crop = shown(cut_from_image(painted(), PLATE, "a").crop)
    assert crop.shape == (30 + 2 * 4, 120 + 2 * 4, 3)
    assert np.abs(crop[4:-4, 4:-4].astype(int) - painted()[400:430, 100:220]).max() < 25
    assert np.abs(crop[:3].astype(int) - PAINT).max() < 25


def test_the_blurred_picture_shows_the_plate_where_it_was() -> None:
    blurred = shown(cut_from_image(painted(), PLATE, "a").blurred)
    assert blurred.shape == (540, 960, 3)
    assert np.abs(blurred[400:430, 100:220].astype(int) - painted()[400:430, 100:220]).max() < 25


def test_a_large_picture_is_kept_small() -> None:
    large = cv2.resize(painted(), (3840, 2160), interpolation=cv2.INTER_NEAREST)
    kept = cut_from_image(np.asarray(large), Box(400, 1600, 880, 1720), "a")
    assert shown(kept.crop).shape[1] == MAX_CROP_WIDTH_PX
    blurred = shown(kept.blurred)
    assert blurred.shape[1] == MAX_BLURRED_PX
    inside = blurred[400:430, 100:220].astype(int) - painted()[400:430, 100:220]
    assert np.abs(inside).mean() < 15


def test_the_crop_is_never_larger_than_is_needed_to_compare() -> None:
    for size in ((1200, 1200), (300, 4000), (4000, 300)):
        whole = cut_from_image(noise(1, size), Box(0, 0, size[1], size[0]), "a")
        high, wide = shown(whole.crop).shape[:2]
        assert high <= MAX_CROP_HEIGHT_PX
        assert wide <= MAX_CROP_WIDTH_PX
        # A box that is no plate's must not keep in the one what the other leaves out.
        fine = cv2.Laplacian(shown(whole.blurred), cv2.CV_64F)
        assert np.abs(fine).mean() < 0.5 * np.abs(cv2.Laplacian(noise(1), cv2.CV_64F)).mean()


def test_hardest_pictures_stay_below_their_bytes() -> None:
    kept = cut_from_image(noise(2, (160, 320)), Box(0, 0, 320, 160), "a")
    assert shown(kept.crop).shape == (MAX_CROP_HEIGHT_PX, MAX_CROP_WIDTH_PX, 3)
    assert len(kept.crop) <= MAX_CROP_BYTES
    largest = noise(3, (MAX_BLURRED_PX, MAX_BLURRED_PX))
    assert len(_encode(largest, 2**30)) > MAX_BLURRED_BYTES
    assert len(_encode(largest, MAX_BLURRED_BYTES)) <= MAX_BLURRED_BYTES
    assert len(_encode(noise(2, (160, 320)), 2**30)) > MAX_CROP_BYTES


def test_a_plate_at_the_edge_is_cut_there() -> None:
    image = noise(4, (200, 300))
    kept = cut_from_image(image, Box(-2, 170, 100, 202), "a")  # by less than its margin outside
    assert shown(kept.crop).shape[:2] == (200 - 170 + 5, 100 + 5)
    assert shown(kept.blurred).shape == image.shape


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_box_in_any_picture_will_do(data: st.DataObject) -> None:
    high, wide = data.draw(st.tuples(*[st.integers(1, 200)] * 2))
    x1, y1 = data.draw(st.tuples(st.integers(0, wide - 1), st.integers(0, high - 1)))
    x2, y2 = data.draw(st.tuples(st.integers(x1 + 1, wide), st.integers(y1 + 1, high)))
    others = data.draw(
        st.lists(
            st.builds(
                lambda x, y, w, h: Box(x, y, x + w, y + h),
                *[st.integers(-300, 300)] * 2,
                *[st.integers(1, 300)] * 2,
            ),
            max_size=2,
        )
    )
    kept = cut_from_image(noise(5, (high, wide)), Box(x1, y1, x2, y2), "a", others=others)
    assert shown(kept.blurred).shape == (high, wide, 3)
    crop = shown(kept.crop).shape
    assert y2 - y1 <= crop[0] <= high or crop[0] == MAX_CROP_HEIGHT_PX
    assert x2 - x1 <= crop[1] <= wide or crop[0] == MAX_CROP_HEIGHT_PX


def test_extreme_proportions_do_no_harm() -> None:
    for size in ((1, 4000), (4000, 1), (300, 20_000)):
        kept = cut_from_image(noise(6, size), Box(0, 0, size[1], size[0]), "a")
        assert max(shown(kept.blurred).shape) == MAX_BLURRED_PX


def test_the_same_picture_gives_the_same_bytes() -> None:
    image = noise(7)
    before = image.copy()
    assert cut_from_image(image, PLATE, "a") == cut_from_image(image, PLATE, "b")
    assert (image == before).all()


def test_pictures_do_not_show_in_a_log() -> None:
    assert repr(HitPictures(b"\xff\xd8crop", b"\xff\xd8scene")) == "HitPictures()"


# --- bytes in ------------------------------------------------------------------------------------


def test_nothing_but_pixels_comes_through() -> None:
    exif = PillowImage.Exif()
    exif[0x010F] = "CameraMaker"
    exif[0x8825] = {1: "N", 2: (52.0, 31.0, 0.0)}  # where it was taken
    data = encoded(
        painted(), "JPEG", exif=exif, icc_profile=b"profile of a camera", comment=b"gate 4"
    )
    assert b"CameraMaker" in data
    kept = cut_hit_pictures(data, PLATE)
    for picture in (kept.crop, kept.blurred):
        markers, at = [], 2
        while markers[-1:] != [0xDA]:  # the pixels begin
            assert picture[at] == 0xFF
            markers.append(picture[at + 1])
            at += 2 + int.from_bytes(picture[at + 2 : at + 4], "big")
        # APP0 is the 16-byte JFIF head without a thumbnail; then tables, frame and scan.
        assert picture[2:13] == b"\xff\xe0\x00\x10JFIF\x00\x01\x01"
        assert markers.count(0xE0) == 1
        assert set(markers) <= {0xE0, 0xDB, 0xC0, 0xC4, 0xDA}
        assert picture.endswith(b"\xff\xd9")


def test_the_box_is_of_the_upright_picture() -> None:
    exif = PillowImage.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    lying = np.ascontiguousarray(np.rot90(painted()))
    upright = cut_hit_pictures(encoded(lying, "JPEG", quality=95, exif=exif), PLATE)
    straight = cut_from_image(painted(), PLATE, "a")
    assert shown(upright.blurred).shape == shown(straight.blurred).shape
    assert np.abs(shown(upright.crop).astype(int) - shown(straight.crop)).mean() < 12


def test_what_is_no_picture_is_refused() -> None:
    whole = encoded(noise(8), "JPEG")
    for data, field in ((b"", "content"), (b"AB12CDE", "content"), (whole[:5000], "picture")):
        assert refused(data, PLATE).field == field


@pytest.mark.parametrize(
    "box",
    [
        Box(960, 0, 1000, 20),
        Box(0, 540, 40, 560),
        Box(-50, -20, 0, 0),
        Box(100, 500, 220, 560),  # by more than its margin
        Box(0, 0, 3840, 2160),  # of the picture before somebody made it smaller
    ],
    ids=str,
)
def test_a_box_outside_the_picture_is_refused(box: Box) -> None:
    error = refused(encoded(painted()), box)
    assert error.field == "box"
    assert error.expected == "a box inside the picture of 960 x 540 px"


# --- what is gone --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def engine() -> PpocrEngine:
    return PpocrEngine.load(EngineOptions(threads=1))


def plates_in(engine: PpocrEngine, image: Image) -> list[str]:
    return sorted(read.plate for read in engine.read(Frame(image, "picture")))


def test_only_the_boxed_plate_can_be_read(engine: PpocrEngine) -> None:
    hit, near = Box(120, 420, 320, 462), Box(500, 180, 860, 255)
    image = hang(painted(), PAINTERS["de"]("MFP1038").pixels, hit)
    image = hang(image, PAINTERS["de"]("BKR4471").pixels, near)
    assert plates_in(engine, image) == ["BKR4471", "MFP1038"]
    assert plates_in(engine, shown(cut_from_image(image, hit, "a").blurred)) == ["MFP1038"]
    # The nearer plate is also the larger one, and its picture must not keep the smaller.
    assert plates_in(engine, shown(cut_from_image(image, near, "a").blurred)) == ["BKR4471"]


@pytest.mark.parametrize("region", ["de", "us-ny", "br"])
@pytest.mark.parametrize("times_larger", [0.5, 1, 2, 3])
def test_another_plate_leaves_no_trace_of_its_text(region: str, times_larger: float) -> None:
    """Not only unreadable: whoever tries out all plates cannot tell which one it was."""
    high = round(PLATE.height_px * times_larger)
    kept = set()
    for plate in ("KDR4827", "WMW8888", "IJL1117", "OQC0606"):
        face = PAINTERS[region](plate).pixels
        wide = round(high * face.shape[1] / face.shape[0])
        image = hang(painted(), face, Box(437, 201, 437 + wide, 201 + high))
        kept.add(cut_from_image(image, PLATE, "a").blurred)
    assert len(kept) == 1
    if times_larger >= 1:  # there is a light patch
        assert kept != {cut_from_image(painted(), PLATE, "a").blurred}


def test_a_known_plate_is_covered_even_if_light_on_dark_and_near() -> None:
    place = Box(437, 201, 837, 290)
    boxed, guessed = set(), set()
    for plate in ("KDR4827", "WMW8888"):
        image = hang(painted(), 255 - PAINTERS["de"](plate).pixels, place)
        boxed.add(cut_from_image(image, PLATE, "a", others=[PLATE, place]).blurred)
        guessed.add(cut_from_image(image, PLATE, "a").blurred)
    assert len(boxed) == 1
    assert len(guessed) == 2  # without the box some of it shows: this is why boxes are passed


def face(seed: int, wide: int) -> Image:
    """A drawn face: where eyes, brows and mouth are and how large they are is the person's own."""
    chance = np.random.default_rng(seed).uniform
    image = np.full((wide * 4 // 3, wide, 3), PAINT, np.uint8)
    cm = wide / 15
    x, y = wide // 2, wide * 2 // 3
    cv2.ellipse(image, (x, y), (x - 1, y - 1), 0, 0, 360, (190, 150, 125), -1)
    apart, eyes = chance(2.8, 3.8) * cm, y - chance(1, 3) * cm
    for eye in (round(x - apart), round(x + apart)):
        white = (round(1.5 * cm), round(chance(0.6, 1) * cm))
        cv2.ellipse(image, (eye, round(eyes)), white, 0, 0, 360, (245, 245, 245), -1)
        cv2.circle(image, (eye, round(eyes)), round(0.6 * cm), (40, 30, 20), -1)
        ends = [(round(eye + side * 1.8 * cm), round(eyes - 1.8 * cm)) for side in (-1, 1)]
        cv2.line(image, *ends, (60, 40, 30), max(1, round(chance(0.5, 1) * cm)))
    mouth = (round(chance(2, 3.5) * cm), round(chance(0.5, 1.2) * cm))
    place = (x, round(y + chance(4.5, 6) * cm))
    cv2.ellipse(image, place, mouth, 0, 0, 360, (150, 60, 60), -1)
    return image


@pytest.mark.parametrize("times_nearer", [0.5, 1, 2, 3])
def test_faces_cannot_be_told_apart(times_nearer: float) -> None:
    kept = set()
    wide = round(15 / 11 * PLATE.height_px * times_nearer)  # cm: a face is 15, a plate 11 high
    for seed in range(5):
        image, person = painted(), face(seed, wide)
        image[101 : 101 + person.shape[0], 503 : 503 + wide] = person
        kept.add(cut_from_image(image, PLATE, "a").blurred)
    assert len(kept) == 1


def test_fine_detail_makes_no_difference() -> None:
    slope = np.linspace(40, 180, 960)[None, :, None]
    images = [np.round(slope + noise(n) * 0.25).astype(np.uint8) for n in (9, 10)]
    for image, seed in zip(images, (9, 10), strict=True):
        image[PLATE.y1 : PLATE.y2, PLATE.x1 : PLATE.x2] = noise(seed, (30, 120))
    one, other = (shown(cut_from_image(image, PLATE, "a").blurred) for image in images)
    far = away_from(PLATE, one, 4 + BLOCK_PX)
    assert np.abs(one[far].astype(int) - other[far]).max() <= 6
    near = one[PLATE.y1 : PLATE.y2, PLATE.x1 : PLATE.x2].astype(int)
    assert np.abs(near - other[PLATE.y1 : PLATE.y2, PLATE.x1 : PLATE.x2]).max() > 100


@pytest.mark.parametrize(
    ("plate", "cell_px"),
    [
        (Box(100, 400, 130, 408), 960 / 64),  # far away: the picture has at most 64 cells across
        (PLATE, 0.75 * 30),
        (Box(100, 400, 420, 480), 0.75 * 80),
    ],
    ids=str,
)
def test_an_edge_is_at_least_as_wide_as_a_cell(plate: Box, cell_px: float) -> None:
    image = np.full((540, 960, 3), 50, np.uint8)
    image[:, 601:], image[:201] = 200, 200
    blurred = shown(cut_from_image(image, plate, "a").blurred).astype(int)
    steepest = 1.5 * 150 / cell_px + 2  # a cubic curve between two cells; rounding
    for axis in (0, 1):
        assert np.abs(np.diff(blurred[:390], axis=axis)).max() <= steepest


def test_nothing_sharp_is_left_around_the_plate() -> None:
    blurred = shown(cut_from_image(noise(11), PLATE, "a").blurred)
    fine = np.abs(cv2.Laplacian(blurred, cv2.CV_64F)).max(axis=2)
    assert fine[away_from(PLATE, blurred, 5 + BLOCK_PX)].max() < 16
    assert fine[PLATE.y1 : PLATE.y2, PLATE.x1 : PLATE.x2].mean() > 100


@pytest.mark.parametrize(
    "colour", [(20, 20, 24), (240, 240, 236), (150, 20, 30), (20, 60, 140)], ids=str
)
def test_the_colour_of_the_vehicle_stays(colour: tuple[int, int, int]) -> None:
    blurred = shown(cut_from_image(painted(colour), PLATE, "a").blurred)
    far = away_from(PLATE, blurred, 4 + BLOCK_PX)
    assert np.abs(blurred[far].astype(int) - colour).max() <= 3


def test_the_rough_shape_of_the_vehicle_stays() -> None:
    image = np.full((540, 960, 3), 200, np.uint8)
    cv2.rectangle(image, (300, 120), (660, 420), (30, 60, 120), -1)  # 12 plate heights wide
    plate = Box(420, 350, 540, 380)
    image[350:380, 420:540] = 240
    blurred = shown(cut_from_image(image, plate, "a").blurred).astype(int)
    assert np.abs(blurred[270, 480] - (30, 60, 120)).max() < 12
    for x, y in ((200, 270), (760, 270), (480, 50), (480, 500)):
        assert np.abs(blurred[y, x] - 200).max() < 12


def test_in_real_pictures_only_the_boxed_plate_can_be_read(engine: PpocrEngine) -> None:
    table = SETS / "ro_valid/labels.csv"
    if not table.is_file():
        pytest.skip("no labelled pictures at ../shared/data/plates/ro_valid beside the checkout")
    boxes: dict[str, list[Box]] = {}
    with table.open(newline="", encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            x, y, w, h = (round(float(row[key])) for key in "xywh")
            boxes.setdefault(row["image"], []).append(Box(x, y, x + w, y + h))
    several = [name for name, found in sorted(boxes.items()) if len(found) > 1][:3]
    assert len(several) == 3
    for name in several:
        data = (SETS / "ro_valid/images" / name).read_bytes()
        hit = max(boxes[name], key=lambda box: box.area_px)
        blurred = shown(cut_hit_pictures(data, hit).blurred)
        scale = blurred.shape[1] / shown(data).shape[1]
        for read in engine.read(Frame(blurred, name)):
            x, y = read.box.centre[0] / scale, read.box.centre[1] / scale
            assert hit.x1 < x < hit.x2, name
            assert hit.y1 < y < hit.y2, name
