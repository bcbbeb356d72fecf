"""From frames to sightings: the engine reads, tracks group, the vote agrees.

Decides what is yielded and when. Where frames come from is `frames.py`'s, what an engine does the
engine's business. Nothing here opens, writes or waits.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from fairplate.core.reads import PlateRead
from fairplate.reading.engine import Engine, Frame
from fairplate.reading.tracking import Track, Tracker
from fairplate.reading.vote import vote

# A real plate is read in several frames of a clip, or well in one. A text that comes in a single
# frame and that the engine itself doubts is nearly always a sign or a shadow, and a video read
# without a second agreeing frame could not raise an alert anyway. Several reads that disagree are
# kept, with `frames` 1, unless even their vote is next to nothing: something was there.
NOISE_BELOW_CONFIDENCE = 0.5
DISCORD_BELOW_CONFIDENCE = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """One vehicle seen: its read and the frame it was read best in; `read.box` lies in `frame`."""

    read: PlateRead
    frame: Frame


def read_pictures(frames: Iterable[Frame], engine: Engine) -> Iterator[Sighting]:
    """Yield every read of every frame, each frame on its own."""
    for frame in frames:
        for read in engine.read(frame):
            yield Sighting(read, frame)


def read_clip(frames: Iterable[Frame], engine: Engine) -> Iterator[Sighting]:
    """Yield one sighting for each vehicle that passes, as soon as it is out of view.

    `frames` are of one source in order of time. When they end, or taking or reading one raises
    (Ctrl-C included), the vehicles still in view are yielded first and the exception is raised
    after them. To stop early without losing these, end `frames`; closing this iterator drops them.
    """
    clip = _Clip(engine)
    source = iter(frames)
    failure: BaseException | None = None
    while True:
        try:
            frame = next(source, None)
            if frame is None:
                break
            ended = clip.read(frame)
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - raised again below
            failure = error
            break
        yield from ended
    yield from clip.finish()
    if failure is not None:
        raise failure


class _Clip:
    """The open tracks of one clip, with one frame kept for each: the best."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._tracker = Tracker()
        self._kept: dict[int, Frame] = {}

    def read(self, frame: Frame) -> list[Sighting]:
        reads = self._engine.read(frame)
        ended = self._tracker.update(frame.index, frame.time_s, reads)
        for track in self._tracker.open_tracks:
            if any(track.best is read for read in reads):
                self._kept[track.number] = frame
        return self._sightings(ended)

    def finish(self) -> list[Sighting]:
        return self._sightings(self._tracker.finish())

    def _sightings(self, ended: Sequence[Track]) -> list[Sighting]:
        sightings = []
        for track in ended:
            frame = self._kept.pop(track.number)
            read = _agree(track)
            if not _is_noise(read, of=len(track.reads)):
                sightings.append(Sighting(read, frame))
        return sightings


def _agree(track: Track) -> PlateRead:
    best = track.best
    return replace(
        vote(track.reads),
        box=best.box,
        frame=best.frame,
        time_s=best.time_s,
        captured_at=best.captured_at,
    )


def _is_noise(read: PlateRead, *, of: int) -> bool:
    """Say whether the vote on `of` reads is of nothing."""
    enough = NOISE_BELOW_CONFIDENCE if of == 1 else DISCORD_BELOW_CONFIDENCE
    return read.frames == 1 and read.confidence < enough
