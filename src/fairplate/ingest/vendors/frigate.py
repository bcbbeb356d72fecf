"""Frigate over MQTT: `events`, `tracked_object_update`, and the Plate Recognizer bridge.

One object's messages are one passage: `new`, updates, `end`. Scores of `attributes` are how sure it
is that there is a plate, and never used.
"""

from fairplate.core.reads import Box
from fairplate.ingest.confidences import Scale, to_share
from fairplate.ingest.documents import open_documents
from fairplate.ingest.fields import Fields, corners
from fairplate.ingest.json_texts import parse_json
from fairplate.ingest.plate_texts import read_plate
from fairplate.ingest.times import parse_time
from fairplate.ingest.vendor import (
    Kind,
    Passage,
    Payload,
    Understood,
    VendorRead,
    reads_or_none,
)

_VENDOR = "frigate"


def parse_frigate(payload: Payload) -> Understood:
    """Return the read of one message. Its fields tell what it is; the topic may be any."""
    (text,) = open_documents(payload, vendor=_VENDOR).texts[:1]
    if text.strip().casefold() in {"online", "offline", "stopped"}:  # frigate/available
        return Understood(Kind.HEARTBEAT)
    message = Fields.of(_VENDOR, parse_json(text, vendor=_VENDOR))
    if "after" in message:
        return _of_event(message)
    if (message.text("type") or "").casefold() == "lpr":
        return reads_or_none([_of_update(message)])
    if "platenumber" in message:
        return reads_or_none([_of_bridge(message)])
    return Understood(Kind.OTHER_EVENT)


def _of_event(message: Fields) -> Understood:
    after = message.inner("after")
    text, score = _recognised(after)
    plate, doubts = read_plate(text)
    is_seen = "licenseplate" in after.inner("attributes") or after.text("label") == "license_plate"
    if after.flag("falsepositive") or not (plate or doubts or is_seen):
        return Understood(Kind.OTHER_EVENT)
    thing = after.text("id")
    is_last = (message.text("type") or "").casefold() == "end"
    read = VendorRead(
        plate,
        score if plate else None,
        captured_at=parse_time(after.text("frametime", "starttime")),
        camera=after.text("camera"),
        direction=after.worded("velocityangle"),
        speed=after.moving("averageestimatedspeed", "currentestimatedspeed"),
        event_id=thing,
        passage=Passage(thing, is_last=is_last) if thing else None,
        box=_box(after),
        doubts=doubts,
    )
    return reads_or_none([read])


def _recognised(after: Fields) -> tuple[str, float | None]:
    """Return the plate and its confidence; some versions write both into a list."""
    both = after.raw("recognizedlicenseplate")
    score = to_share(after.number("recognizedlicenseplatescore"), Scale.SHARE)
    if isinstance(both, list):
        pair = Fields.of(_VENDOR, dict(zip(("plate", "score"), both, strict=False)))
        return pair.demand_plate("plate"), to_share(pair.number("score"), Scale.SHARE) or score
    return after.demand_plate("recognizedlicenseplate"), score


def _box(after: Fields) -> Box | None:
    for one in after.items("currentattributes"):
        sides = one.each("box")
        if one.text("label") == "license_plate" and len(sides) == 4:  # noqa: PLR2004
            return corners(*sides)
    return None


def _of_update(message: Fields) -> VendorRead:
    plate, doubts = read_plate(message.demand_plate("plate"))
    thing, sides = message.text("id"), message.each("platebox")
    return VendorRead(
        plate,
        to_share(message.number("score"), Scale.SHARE) if plate else None,
        captured_at=parse_time(message.text("timestamp")),
        camera=message.text("camera"),
        speed=message.moving("speed"),
        event_id=thing,
        passage=Passage(thing) if thing else None,
        box=corners(*sides) if len(sides) == 4 else None,  # noqa: PLR2004 - two corners
        doubts=doubts,
    )


def _of_bridge(message: Fields) -> VendorRead:
    plate, doubts = read_plate(message.demand_plate("platenumber"))
    thing = message.text("frigateeventid")
    return VendorRead(
        plate,
        to_share(message.number("score"), Scale.SHARE) if plate else None,
        captured_at=parse_time(message.text("starttime")),
        camera=message.text("cameraname", "camera"),
        event_id=thing,
        passage=Passage(thing) if thing else None,
        doubts=doubts,
    )
