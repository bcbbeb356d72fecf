"""Pictures: bytes of a still picture in, one upright 8-bit RGB frame out.

Decides which formats count as pictures, how large one may be and how odd ones become 8-bit RGB:
16-bit grey is scaled, CMYK and palettes are converted, transparency is laid over white. Colour
profiles are not applied. Leaves opening the file, and what is no picture, to `frames.py`.
"""

import os
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import (
    BmpImagePlugin,
    ExifTags,
    GifImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    WebPImagePlugin,
)
from PIL import Image as PillowImage
from pillow_heif import HeifImageFile

from fairplate.core.errors import SourceError
from fairplate.reading.engine import Frame, Image

# Phones stop at 50 to 100 megapixels when they merge sensor cells for good; as RGB that is 300 MB.
MAX_PICTURE_PX = 100_000_000
# Above an uncompressed BMP of 66 megapixels; no camera writes more into one picture.
MAX_PICTURE_BYTES = 200 * 2**20

# ISO/IEC 23008-12 B.4.1: brands of HEVC-coded still pictures; `mif1` leaves the coding open.
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1"})
_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, b"\x89PNG\r\n\x1a\n", "PNG"),
    (8, b"WEBP", "WebP"),
    (0, b"GIF87a", "GIF"),
    (0, b"GIF89a", "GIF"),
)
_MOVING_FORMATS = frozenset({"PNG", "WebP", "GIF"})

# The plug-ins are called one by one, not through `Image.open`: that one tries every format it
# knows and judges the size before anybody can say what the size was.
_OPENERS: dict[str, Callable[[BinaryIO, str], PillowImage.Image]] = {
    "JPEG": JpegImagePlugin.jpeg_factory,
    "PNG": PngImagePlugin.PngImageFile,
    "WebP": WebPImagePlugin.WebPImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "HEIC": HeifImageFile,
}

# EXIF 3.0, 4.6.5.1.6: what undoes each orientation.
_UPRIGHT: dict[int, Callable[[Image], Image]] = {
    2: lambda image: image[:, ::-1],
    3: lambda image: image[::-1, ::-1],
    4: lambda image: image[::-1],
    5: lambda image: image.transpose(1, 0, 2),
    6: lambda image: np.rot90(image, k=-1),
    7: lambda image: image[::-1, ::-1].transpose(1, 0, 2),
    8: lambda image: np.rot90(image, k=1),
}


def picture_format(head: bytes) -> str | None:
    """Return the picture format that the first 16 bytes of a file tell, or None."""
    for offset, signature, kind in _SIGNATURES:
        if head.startswith(signature, offset):
            return kind
    if head[:2] == b"BM" and head[6:10] == bytes(4):  # two reserved fields: "BM" alone is text
        return "BMP"
    if head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS:
        return "HEIC"
    return None


def read_picture(file: BinaryIO, name: str) -> Frame:
    """Return the only frame of the picture in `file`, which messages and the frame call `name`.

    `captured_at` is set only if EXIF gives the time together with its UTC offset.
    Raises SourceError for whatever the bytes are, and nothing else.
    """
    try:
        # What Pillow warns about (odd EXIF, sizes) is either judged below or harmless.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _read(file, name)
    except SourceError:
        raise
    # Pillow and libheif promise no list of errors for damaged bytes (seen: OSError, SyntaxError,
    # ValueError, struct.error, IndexError, KeyError, TypeError, RuntimeError, MemoryError).
    except Exception as error:  # noqa: BLE001
        raise SourceError(
            name, "picture", expected="a whole, undamaged picture", found=_describe(error)
        ) from None


def _read(file: BinaryIO, name: str) -> Frame:
    size = file.seek(0, os.SEEK_END)
    if size > MAX_PICTURE_BYTES:
        raise SourceError(name, "bytes", expected=f"at most {MAX_PICTURE_BYTES}", found=f"{size}")
    file.seek(0)
    kind = picture_format(file.read(16))
    if kind is None:
        expected = f"one of {', '.join(_OPENERS)}"
        raise SourceError(name, "content", expected=expected, found="something else")
    file.seek(0)
    with _OPENERS[kind](file, name) as picture:
        _require_sane(picture, kind, name)
        picture.load()
        orientation, captured_at = _read_exif(picture)
        image = _to_rgb(picture)
    upright = _UPRIGHT.get(orientation, np.asarray)(image)
    return Frame(np.ascontiguousarray(upright), name, captured_at=captured_at)


def _require_sane(picture: PillowImage.Image, kind: str, name: str) -> None:
    """Refuse by the header alone, before any pixel is decoded."""
    width_px, height_px = picture.size
    if width_px * height_px > MAX_PICTURE_PX:
        raise SourceError(
            name,
            "size",
            expected=f"at most {MAX_PICTURE_PX // 1_000_000} megapixels",
            found=f"{width_px} x {height_px} px",
        )
    # A JPEG or HEIC may hold several pictures (depth, burst); the main one is what is meant.
    if kind in _MOVING_FORMATS and getattr(picture, "is_animated", False):
        raise SourceError(
            name,
            "picture",
            expected="a still picture (convert a moving one to a video such as MP4)",
            found=f"an animated {kind}",
        )


def _read_exif(picture: PillowImage.Image) -> tuple[int, datetime | None]:
    """Return orientation (1 = upright) and capture time; damaged EXIF is as good as none."""
    try:
        exif = picture.getexif()
        orientation = exif.get(ExifTags.Base.Orientation, 1)
        details = exif.get_ifd(ExifTags.IFD.Exif)
        moment = _parse_time(
            details.get(ExifTags.Base.DateTimeOriginal),
            details.get(ExifTags.Base.OffsetTimeOriginal),
        )
    except Exception:  # noqa: BLE001 - as in read_picture; the pixels are still good
        return 1, None
    return (orientation if isinstance(orientation, int) else 1), moment


def _parse_time(local: object, offset: object) -> datetime | None:
    """Return the aware time; without an offset a local time could be any of 26 hours."""
    try:
        moment = datetime.strptime(f"{local}{offset}".strip(" \0"), "%Y:%m:%d %H:%M:%S%z")
        moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment


def _to_rgb(picture: PillowImage.Image) -> Image:
    """Return the pixels as 8-bit RGB, shape (height, width, 3)."""
    if picture.mode.startswith("I"):
        return _scale_16_bit(np.asarray(picture))
    if picture.has_transparency_data:
        layer = picture.convert("RGBA")
        paper = PillowImage.new("RGBA", layer.size, "white")
        paper.alpha_composite(layer)
        return np.asarray(paper.convert("RGB"))
    return np.asarray(picture.convert("RGB"))


def _scale_16_bit(grey: NDArray[np.generic]) -> Image:
    """Return 16-bit grey as 8-bit RGB; 65535 becomes 255, nothing is clipped."""
    scaled = ((np.clip(grey.astype(np.int32), 0, 65535) * 255 + 32767) // 65535).astype(np.uint8)
    return np.repeat(scaled[:, :, np.newaxis], 3, axis=2)


def _describe(error: Exception) -> str:
    """Return one short line; the libraries' own words hold no bytes of the picture."""
    words = " ".join(str(error).split())
    return (words or type(error).__name__)[:120]
