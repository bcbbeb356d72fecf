r"""What is sealed of a read, as bytes: compact JSON, so that most fill one block of 256 bytes.

Decides what is kept and how it is spelled; fields are only ever added, `v` grows if one changes its
meaning. Where a read came from inside its source (file name, frame, address of a stream) is not
kept: the reader says it. Confidences are in thousandths.

    {"v":1,"id":read id,"r":reader,"t":captured at,"p":plate,"q":confidence,"c":[confidence …],
     "s":second choices, "." where there is none,"d":[confidence of the second …],
     "b":[x1,y1,x2,y2],"n":frames that agree,"g":region,"k":vehicle type}

`g` and `k` are left out where they are unknown.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from fairplate.core.errors import FairplateError
from fairplate.core.reads import Box, Character, PlateRead
from fairplate.core.vehicles import VehicleType
from fairplate.vault.errors import SealedRowError

_VERSION = 1
_NO_SECOND = "."
_THOUSAND = 1000
_TEXTS = ("id", "r", "t", "p", "s")
_NUMBERS = ("v", "q", "n")
_LISTS_OF_NUMBERS = ("c", "d", "b")

_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)
"""Kept, since `json.dumps` makes a new one for every read."""


@dataclass(frozen=True, slots=True)
class OpenedRead:
    """A read that was opened; `read.source` is its reader's id. Its id may hold the plate."""

    read_id: str = field(repr=False)
    reader_id: str
    captured_at: datetime
    read: PlateRead = field(repr=False)


def encode_read(read_id: str, reader_id: str, captured_at: datetime, read: PlateRead) -> bytes:
    """Return what is sealed of `read`; `captured_at` is aware."""
    characters = read.characters
    fields: dict[str, Any] = {
        "v": _VERSION,
        "id": read_id,
        "r": reader_id,
        "t": captured_at.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
        "p": read.plate,
        "q": round(read.confidence * _THOUSAND),
        "c": [round(one.confidence * _THOUSAND) for one in characters],
        "s": "".join([one.second or _NO_SECOND for one in characters]),
        "d": [round(one.second_confidence * _THOUSAND) for one in characters],
        "b": [read.box.x1, read.box.y1, read.box.x2, read.box.y2],
        "n": read.frames,
    }
    if read.region is not None:
        fields["g"] = read.region
    if read.vehicle is not VehicleType.UNKNOWN:
        fields["k"] = read.vehicle.value
    return _ENCODER.encode(fields).encode()


def decode_read(payload: bytes) -> OpenedRead:
    """Return the read that `payload` holds; SealedRowError if another version wrote it."""
    try:
        return _read_fields(json.loads(payload))
    except (ValueError, TypeError, KeyError, ArithmeticError, RecursionError, FairplateError):
        # The error's own text may hold the plate, so it is not shown.
        raise SealedRowError(
            "sealed read: expected the fields of version 1, found others"
        ) from None


def _read_fields(fields: dict[str, Any]) -> OpenedRead:
    _require_types(fields)
    if fields["v"] != _VERSION:
        raise ValueError
    captured_at = datetime.fromisoformat(fields["t"])
    read = PlateRead(
        source=fields["r"],
        plate=fields["p"],
        confidence=fields["q"] / _THOUSAND,
        characters=tuple(_characters(fields)),
        box=Box(*fields["b"]),
        region=fields.get("g"),
        vehicle=VehicleType(fields.get("k", VehicleType.UNKNOWN)),
        frames=fields["n"],
        captured_at=captured_at,
    )
    return OpenedRead(fields["id"], fields["r"], captured_at, read)


def _require_types(fields: dict[str, Any]) -> None:
    numbers = [fields[name] for name in _NUMBERS]
    for name in _LISTS_OF_NUMBERS:
        numbers += fields[name]
    texts = [*(fields[name] for name in _TEXTS), fields.get("g", "")]
    # Exactly these: true is also an int, and a number would pass for a reader's id.
    if {type(one) for one in numbers} != {int} or {type(one) for one in texts} != {str}:
        raise TypeError


def _characters(fields: dict[str, Any]) -> list[Character]:
    parts = zip(fields["p"], fields["c"], fields["s"], fields["d"], strict=True)
    return [
        Character(
            char=char,
            confidence=sure / _THOUSAND,
            second=None if second == _NO_SECOND else second,
            second_confidence=second_sure / _THOUSAND,
        )
        for char, sure, second, second_sure in parts
    ]
