"""Home Assistant: events of its image-processing integrations, and what they keep of OpenALPR.

`image_processing.found_plate` has per cent, the Plate Recognizer's event 0 to 1.
"""

import re

from fairplate.ingest.confidences import Scale, share_or_percent, to_share
from fairplate.ingest.documents import open_documents, parse_tree
from fairplate.ingest.fields import Fields
from fairplate.ingest.places import region_code
from fairplate.ingest.plate_texts import candidates_of, read_plate
from fairplate.ingest.times import parse_utc
from fairplate.ingest.vendor import Kind, Payload, Understood, VendorRead, reads_or_none

_VENDOR = "homeassistant"
_BLOCK = re.compile(r"^plate\d+:", re.MULTILINE)
_LINE = re.compile(r"^[ \t]*-[ \t]*(\S{1,50})[ \t]+confidence:[ \t]*([\d.]{1,12})", re.MULTILINE)


def parse_homeassistant(payload: Payload) -> Understood:
    """Return the reads of an event, of an answer of OpenALPR, or of the `alpr` command."""
    reads: list[VendorRead] = []
    is_plate_event = False
    for text in open_documents(payload, vendor=_VENDOR).texts:
        if text.lstrip()[:1] not in {"{", "[", "<"}:
            reads += _of_command(text)
            is_plate_event |= "plate" in text.casefold()
            continue
        tree = Fields.of(_VENDOR, parse_tree(text, vendor=_VENDOR))
        answer = tree.inner("plate") if isinstance(tree.raw("plate"), dict) else tree
        if "results" in answer:
            is_plate_event = True
            reads += [_of_result(answer, one) for one in answer.demand_items("results")]
        else:
            data = tree.inner("data", "eventdata") if "data" in tree else tree
            reads += [_of_event(tree, data)] if "plate" in data else _of_state(tree, data)
    return reads_or_none(reads) if reads or is_plate_event else Understood(Kind.OTHER_EVENT)


def _of_event(event: Fields, data: Fields) -> VendorRead:
    plate, doubts = read_plate(data.demand_plate("plate"))
    confidence = data.number("confidence", "score")
    is_percent = event.text("eventtype") == "image_processing.found_plate"
    share = to_share(confidence, Scale.PERCENT) if is_percent else share_or_percent(confidence)
    region = data.text("regioncode", "region")
    return VendorRead(
        plate,
        share if plate else None,
        captured_at=parse_utc(event.text("timefired") or data.text("timestamp", "lastdetection")),
        camera=data.text("entityid", "camera"),
        direction=data.worded("direction"),
        vehicle_type=data.text("vehicletype"),
        region=region,
        region_code=region_code(region),
        event_id=event.inner("context").text("id"),
        doubts=doubts,
    )


def _of_state(event: Fields, data: Fields) -> list[VendorRead]:
    """Return the plates of a changed state: an attribute holds each with its per cent."""
    state = data.inner("newstate")
    plates = state.inner("attributes").raw("plates")
    reads = []
    for text, confidence in list(plates.items() if isinstance(plates, dict) else ())[:100]:
        plate, doubts = read_plate(text)
        told = Fields.of(_VENDOR, {"confidence": confidence}).number("confidence")
        reads.append(
            VendorRead(
                plate,
                to_share(told, Scale.PERCENT) if plate else None,
                captured_at=parse_utc(state.text("lastchanged") or event.text("timefired")),
                camera=data.text("entityid"),
                doubts=doubts,
            )
        )
    return reads


def _of_result(answer: Fields, result: Fields) -> VendorRead:
    plate, doubts = read_plate(result.demand_plate("plate"))
    region = result.text("region")
    return VendorRead(
        plate,
        to_share(result.number("confidence"), Scale.PERCENT) if plate else None,
        captured_at=parse_utc(answer.text("epochtime")),
        candidates=candidates_of(
            (one.demand_plate("plate"), to_share(one.number("confidence"), Scale.PERCENT))
            for one in result.items("candidates")
        ),
        region=region,
        region_code=region_code(region),
        doubts=doubts,
    )


def _of_command(text: str) -> list[VendorRead]:
    """Return one read for each `plate0:` and the lines under it, likeliest first."""
    reads = []
    for block in _BLOCK.split(text)[1:101]:
        candidates = candidates_of(
            (plate, to_share(float(number), Scale.PERCENT) if number.count(".") < 2 else None)  # noqa: PLR2004
            for plate, number in _LINE.findall(block)
        )
        if candidates:
            best = max(candidates, key=lambda one: one.confidence or 0.0)
            reads.append(VendorRead(best.plate, best.confidence, candidates=candidates))
    return reads
