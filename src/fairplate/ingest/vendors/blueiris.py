"""Blue Iris: what its alert action posts after the macros are filled in.

The body is written by hand in Blue Iris, so it may be no JSON: paths hold single backslashes. The
plate is whatever the AI step put there; a second template sends that step's own answer.
"""

from typing import Any

from fairplate.ingest.confidences import share_or_percent
from fairplate.ingest.documents import open_documents
from fairplate.ingest.fields import Fields, corners, search
from fairplate.ingest.json_texts import mend_backslashes, parse_json
from fairplate.ingest.pictures import embedded
from fairplate.ingest.plate_texts import read_plate
from fairplate.ingest.times import parse_time
from fairplate.ingest.vendor import (
    Kind,
    Payload,
    PayloadError,
    Shows,
    Understood,
    VendorRead,
    reads_or_none,
)

_VENDOR = "blueiris"
_PLATE_NAMES = ("platenumber", "plate", "plates")


def parse_blueiris(payload: Payload) -> Understood:
    """Return the read of each plate the macro names, or of each prediction of the AI step."""
    reads: list[VendorRead] = []
    is_plate_event = False
    for text in open_documents(payload, vendor=_VENDOR).texts:
        post = Fields.of(_VENDOR, _parsed(text, "body"))
        if any(name in post for name in _PLATE_NAMES):
            is_plate_event = True
            texts = post.demand_plate(*_PLATE_NAMES).split(",")
            reads += [_of_plate(post, one) for one in texts if one.strip() or len(texts) == 1]
        elif "aidump" in post:
            is_plate_event = True
            reads += _of_dump(post)
    return reads_or_none(reads) if is_plate_event else Understood(Kind.OTHER_EVENT)


def _parsed(text: str, field: str) -> Any:
    try:
        return parse_json(text, vendor=_VENDOR, field=field)
    except PayloadError:
        if "\\" not in text:
            raise
        return parse_json(mend_backslashes(text), vendor=_VENDOR, field=field)


def _of_dump(post: Fields) -> list[VendorRead]:
    dump = post.raw("aidump")
    tree = _parsed(dump, "ai_dump") if isinstance(dump, str) and dump.strip() else dump
    found = (Fields.of(_VENDOR, one) for one in search(tree, "predictions"))
    reads: dict[str, VendorRead] = {}
    for one in found:
        if "plate" not in one:
            continue
        read = _of_plate(post, one.demand_plate("plate"), one)
        best = reads.get(read.plate or "")
        # Every picture that the AI step looked at has its own predictions.
        if best is None or (read.confidence or 0) > (best.confidence or 0):
            reads[read.plate or ""] = read
    return [read for plate, read in reads.items() if plate]


def _of_plate(post: Fields, text: str, prediction: Fields | None = None) -> VendorRead:
    plate, doubts = read_plate(text)
    source = prediction or post
    sides = ("xmin", "ymin", "xmax", "ymax")
    return VendorRead(
        plate,
        share_or_percent(source.number("confidence", "plateconfidence")) if plate else None,
        captured_at=parse_time(post.text("timestamp", "time", "date")),
        camera=post.text("camera", "cameraname"),
        box=corners(*(source.raw(side) for side in sides)),
        pictures=embedded(post.raw("image"), Shows.SCENE),
        doubts=doubts,
    )
