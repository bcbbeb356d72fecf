"""ONVIF metadata that several vendors send: plates in frames, and events of named values.

Analytics Service Specification §5.3 (LicensePlateInfo), Core Specification §9.5 (SimpleItem).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fairplate.ingest.confidences import share_or_percent
from fairplate.ingest.fields import Fields, search
from fairplate.ingest.places import part_code
from fairplate.ingest.plate_texts import read_plate
from fairplate.ingest.times import parse_utc
from fairplate.ingest.vendor import VendorRead


@dataclass(frozen=True, slots=True)
class Notice:
    """One event: its topic, its time as told, and its items by folded name."""

    topic: str
    utc_time: str | None
    items: Fields


def has_metadata(tree: Any) -> bool:
    """Say whether a tree has frames or events."""
    return any(next(search(tree, name), None) is not None for name in ("frame", "message"))


def find_plates(tree: Any, vendor: str) -> list[VendorRead]:
    """Return the plates of frames and events; an empty one, sent many times a second, is none."""
    frames = [Fields.of(vendor, one) for one in search(tree, "frame")]
    things = [(frame, thing) for frame in frames for thing in frame.items("object")]
    things += [(message, message) for _, message in _messages(tree, vendor)]
    reads = [
        _of_plate(Fields.of(vendor, info), holder, thing)
        for holder, thing in things
        for info in search(thing.values, "licenseplateinfo")
    ]
    return [read for read in reads if read.plate is not None or read.doubts]


def find_notices(tree: Any, vendor: str) -> Iterator[Notice]:
    """Yield the events in document order."""
    for topic, message in _messages(tree, vendor):
        items = {
            item.text("name") or "": item.raw("value")
            for part in ("source", "key", "data")
            for item in message.inner(part).items("simpleitem")
        }
        yield Notice(topic, message.text("utctime"), Fields.of(vendor, items))


def _messages(tree: Any, vendor: str) -> Iterator[tuple[str, Fields]]:
    """Yield each event's topic and the message inside its message."""
    for holder in (Fields.of(vendor, one) for one in search(tree, "notificationmessage")):
        topic = "".join((holder.text("topic") or "").split())
        for message in search(holder.inner("message").values, "message"):
            yield topic, Fields.of(vendor, message)


def _of_plate(info: Fields, frame: Fields, thing: Fields) -> VendorRead:
    plate, doubts = read_plate(info.demand_plate("platenumber"))
    # An element of its own, or the attribute of the number that the specification has.
    likelihood = info.number("likelihood") or info.inner("platenumber").number("likelihood")
    country, part = info.text("countrycode"), info.text("issuingentity")
    vehicle = next((Fields.of(info.vendor, v) for v in search(thing.values, "vehicleinfo")), info)
    return VendorRead(
        plate,
        share_or_percent(likelihood) if plate else None,
        captured_at=parse_utc(frame.text("utctime")),
        speed=vehicle.moving("speed"),
        make=vehicle.text("brand"),
        model=vehicle.text("model"),
        vehicle_type=vehicle.text("type"),
        region=part or country,
        region_code=part_code(country, part),
        doubts=doubts,
    )
