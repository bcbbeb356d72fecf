"""Measures one engine on one set in this process; `recognition.py` starts it and prints its line.

Argument: a JSON object of `engine`, `folder`, `regions`, `threads` and `limit` (null: all).
"""

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TypeAlias

import cv2

from fairplate.core.errors import FairplateError, SourceError
from fairplate.reading.engine import Area, Engine, EngineOptions, Frame
from fairplate.reading.engines import build_engine
from fairplate.reading.frames import Sampling, find_sources, open_frames
from process_memory import peak_mb
from scoring import Answer, Label, PictureScore, parse_labels, score_picture, summarise

Picture: TypeAlias = tuple[str, Sequence[Label]]


def main() -> int:
    """Print the set's line; return 1, with the reason on stderr, if it cannot be measured."""
    task = json.loads(sys.argv[1])
    cv2.setNumThreads(task["threads"])
    folder = Path(task["folder"])
    try:
        pictures = _pictures(folder)[: task["limit"]]
        options = EngineOptions(regions=tuple(task["regions"]), threads=task["threads"])
        figures = measure(build_engine(task["engine"], options), folder, pictures)
    except FairplateError as error:
        print(error, file=sys.stderr)
        return 1
    kinds = {_kind(labels) for _, labels in pictures}
    about = {"bench": "recognition", "set": folder.name, "engine": task["engine"]}
    told = {"task": "+".join(sorted(kinds)), "regions": task["regions"], "threads": task["threads"]}
    print(json.dumps({**about, **told, **figures}))
    return 0


def _pictures(folder: Path) -> list[Picture]:
    path = folder / "labels.csv"
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(
            str(path), "file", expected="a readable labels.csv", found=type(error).__name__
        ) from None
    return list(parse_labels(text, where=str(path)).items())


def _kind(labels: Sequence[Label]) -> str:
    """Say what is asked: `transcribe` the crop, or find and `read` the plates of a picture."""
    return "transcribe" if any(label.box is None for label in labels) else "read"


def measure(engine: Engine, folder: Path, pictures: Sequence[Picture]) -> dict[str, object]:
    """Return the figures of the pictures; opening and decoding them is not in the times."""
    scores: list[PictureScore] = []
    times_ms: list[float] = []
    wall_s = cpu_s = 0.0
    for labels, ask in _questions(engine, folder, pictures):
        if not scores:
            ask()  # what the first picture costs more is the start's, not the picture's
        wall_from, cpu_from = time.perf_counter(), time.process_time()
        answers = ask()
        wall, cpu = time.perf_counter() - wall_from, time.process_time() - cpu_from
        wall_s, cpu_s = wall_s + wall, cpu_s + cpu
        times_ms.append(1000 * wall)
        scores.append(score_picture(labels, answers))
    cores_used = round(cpu_s / wall_s, 2) if wall_s else None
    return {**summarise(scores, times_ms), "cores_used": cores_used, "peak_mb": peak_mb()}


def _questions(
    engine: Engine, folder: Path, pictures: Sequence[Picture]
) -> Iterator[tuple[Sequence[Label], Callable[[], list[Answer]]]]:
    for name, labels in pictures:
        path = folder / "images" / name
        source = find_sources(str(path if path.exists() else folder / name))[0]
        for frame in open_frames(source, Sampling()):
            ask = _transcribe if _kind(labels) == "transcribe" else _read
            yield labels, partial(ask, engine, frame)


def _read(engine: Engine, frame: Frame) -> list[Answer]:
    return [Answer(read.plate, read.box) for read in engine.read(frame)]


def _transcribe(engine: Engine, frame: Frame) -> list[Answer]:
    height, width = (float(side) for side in frame.image.shape[:2])
    whole = Area(((0.0, 0.0), (width, 0.0), (width, height), (0.0, height)), 1.0)
    transcript = engine.transcribe(frame.image, whole)
    if transcript is None:
        return []
    return [Answer("".join(c.char for c in transcript.characters), None)]


if __name__ == "__main__":
    sys.exit(main())
