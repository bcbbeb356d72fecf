import io
import struct
import zlib
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import ImageOps
from pillow_heif import from_pillow

from fairplate.core.errors import SourceError
from fairplate.reading.engine import Frame
from fairplate.reading.pictures import (
    MAX_PICTURE_BYTES,
    MAX_PICTURE_PX,
    picture_format,
    read_picture,
)

EXACT = ("PNG", "BMP")
FORMATS = ("JPEG", "PNG", "WebP", "BMP", "HEIC", "GIF")


def read(data: bytes) -> Frame:
    return read_picture(io.BytesIO(data), "a.jpg")


def refused(data: bytes) -> SourceError:
    with pytest.raises(SourceError) as caught:
        read(data)
    assert str(caught.value).startswith("a.jpg: ")
    assert "\n" not in str(caught.value)
    return caught.value


def scene() -> PillowImage.Image:
    """Four coloured quarters and an odd size, so that every turn and flip is told apart."""
    pixels = np.zeros((48, 66, 3), np.uint8)
    pixels[:24, :33] = (200, 20, 20)
    pixels[:24, 33:] = (20, 200, 20)
    pixels[24:, :33] = (20, 20, 200)
    pixels[24:, 33:] = (220, 220, 40)
    return PillowImage.fromarray(pixels)


def encode(picture: PillowImage.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    if kind == "HEIC":
        from_pillow(picture).save(out, quality=90, **options)
    else:
        picture.save(out, kind, **options)
    return out.getvalue()


def near(image: NDArray[np.uint8], expected: NDArray[np.uint8], tolerance: int = 12) -> bool:
    """Compare away from the edges between the quarters, where coding smears."""
    inner = np.abs(image.astype(int) - expected.astype(int))
    return float(np.median(inner)) <= tolerance and float(np.mean(inner)) <= tolerance


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_gives_upright_rgb(kind: str) -> None:
    data = encode(scene(), kind)
    frame = read(data)
    assert picture_format(data[:16]) == kind
    assert (frame.source, frame.index, frame.time_s, frame.captured_at) == ("a.jpg", 0, 0.0, None)
    assert frame.image.dtype == np.uint8
    assert frame.image.flags.c_contiguous
    assert frame.image.shape == (48, 66, 3)
    if kind in EXACT:
        assert np.array_equal(frame.image, np.asarray(scene()))
    assert near(frame.image, np.asarray(scene()))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WebP"])
def test_orientation_is_undone(kind: str, orientation: int) -> None:
    exif = PillowImage.Exif()
    exif[0x0112] = orientation
    data = encode(scene(), kind, exif=exif)
    expected = np.asarray(
        ImageOps.exif_transpose(PillowImage.open(io.BytesIO(data))).convert("RGB")
    )
    assert np.array_equal(read(data).image, expected)
    assert read(data).image.flags.c_contiguous


def turn(picture: PillowImage.Image, orientation: int) -> PillowImage.Image:
    exif = PillowImage.Exif()
    exif[0x0112] = orientation
    return ImageOps.exif_transpose(
        PillowImage.open(io.BytesIO(encode(picture, "PNG", exif=exif)))
    ).convert("RGB")


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_heic_is_turned_by_its_boxes_alone(orientation: int) -> None:
    # pillow_heif turns the pixels when it takes them, then writes both the box that turns them
    # and the EXIF value. Obeying both would turn three times instead of twice.
    exif = PillowImage.Exif()
    exif[0x0112] = orientation
    stored = scene()
    stored.info["exif"] = exif.tobytes()
    data = encode(stored, "HEIC")
    assert orientation == 1 or b"irot" in data
    expected = np.asarray(turn(turn(scene(), orientation), orientation))
    image = read(data).image
    assert image.shape == expected.shape
    assert near(image, expected)


def exif_time(local: str, offset: str | None) -> bytes:
    exif = PillowImage.Exif()
    details = exif.get_ifd(0x8769)
    details[0x9003] = local
    if offset is not None:
        details[0x9011] = offset
    return encode(scene(), "JPEG", exif=exif)


def test_capture_time_needs_its_offset() -> None:
    captured = read(exif_time("2026:11:23 14:00:00", "+02:00")).captured_at
    assert captured == datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert captured is not None
    assert captured.utcoffset() == timedelta(hours=2)
    assert read(exif_time("2026:11:23 14:00:00", None)).captured_at is None
    assert read(exif_time("0000:00:00 00:00:00", "+02:00")).captured_at is None
    assert read(exif_time("0001:01:01 00:00:00", "+02:00")).captured_at is None


def test_damaged_exif_does_not_lose_the_picture() -> None:
    data = encode(scene(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f garbage")
    assert near(read(data).image, np.asarray(scene()))


def test_16_bit_grey_is_scaled_not_clipped() -> None:
    grey = np.tile(np.linspace(0, 65535, 64).astype(np.uint16), (8, 1))
    image = read(encode(PillowImage.fromarray(grey), "PNG")).image
    expected = np.round(grey / 257).astype(np.uint8)
    assert np.array_equal(image, np.repeat(expected[:, :, None], 3, axis=2))


def test_cmyk_becomes_rgb() -> None:
    assert near(read(encode(scene().convert("CMYK"), "JPEG")).image, np.asarray(scene()))


def test_palette_and_grey_become_rgb() -> None:
    assert near(read(encode(scene().quantize(8), "PNG")).image, np.asarray(scene()))
    grey = scene().convert("L")
    assert np.array_equal(read(encode(grey, "PNG")).image, np.asarray(grey.convert("RGB")))
    bits = scene().convert("1")
    assert np.array_equal(read(encode(bits, "PNG")).image, np.asarray(bits.convert("RGB")))


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_transparency_is_laid_over_white(mode: str) -> None:
    layer = PillowImage.new("RGBA", (8, 8), (0, 0, 0, 0))
    layer.paste((0, 0, 0, 255), (0, 0, 4, 8))
    picture = layer if mode == "RGBA" else layer.convert(mode if mode == "LA" else "P")
    image = read(encode(picture, "PNG")).image
    assert image[:, :4].max() < 10
    assert image[:, 4:].min() > 245


@pytest.mark.parametrize("kind", ["GIF", "WebP", "PNG"])
def test_animation_is_refused(kind: str) -> None:
    frames = [PillowImage.new("RGB", (32, 32), colour) for colour in ("red", "blue", "green")]
    data = encode(frames[0], kind, save_all=True, append_images=frames[1:])
    error = refused(data)
    assert error.field == "picture"
    assert error.found == f"an animated {kind}"


def test_jpeg_with_a_second_picture_gives_the_first() -> None:
    data = encode(scene(), "MPO", save_all=True, append_images=[PillowImage.new("RGB", (9, 9))])
    assert near(read(data).image, np.asarray(scene()))


def png_header(width_px: int, height_px: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width_px, height_px, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(("width_px", "height_px"), [(20_000, 20_000), (2**31 - 1, 2**31 - 1)])
def test_huge_picture_is_refused_by_its_header(width_px: int, height_px: int) -> None:
    error = refused(png_header(width_px, height_px))
    assert (error.field, error.found) == ("size", f"{width_px} x {height_px} px")


def test_the_size_limit_is_exact() -> None:
    # One pixel row less is let through to the decoder, which then finds its data missing.
    side = 10_000
    assert side * side == MAX_PICTURE_PX
    assert refused(png_header(side, side + 1)).field == "size"
    assert refused(png_header(side, 1)).field == "picture"


def test_too_many_bytes_are_refused_unread() -> None:
    class Endless(io.BytesIO):
        def seek(self, offset: int, whence: int = 0) -> int:
            return MAX_PICTURE_BYTES + 1 if whence == io.SEEK_END else super().seek(offset, whence)

    with pytest.raises(SourceError, match="bytes: expected at most 209715200, found 209715201"):
        read_picture(Endless(encode(scene(), "PNG")), "a.png")


@pytest.mark.parametrize("kind", FORMATS)
def test_half_a_picture_is_refused(kind: str) -> None:
    data = encode(scene(), kind)
    assert refused(data[: len(data) // 2]).field == "picture"


def test_other_content_is_refused() -> None:
    assert refused(b"").field == "content"
    assert refused(b"plate;ABC123\n" * 20).field == "content"
    assert "ABC123" not in str(refused(b"plate;ABC123\n" * 20))
    assert refused(b"BMW;stolen;2026;a list that begins with a make").field == "content"


@cache
def sample(kind: str) -> bytes:
    return encode(scene(), kind)


@settings(max_examples=400, deadline=None)
@given(
    kind=st.sampled_from(FORMATS),
    cut=st.floats(0, 1),
    flips=st.lists(st.tuples(st.floats(0, 0.9999), st.integers(1, 255)), max_size=6),
    whole=st.booleans(),
)
def test_no_bytes_raise_anything_else(
    kind: str,
    cut: float,
    flips: list[tuple[float, int]],
    whole: bool,  # noqa: FBT001
) -> None:
    data = bytearray(sample(kind))
    for place, change in flips:
        data[int(place * len(data))] ^= change
    if not whole:
        data = data[: int(cut * len(data))]
    try:
        image = read(bytes(data)).image
    except SourceError:
        return
    assert image.dtype == np.uint8
    assert image.ndim == 3
    assert image.shape[2] == 3
