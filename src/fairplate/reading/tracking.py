"""Which reads are of one vehicle: per-frame reads become tracks.

Decides by place and text together. What the reads of a track spell between them is `vote.py`'s
decision; which frames are read at all is the caller's. No clock is read: time is the frames' own.

A read continues a track (`_affinity`) if, `dt` seconds after the track was last seen,

- the texts are equal but for at most one doubtful or lost character, and it is not further from
  where the track should be now than a car can drive (an equal text may be anywhere); or
- the texts are alike, and the place is within a plate's width of where the track should be; or
- one of the two is a weak read, whose text says little, and the places overlap well.

The last two hold only shortly after, and for boxes of about the same height.

Each read continues at most one track and each track takes at most one read a frame.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from math import hypot

from fairplate.core.reads import Box, PlateRead
from fairplate.reading.vote import align, weigh

# A vehicle not seen for longer than this is a new one when it comes back.
GAP_S = 2.5
# Within this time place alone says much; later another car may stand in the same spot.
RECENT_S = 0.7
# Slack for reads that are sampled further apart than the two times above.
_SAMPLES_APART = 1.5
# Bounds on memory, far above what a street shows: the longest unseen track ends early, and a
# track's lightest reads are folded into others.
MAX_TRACKS = 64
MAX_READS = 128

_ONE_DOUBT = 0.75  # an alignment's cost: one lost end character or one unsure substitution
_ALIKE = 0.55  # of 1, which is equal; plates of one street's cars rarely share half of it
_WEAK_CONFIDENCE = 0.6
_WEAK_OVERLAP = 0.4
_SAME_PLACE = 0.5  # overlap at which two reads of one frame are one plate
# A plate that comes nearer grows, but not at once. Junk read off a house front is mostly larger,
# and would outweigh the plate.
_LARGEST_GROWTH = 2.0
_NEAR_WIDTHS = 1.0
_REACH_WIDTHS = 2.0
_REACH_WIDTHS_PER_S = 30.0  # half a metre each: 54 km/h past what the velocity predicts
_LONGEST_PREDICTION_S = 1.0
_NEW_VELOCITY_SHARE = 0.6


@dataclass(slots=True)
class Track:
    """One vehicle: its reads in order of time, and `best`, the one to show a person.

    `best` is the most confident of the reads with the text that weighs most so far, among those
    since it came to weigh most.
    """

    number: int
    reads: list[PlateRead]
    best: PlateRead
    last: PlateRead
    seen_s: float
    velocity: tuple[float, float] | None = None  # pixels a second
    _standing: dict[str, float] = field(default_factory=dict)

    @classmethod
    def start(cls, number: int, time_s: float, read: PlateRead) -> "Track":
        """Return a track of one read."""
        return cls(number, [read], read, read, time_s, None, {read.plate: weigh(read)})

    def add(self, time_s: float, read: PlateRead) -> None:
        """Take the next read of this vehicle."""
        dt = time_s - self.seen_s
        if dt > 0:
            self.velocity = self._next_velocity(read.box, dt)
        self.last, self.seen_s = read, time_s
        self.reads.append(read)
        self._standing[read.plate] = self._standing.get(read.plate, 0.0) + weigh(read)
        if self._rank(read) > self._rank(self.best):
            self.best = read
        if len(self.reads) > MAX_READS:
            self._fold_lightest()

    def place_at(self, time_s: float) -> Box:
        """Return where the plate should be at `time_s`, at constant velocity and size."""
        dt = min(max(time_s - self.seen_s, 0.0), _LONGEST_PREDICTION_S)
        dx, dy = (round(v * dt) for v in self.velocity or (0.0, 0.0))
        box = self.last.box
        return Box(box.x1 + dx, box.y1 + dy, box.x2 + dx, box.y2 + dy)

    def _next_velocity(self, box: Box, dt: float) -> tuple[float, float]:
        (x, y), (was_x, was_y) = box.centre, self.last.box.centre
        new = (x - was_x) / dt, (y - was_y) / dt
        if self.velocity is None:
            return new
        share = _NEW_VELOCITY_SHARE
        old_x, old_y = self.velocity
        return share * new[0] + (1 - share) * old_x, share * new[1] + (1 - share) * old_y

    def _rank(self, read: PlateRead) -> tuple[float, float, float]:
        return self._standing[read.plate], read.confidence, weigh(read)

    def _fold_lightest(self) -> None:
        # `frames` of the read that stays speaks for the one that goes. A text that stands alone
        # among so many heavier reads is dropped: it could not win any vote.
        index = min(range(len(self.reads)), key=lambda i: weigh(self.reads[i]))
        gone = self.reads.pop(index)
        spoken = {self.best.plate, *(read.plate for read in self.reads)}
        self._standing = {text: w for text, w in self._standing.items() if text in spoken}
        for i, read in enumerate(self.reads):
            if read.plate == gone.plate:
                self.reads[i] = replace(read, frames=read.frames + gone.frames)
                return


class Tracker:
    """Groups the reads of one source's frames, given in order of time, into tracks."""

    def __init__(self) -> None:
        self._open: list[Track] = []
        self._next_number = 0
        self._last_time_s: float | None = None
        self._sampling_s = 0.0  # the shortest time between two frames so far

    @property
    def open_tracks(self) -> tuple[Track, ...]:
        """The vehicles that may still be in view, in order of their first read."""
        return tuple(self._open)

    def update(self, frame_index: int, time_s: float, reads: Sequence[PlateRead]) -> list[Track]:
        """Take the reads of the next frame (none is a valid answer); return tracks that ended.

        Raises ValueError if a read is of another frame than `frame_index`.
        """
        if any(read.frame != frame_index for read in reads):
            raise ValueError("a read of another frame")
        self._note_time(time_s)
        ended = self._end(t for t in self._open if time_s - t.seen_s > self._allow(GAP_S))
        taken = self._continue_tracks(time_s, reads)
        for read in reads:
            if not any(read is other for other in taken):
                # Two reads of one place in one frame are one plate seen twice by the engine.
                if all(read.box.overlap(other.box) < _SAME_PLACE for other in taken):
                    self._open.append(Track.start(self._next_number, time_s, read))
                    self._next_number += 1
                taken.append(read)
        surplus = len(self._open) - MAX_TRACKS
        if surplus > 0:
            ended += self._end(sorted(self._open, key=lambda t: t.seen_s)[:surplus])
        return ended

    def finish(self) -> list[Track]:
        """End every track, as at the end of the source."""
        return self._end(self._open)

    def _end(self, tracks: Iterable[Track]) -> list[Track]:
        ended = sorted(tracks, key=lambda track: track.number)
        numbers = {track.number for track in ended}
        self._open = [track for track in self._open if track.number not in numbers]
        return ended

    def _note_time(self, time_s: float) -> None:
        if self._last_time_s is not None and time_s > self._last_time_s:
            step = time_s - self._last_time_s
            self._sampling_s = min(self._sampling_s, step) if self._sampling_s else step
        self._last_time_s = time_s

    def _allow(self, limit_s: float) -> float:
        return max(limit_s, self._sampling_s * _SAMPLES_APART)

    def _continue_tracks(self, time_s: float, reads: Sequence[PlateRead]) -> list[PlateRead]:
        pairs = [
            (affinity, -track.number, -position)
            for track in self._open
            for position, read in enumerate(reads)
            if (affinity := _affinity(track, read, time_s, self._allow(RECENT_S))) is not None
        ]
        tracks = {track.number: track for track in self._open}
        free = dict(enumerate(reads))
        taken: list[PlateRead] = []
        for _, number, position in sorted(pairs, reverse=True):
            if -number in tracks and -position in free:
                taken.append(free.pop(-position))
                tracks.pop(-number).add(time_s, taken[-1])
        return taken


def _affinity(track: Track, read: PlateRead, time_s: float, recent_s: float) -> float | None:
    """Return how well `read` continues `track` (more is better), or None if it does not."""
    dt = max(time_s - track.seen_s, 0.0)
    place = track.place_at(time_s)
    overlap = place.overlap(read.box)
    (x, y), (placed_x, placed_y) = read.box.centre, place.centre
    widths = hypot(x - placed_x, y - placed_y) / max(place.width_px, read.box.width_px)
    cost, alike = min(_difference(known, read) for known in (track.best, track.last))
    weak = min(track.last.confidence, read.confidence) < _WEAK_CONFIDENCE
    low, high = sorted((track.last.box.height_px, read.box.height_px))
    alike_size = high <= _LARGEST_GROWTH * low
    within_reach = cost == 0 or widths <= _REACH_WIDTHS + _REACH_WIDTHS_PER_S * dt
    recent = dt <= recent_s
    same_text = cost <= _ONE_DOUBT and within_reach
    same_place = alike >= _ALIKE and widths <= _NEAR_WIDTHS and recent and alike_size
    covered = weak and overlap >= _WEAK_OVERLAP and recent and alike_size
    if not (same_text or same_place or covered):
        return None
    return 2.0 * alike + overlap - 0.1 * min(widths, 10.0)


def _difference(known: PlateRead, read: PlateRead) -> tuple[float, float]:
    cost = align(known.characters, read.characters).cost
    return cost, 1.0 - cost / max(len(known.plate), len(read.plate))
