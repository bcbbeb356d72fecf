"""A vendor's read as the stable fields of `ingest check --json`, and as a row for people.

Fields that `read --json` has are named and shaped alike (docs/reference/read-json.md).
"""

from datetime import UTC, datetime

from fairplate.cli.terminal_text import printable
from fairplate.core.reads import Box
from fairplate.ingest.vendor import CharacterShare, LocalTime, VendorRead

COLUMNS = ("plate", "confidence", "captured at", "camera", "direction", "doubts")


def read_fields(source: str, read: VendorRead) -> dict[str, object]:
    """Return the fields; confidences to 4 digits, times cut to milliseconds."""
    return {
        "source": source,
        "plate": read.plate,
        "region": read.region_code,
        "confidence": _share(read.confidence),
        "characters": [_character(one) for one in read.characters] or None,
        "box": _box(read.box),
        "box_grid": list(read.grid) if read.box and read.grid else None,
        "captured_at": _moment(read.captured_at),
        "camera": read.camera,
        "lane": read.lane,
        "direction": read.direction,
        "speed": read.speed,
        "colour": read.colour,
        "make": read.make,
        "model": read.model,
        "vehicle_type": read.vehicle_type,
        "plate_colour": read.plate_colour,
        "region_worded": read.region,
        "candidates": [
            {"plate": one.plate, "confidence": _share(one.confidence)} for one in read.candidates
        ]
        or None,
        "event_id": read.event_id,
        "passage": read.passage.id if read.passage else None,
        "is_last": read.passage is None or read.passage.is_last,
        "is_retransmission": read.is_retransmission,
        "pictures": [{"shows": one.shows.value, "bytes": len(one.data)} for one in read.pictures],
        "doubts": [doubt.value for doubt in read.doubts],
    }


def read_row(read: VendorRead) -> tuple[str, ...]:
    """Return the row; `-` where nothing is told."""
    moment = _moment(read.captured_at) or {}
    local = f"{moment.get('local')} (zone not told)"
    return (
        printable(read.plate or "-"),
        "-" if read.confidence is None else f"{read.confidence:.2f}",
        (moment.get("utc") or local) if moment else "-",
        printable(read.camera or "-"),
        "-" if read.direction is None else printable(str(read.direction)),
        ", ".join(doubt.value for doubt in read.doubts) or "-",
    )


def _share(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _character(one: CharacterShare) -> dict[str, object]:
    return {
        "char": one.char,
        "confidence": round(one.confidence, 4),
        "second": None,
        "second_confidence": 0.0,
    }


def _box(box: Box | None) -> list[int] | None:
    return None if box is None else [box.x1, box.y1, box.x2, box.y2]


def _moment(moment: datetime | LocalTime | None) -> dict[str, str] | None:
    if moment is None:
        return None
    if isinstance(moment, LocalTime):
        return {"local": moment.clock.isoformat(timespec="milliseconds"), "zone": "unknown"}
    in_utc = moment.astimezone(UTC).replace(tzinfo=None)
    return {"utc": f"{in_utc.isoformat(timespec='milliseconds')}Z"}
