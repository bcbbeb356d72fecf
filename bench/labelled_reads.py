"""What an engine read on labelled pictures, as values: the source of `calibration` and `misreads`.

Decides which read belongs to which label. The pictures are read once and kept in a file the caller
names, because it takes minutes and several figures come from the same reads. That file holds real
plates: keep it out of the repository.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
from bench.scoring import Label, parse_labels

from fairplate.core.reads import Character
from fairplate.reading.engine import Area, Engine, EngineOptions, Frame
from fairplate.reading.engines import DEFAULT_ENGINE, build_engine
from fairplate.reading.frames import Sampling, find_sources, open_frames

DATA = Path(__file__).resolve().parents[2] / "shared/data"
# What the shipped figures may come from, and what nothing shipped was fitted to, with the regions
# an operator would name (the licences of the first permit shipping what is learnt from them).
FREE_SETS = {"plates/uscrop": "us", "training/br_crops": "br"}
YARDSTICKS = {"plates/us": "us", "plates/eu": "eu", "plates/br": "br", "plates/arcrop": "ar"}

# Labels of br_crops that contradict their pictures (label, then what was read), among the letters
# and among the digits: whoever transcribed had I for D or Q, and 1 or 0 or 8 for another in one
# place. Looked at: all of DI, QI and 01, eight each of the others; the picture showed what was read
# in every one.
FAULTY_SET, _LETTERS_END = "br_crops", 3
FAULTY_LETTERS, FAULTY_DIGITS = {"DI", "QI"}, {"01", "D1", "Q0", "B8"}


@dataclass(frozen=True, slots=True)
class LabelledRead:
    """One transcribed plate and what was read of it; no characters: it was not read at all."""

    set_name: str
    text: str
    characters: tuple[Character, ...]

    @property
    def plate(self) -> str:
        """The text that was read."""
        return "".join(character.char for character in self.characters)

    def differences(self) -> list[str] | None:
        """Return what was printed and read where they differ; None if the lengths do.

        Faults of the labels are no differences.
        """
        if len(self.plate) != len(self.text):
            return None
        pairs = [a + b for a, b in zip(self.text, self.plate, strict=True)]
        return [
            pair
            for at, pair in enumerate(pairs)
            if pair[0] != pair[1] and not self._is_faulty(at, pair)
        ]

    @property
    def is_right(self) -> bool:
        """Whether every character was read as it stands on the plate."""
        return self.differences() == []

    def _is_faulty(self, at: int, pair: str) -> bool:
        faulty = FAULTY_LETTERS if at < _LETTERS_END else FAULTY_DIGITS
        return self.set_name == FAULTY_SET and pair in faulty


def labelled_reads(
    sets: dict[str, str], *, kept: Path | None, data: Path = DATA, limit: int | None = None
) -> list[LabelledRead]:
    """Return the reads of all sets, taken from `kept` if it is there, else written to it."""
    if kept is not None and kept.exists():
        lines = kept.read_text(encoding="utf-8").splitlines()
        return [_from_line(line) for line in lines]
    reads = [
        read for name, region in sets.items() for read in read_set(data / name, region, limit=limit)
    ]
    if kept is not None:
        kept.write_text("".join(f"{_to_line(read)}\n" for read in reads), encoding="utf-8")
    return reads


def read_set(folder: Path, region: str, *, limit: int | None = None) -> Iterator[LabelledRead]:
    """Yield the transcribed plates of a set with what the default engine reads on one core."""
    cv2.setNumThreads(1)
    engine = build_engine(DEFAULT_ENGINE, EngineOptions(regions=(region,), threads=1))
    text = (folder / "labels.csv").read_text(encoding="utf-8-sig")
    pictures = list(parse_labels(text, where=str(folder)).items())[:limit]
    for name, labels in pictures:
        path = folder / "images" / name
        source = find_sources(str(path if path.exists() else folder / name))[0]
        for frame in open_frames(source, Sampling()):
            yield from _reads_of(engine, frame, labels, folder.name)


def _reads_of(
    engine: Engine, frame: Frame, labels: Sequence[Label], set_name: str
) -> Iterator[LabelledRead]:
    if labels[0].box is None:
        if labels[0].text:
            yield LabelledRead(set_name, labels[0].text, _transcribe(engine, frame))
        return
    free = list(engine.read(frame))
    for label in labels:
        if label.box is None:
            continue
        box = label.box
        on_it = [
            read
            for read in free
            if box.x1 <= read.box.centre[0] <= box.x2 and box.y1 <= read.box.centre[1] <= box.y2
        ]
        if on_it:
            free.remove(on_it[0])
        if label.text:
            yield LabelledRead(set_name, label.text, on_it[0].characters if on_it else ())


def _transcribe(engine: Engine, frame: Frame) -> tuple[Character, ...]:
    height, width = (float(side) for side in frame.image.shape[:2])
    whole = Area(((0.0, 0.0), (width, 0.0), (width, height), (0.0, height)), 1.0)
    transcript = engine.transcribe(frame.image, whole)
    return () if transcript is None else transcript.characters


def _to_line(read: LabelledRead) -> str:
    characters = [[c.char, c.confidence, c.second, c.second_confidence] for c in read.characters]
    return json.dumps({"set": read.set_name, "text": read.text, "characters": characters})


def _from_line(line: str) -> LabelledRead:
    fields = json.loads(line)
    characters = tuple(Character(*spelled) for spelled in fields["characters"])
    return LabelledRead(fields["set"], fields["text"], characters)
