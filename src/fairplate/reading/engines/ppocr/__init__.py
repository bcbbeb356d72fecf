"""The embedded default engine: PP-OCRv6's general text networks, our own idea of a plate.

Locate: a coarse look for text over the frame, close looks where something showed. Transcribe: each
line cut out upright, read, decoded under the region's syntaxes, in further variants while unsure.
Which lines are plates is `plate_lines.py`'s decision. No download, one core unless told otherwise.
"""

from collections.abc import Iterable, Sequence
from typing import Self

import numpy as np

from fairplate.core.reads import PlateRead
from fairplate.reading.decode import Slot, decode, slots_of
from fairplate.reading.engine import Area, Frame, Image, Transcript
from fairplate.reading.engines import EngineOptions
from fairplate.reading.engines.ppocr.text_finder import TextFinder, Window
from fairplate.reading.engines.ppocr.text_reader import HEIGHT_PX, MAX_WIDTH_PX, TextReader
from fairplate.reading.engines.ppocr.weights import FINDER_FILE, READER_FILE, open_session
from fairplate.reading.plate_lines import Line, Plate, plates_among
from fairplate.reading.plate_words import is_word
from fairplate.reading.quads import Quad, box_of, cut_out
from fairplate.reading.syntaxes import syntaxes

MIN_CONFIDENCE = 0.1
_SURE = 0.9  # above, no further variant of the crop is read
_MOST_WINDOWS = 8
_MOST_SLOTS = 11  # the longest plate, with a stray sign at each end
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
        return [Area(p.corners, p.confidence) for p in self._plates(image)]

    def transcribe(self, image: Image, area: Area) -> Transcript | None:
        """Return what stands in the area, read as one line; None for no character."""
        line = self._read_line(image, [np.array(area.corners, dtype=np.float32)])
        if line is None:
            return None
        return Transcript(line.decoded.characters, line.decoded.confidence)

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
            for plate in self._plates(frame.image)
        ]

    def _plates(self, image: Image) -> list[Plate]:
        windows = self._finder.first_look(image)[:_MOST_WINDOWS]
        lines = [line for window in windows for line in self._lines_in(image, window)]
        plates = self._choose(lines, image)
        if not plates or plates[0].confidence < _LIKELY:
            # What showed may be a plate amid other text, too small in its window to be read.
            closer = [w.closer() for w in windows[:_MOST_CLOSER] if w.width > _CLOSER_FROM_PX]
            lines += [line for window in closer for line in self._lines_in(image, window)]
            plates = self._choose(lines, image)
        return [plate for plate in plates if plate.confidence >= MIN_CONFIDENCE]

    def _lines_in(self, image: Image, window: Window) -> list[Line]:
        found = (self._read_line(image, quads) for quads in self._finder.close_look(image, window))
        return [line for line in found if line is not None]

    def _choose(self, lines: Sequence[Line], image: Image) -> list[Plate]:
        return plates_among(
            _without_repeats(lines),
            self._expected,
            frame_height_px=image.shape[0],
            regions=self._regions,
        )

    def _read_line(self, image: Image, quads: Iterable[Quad]) -> Line | None:
        """Return the line as most of the crops read it; later crops only while unsure."""
        looks: list[Line] = []
        for quad in quads:
            look = self._look(image, quad)
            if look is None:
                continue
            looks.append(look)
            if look.decoded.confidence > _SURE or not _worth_more_looks(look.slots):
                break
        if not looks:
            return None
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


def _worth_more_looks(slots: Sequence[Slot]) -> bool:
    """Say whether a line of these signs may be a plate at all."""
    return 3 <= len(slots) <= _MOST_SLOTS and not is_word("".join(s.most_likely for s in slots))


def _without_repeats(lines: Sequence[Line]) -> list[Line]:
    """Return the lines without those that a surer one of another window covers."""
    kept: list[Line] = []
    for line in sorted(lines, key=lambda k: k.decoded.log_odds, reverse=True):
        x, y = line.centre
        if not any(
            abs(x - other.centre[0]) < other.width_px / 2
            and abs(y - other.centre[1]) < other.height_px / 2
            for other in kept
        ):
            kept.append(line)
    return kept
