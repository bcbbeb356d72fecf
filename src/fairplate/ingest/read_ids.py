"""A read's id: the same for the same read sent again, and no plate in it.

SHA-256 of the reader and of what the vendor says tells one read from another. An id of at least
`UNIQUE_LENGTH` characters does so alone. A shorter one is a counter that starts again with the
camera, and counts only together with time and plate. A read without a time of its own takes the
time it was received, so that one sent twice becomes two: nothing tells it from the car that came
back.
"""

import hashlib
import json
from datetime import datetime

from fairplate.ingest.vendor import LocalTime, VendorRead

UNIQUE_LENGTH = 16


def make_read_id(
    reader_id: str, read: VendorRead, received_at: datetime, *, shares_event: bool = False
) -> str:
    """Return 64 hexadecimal digits. `shares_event`: its message has other reads of that event."""
    if read.passage is not None:
        if len(read.passage.id) >= UNIQUE_LENGTH:
            return _digest(reader_id, "passage", read.passage.id)
        return _digest(reader_id, "passage", read.passage.id, _spelled(read, received_at))
    if read.event_id is not None and len(read.event_id) >= UNIQUE_LENGTH:
        return make_event_read_id(reader_id, read.event_id, read.plate if shares_event else None)
    plate, event = read.plate or "", read.event_id or ""
    return _digest(reader_id, "content", event, _spelled(read, received_at), plate)


def make_event_read_id(reader_id: str, event_id: str, plate: str | None = None) -> str:
    """Return the id of the read of an event; `plate` where one event has several."""
    return _digest(reader_id, "event", event_id, plate or "")


def make_correction_id(read_id: str, plate: str) -> str:
    """Return the id of a read that corrects another one's plate."""
    return _digest(read_id, "correction", plate)


def _spelled(read: VendorRead, received_at: datetime) -> str:
    if isinstance(read.captured_at, LocalTime):
        return read.captured_at.clock.isoformat()
    moment = read.captured_at or received_at
    return f"{moment.timestamp():.6f}" if read.captured_at else f"received {moment.timestamp():.6f}"


def _digest(*parts: str) -> str:
    # As JSON, so that no two lists of parts are written alike.
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
