"""Milesight: the HTTP post of its plate-reading cameras. `-` is none in every field.

Times are the camera's local ones. `Network Camera` is the factory's name of every device.
"""

from fairplate.ingest.confidences import share_or_percent
from fairplate.ingest.documents import open_documents
from fairplate.ingest.fields import Fields, corners
from fairplate.ingest.pictures import embedded
from fairplate.ingest.places import country_code, region_code
from fairplate.ingest.plate_texts import read_plate
from fairplate.ingest.times import parse_time
from fairplate.ingest.vendor import Kind, Payload, Shows, Understood, VendorRead, reads_or_none

_VENDOR = "milesight"
_PLATE_NAMES = ("plate", "licenseplate", "platenumber")


def parse_milesight(payload: Payload) -> Understood:
    """Return the read of each object."""
    documents = open_documents(payload, vendor=_VENDOR)
    reads: list[VendorRead] = []
    for tree in documents.trees():
        for value in tree if isinstance(tree, list) else [tree]:
            post = Fields.of(_VENDOR, value)
            if any(name in post for name in _PLATE_NAMES):
                reads.append(_of_post(post))
    return reads_or_none(reads) if reads else Understood(Kind.OTHER_EVENT)


def _of_post(post: Fields) -> VendorRead:
    plate, doubts = read_plate(post.demand_plate(*_PLATE_NAMES))
    region = post.text("region", "country")
    sides = ("coordinatex1", "coordinatey1", "coordinatex2", "coordinatey2")
    size = corners(0, 0, post.raw("resolutionwidth"), post.raw("resolutionheight"))
    return VendorRead(
        plate,
        share_or_percent(post.number("confidence")) if plate else None,
        captured_at=parse_time(post.text("timemsec")) or parse_time(post.text("time")),
        camera=post.text("device", "devicename"),
        direction=post.worded("direction"),
        speed=post.moving("speed"),
        colour=post.text("vehiclecolor"),
        make=post.text("vehiclebrand"),
        model=post.text("vehiclemodel"),
        vehicle_type=post.text("vehicletype"),
        plate_colour=post.text("platecolor"),
        region=region,
        region_code=country_code(region) or region_code(region),
        box=corners(*(post.raw(side) for side in sides)),
        grid=(size.width_px, size.height_px) if size else None,
        pictures=embedded(post.raw("fullimage", "fullsnapshot"), Shows.SCENE)
        + embedded(post.raw("plateimage", "platesnapshot"), Shows.CROP),
        doubts=doubts,
    )
