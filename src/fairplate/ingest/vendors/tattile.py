"""Tattile: the XML or JSON push of its cameras. Times are the camera's local ones, without a zone.

Which fields are sent is configured in the camera; these are its default names.
"""

from datetime import datetime

from fairplate.ingest.confidences import Scale, to_share
from fairplate.ingest.documents import open_documents
from fairplate.ingest.fields import Fields, corners, search
from fairplate.ingest.pictures import embedded
from fairplate.ingest.places import country_code
from fairplate.ingest.plate_texts import read_plate
from fairplate.ingest.times import parse_time
from fairplate.ingest.vendor import (
    Kind,
    LocalTime,
    Payload,
    Shows,
    Understood,
    VendorRead,
    reads_or_none,
)

_VENDOR = "tattile"
_PLATE_NAMES = ("platestring", "plate", "platetext")


def parse_tattile(payload: Payload) -> Understood:
    """Return the read of each message."""
    reads: list[VendorRead] = []
    is_alive = False
    for tree in open_documents(payload, vendor=_VENDOR).trees():
        found = list(search(tree, "msg")) or (tree if isinstance(tree, list) else [tree])
        for message in (Fields.of(_VENDOR, one) for one in found):
            if any(name in message for name in _PLATE_NAMES):
                reads.append(_of_message(message))
            is_alive |= any("keepalive" in name or "heartbeat" in name for name in message.values)
    if reads:
        return reads_or_none(reads)
    return Understood(Kind.HEARTBEAT if is_alive else Kind.OTHER_EVENT)


def _of_message(message: Fields) -> VendorRead:
    plate, doubts = read_plate(message.demand_plate(*_PLATE_NAMES))
    country = message.text("platecountrycode", "platecountry")
    sides = ("origplateminx", "origplateminy", "origplatemaxx", "origplatemaxy")
    return VendorRead(
        plate,
        to_share(message.number("ocrscore"), Scale.PERCENT) if plate else None,
        captured_at=_time(message),
        camera=message.text("devicesn", "devicename"),
        lane=message.text("laneid"),
        direction=message.worded("direction"),
        speed=message.moving("speed", "vehiclespeed"),
        colour=message.text("color", "vehiclecolor"),
        make=message.text("brand", "vehiclebrand"),
        model=message.text("model", "vehiclemodel"),
        vehicle_type=message.text("class", "vehicleclass", "vehicletype"),
        region=country,
        region_code=country_code(country),
        box=corners(*(message.raw(side) for side in sides)),
        # The box lies in the picture that was read; the context picture is another camera's.
        pictures=embedded(message.raw("imageocr"), Shows.SCENE),
        doubts=doubts,
    )


def _time(message: Fields) -> datetime | LocalTime | None:
    day, clock = message.text("date"), message.text("time")
    if clock and ":" not in clock:
        clock = clock.replace("-", ":")  # 15-42-10-123 in some templates
    both = f"{day} {clock}" if day and clock else None
    return parse_time(both) or parse_time(message.text("timestamp", "datetime", "epoch"))
