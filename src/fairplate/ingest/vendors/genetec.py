"""Genetec AutoVu: the data exporter's HTTP push. Every value is a text, and `-` is none.

Only the pair `DateUtc`, `TimeUtc` is trusted: the local pair equals it where no zone was set.
"""

from datetime import datetime

from fairplate.ingest.confidences import Scale, to_share
from fairplate.ingest.documents import open_documents
from fairplate.ingest.fields import Fields
from fairplate.ingest.pictures import embedded
from fairplate.ingest.places import part_code
from fairplate.ingest.plate_texts import read_plate
from fairplate.ingest.times import parse_time, parse_utc
from fairplate.ingest.vendor import (
    Kind,
    LocalTime,
    Payload,
    Shows,
    Understood,
    VendorRead,
    reads_or_none,
)

_VENDOR = "genetec"
_PLATE_NAMES = ("plate", "platenumber")


def parse_genetec(payload: Payload) -> Understood:
    """Return the read of each object that has a plate's field."""
    reads: list[VendorRead] = []
    for tree in open_documents(payload, vendor=_VENDOR).trees():
        for value in tree if isinstance(tree, list) else [tree]:
            read = _unwrapped(Fields.of(_VENDOR, value))
            if any(name in read for name in _PLATE_NAMES):
                reads.append(_of_read(read))
    return reads_or_none(reads) if reads else Understood(Kind.OTHER_EVENT)


def _unwrapped(fields: Fields) -> Fields:
    """Return what stands in a lone outer object, such as XML's root."""
    is_outer = len(fields.values) == 1 and not any(name in fields for name in _PLATE_NAMES)
    return fields.inner(*fields.values) if is_outer else fields


def _of_read(read: Fields) -> VendorRead:
    plate, doubts = read_plate(read.demand_plate(*_PLATE_NAMES))
    more = read.inner("attributes")
    confidence = read.number("confidencescore")
    if confidence is None:
        confidence = more.number("confidencescore")
    state = read.text("state", "platestate") or more.text("statename")
    return VendorRead(
        plate,
        to_share(confidence, Scale.PERCENT) if plate else None,
        captured_at=_time(read),
        camera=read.text("cameraname", "sharpname", "patrollername"),
        direction=more.worded("relativemotion"),
        speed=more.moving("vehiclespeed", "speed"),
        colour=more.text("vehiclecolor"),
        make=more.text("vehiclemake"),
        model=more.text("vehiclemodel"),
        vehicle_type=more.text("vehicletype"),
        region=state,
        region_code=part_code(read.text("country") or more.text("country"), state),
        pictures=(
            embedded(read.raw("contextimage"), Shows.SCENE)
            or embedded(read.raw("overviewimage"), Shows.SCENE)
        )
        + embedded(read.raw("plateimage"), Shows.CROP),
        doubts=doubts,
    )


def _time(read: Fields) -> datetime | LocalTime | None:
    utc = _pair(read, "dateutc", "timeutc") or read.text("datetimeutc", "timestamputc")
    return parse_utc(utc) if utc else parse_time(_pair(read, "datelocal", "timelocal"))


def _pair(read: Fields, date: str, time: str) -> str | None:
    day, clock = read.text(date), read.text(time)
    return f"{day} {clock}" if day and clock else None
