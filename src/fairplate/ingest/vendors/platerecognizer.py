"""Plate Recognizer: Stream and Snapshot webhooks, answers of the API and SDK, Stream's CSV.

Confidences are 0 to 1; `dscore` is how sure it is that there is a plate, and never used. Times
without an offset are UTC, as the API's documentation says.
"""

import csv
import io
from typing import Any

from fairplate.core.reads import Box
from fairplate.ingest.confidences import Scale, to_share
from fairplate.ingest.documents import Documents, open_documents
from fairplate.ingest.fields import Fields, corners, fold
from fairplate.ingest.json_texts import parse_python_literal
from fairplate.ingest.limits import MAX_READS
from fairplate.ingest.places import region_code
from fairplate.ingest.plate_texts import candidates_of, read_plate
from fairplate.ingest.times import parse_utc
from fairplate.ingest.vendor import (
    Kind,
    Payload,
    PayloadError,
    Picture,
    Shows,
    Understood,
    VendorRead,
    reads_or_none,
)

_VENDOR = "platerecognizer"
_LONGEST_HEAD = 1000


def parse_platerecognizer(payload: Payload) -> Understood:
    """Return the reads of the `results` of each message, or of each row."""
    documents = open_documents(payload, vendor=_VENDOR)
    if _is_table(documents):
        return reads_or_none(_of_table(documents.texts[0]))
    pictures = documents.pictures({}, Shows.SCENE)
    reads: list[VendorRead] = []
    has_results = False
    for tree in documents.trees():
        message = Fields.of(_VENDOR, tree)
        data = message.inner("data") if "data" in message else message
        has_results |= "results" in data
        reads += [_of_result(data, one, pictures) for one in data.demand_items("results")]
    return reads_or_none(reads) if has_results else Understood(Kind.OTHER_EVENT)


def _of_result(data: Fields, result: Fields, pictures: tuple[Picture, ...]) -> VendorRead:
    detected = result.inner("plate") if isinstance(result.raw("plate"), dict) else None
    texts = detected.inner("props").items("plate") if detected else []
    vehicle = result.inner("vehicle")
    attributes = [vehicle.inner("props"), result]
    if detected is None:
        texts = [result]
        candidates, where = result.items("candidates"), result
    else:
        candidates, where = texts, detected.inner("props")
    best = max(texts, key=_score, default=Fields.of(_VENDOR, {}))
    plate, doubts = read_plate(best.demand_plate("value", "plate"))
    region = where.inner("region").text("code", "value")
    maker = _likeliest(attributes, "modelmake", "makemodel")
    return VendorRead(
        plate,
        to_share(best.number("score"), Scale.SHARE) if plate else None,
        captured_at=parse_utc(data.text("timestamp")),
        camera=data.text("cameraid"),
        direction=result.worded("direction"),
        speed=result.moving("speed"),
        colour=_likeliest(attributes, "color").text("color", "value"),
        make=maker.text("make"),
        model=maker.text("model"),
        vehicle_type=vehicle.text("type"),
        candidates=candidates_of(
            (one.demand_plate("value", "plate"), to_share(one.number("score"), Scale.SHARE))
            for one in candidates
        ),
        region=region,
        region_code=region_code(region),
        box=_box((detected or result).inner("box")),
        pictures=pictures,
        doubts=doubts,
    )


def _score(one: Fields) -> float:
    return one.number("score") or 0.0


def _likeliest(places: list[Fields], *names: str) -> Fields:
    found = [one for place in places for name in names for one in place.items(name)]
    return max(found, key=_score, default=Fields.of(_VENDOR, {}))


def _box(box: Fields) -> Box | None:
    return corners(box.raw("xmin"), box.raw("ymin"), box.raw("xmax"), box.raw("ymax"))


def _is_table(documents: Documents) -> bool:
    first = documents.texts[0].lstrip("\ufeff")[:_LONGEST_HEAD].partition("\n")[0]
    return {"timestamp", "plate"} <= {fold(name) for name in first.split(",")}


def _of_table(text: str) -> list[VendorRead]:
    # The camera is in no column; the picture's path begins with its name, and with others' too.
    rows = csv.DictReader(io.StringIO(text.lstrip("\ufeff"), newline=""))
    reads = []
    try:
        for row in rows:
            cells = {name: _cell(value) for name, value in row.items() if name and value}
            data = Fields.of(_VENDOR, cells)
            reads.append(_of_result(data, data, ()))
            if len(reads) > MAX_READS:
                expected = f"at most {MAX_READS} rows"
                raise PayloadError(_VENDOR, "rows", expected=expected, found="more")
    except csv.Error:
        raise PayloadError(_VENDOR, "rows", expected="CSV", found="another text") from None
    return reads


def _cell(text: str) -> Any:
    """Return a cell's value: dicts and lists are written as Python prints them."""
    if text[:1] in {"{", "["}:
        return parse_python_literal(text, vendor=_VENDOR, field="cell")
    return text
