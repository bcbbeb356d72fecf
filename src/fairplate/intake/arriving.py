"""What arrives at the intake, and what it answers. Values only; `batches.py` acts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from fairplate.core.clock import require_aware
from fairplate.core.errors import InputError
from fairplate.core.reads import Box, PlateRead
from fairplate.hotlists.match import Match
from fairplate.policy.arrivals import Refused
from fairplate.vault.seal import MAX_READ_ID_BYTES

MAX_PICTURE_BYTES = 20 << 20


class Outcome(StrEnum):
    """What became of a read that was not refused; the value is the word in answers and counts."""

    SEALED = "sealed"
    DROPPED = "dropped"  # the policy writes no non-hits, or it is the operator's own test plate
    DUPLICATE = "duplicate"  # it arrived before
    NO_KEY = "no-key"  # its period's key is destroyed or damaged, so it cannot be kept


class Matcher(Protocol):
    """What knows the hot lists."""

    def match(self, read: PlateRead, *, now: datetime) -> Sequence[Match]:
        """Return every entry the read may be at `now`, best first, with reasons to hold back."""
        ...


@dataclass(frozen=True, slots=True)
class Arriving:
    """A read as its reader sends it. `read_id` is the reader's own, the same when sent again.

    Some vendors write the plate into it, so it is not shown either.

    `captured_at` is aware. `picture` is the whole upright picture as encoded, at most 20 MiB, which
    `read.box` refers to; nothing of it is kept unless the read matches. `other_boxes` are the other
    plates known in it, whether read or not: they are covered in what is kept. `from_video`: the
    reader could have seen it in more than one frame. `direction` is the vehicle's, in the reader's
    words; empty: not known.
    """

    read_id: str = field(repr=False)
    reader_id: str
    captured_at: datetime
    read: PlateRead = field(repr=False)
    picture: bytes | None = field(default=None, repr=False)
    other_boxes: tuple[Box, ...] = ()
    from_video: bool = False
    direction: str = ""

    def __post_init__(self) -> None:
        """Refuse an id that none can be."""
        try:
            size = len(self.read_id.encode())
        except UnicodeEncodeError:
            size = 0
        if not 0 < size <= MAX_READ_ID_BYTES or "\0" in self.read_id:
            expected = f"1 to {MAX_READ_ID_BYTES} bytes of Unicode text without NUL"
            raise InputError("intake", "read_id", expected=expected, found="another")
        require_aware(self.captured_at, where="intake", field="captured_at")
        if self.picture is not None and len(self.picture) > MAX_PICTURE_BYTES:
            expected = f"at most {MAX_PICTURE_BYTES} bytes"
            raise InputError("intake", "picture", expected=expected, found=f"{len(self.picture)}")


@dataclass(frozen=True, slots=True)
class Hit:
    """A hit as kept: its record's id, and the entries it matched, best first.

    Of a repeat nothing is kept: the alert that it repeats has its record.
    """

    record_id: str
    matches: tuple[Match, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one read. `hit` is also there for a read of which nothing else is kept.

    `alerts` are the ids of those that it raised.
    """

    read_id: str = field(repr=False)
    outcome: Outcome | Refused
    hit: Hit | None = None
    alerts: tuple[str, ...] = ()
