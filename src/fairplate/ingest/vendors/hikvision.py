"""Hikvision: ISAPI's ANPR events, pushed or forwarded by a recorder, and its polling list.

The offset of `dateTime` is the camera's own, which may be the factory's. Cameras write per cent,
`unknown` for a plate they did not read, and numbers of a table where a make would stand.
"""

from fairplate.core.reads import Box
from fairplate.ingest.confidences import Scale, spread_over, to_share, told_share
from fairplate.ingest.documents import open_documents
from fairplate.ingest.fields import Fields, as_number, search, sized
from fairplate.ingest.places import country_code
from fairplate.ingest.plate_texts import read_plate
from fairplate.ingest.times import parse_time
from fairplate.ingest.vendor import (
    CharacterShare,
    Kind,
    Payload,
    Picture,
    Shows,
    Understood,
    VendorRead,
    reads_or_none,
)

_VENDOR = "hikvision"
_PICTURES: dict[str, Shows | None] = {
    "licenseplate": Shows.CROP,
    "platepicture": Shows.CROP,
    "detection": Shows.SCENE,
    "background": Shows.SCENE,
}
_HEARTBEATS = frozenset({"heartbeat", "videoloss"})
"""`videoloss` in the state `inactive` is what the alarm stream sends while nothing happens."""

_PER_MILLE = (1000, 1000)
"""The grid of ISAPI's rectangles, whatever the picture's size."""


def parse_hikvision(payload: Payload) -> Understood:
    """Return the reads of an event, or of each entry of a list."""
    documents = open_documents(payload, vendor=_VENDOR)
    # A part named otherwise may be a scene, but not the one that the rectangle lies in.
    pictures = documents.pictures(_PICTURES, None)
    reads: list[VendorRead] = []
    kinds = set()
    for tree in documents.trees():
        events = list(search(tree, "eventnotificationalert"))
        lists = list(search(tree, "plates"))
        if not events and not lists:
            events = tree if isinstance(tree, list) else [tree]
        for event in (Fields.of(_VENDOR, one) for one in events):
            kinds.add((event.text("eventtype") or "").casefold())
            if "anpr" in event:
                reads.append(_of_event(event, event.inner("anpr"), pictures))
        kinds |= {"anpr"} if lists else set()
        for found in lists:
            reads += map(_of_entry, Fields.of(_VENDOR, found).items("plate"))
    if reads or "anpr" in kinds:
        return reads_or_none(reads)
    return Understood(Kind.HEARTBEAT if kinds <= _HEARTBEATS else Kind.OTHER_EVENT)


def _of_event(event: Fields, anpr: Fields, pictures: tuple[Picture, ...]) -> VendorRead:
    text = anpr.demand_plate("licenseplate") or anpr.demand_plate("originallicenseplate")
    plate, doubts = read_plate(text)
    vehicle = anpr.inner("vehicleinfo")
    kind = anpr.text("vehicletype")
    country = anpr.text("countryabbreviation") or event.text("countryabbreviation")
    box = _box(anpr)
    return VendorRead(
        plate,
        told_share(anpr.number("confidencelevel"), Scale.PERCENT) if plate else None,
        _characters(text, plate, anpr.text("platecharbelieve")),
        captured_at=parse_time(event.text("datetime")),
        camera=event.text("channelname", "channelid", "dynchannelid", "macaddress"),
        lane=anpr.text("line", "laneno"),
        direction=anpr.worded("direction"),
        speed=anpr.moving("speed") or vehicle.moving("speed"),
        colour=vehicle.text("color"),
        make=_name(vehicle.text("vehiclelogo", "brand")),
        vehicle_type=None if kind == "vehicle" else kind,
        plate_colour=anpr.text("platecolor"),
        region=None if country == "NON" else country,
        region_code=country_code(country),
        event_id=event.text("uuid"),
        is_retransmission=event.flag("isdataretransmission") or anpr.flag("alarmdatatype"),
        box=box,
        grid=_PER_MILLE if box else None,
        pictures=pictures,
        doubts=doubts,
    )


def _of_entry(entry: Fields) -> VendorRead:
    plate, doubts = read_plate(entry.demand_plate("platenumber", "licenseplate"))
    country = entry.text("country")
    return VendorRead(
        plate,
        # `20200424T1616270000`: nobody knows whether the last four digits are an offset.
        captured_at=parse_time(entry.text("capturetime")),
        lane=entry.text("laneno"),
        direction=entry.worded("direction"),
        region=None if as_number(country or "") is not None else country,
        region_code=country_code(country),
        event_id=entry.text("picname"),
        doubts=doubts,
    )


def _characters(text: str, plate: str | None, told: str | None) -> tuple[CharacterShare, ...]:
    if plate is None or told is None:
        return ()
    numbers = [as_number(number) for number in told.split(",")]
    return spread_over(text, plate, [to_share(number, Scale.PERCENT) for number in numbers])


def _name(text: str | None) -> str | None:
    return None if text is None or as_number(text) is not None else text


def _box(anpr: Fields) -> Box | None:
    for info in anpr.inner("pictureinfolist").items("pictureinfo"):
        rect = info.inner("platerect")
        box = sized(*(rect.raw(side) for side in ("x", "y", "width", "height")))
        if box is not None and max(box.x2, box.y2) <= max(_PER_MILLE):
            return box
    return None
