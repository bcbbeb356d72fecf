"""Clips and pictures that the tests of sources make for themselves."""

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame

ClipMaker = Callable[..., Path]


def _paint(index: int, size: tuple[int, int]) -> np.ndarray:
    """Noise, so that packets are large enough to damage; the top left corner is red."""
    pixels = np.random.default_rng(index).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    pixels[: size[1] // 2, : size[0] // 2] = (250, 5, 5)
    return pixels


@pytest.fixture(scope="session")
def source_clip(tmp_path_factory: pytest.TempPathFactory) -> ClipMaker:
    """Make a clip: 160x120, 25 frames a second, the quarter at the top left red."""

    def make(
        name: str,
        *,
        frames: int = 50,
        codec: str = "libx264",
        rotation: int = 0,
        size: tuple[int, int] = (160, 120),
        options: dict[str, str] | None = None,
    ) -> Path:
        path = tmp_path_factory.mktemp("clips") / name
        with av.open(str(path), "w", options=options or {}) as container:
            stream = container.add_stream(codec, rate=25)
            stream.width, stream.height = size
            stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
            stream.codec_context.gop_size = 10
            if codec == "libx264":
                stream.codec_context.options = {"preset": "ultrafast", "bf": "2"}
            if rotation:
                stream.set_display_rotation(rotation)
            for index in range(frames):
                picture = VideoFrame.from_ndarray(_paint(index, size), format="rgb24")
                container.mux(stream.encode(picture))
            container.mux(stream.encode())
        return path

    return make
