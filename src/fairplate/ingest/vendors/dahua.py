"""Dahua: CGI's event stream in key=value lines, JSON-RPC events, ITSAPI pushes, ONVIF metadata.

An event's `UTC` is the local wall clock written as seconds since 1970; `RealUTC`, where there is
one, is the instant. `TimeZone` is an index of a table, not hours. A confidence or speed of 0 is
none. Confidences are 0 to 255 in events and per cent in ITSAPI.
"""

import re
from datetime import datetime
from typing import Any

from fairplate.core.reads import Box
from fairplate.ingest.confidences import Scale, told_share
from fairplate.ingest.documents import open_documents, parse_tree
from fairplate.ingest.fields import Fields, corners
from fairplate.ingest.json_texts import parse_json
from fairplate.ingest.key_values import parse_key_values
from fairplate.ingest.onvif_metadata import find_plates, has_metadata
from fairplate.ingest.pictures import embedded
from fairplate.ingest.places import country_code
from fairplate.ingest.plate_texts import read_plate
from fairplate.ingest.times import from_epoch, parse_time, wall_clock
from fairplate.ingest.vendor import (
    Kind,
    LocalTime,
    Passage,
    Payload,
    Picture,
    Shows,
    Understood,
    VendorRead,
    reads_or_none,
)

_VENDOR = "dahua"
_STREAMED = re.compile(r"^Code=([\w-]{1,100});[^\n]{0,200}?\bdata=(\{.*)", re.DOTALL | re.MULTILINE)
_PICTURES: dict[str, Shows | None] = {"plate": Shows.CROP, "cutout": Shows.CROP}


def parse_dahua(payload: Payload) -> Understood:
    """Return the reads of every traffic event, push or metadata frame in the payload."""
    documents = open_documents(payload, vendor=_VENDOR)
    pictures = documents.pictures(_PICTURES, Shows.SCENE)
    found = [_of_text(text, pictures) for text in documents.texts]
    reads = [read for one in found for read in one.reads]
    if reads:
        return reads_or_none(reads)
    kinds = {one.kind for one in found}
    order = (Kind.NO_PLATE, Kind.OTHER_EVENT, Kind.HEARTBEAT)
    return Understood(next(kind for kind in order if kind in kinds))


def _of_text(text: str, pictures: tuple[Picture, ...]) -> Understood:
    plain = text.strip()
    if plain.casefold() == "heartbeat":
        return Understood(Kind.HEARTBEAT)
    if plain[:1] not in {"{", "[", "<"}:
        return _of_lines(plain, pictures)
    tree = parse_tree(plain, vendor=_VENDOR)
    if plain[0] == "<":
        reads = find_plates(tree, _VENDOR)
        return reads_or_none(reads) if has_metadata(tree) else Understood(Kind.OTHER_EVENT)
    message = Fields.of(_VENDOR, tree)
    if (message.text("active") or "").casefold() == "keepalive":
        return Understood(Kind.HEARTBEAT)
    if "picture" in message:
        return reads_or_none([_of_push(message.inner("picture"))])
    params = message.inner("params")
    events = params.items("eventlist") or message.items("eventlist", "events") or [message]
    return _of_events(events, pictures)


def _of_lines(text: str, pictures: tuple[Picture, ...]) -> Understood:
    streamed = _STREAMED.search(text)
    if streamed:
        data = parse_json(streamed.group(2).strip(), vendor=_VENDOR, field="data")
        event = {"Code": streamed.group(1), "Data": data}
        return _of_events([Fields.of(_VENDOR, event)], pictures)
    tree = Fields.of(_VENDOR, parse_key_values(text, vendor=_VENDOR))
    return _of_events(tree.items("events") or [tree], pictures)


def _of_events(events: list[Fields], pictures: tuple[Picture, ...]) -> Understood:
    traffic = [event for event in events if _is_traffic(event)]
    if not traffic:
        return Understood(Kind.OTHER_EVENT)
    return reads_or_none(
        [_of_event(one.inner("data") if "data" in one else one, pictures) for one in traffic]
    )


def _is_traffic(event: Fields) -> bool:
    data = event.inner("data") if "data" in event else event
    code = (
        event.inner("eventbaseinfo").text("code")
        or event.text("code")
        or data.text("code")
        or data.inner("trafficcar").text("event")
    )
    return "trafficcar" in data if code is None else code.casefold().startswith("traffic")


def _of_event(event: Fields, pictures: tuple[Picture, ...]) -> VendorRead:
    car, thing, vehicle = event.inner("trafficcar"), event.inner("object"), event.inner("vehicle")
    text = (
        car.demand_plate("platenumber")
        or thing.demand_plate("text")
        or event.inner("nonmotor").inner("plate").demand_plate("text")
    )
    plate, doubts = read_plate(text)
    ways = car.each("drivingdirection")
    group = event.text("groupid") or car.text("groupid")
    country = thing.text("country") or car.text("country")
    return VendorRead(
        plate,
        told_share(thing.number("confidence"), Scale.BYTE) if plate else None,
        captured_at=_time(event, car),
        camera=car.text("machinename") or event.text("machinename", "deviceid"),
        lane=event.text("lane") or car.text("lane"),
        # The items after the first are what an installer typed.
        direction=Fields.of(_VENDOR, {"way": ways[0] if ways else None}).worded("way"),
        speed=car.moving("speed") or event.moving("speed"),
        colour=car.text("vehiclecolor"),
        make=car.text("vehiclesign") or vehicle.text("text"),
        vehicle_type=vehicle.text("category"),
        plate_colour=car.text("platecolor"),
        region=country,
        region_code=country_code(country),
        event_id=group,
        passage=_passage(event, car, group),
        box=_box(thing.each("originalboundingbox")),
        pictures=pictures,
        doubts=doubts,
    )


def _passage(event: Fields, car: Fields, group: str | None) -> Passage | None:
    """Return the passage of which this is one of several snapshots."""
    count = event.number("countingroup") or car.number("countingroup") or 1
    if group is None or count <= 1:
        return None
    index = event.number("indexingroup") or car.number("indexingroup") or 1
    return Passage(group, is_last=index >= count)


def _time(event: Fields, car: Fields) -> datetime | LocalTime | None:
    fraction = int(event.number("utcms") or 0)
    rest = f".{fraction:03}" if 0 <= fraction < 1000 else ""  # noqa: PLR2004 - milliseconds
    real, wall = event.text("realutc"), event.text("utc") or car.text("utc")
    if real is not None:
        return from_epoch(real + rest)
    if wall is not None:
        return wall_clock(from_epoch(wall + rest))
    return parse_time(event.text("localetime"))


def _of_push(picture: Fields) -> VendorRead:
    plate_of, vehicle = picture.inner("plate"), picture.inner("vehicle")
    snap = picture.inner("snapinfo")
    plate, doubts = read_plate(plate_of.demand_plate("platenumber"))
    region = plate_of.text("region", "country")
    return VendorRead(
        plate,
        told_share(plate_of.number("confidence"), Scale.PERCENT) if plate else None,
        captured_at=parse_time(snap.text("accuratetime", "snaptime")),
        camera=snap.text("deviceid", "devicename"),
        lane=snap.text("lanno", "laneno", "lane"),
        direction=snap.worded("direction"),
        speed=vehicle.moving("speed", "vehiclespeed") or snap.moving("speed", "vehiclespeed"),
        colour=vehicle.text("vehiclecolor"),
        make=vehicle.text("vehiclesign"),
        model=vehicle.text("vehicleseries"),
        vehicle_type=vehicle.text("vehicletype"),
        plate_colour=plate_of.text("platecolor"),
        region=region,
        region_code=country_code(region),
        box=_box(plate_of.each("boundingbox")),
        pictures=embedded(picture.inner("normalpic").raw("content"), Shows.SCENE)
        + embedded(picture.inner("cutoutpic").raw("content"), Shows.CROP),
        doubts=doubts,
    )


def _box(sides: list[Any]) -> Box | None:
    return corners(*sides) if len(sides) == 4 else None  # noqa: PLR2004 - left, top, right, bottom
