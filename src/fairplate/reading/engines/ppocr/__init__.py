"""The embedded default engine: PP-OCRv6's general text networks, our own idea of a plate.

Locate: a coarse look for text over the frame, close looks where something showed. Transcribe: each
line cut out upright, read, decoded under the region's syntaxes, in further variants while unsure.
Which lines are plates is `plate_lines.py`'s decision. No download, one core unless told otherwise.
"""

from collections.abc import Iterable, Sequence
from typing import Self

import numpy as np

from fairplate.core.reads import PlateRead
from fairplate.reading.decode import decode, slots_of
from fairplate.reading.engine import Area, EngineOptions, Frame, Image, Point, Transcript
from fairplate.reading.engines.ppocr.text_finder import HARD_LOOK_PX, TextFinder, Window
from fairplate.reading.engines.ppocr.text_reader import HEIGHT_PX, MAX_WIDTH_PX, TextReader
from fairplate.reading.engines.ppocr.weights import FINDER_FILE, READER_FILE, open_session
from fairplate.reading.plate_lines import Line, Plate, plates_among, plausibility
from fairplate.reading.plate_words import is_word
from fairplate.reading.quads import Quad, box_of, cut_out, quad_size
from fairplate.reading.syntaxes import syntaxes

MIN_CONFIDENCE = 0.12
MIN_ONLY_CONFIDENCE = 0.09  # of the best guess in a still that shows nothing surer
_SURE = 0.8  # above, no further crop of the line is read
_MOST_AGAIN = 4  # lines read in further crops, in one go
_MOST_WINDOWS = 8
_MOST_SLOTS = 12  # the longest plate, with a stray sign at each end
_LIKELY = 0.35  # below, the frame is looked at more closely
_MOST_CLOSER, _CLOSER_FROM_PX = 4, 110


class PpocrEngine:
    """Reads plates with the networks in the rapidocr wheel; one instance for one thread."""

    name = "ppocr"

    def __init__(self, finder: TextFinder, reader: TextReader, regions: tuple[str, ...]) -> None:
        """Take the two networks and the regions whose plates to expect (none = anywhere)."""
        self._finder = finder
        self._reader = reader
        self._regions = regions
        self._expected = syntaxes(regions)

    @classmethod
    def load(cls, options: EngineOptions) -> Self:
        """Return the engine with its networks loaded; EngineError if they are not installed."""
        finder = TextFinder(open_session(FINDER_FILE, threads=options.threads))
        reader = TextReader(open_session(READER_FILE, threads=options.threads))
        return cls(finder, reader, options.regions)

    def locate(self, image: Image) -> list[Area]:
        """Return the plates' places, the most prominent first."""
        return [Area(p.corners, p.confidence) for p in self._plates(image, still=True)]

    def transcribe(self, image: Image, area: Area) -> Transcript | None:
        """Return what stands in the area: the plate among its lines, or else all of it as one."""
        quad = np.array(area.corners, dtype=np.float32)
        whole = self._look(image, quad)
        x, y = quad.mean(axis=0)
        width, height = quad_size(quad)
        window = Window(float(x), float(y), max(width * 1.1, height * 2.2, 16.0))
        plates = self._choose(self._lines_in(image, [window]), image)
        if plates and (whole is None or plates[0].confidence >= _promise(whole)):
            plate = plates[0]
            return Transcript(plate.decoded.characters, plate.decoded.confidence, plate.region)
        if whole is None:
            return None
        return Transcript(whole.decoded.characters, whole.decoded.confidence)

    def read(self, frame: Frame) -> list[PlateRead]:
        """Return one read for each plate in the frame, the most prominent first."""
        return [
            PlateRead(
                source=frame.source,
                plate=plate.decoded.plate,
                confidence=plate.confidence,
                characters=plate.decoded.characters,
                box=box_of(np.array(plate.corners, dtype=np.float32), frame.image),
                region=plate.region,
                frame=frame.index,
                time_s=frame.time_s,
                captured_at=frame.captured_at,
            )
            for plate in self._plates(frame.image, still=frame.still)
        ]

    def _plates(self, image: Image, *, still: bool) -> list[Plate]:
        windows = self._finder.first_look(image)[:_MOST_WINDOWS]
        lines = self._lines_in(image, windows)
        plates = self._choose(lines, image)
        if not _likely(plates):
            # What showed may be a plate amid other text, too small in its window to be read.
            closer = [w.closer() for w in windows if w.width > _CLOSER_FROM_PX]
            lines += self._lines_in(image, closer[:_MOST_CLOSER])
            plates = self._choose(lines, image)
        if still and not _likely(plates):
            # Or it did not show at that size: twice the work, in the few frames that need it.
            windows = self._finder.first_look(image, pixels=HARD_LOOK_PX)[:_MOST_WINDOWS]
            lines += self._lines_in(image, windows)
            plates = self._choose(lines, image)
        sure = [plate for plate in plates if plate.confidence >= MIN_CONFIDENCE]
        if still and not sure:
            return [plate for plate in plates[:1] if plate.confidence >= MIN_ONLY_CONFIDENCE]
        return sure

    def _choose(self, lines: Sequence[Line], image: Image) -> list[Plate]:
        return plates_among(
            _without_repeats(lines),
            self._expected,
            frame_height_px=image.shape[0],
            regions=self._regions,
        )

    def _lines_in(self, image: Image, windows: Iterable[Window]) -> list[Line]:
        """Return the lines in the windows; the likely but doubtful ones read in further crops."""
        first: list[tuple[Line, Sequence[Quad]]] = []
        sure: list[Line] = []
        for window in windows:
            if any(_holds(line, (window.x, window.y)) for line in sure):
                continue
            for quads in self._finder.close_look(image, window):
                x, y = quads[0].mean(axis=0)
                if any(_holds(line, (float(x), float(y))) for line in sure):
                    continue
                line = self._look(image, quads[0])
                if line is not None and _promise(line) > _SURE:
                    sure.append(line)
                if line is not None:
                    first.append((line, quads[1:]))
        first.sort(key=lambda item: _promise(item[0]), reverse=True)
        lines: list[Line] = []
        again = 0
        for line, others in first:
            done = any(_holds(other, line.centre) for other in sure)
            if again < _MOST_AGAIN and not done and _may_be_plate(line):
                again += 1
                lines.append(self._read_again(image, line, others))
            else:
                lines.append(line)
        return lines

    def _read_again(self, image: Image, line: Line, quads: Iterable[Quad]) -> Line:
        """Return the line as most of its crops read it; later crops only while unsure."""
        looks = [line]
        for quad in quads:
            look = self._look(image, quad)
            if look is not None:
                looks.append(look)
                if look.decoded.confidence > _SURE:
                    break
        votes: dict[str, float] = {}
        for look in looks:
            plate = look.decoded.plate
            votes[plate] = votes.get(plate, 0.0) + look.decoded.confidence
        return max(looks, key=lambda k: (votes[k.decoded.plate], k.decoded.confidence))

    def _look(self, image: Image, quad: Quad) -> Line | None:
        crop = cut_out(image, quad, height_px=HEIGHT_PX, max_width_px=MAX_WIDTH_PX)
        slots = tuple(slots_of(self._reader.read(crop)))
        decoded = decode(slots, self._expected)
        if decoded is None:
            return None
        corners = tuple((float(x), float(y)) for x, y in quad)
        text = "".join(slot.most_likely for slot in slots if slot.nothing < 0.5)  # noqa: PLR2004
        return Line((corners[0], corners[1], corners[2], corners[3]), slots, decoded, text)


def _likely(plates: Sequence[Plate]) -> bool:
    return bool(plates) and plates[0].confidence >= _LIKELY


def _promise(line: Line) -> float:
    return line.decoded.confidence * plausibility(line)


def _may_be_plate(line: Line) -> bool:
    """Say whether a line of these signs is worth further crops."""
    return 3 <= len(line.slots) <= _MOST_SLOTS and not is_word(line.text)  # noqa: PLR2004


def _without_repeats(lines: Sequence[Line]) -> list[Line]:
    """Return the lines without those that are better seen in another window."""
    kept: list[Line] = []
    for line in sorted(lines, key=lambda k: k.decoded.log_odds, reverse=True):
        if not any(_holds(other, line.centre) for other in kept):
            kept.append(line)
    return kept


def _holds(line: Line, point: Point) -> bool:
    """Say whether `point` lies on the line: a line centred there is the same, seen elsewhere."""
    near_x = abs(line.centre[0] - point[0]) < line.width_px / 2
    return near_x and abs(line.centre[1] - point[1]) < line.height_px / 2
