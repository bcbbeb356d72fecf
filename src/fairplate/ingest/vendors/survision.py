"""Survision: XML whose attributes became JSON keys with `@`, or the XML itself; every value a text.

The camera's name is only in a header of the request. `synchronized` 0 says that its clock is not.
"""

from fairplate.ingest.confidences import Scale, to_share
from fairplate.ingest.documents import open_documents
from fairplate.ingest.fields import Fields, search, sized
from fairplate.ingest.pictures import embedded
from fairplate.ingest.places import country_code
from fairplate.ingest.plate_texts import candidates_of, read_plate
from fairplate.ingest.times import parse_time
from fairplate.ingest.vendor import (
    Doubt,
    Kind,
    Payload,
    Shows,
    Understood,
    VendorRead,
    reads_or_none,
)

_VENDOR = "survision"
_ALIVE = ("keepalive", "heartbeat", "ping")


def parse_survision(payload: Payload) -> Understood:
    """Return the read of each decision."""
    reads: list[VendorRead] = []
    kinds = set()
    for tree in open_documents(payload, vendor=_VENDOR).trees():
        events = [Fields.of(_VENDOR, one) for one in search(tree, "anpr")]
        for event in events:
            reads += [_of_decision(event, one) for one in event.demand_items("decision")]
        is_alive = any(name in Fields.of(_VENDOR, tree) for name in _ALIVE)
        quiet = Kind.HEARTBEAT if is_alive else Kind.OTHER_EVENT
        kinds.add(Kind.NO_PLATE if events else quiet)
    return reads_or_none(reads) if reads or Kind.NO_PLATE in kinds else Understood(kinds.pop())


def _of_decision(event: Fields, decision: Fields) -> VendorRead:
    plate, doubts = read_plate(decision.demand_plate("plate"))
    if event.text("synchronized") == "0":
        doubts += (Doubt.CLOCK_NOT_SYNCHRONISED,)
    region = decision.text("contextisoalpha3", "contextisoalpha2", "context")
    return VendorRead(
        plate,
        to_share(decision.number("reliability"), Scale.PERCENT) if plate else None,
        captured_at=parse_time(event.text("date")),
        camera=event.text("cameraname", "name", "serialnumber"),
        direction=decision.worded("direction"),
        speed=decision.moving("speed"),
        candidates=candidates_of(
            (one.demand_plate("plate"), to_share(one.number("reliability"), Scale.PERCENT))
            for one in decision.items("alternative", "alternatives")
        ),
        region=region,
        region_code=country_code(decision.text("contextisoalpha3", "contextisoalpha2")),
        event_id=_id(event),
        box=sized(*(decision.raw(side) for side in ("x", "y", "width", "height"))),
        pictures=embedded(decision.raw("jpeg"), Shows.SCENE)
        or embedded(event.raw("jpeg"), Shows.SCENE),
        doubts=doubts,
    )


def _id(event: Fields) -> str | None:
    """Return session and number: both start again with the camera."""
    session, number = event.text("session"), event.text("id")
    return f"{session or ''}/{number}" if number else None
