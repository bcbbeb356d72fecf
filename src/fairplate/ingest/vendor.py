"""What a vendor's parser gets and gives. Values only; `vendors/` holds the parsers.

A parser is pure: bytes in, values out. It decides what the payload says and nothing of what becomes
of it: `arrival.py` decides which read the intake gets, and which time counts.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from fairplate.core.clock import require_aware
from fairplate.core.errors import InputError
from fairplate.core.reads import Box

Worded = str | int | float
"""As the payload says it: a word, or a number in a unit that only the vendor knows."""


class PayloadError(InputError):
    """A payload is not what its vendor sends; no part of the body stands in the message.

    `where` is the vendor, `field` a name of ours.
    """


class Kind(StrEnum):
    """What a payload is; the value is the word in answers and counts."""

    READS = "reads"
    NO_PLATE = "no-plate"  # it could have told of plates, and tells of none
    HEARTBEAT = "heartbeat"
    OTHER_EVENT = "other-event"


class Doubt(StrEnum):
    """What is odd about a read."""

    NOT_LATIN = "plate-not-latin"  # has letters that no list can have; never taken in
    NOT_A_PLATE = "plate-unusable"  # a text that is too long or has signs no plate has
    CLOCK_NOT_SYNCHRONISED = "clock-not-synchronised"


class Shows(StrEnum):
    """What a picture shows."""

    SCENE = "scene"  # the whole picture, in which the box lies
    CROP = "crop"  # the plate alone


@dataclass(frozen=True, slots=True)
class Payload:
    """One body as it came, with the request's content type or the topic of its message."""

    body: bytes = field(repr=False)
    content_type: str = ""
    topic: str = ""


@dataclass(frozen=True, slots=True)
class LocalTime:
    """What the camera's clock showed, in a time zone that the payload does not tell."""

    clock: datetime

    def __post_init__(self) -> None:
        """Refuse a time whose zone is known."""
        if self.clock.tzinfo is not None:
            raise InputError("read", "captured_at", expected="no UTC offset", found="one")


@dataclass(frozen=True, slots=True)
class CharacterShare:
    """How sure the camera is of one character."""

    char: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """Another reading of the same plate, or the same one again, as vendors list it."""

    plate: str
    confidence: float | None


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded picture that begins as one; nothing more of it was looked at."""

    shows: Shows
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Passage:
    """One vehicle passing, of which the vendor sends several messages; `is_last` ends it."""

    id: str = field(repr=False)
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class VendorRead:
    """One vehicle as a payload tells of it; None wherever it says nothing or writes a sentinel.

    `plate` has capital letters and digits only: of any script, as `Doubt.NOT_LATIN` tells. None: a
    vehicle whose plate was not read. Confidences are 0 to 1. An aware `captured_at` keeps the
    camera's own offset. `box` is in pixels of the scene or, if `grid` says a width and height, in
    steps of these. `earlier_ids` are event ids of other messages about the same vehicle.
    """

    plate: str | None = field(repr=False)
    confidence: float | None = None
    characters: tuple[CharacterShare, ...] = field(default=(), repr=False)
    captured_at: datetime | LocalTime | None = None
    camera: str | None = None
    lane: str | None = None
    direction: Worded | None = None
    speed: Worded | None = None
    colour: str | None = None
    make: str | None = None
    model: str | None = None
    vehicle_type: str | None = None
    plate_colour: str | None = None
    candidates: tuple[Candidate, ...] = field(default=(), repr=False)
    region: str | None = None
    region_code: str | None = None
    event_id: str | None = field(default=None, repr=False)
    earlier_ids: tuple[str, ...] = field(default=(), repr=False)
    passage: Passage | None = None
    is_retransmission: bool = False
    box: Box | None = None
    grid: tuple[int, int] | None = None
    pictures: tuple[Picture, ...] = ()
    doubts: tuple[Doubt, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a time that is neither an instant nor said to be local."""
        if isinstance(self.captured_at, datetime):
            require_aware(self.captured_at, where="read", field="captured_at")


@dataclass(frozen=True, slots=True)
class Understood:
    """What a payload says. Reads are there exactly if it is of the kind `reads`."""

    kind: Kind
    reads: tuple[VendorRead, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a kind that contradicts the reads."""
        if bool(self.reads) != (self.kind is Kind.READS):
            raise InputError("payload", "kind", expected="one that fits the reads", found="another")


Vendor = Callable[[Payload], Understood]
"""A parser: raises PayloadError, and no other error, whatever it gets."""


def reads_or_none(reads: list[VendorRead]) -> Understood:
    """Return the reads, or that there were none though there could have been."""
    return Understood(Kind.READS, tuple(reads)) if reads else Understood(Kind.NO_PLATE)
