"""Writes the demo's hot list: invented entries, two of them for cars of the clip.

One entry names a plate exactly, one as a witness may have noted it, with the letter O for a zero.
The others never pass: a list that matched every car would show nothing.
"""

import csv
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from fairplate.core.clock import require_aware
from fairplate.core.purposes import Purpose

COLUMNS = (
    "plate",
    "jurisdiction",
    "vehicle",
    "purpose",
    "reference",
    "call",
    "valid_from",
    "valid_until",
    "make",
    "colour",
)
_VALID_BEFORE = timedelta(days=1)
_VALID_AFTER = timedelta(days=7)
_CALL = "demo duty desk"
# The exact one is the Mercosul plate, the one with the look-alike the German: MFP1038 in the clip.
_ENTRIES: Sequence[tuple[str, str, str, Purpose, str]] = (
    ("RFP4E18", "br", "car", Purpose.STOLEN_VEHICLE, "grey"),
    ("MFP1O38", "de", "car", Purpose.MISSING_OR_ENDANGERED_PERSON, "blue"),
    ("HTX2091", "us-ny", "car", Purpose.STOLEN_VEHICLE, "black"),
    ("KV19ZRD", "gb", "van", Purpose.STOLEN_PLATE, "white"),
    ("TJ552R", "nl", "car", Purpose.COURT_ORDER, "silver"),
    ("CJ08WQE", "ro", "truck", Purpose.STOLEN_VEHICLE, "red"),
)


def write_hot_list(path: Path, *, now: datetime) -> None:
    """Write the list as CSV to `path`, valid from a day before `now` (aware) to a week after it."""
    require_aware(now, where="demo hot list", field="now")
    valid = [(now + by).isoformat(timespec="seconds") for by in (-_VALID_BEFORE, _VALID_AFTER)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number, (plate, region, vehicle, purpose, colour) in enumerate(_ENTRIES, start=1):
            reference = f"DEMO-{number:04d}"
            row = (plate, region, vehicle, purpose, reference, _CALL, *valid, "", colour)
            writer.writerow(row)
