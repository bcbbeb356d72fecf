"""Axis: License Plate Verifier and CAMMRA AI, pushed, as events, or from their list.

`new`, `update` and `lost` of one `carID` are one passage, and the last has the last word. Every
number may be a text. `datetime` is the camera's local time; `capture_timestamp` is the instant.
"""

from fairplate.ingest.alpv import read_of_entry
from fairplate.ingest.confidences import Scale, to_share
from fairplate.ingest.documents import Documents, open_documents, parse_tree
from fairplate.ingest.fields import Fields, search, sized
from fairplate.ingest.json_texts import parse_python_literal
from fairplate.ingest.onvif_metadata import Notice, find_notices, find_plates, has_metadata
from fairplate.ingest.pictures import embedded
from fairplate.ingest.places import country_code, region_code
from fairplate.ingest.plate_texts import read_plate
from fairplate.ingest.times import from_epoch, parse_time
from fairplate.ingest.vendor import (
    Kind,
    Passage,
    Payload,
    PayloadError,
    Picture,
    Shows,
    Understood,
    VendorRead,
    reads_or_none,
)

_VENDOR = "axis"
_PICTURES: dict[str, Shows | None] = {"lp_": Shows.CROP, "roi_": Shows.SCENE}
_IMAGE_TYPES = {"plate": Shows.CROP, "vehicle": Shows.SCENE}
_LONGEST_HEARTBEAT = 10_000
_PLATE_NAMES = ("platetext", "plateutf8", "plateunicode", "plateascii")


def parse_axis(payload: Payload) -> Understood:
    """Return the reads of pushes, events and lists."""
    documents = open_documents(payload, vendor=_VENDOR)
    found = [_of_text(text, documents) for text in documents.texts]
    reads = [read for one in found for read in one.reads]
    return reads_or_none(reads) if reads else found[0]


def _of_text(text: str, documents: Documents) -> Understood:
    try:
        tree = parse_tree(text, vendor=_VENDOR)
    except PayloadError:
        # The documented heartbeat is in single quotes.
        if not text.lstrip().startswith("{") or len(text) > _LONGEST_HEARTBEAT:
            raise
        tree = parse_python_literal(text, vendor=_VENDOR, field="body")
    if text.lstrip().startswith("<"):
        return _of_xml(tree)
    pushes = [Fields.of(_VENDOR, one) for one in (tree if isinstance(tree, list) else [tree])]
    notices = [notice for push in pushes if "text" in (notice := _bridged(push)).items]
    reads = [_of_notice(notice) for notice in notices] + [
        _of_push(push, documents) for push in pushes if any(name in push for name in _PLATE_NAMES)
    ]
    if reads:
        return reads_or_none(reads)
    is_alive = all("alpv" in push or "heartbeat" in push for push in pushes)
    return Understood(Kind.HEARTBEAT if is_alive else Kind.OTHER_EVENT)


def _bridged(push: Fields) -> Notice:
    """Return the event that a camera's MQTT client publishes as JSON."""
    items = push.inner("message").inner("data")
    return Notice(push.text("topic") or "", push.text("timestamp"), items)


def _of_push(push: Fields, documents: Documents) -> VendorRead:
    texts = [push.demand_plate(name) for name in _PLATE_NAMES]
    plate, doubts = read_plate(next(filter(None, texts), ""))
    vehicle, camera = push.inner("vehicleinfo"), push.inner("camerainfo")
    country = push.text("platecountry")
    return VendorRead(
        plate,
        to_share(push.number("plateconfidence"), Scale.SHARE) if plate else None,
        captured_at=from_epoch(push.text("capturetimestamp"))
        or from_epoch(push.text("capturets"))
        or parse_time(push.text("datetime")),
        # The first is what the installer chose, or the same on every camera: defaultID.
        camera=push.text("sensorproviderid") or camera.text("serialnumber", "macaddress"),
        lane=push.text("roiid"),
        direction=push.worded("carmovedirection"),
        speed=vehicle.moving("speed") or push.moving("speed"),
        colour=vehicle.text("color"),
        make=vehicle.text("brand", "make"),
        model=vehicle.text("model"),
        vehicle_type=vehicle.text("type"),
        region=country,
        region_code=region_code(push.text("plateiso31662")) or country_code(country),
        passage=_passage(push),
        box=sized(*sides) if len(sides := push.each("platecoordinates")) == 4 else None,  # noqa: PLR2004 - left, top, width, height
        pictures=_pictures(push, documents),
        doubts=doubts,
    )


def _pictures(push: Fields, documents: Documents) -> tuple[Picture, ...]:
    shows = _IMAGE_TYPES.get((push.text("imagetype") or "").casefold())
    within = embedded(push.raw("image", "imagebase64"), shows) if shows else ()
    return documents.pictures(_PICTURES, shows) + within


def _passage(fields: Fields) -> Passage | None:
    car = fields.text("carid")
    state = (fields.text("carstate") or "").casefold()
    return Passage(car, is_last=state == "lost") if car else None


def _of_xml(tree: dict[str, object]) -> Understood:
    notices = [_of_notice(one) for one in find_notices(tree, _VENDOR) if "text" in one.items]
    entries = [Fields.of(_VENDOR, one) for one in search(tree, "event") if isinstance(one, dict)]
    listed = [read_of_entry(entry) for entry in entries if "lpr" in entry]
    reads = notices + listed + find_plates(tree, _VENDOR)
    if reads or "events" in tree or (has_metadata(tree) and not list(find_notices(tree, _VENDOR))):
        return reads_or_none(reads)
    return Understood(Kind.OTHER_EVENT)


def _of_notice(notice: Notice) -> VendorRead:
    items = notice.items
    plate, doubts = read_plate(items.demand_plate("text"))
    country = items.text("country")
    return VendorRead(
        plate,
        to_share(items.number("confidence", "plateconfidence"), Scale.SHARE) if plate else None,
        # `frame_timestamp` counts from the camera's start.
        captured_at=from_epoch(items.text("capturetimestamp")) or parse_time(notice.utc_time),
        direction=items.worded("carmovedirection"),
        region=country,
        region_code=country_code(country),
        passage=_passage(items),
        box=sized(*(items.raw(side) for side in ("left", "top", "width", "height"))),
        doubts=doubts,
    )
