"""ONVIF Profile M, as any maker's camera or recorder sends it: metadata frames and events."""

from fairplate.ingest.confidences import share_or_percent
from fairplate.ingest.documents import open_documents
from fairplate.ingest.onvif_metadata import Notice, find_notices, find_plates, has_metadata
from fairplate.ingest.places import part_code
from fairplate.ingest.plate_texts import read_plate
from fairplate.ingest.times import parse_utc
from fairplate.ingest.vendor import Kind, Payload, Understood, VendorRead, reads_or_none

_VENDOR = "onvif"
_PLATE_NAMES = ("platenumber", "licenseplate", "licenseplatenumber", "plate", "text")


def parse_onvif(payload: Payload) -> Understood:
    """Return the plates of every frame, and of every event that has an item for one."""
    reads: list[VendorRead] = []
    is_plate_event = False
    for tree in open_documents(payload, vendor=_VENDOR).trees():
        notices = list(find_notices(tree, _VENDOR))
        told = [one for one in notices if any(name in one.items for name in _PLATE_NAMES)]
        reads += find_plates(tree, _VENDOR) + [_of_notice(one) for one in told]
        is_plate_event |= has_metadata(tree) and not notices
    return reads_or_none(reads) if reads or is_plate_event else Understood(Kind.OTHER_EVENT)


def _of_notice(notice: Notice) -> VendorRead:
    items = notice.items
    plate, doubts = read_plate(items.demand_plate(*_PLATE_NAMES))
    country, part = items.text("countrycode", "country"), items.text("issuingentity")
    return VendorRead(
        plate,
        share_or_percent(items.number("likelihood", "confidence")) if plate else None,
        captured_at=parse_utc(notice.utc_time),
        direction=items.worded("direction"),
        speed=items.moving("speed"),
        colour=items.text("vehiclecolor", "color"),
        make=items.text("vehiclebrand", "brand", "make"),
        model=items.text("vehiclemodel", "model"),
        vehicle_type=items.text("vehicletype", "type"),
        region=part or country,
        region_code=part_code(country, part),
        doubts=doubts,
    )
