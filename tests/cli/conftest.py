"""Parts for the tests of the command: a scripted engine, pictures, clips and hot lists on disk."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image as PillowImage

from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.read_job import ReadRequest, Surroundings, read_sources
from fairplate.core.reads import Box, Character, PlateRead
from fairplate.reading.engine import Area, Frame, Image, Transcript

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HEADER = "plate,jurisdiction,vehicle,purpose,reference,call,valid_until"


class ScriptedEngine:
    """Reads what it is told to: by the source's file name, in every frame of it."""

    name = "scripted"

    def __init__(self, script: Mapping[str, Sequence[PlateRead]]) -> None:
        self._script = script

    def locate(self, image: Image) -> Sequence[Area]:
        raise NotImplementedError

    def transcribe(self, image: Image, area: Area) -> Transcript | None:
        raise NotImplementedError

    def read(self, frame: Frame) -> list[PlateRead]:
        reads = self._script.get(Path(frame.source).name, ())
        return [
            replace(r, source=frame.source, frame=frame.index, time_s=frame.time_s) for r in reads
        ]


@dataclass
class Outcome:
    """What a run printed and returned."""

    code: ExitCode
    out: str
    err: str


@dataclass
class Runner:
    """Runs the command's core with streams in memory."""

    script: dict[str, list[PlateRead]] = field(default_factory=dict)
    should_stop: Callable[[], bool] = lambda: False
    out: io.StringIO = field(default_factory=io.StringIO)
    engines_built: int = 0

    def __call__(self, *sources: Path | str, **asked: object) -> Outcome:
        self.out, err = type(self.out)(), io.StringIO()
        request = ReadRequest(sources=tuple(map(str, sources)), **asked)  # type: ignore[arg-type]
        around = Surroundings(self._build, lambda: NOW, self.out, err, self.should_stop)
        code = read_sources(request, around)
        return Outcome(code, self.out.getvalue(), err.getvalue())

    def _build(self) -> ScriptedEngine:
        self.engines_built += 1
        return ScriptedEngine(self.script)


@pytest.fixture
def runner() -> Runner:
    return Runner()


def _make_read(
    plate: str = "ABC123",
    *,
    box: tuple[int, int, int, int] = (60, 70, 160, 100),
    confidence: float = 0.97123456,
    region: str | None = "us-ca",
    weak: Mapping[int, tuple[str, float]] | None = None,
) -> PlateRead:
    """Return a read; `weak` gives some positions a runner-up and its confidence."""
    characters = []
    for position, char in enumerate(plate):
        second, share = (weak or {}).get(position, (None, 0.0))
        characters.append(Character(char, 0.99 - share, second, share))
    return PlateRead("x", plate, confidence, tuple(characters), Box(*box), region=region)


@pytest.fixture
def make_read() -> Callable[..., PlateRead]:
    return _make_read


@pytest.fixture
def noise() -> Image:
    """Return a picture in which any changed pixel shows: 320 x 240 of seeded noise."""
    return np.random.default_rng(7).integers(0, 256, (240, 320, 3), dtype=np.uint8)


@pytest.fixture
def picture(tmp_path: Path, noise: Image) -> Callable[[str], Path]:
    def write(name: str) -> Path:
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        PillowImage.fromarray(noise).save(path)
        return path

    return write


@pytest.fixture
def clip(tmp_path: Path) -> Callable[[str, int], Path]:
    def write(name: str, frames: int) -> Path:
        path = tmp_path / name
        with av.open(str(path), "w") as container:
            stream = container.add_stream("mpeg4", rate=10)
            stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
            for number in range(frames):
                image = np.full((240, 320, 3), 10 * number % 256, np.uint8)
                frame = av.VideoFrame.from_ndarray(image, "rgb24")
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return path

    return write


@pytest.fixture
def hot_list(tmp_path: Path) -> Callable[..., Path]:
    def write(*rows: str, name: str = "list.csv", header: str = HEADER) -> Path:
        path = tmp_path / name
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        return path

    return write
