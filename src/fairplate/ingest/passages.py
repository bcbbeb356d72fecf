"""One vehicle passing, told in many messages, becomes one read: with the last word.

A message of a passage waits until the passage's last one, or until the passage was quiet for
`settle`, or has waited `longest`; then its last plate is handed over, under the id of the first
message. What comes later of it with the same plate is dropped; another plate after the last message
is dropped, too, and one before it is handed over as a read of its own. Messages that belong to no
passage are handed over at once. Decides from its arguments alone: the caller asks `take_due` in
time. What waits is lost if the process ends: a camera that was answered does not send again.

Plates of what was handed over are remembered as digests, and for a minute.
"""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from fairplate.ingest.arrival import Arrival, Unread
from fairplate.ingest.read_ids import make_correction_id

SETTLE = timedelta(seconds=1)
LONGEST = timedelta(seconds=3)
REMEMBERED = timedelta(minutes=1)
MOST_OPEN = 10_000
MOST_REMEMBERED = 100_000


@dataclass(slots=True)
class _Open:
    arrival: Arrival
    begun_at: datetime
    heard_at: datetime


@dataclass(frozen=True, slots=True)
class _Done:
    plate_digest: bytes
    at: datetime
    is_ended: bool


@dataclass(slots=True)
class Passages:
    """The passages that are under way, and those of the last minute. Times are aware."""

    settle: timedelta = SETTLE
    longest: timedelta = LONGEST
    _open: OrderedDict[str, _Open] = field(default_factory=OrderedDict, repr=False)
    _done: OrderedDict[str, _Done] = field(default_factory=OrderedDict, repr=False)

    def take(self, word: Arrival | Unread, *, now: datetime) -> list[Arrival]:
        """Return what is to be handed over now that `word` is there."""
        self._forget(now)
        if word.passage is None:
            return self._at_once(word, now) if isinstance(word, Arrival) else []
        if isinstance(word, Arrival):
            self._add(word, word.passage, now)
        if word.is_last:
            return self._close(word.passage, now, is_ended=True)
        return self._close(next(iter(self._open)), now) if len(self._open) > MOST_OPEN else []

    def take_due(self, *, now: datetime) -> list[Arrival]:
        """Return the reads of passages that have been quiet, or waited, long enough."""
        due = [
            name
            for name, one in self._open.items()
            if now - one.heard_at >= self.settle or now - one.begun_at >= self.longest
        ]
        return [arrival for name in due for arrival in self._close(name, now)]

    def take_all(self, *, now: datetime) -> list[Arrival]:
        """Return all that waits, when the process is about to end."""
        return [arrival for name in list(self._open) for arrival in self._close(name, now)]

    @property
    def waiting(self) -> int:
        """How many passages wait for their last word."""
        return len(self._open)

    def _at_once(self, word: Arrival, now: datetime) -> list[Arrival]:
        self._remember(word.read_id, word, now, is_ended=True)
        return [word]

    def _add(self, word: Arrival, passage: str, now: datetime) -> None:
        known = self._open.get(passage)
        if known is not None:
            known.arrival, known.heard_at = _succeed(known.arrival, word), now
            return
        done = self._done.get(passage)
        digest = _digest(word)
        if done is None and any(self._is_done(one, digest) for one in word.earlier_ids):
            self._remember(passage, word, now, is_ended=word.is_last)
        elif done is None:
            self._open[passage] = _Open(word, now, now)
        elif not done.is_ended and done.plate_digest != digest:
            correction = make_correction_id(word.read_id, word.read.plate)
            self._open[passage] = _Open(replace(word, read_id=correction), now, now)

    def _is_done(self, read_id: str, digest: bytes) -> bool:
        done = self._done.get(read_id)
        return done is not None and done.plate_digest == digest

    def _close(self, passage: str, now: datetime, *, is_ended: bool = False) -> list[Arrival]:
        one = self._open.pop(passage, None)
        if one is None:
            return []
        self._remember(passage, one.arrival, now, is_ended=is_ended)
        return [one.arrival]

    def _remember(self, name: str, word: Arrival, now: datetime, *, is_ended: bool) -> None:
        self._done[name] = _Done(_digest(word), now, is_ended)
        self._done.move_to_end(name)

    def _forget(self, now: datetime) -> None:
        while self._done:
            name, oldest = next(iter(self._done.items()))
            if now - oldest.at < REMEMBERED and len(self._done) <= MOST_REMEMBERED:
                return
            del self._done[name]


def _succeed(earlier: Arrival, later: Arrival) -> Arrival:
    """Return the later word under the earlier id, with the earlier picture if it has none."""
    if later.picture is not None or earlier.picture is None:
        return replace(later, read_id=earlier.read_id)
    read = replace(later.read, box=earlier.read.box)
    return replace(
        later,
        read_id=earlier.read_id,
        read=read,
        picture=earlier.picture,
        other_boxes=earlier.other_boxes,
    )


def _digest(word: Arrival) -> bytes:
    return hashlib.sha256(word.read.plate.encode()).digest()
