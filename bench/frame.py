"""Measures one 1280 x 720 frame, located and read, on one core: one JSON line.

The frame is one of the demo clip's, so no pictures are needed. It is drawn in another process: what
drawing needs does not count as the engine's memory.
"""

import argparse
import json
import sys
import tempfile
import time
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import cv2

from fairplate.core.errors import FairplateError
from fairplate.reading.engine import EngineOptions, Frame
from fairplate.reading.engines import DEFAULT_ENGINE, ENGINES, build_engine
from fairplate.reading.pictures import read_picture
from process_memory import peak_mb, resident_mb
from scoring import percentile

# The yellow car is near, another one follows: what a camera at a street sees all day.
_FRAME = 28


def draw_frame(path: str) -> None:
    """Write the demo clip's frame as a PNG."""
    from fairplate.cli.demo.clip import draw_frames  # noqa: PLC0415 - only the other process draws

    picture = next(islice(draw_frames(), _FRAME, None))
    cv2.imwrite(path, picture[:, :, ::-1])


def load_frame() -> Frame:
    """Return the frame, drawn by a process that has ended since."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "frame.png"
        drawing = get_context("spawn").Process(target=draw_frame, args=(str(path),))
        drawing.start()
        drawing.join()
        with path.open("rb") as file:
            return read_picture(file, path.name)


def main(arguments: list[str] | None = None) -> int:
    """Print the line; return 1 if the engine cannot run here."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--engine", choices=list(ENGINES), default=DEFAULT_ENGINE)
    parser.add_argument("--times", type=int, default=20, metavar="N", help="how often to read it")
    asked = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    frame = load_frame()
    try:
        engine = build_engine(asked.engine, EngineOptions(threads=1))
    except FairplateError as error:
        print(error, file=sys.stderr)
        return 1
    reads = engine.read(frame)  # the first time costs more, once
    times_ms = []
    cpu_from = time.process_time()
    for _ in range(max(asked.times, 1)):
        started = time.perf_counter()
        engine.read(frame)
        times_ms.append(1000 * (time.perf_counter() - started))
    line = {
        "bench": "frame",
        "engine": asked.engine,
        "width_px": frame.image.shape[1],
        "height_px": frame.image.shape[0],
        "threads": 1,
        "reads": len(reads),
        "ms_median": round(median(times_ms), 1),
        "ms_p95": round(percentile(times_ms, 95), 1),
        "cores_used": round(1000 * (time.process_time() - cpu_from) / sum(times_ms), 2),
        "resident_mb": resident_mb(),
        "peak_mb": peak_mb(),
    }
    print(json.dumps(line))
    return 0


if __name__ == "__main__":
    sys.exit(main())
