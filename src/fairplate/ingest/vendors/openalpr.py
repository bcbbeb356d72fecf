"""OpenALPR and Rekor Scout: results of a frame, groups of a pass, alerts, heartbeats.

A group is one vehicle; `alpr_results` are its frames, and an alert is a group once more. Times are
milliseconds since 1970, confidences per cent.
"""

from fairplate.core.reads import Box
from fairplate.ingest.confidences import Scale, to_share
from fairplate.ingest.documents import open_documents
from fairplate.ingest.fields import Fields, corners
from fairplate.ingest.pictures import embedded
from fairplate.ingest.places import region_code
from fairplate.ingest.plate_texts import candidates_of, read_plate
from fairplate.ingest.times import parse_utc
from fairplate.ingest.vendor import (
    Candidate,
    Kind,
    Passage,
    Payload,
    Picture,
    Shows,
    Understood,
    VendorRead,
    reads_or_none,
)

_VENDOR = "openalpr"


def parse_openalpr(payload: Payload) -> Understood:
    """Return the reads of a message by its `data_type`."""
    reads: list[VendorRead] = []
    kinds = set()
    for tree in open_documents(payload, vendor=_VENDOR).trees():
        for value in tree if isinstance(tree, list) else [tree]:
            message = Fields.of(_VENDOR, value)
            kind = (message.text("datatype") or "").lower()
            kinds.add(kind)
            if "results" in message:
                reads += [_of_result(message, one) for one in message.demand_items("results")]
            elif "group" in message or "bestplatenumber" in message or "bestplate" in message:
                reads.append(_of_group(message.inner("group") if "group" in message else message))
    if reads or kinds & {"alpr_results", "alpr_group", "alpr_alert"}:
        return reads_or_none(reads)
    return Understood(Kind.HEARTBEAT if "heartbeat" in kinds else Kind.OTHER_EVENT)


def _of_result(message: Fields, result: Fields) -> VendorRead:
    plate, doubts = read_plate(result.demand_plate("plate"))
    uuid = message.text("uuid")
    region = result.text("region")
    return VendorRead(
        plate,
        to_share(result.number("confidence"), Scale.PERCENT) if plate else None,
        captured_at=parse_utc(message.text("epochtime")),
        camera=message.text("cameraid", "cameranumber", "cameraname"),
        candidates=_candidates(result),
        region=region,
        region_code=region_code(region),
        event_id=f"{uuid}/{result.text('plateindex') or 0}" if uuid else None,
        box=_box(result),
        grid=_size(message, "imgwidth", "imgheight"),
        pictures=embedded(result.raw("platecropjpeg"), Shows.CROP),
        doubts=doubts,
    )


def _of_group(group: Fields) -> VendorRead:
    best, vehicle = group.inner("bestplate"), group.inner("vehicle")
    text = group.demand_plate("bestplatenumber") or best.demand_plate("plate")
    plate, doubts = read_plate(text)
    region = group.text("bestregion") or best.text("region")
    confidence = to_share(group.number("bestconfidence"), Scale.PERCENT)
    if confidence is None:
        confidence = to_share(best.number("confidence"), Scale.PERCENT)
    return VendorRead(
        plate,
        confidence if plate else None,
        captured_at=parse_utc(group.text("epochstart", "epochtime")),
        camera=group.text("cameraid", "cameranumber", "cameraname"),
        direction=group.worded("traveldirection"),
        colour=_likeliest(vehicle, "color"),
        make=_likeliest(vehicle, "make"),
        model=_likeliest(vehicle, "makemodel"),
        vehicle_type=_likeliest(vehicle, "bodytype"),
        candidates=_candidates(group) or _candidates(best),
        region=region,
        region_code=region_code(region),
        event_id=group.text("bestuuid"),
        earlier_ids=_frame_ids(group),
        passage=_passage(group),
        box=_box(best),
        grid=_size(group, "bestimagewidth", "bestimageheight"),
        pictures=_pictures(group, best),
        doubts=doubts,
    )


def _passage(group: Fields) -> Passage | None:
    # A preview and the group after it share their first frame; their best one may differ.
    uuids = group.each("uuids")
    first = uuids[0] if uuids and isinstance(uuids[0], str) else group.text("bestuuid")
    return Passage(first, is_last=not group.flag("ispreview")) if first else None


def _frame_ids(group: Fields) -> tuple[str, ...]:
    uuids, indexes = group.each("uuids")[:200], group.each("plateindexes")
    padded = [*indexes, *[0] * len(uuids)]
    return tuple(f"{uuid}/{index}" for uuid, index in zip(uuids, padded, strict=False))


def _pictures(group: Fields, best: Fields) -> tuple[Picture, ...]:
    scene = embedded(group.raw("overviewjpeg"), Shows.SCENE)
    return scene + embedded(best.raw("platecropjpeg"), Shows.CROP)


def _candidates(plate: Fields) -> tuple[Candidate, ...]:
    return candidates_of(
        (one.demand_plate("plate"), to_share(one.number("confidence"), Scale.PERCENT))
        for one in plate.items("candidates")
    )


def _likeliest(vehicle: Fields, name: str) -> str | None:
    best = max(vehicle.items(name), key=lambda one: one.number("confidence") or 0.0, default=None)
    return best.text("name") if best else None


def _size(message: Fields, width: str, height: str) -> tuple[int, int] | None:
    found = corners(0, 0, message.number(width), message.number(height))
    return (found.width_px, found.height_px) if found else None


def _box(plate: Fields) -> Box | None:
    points = plate.items("coordinates")
    xs = [x for x in (point.number("x") for point in points) if x is not None]
    ys = [y for y in (point.number("y") for point in points) if y is not None]
    return corners(min(xs), min(ys), max(xs), max(ys)) if xs and ys else None
