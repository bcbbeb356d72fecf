"""The frame a vehicle was read best in, as the intake takes it: one JPEG without metadata."""

import cv2

from fairplate.reading.engine import Image

_QUALITIES = (90, 75, 50)


def encode_frame(image: Image, *, most_bytes: int) -> bytes | None:
    """Return `image` as JPEG, as good as fits into `most_bytes`; None if it does not."""
    pixels = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    for quality in _QUALITIES:
        done, encoded = cv2.imencode(".jpg", pixels, (cv2.IMWRITE_JPEG_QUALITY, quality))
        if done and encoded.nbytes <= most_bytes:
            return encoded.tobytes()
    return None
