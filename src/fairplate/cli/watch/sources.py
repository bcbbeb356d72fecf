"""What `watch` reads: sources in, reads on their way to the intake out.

Decides what belongs to a source's reader and when a vehicle still in view is handed on. Leaves
storing and alerting to the intake, and telling to `telling.py`.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from fairplate.alerts.raising import AlertDesk, Seen
from fairplate.core.clock import Clock
from fairplate.core.errors import FairplateError
from fairplate.core.reads import PlateRead
from fairplate.intake import Arriving
from fairplate.intake.arriving import MAX_PICTURE_BYTES
from fairplate.policy.rules import Policy
from fairplate.reading.best_frames import encode_frame
from fairplate.reading.engine import Area, Engine, Frame, Image, Transcript
from fairplate.reading.frames import Sampling, Source, SourceKind, open_frames
from fairplate.reading.pipeline import Sighting, read_clip, read_pictures


class SharedEngine:
    """One engine for the threads of all sources, which take turns."""

    def __init__(self, engine: Engine) -> None:
        self.name = engine.name
        self.engine = engine
        self._turn = threading.Lock()

    def locate(self, image: Image) -> Sequence[Area]:
        """Do as the engine does."""
        with self._turn:
            return self.engine.locate(image)

    def transcribe(self, image: Image, area: Area) -> Transcript | None:
        """Do as the engine does."""
        with self._turn:
            return self.engine.transcribe(image, area)

    def read(self, frame: Frame) -> list[PlateRead]:
        """Do as the engine does."""
        with self._turn:
            return self.engine.read(frame)


SURE_CHANCE = 0.9
SURE_FRAMES = 5
"""A vehicle in view is told of at this chance, or when so many frames agree; others at their end,
when most is known of them: two frames may well agree on the same mistake."""


@dataclass(frozen=True, slots=True)
class AlertUrgency:
    """Finds a vehicle in view urgent when it would raise an alert that will hardly change."""

    desk: AlertDesk
    read_policy: Callable[[], Policy]
    clock: Clock
    reader_id: str

    def may_concern(self, read: PlateRead) -> bool:
        """Say whether any list has something like it."""
        return bool(self.desk.lists.match(read, self.reader_id, now=self.clock()))

    def is_enough(self, sighting: Sighting) -> bool:
        """Say whether it would raise an alert now; another engine looks only at what else would."""
        seen = Seen(
            read=sighting.read, reader_id=self.reader_id, captured_at=self.clock(), from_video=True
        )
        try:
            policy = self.read_policy()
        except FairplateError:
            return False  # the database is away for now: the vehicle is told of at its end
        if not self._is_sure(seen, policy):
            return False
        if self.desk.second_engine is None:
            return True
        picture = encode_frame(sighting.frame.image, most_bytes=MAX_PICTURE_BYTES)
        return self._is_sure(replace(seen, picture=picture), policy)

    def _is_sure(self, seen: Seen, policy: Policy) -> bool:
        passed = self.desk.judge(seen, policy, now=self.clock()).passed
        least = 0.0 if seen.read.frames >= SURE_FRAMES else SURE_CHANCE
        return any(verdict.chance >= least for verdict in passed)


@dataclass(frozen=True, slots=True)
class Reading:
    """How sources are read: the engine, which frames, until when, and on how many cores."""

    engine: Engine
    sampling: Sampling
    should_stop: Callable[[], bool]
    clock: Clock
    new_id: Callable[[], str]
    threads: int = 1

    def read(self, source: Source, urgency: AlertUrgency) -> Iterator[Arriving]:
        """Yield the reads of one source until it ends; SourceError after the last, if it broke."""
        frames = self._frames(source)
        if source.kind is SourceKind.PICTURE:
            sightings = read_pictures(frames, self.engine)
        else:
            sightings = read_clip(frames, self.engine, urgency)
        for sighting in sightings:
            yield self._arriving(source, urgency.reader_id, sighting)

    def _frames(self, source: Source) -> Iterator[Frame]:
        frames = open_frames(
            source,
            self.sampling,
            should_stop=self.should_stop,
            threads=self.threads,
            clock=self.clock,
        )
        for frame in frames:
            if self.should_stop():
                return
            yield frame

    def _arriving(self, source: Source, reader_id: str, sighting: Sighting) -> Arriving:
        read = sighting.read
        return Arriving(
            read_id=self.new_id(),
            reader_id=reader_id,
            captured_at=read.captured_at or self.clock(),
            read=read,
            picture=encode_frame(sighting.frame.image, most_bytes=MAX_PICTURE_BYTES),
            other_boxes=sighting.others,
            from_video=source.kind is not SourceKind.PICTURE,
        )
