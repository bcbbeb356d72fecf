"""Pictures in payloads: whether bytes begin as one, and how large it is.

Looks at no more than the header; the reading itself is left to whoever opens the picture.
"""

import base64
import binascii
import struct
from typing import Any

from fairplate.ingest.vendor import Picture, Shows

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""SOFn markers (ITU-T T.81 table B.1): all of C0 to CF but DHT, JPG and DAC."""
_BARE = frozenset(range(0xD0, 0xD9)) | {0x01, 0xFF}
"""Markers without a length: RSTn, SOI, TEM, and a fill byte."""


def is_picture(data: bytes) -> bool:
    """Say whether the bytes begin as a JPEG, PNG or WebP."""
    return data.startswith((_JPEG, _PNG)) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")


def embedded(value: Any, shows: Shows) -> tuple[Picture, ...]:
    """Return the picture in a Base64 text, also a data URL; none if it is not one."""
    if not isinstance(value, str) or not value:
        return ()
    text = value.partition(",")[2] if value.startswith("data:") else value
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):  # ValueError: not ASCII
        return ()
    return (Picture(shows, data),) if is_picture(data) else ()


def measure(data: bytes) -> tuple[int, int] | None:
    """Return the width and height in pixels that a JPEG or PNG tells; None if it does not."""
    if data.startswith(_PNG) and len(data) >= 24:  # noqa: PLR2004 - signature and IHDR's sizes
        width, height = struct.unpack(">II", data[16:24])
    else:
        width, height = _jpeg_size(data) if data.startswith(_JPEG) else (0, 0)
    return (width, height) if width and height else None


def _jpeg_size(data: bytes) -> tuple[int, int]:
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:  # noqa: PLR2004 - every marker begins so
        marker = data[at + 1]
        if marker in _SIZES:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        length = 0 if marker in _BARE else int.from_bytes(data[at + 2 : at + 4])
        at += 1 if marker == 0xFF else 2 + length  # noqa: PLR2004
    return 0, 0
