"""From frames to sightings: the engine reads, tracks group, the vote agrees.

Decides what is yielded and when. Where frames come from is `frames.py`'s, what an engine does the
engine's business. Nothing here opens, writes or waits.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from fairplate.core.reads import Box, PlateRead
from fairplate.reading.engine import Engine, Frame
from fairplate.reading.tracking import Track, Tracker
from fairplate.reading.vote import vote

# A real plate is read in several frames of a clip, or well in one. A text that comes in a single
# frame and that the engine itself doubts is nearly always a sign or a shadow, and a video read
# without a second agreeing frame could not raise an alert anyway. Several reads that disagree are
# kept, with `frames` 1, unless even their vote is next to nothing: something was there.
NOISE_BELOW_CONFIDENCE = 0.5
DISCORD_BELOW_CONFIDENCE = 0.25

SHOWN_FOR_S = 30.0
"""With an urgency, the frame to show is no older than this, or that of the last equal read: an
intake refuses old reads, and who is asked to look at a parked car wants to see where it is now."""

_EVERY_NTH_LATER = 8  # votes on one vehicle, after as many in each frame: at most seconds apart


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """One vehicle seen: its read and the frame it was read best in; `read.box` lies in `frame`.

    `others` are the boxes of the other plates that were read in that frame.
    """

    read: PlateRead
    frame: Frame
    others: tuple[Box, ...] = ()


class Urgency(Protocol):
    """What tells that a vehicle still in view is to be yielded at once."""

    def may_concern(self, read: PlateRead) -> bool:
        """Say whether what one frame reads is worth a vote; asked for every read, so quick."""
        ...

    def is_enough(self, sighting: Sighting) -> bool:
        """Say whether the vote so far is to be yielded now."""
        ...


def read_pictures(frames: Iterable[Frame], engine: Engine) -> Iterator[Sighting]:
    """Yield every read of every frame, each frame on its own."""
    for frame in frames:
        reads = engine.read(frame)
        for read in reads:
            yield Sighting(read, frame, _boxes_beside(read, reads))


def read_clip(
    frames: Iterable[Frame], engine: Engine, urgency: Urgency | None = None
) -> Iterator[Sighting]:
    """Yield one sighting for each vehicle that passes, as soon as it is out of view.

    With `urgency`, one that it finds enough is yielded while in view, and again only if the text is
    another later on.

    `frames` are of one source in order of time. When they end, or taking or reading one raises
    (Ctrl-C included), the vehicles still in view are yielded first and the exception is raised
    after them. To stop early without losing these, end `frames`; closing this iterator drops them.
    """
    clip = _Clip(engine, urgency)
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

    def __init__(self, engine: Engine, urgency: Urgency | None) -> None:
        self._engine = engine
        self._urgency = urgency
        self._yielded: dict[int, str] = {}
        self._turns: Counter[int] = Counter()
        self._tracker = Tracker()
        self._kept: dict[int, Sighting] = {}

    def read(self, frame: Frame) -> list[Sighting]:
        reads = self._engine.read(frame)
        ended = self._tracker.update(frame.index, frame.time_s, reads)
        for track in self._tracker.open_tracks:
            shown = self._shown(track, frame, reads)
            if shown is not None:
                self._kept[track.number] = Sighting(shown, frame, _boxes_beside(shown, reads))
        return self._sightings(ended) + self._urgent(reads)

    def finish(self) -> list[Sighting]:
        return self._sightings(self._tracker.finish())

    def _shown(self, track: Track, frame: Frame, reads: Sequence[PlateRead]) -> PlateRead | None:
        """Return the read of this frame that a person is to be shown from now on, if any is."""
        if any(track.best is read for read in reads):
            return track.best
        kept = self._kept[track.number]
        is_old = frame.time_s - kept.frame.time_s > SHOWN_FOR_S
        if self._urgency is None or not is_old or track.last.plate != kept.read.plate:
            return None
        return track.last if any(track.last is read for read in reads) else None

    def _urgent(self, reads: Sequence[PlateRead]) -> list[Sighting]:
        urgency = self._urgency
        if urgency is None:
            return []
        sightings = []
        for track in self._tracker.open_tracks:
            last, number = track.last, track.number
            if len(track.reads) == 1 or not any(last is read for read in reads):
                continue
            known = self._yielded.get(number)
            if last.plate == known or not urgency.may_concern(last) or not self._is_due(number):
                continue
            sighting = self._sighting(track)
            if sighting.read.plate != known and urgency.is_enough(sighting):
                self._yielded[number] = sighting.read.plate
                sightings.append(sighting)
        return sightings

    def _is_due(self, number: int) -> bool:
        """Say whether a vote is taken: not in every frame on what has stood there for long."""
        self._turns[number] += 1
        turn = self._turns[number]
        return turn <= _EVERY_NTH_LATER or turn % _EVERY_NTH_LATER == 0

    def _sightings(self, ended: Sequence[Track]) -> list[Sighting]:
        sightings = []
        for track in ended:
            sighting = self._sighting(track)
            del self._kept[track.number], self._turns[track.number]
            known = self._yielded.pop(track.number, None) == sighting.read.plate
            if not known and not _is_noise(sighting.read, of=len(track.reads)):
                sightings.append(sighting)
        return sightings

    def _sighting(self, track: Track) -> Sighting:
        kept = self._kept[track.number]
        return replace(kept, read=_agree(track, kept.read))


def _boxes_beside(read: PlateRead, reads: Sequence[PlateRead]) -> tuple[Box, ...]:
    return tuple(other.box for other in reads if other is not read)


def _agree(track: Track, shown: PlateRead) -> PlateRead:
    return replace(
        vote(track.reads),
        box=shown.box,
        frame=shown.frame,
        time_s=shown.time_s,
        captured_at=shown.captured_at,
    )


def _is_noise(read: PlateRead, *, of: int) -> bool:
    """Say whether the vote on `of` reads is of nothing."""
    enough = NOISE_BELOW_CONFIDENCE if of == 1 else DISCORD_BELOW_CONFIDENCE
    return read.frames == 1 and read.confidence < enough
