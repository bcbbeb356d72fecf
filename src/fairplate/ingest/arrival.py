"""From what a payload says to what the intake takes: which time counts, which picture, which id.

`Arrival` has the fields of the intake's own `Arriving`, which is above this and made from it. Pure:
the time it was received arrives as an argument.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import assert_never

from fairplate.core.clock import require_aware
from fairplate.core.plates import is_plate
from fairplate.core.reads import Box, PlateRead
from fairplate.ingest.characters import characters_of, confidence_of
from fairplate.ingest.pictures import measure
from fairplate.ingest.read_ids import make_event_read_id, make_read_id
from fairplate.ingest.vehicle_words import vehicle_of
from fairplate.ingest.vendor import LocalTime, Picture, Shows, Understood, VendorRead

NO_BOX = Box(0, 0, 1, 1)
"""Where a vendor gives neither a box nor a crop: a read must have one, and no plate is so small."""


class TimeFrom(StrEnum):
    """Whose clock a read's time is."""

    CAMERA = "camera"
    RECEIVED = "received"  # the payload tells none, or one that no zone is known for


@dataclass(frozen=True, slots=True)
class ReaderSettings:
    """What the payload cannot tell of its reader.

    `zone` is where local times are read in. With `ignores_offset` also the offsets that the camera
    writes are ignored: many stand at the factory's. `assumed_confidence` is taken for a whole plate
    where no confidence is told; a half: it is not known to be likelier right than wrong.
    """

    zone: tzinfo | None = None
    ignores_offset: bool = False
    assumed_confidence: float = 0.5


@dataclass(frozen=True, slots=True)
class Arrival:
    """One read for the intake. `captured_at` is aware, in UTC.

    `passage` is what all messages of one passing share, None if there is one message; see
    `passages.py`. `earlier_ids` are read ids that the same vehicle may have arrived under.
    """

    read_id: str = field(repr=False)
    reader_id: str
    captured_at: datetime
    time_from: TimeFrom
    read: PlateRead = field(repr=False)
    picture: bytes | None = field(default=None, repr=False)
    other_boxes: tuple[Box, ...] = ()
    direction: str = ""
    is_retransmission: bool = False
    passage: str | None = field(default=None, repr=False)
    is_last: bool = True
    earlier_ids: tuple[str, ...] = field(default=(), repr=False)


class Untaken(StrEnum):
    """Why a vehicle does not become an arrival; the value is the word in answers and counts."""

    NO_PLATE = "no-plate"
    NOT_LATIN = "plate-not-latin"


@dataclass(frozen=True, slots=True)
class Unread:
    """A vehicle that does not become an arrival. It may still end its passage."""

    reason: Untaken
    reader_id: str
    passage: str | None = field(default=None, repr=False)
    is_last: bool = True


def make_arrivals(
    understood: Understood,
    *,
    reader_id: str,
    received_at: datetime,
    settings: ReaderSettings | None = None,
) -> list[Arrival | Unread]:
    """Return one value for each read, in order; `received_at` is aware."""
    require_aware(received_at, where="arrival", field="received_at")
    settings = settings or ReaderSettings()
    events = Counter(read.event_id for read in understood.reads)
    made: list[Arrival | Unread] = []
    for read in understood.reads:
        passage = f"{reader_id}\0{read.passage.id}" if read.passage else None
        is_last = read.passage is None or read.passage.is_last
        if read.plate is None or not is_plate(read.plate):
            reason = Untaken.NO_PLATE if read.plate is None else Untaken.NOT_LATIN
            made.append(Unread(reason, reader_id, passage, is_last))
            continue
        captured_at, time_from = settle_time(read.captured_at, received_at, settings)
        picture, box = _place(read)
        shares_event = events[read.event_id] > 1
        made.append(
            Arrival(
                make_read_id(reader_id, read, received_at, shares_event=shares_event),
                reader_id,
                captured_at,
                time_from,
                _plate_read(
                    read,
                    read.plate,
                    reader_id=reader_id,
                    captured_at=captured_at,
                    box=box,
                    settings=settings,
                ),
                picture,
                _other_boxes(understood.reads, read) if picture is not None else (),
                "" if read.direction is None else str(read.direction),
                read.is_retransmission,
                passage,
                is_last,
                tuple(make_event_read_id(reader_id, one) for one in read.earlier_ids),
            )
        )
    return made


def settle_time(
    told: datetime | LocalTime | None, received_at: datetime, settings: ReaderSettings
) -> tuple[datetime, TimeFrom]:
    """Return the capture time in UTC, and whose clock it is.

    A local time that a change of clocks makes twice, or skips, is the one nearer to `received_at`.
    """
    if isinstance(told, datetime) and settings.ignores_offset:
        told = LocalTime(told.replace(tzinfo=None))
    match told:
        case datetime():
            return told.astimezone(UTC), TimeFrom.CAMERA
        case LocalTime() if settings.zone is not None:
            both = [told.clock.replace(tzinfo=settings.zone, fold=fold) for fold in (0, 1)]
            moments = [moment.astimezone(UTC) for moment in both]
            return min(moments, key=lambda one: abs(one - received_at)), TimeFrom.CAMERA
        case LocalTime() | None:
            return received_at.astimezone(UTC), TimeFrom.RECEIVED
        case _:
            assert_never(told)


def _plate_read(
    read: VendorRead,
    plate: str,
    *,
    reader_id: str,
    captured_at: datetime,
    box: Box,
    settings: ReaderSettings,
) -> PlateRead:
    return PlateRead(
        source=reader_id,
        plate=plate,
        confidence=confidence_of(read, assumed=settings.assumed_confidence),
        characters=characters_of(read, plate, assumed=settings.assumed_confidence),
        box=box,
        region=read.region_code,
        vehicle=vehicle_of(read.vehicle_type),
        captured_at=captured_at,
    )


def _place(read: VendorRead) -> tuple[bytes | None, Box]:
    """Return the picture to keep if the read matches, and the plate's box in it.

    The scene only if the box lies in it: without one nothing says what to cut out. Else the
    crop, which is plate from edge to edge. Else no picture.
    """
    scene, crop = _first(read, Shows.SCENE), _first(read, Shows.CROP)
    size = measure(scene.data) if scene else None
    box = _scaled(read.box, read.grid, size) if read.box and size else None
    if scene and size and box and _lies_in(box, size):
        return scene.data, box
    crop_size = measure(crop.data) if crop else None
    if crop and crop_size:
        return crop.data, Box(0, 0, *crop_size)
    return None, read.box or NO_BOX


def _other_boxes(reads: tuple[VendorRead, ...], read: VendorRead) -> tuple[Box, ...]:
    scene = _first(read, Shows.SCENE)
    size = measure(scene.data) if scene else None
    if scene is None or size is None:
        return ()
    boxes = []
    for other in reads:
        if other is not read and other.box and _first(other, Shows.SCENE) == scene:
            box = _scaled(other.box, other.grid, size)
            if box and _lies_in(box, size):
                boxes.append(box)
    return tuple(boxes)


def _first(read: VendorRead, shows: Shows) -> Picture | None:
    return next((picture for picture in read.pictures if picture.shows is shows), None)


def _scaled(box: Box, grid: tuple[int, int] | None, size: tuple[int, int]) -> Box | None:
    if grid is None or grid == size:
        return box
    x, y = size[0] / grid[0], size[1] / grid[1]
    x1, y1, x2, y2 = round(box.x1 * x), round(box.y1 * y), round(box.x2 * x), round(box.y2 * y)
    return Box(x1, y1, x2, y2) if x1 < x2 and y1 < y2 else None


def _lies_in(box: Box, size: tuple[int, int]) -> bool:
    return box.x1 >= 0 and box.y1 >= 0 and box.x2 <= size[0] and box.y2 <= size[1]
