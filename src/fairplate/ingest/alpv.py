"""What FF Group's plate reader writes, in cameras of several makers: the times and lists it shares.

`TS` counts from 1970 in milli- or microseconds; a time beside it may say GMT and mean the camera's
zone.
"""

from fairplate.ingest.confidences import Scale, to_share
from fairplate.ingest.fields import Fields, sized
from fairplate.ingest.places import country_code
from fairplate.ingest.plate_texts import read_plate
from fairplate.ingest.times import parse_time
from fairplate.ingest.vendor import Passage, VendorRead


def read_of_entry(entry: Fields) -> VendorRead:
    """Return the read of one entry of a camera's list."""
    plate, doubts = read_plate(entry.demand_plate("lpr", "plate"))
    direction = entry.worded("direction")
    country, car = entry.text("country"), entry.text("carid")
    return VendorRead(
        plate,
        to_share(entry.number("threshold", "confidence"), Scale.SHARE) if plate else None,
        captured_at=parse_time(entry.text("ts")) or parse_time(entry.text("modts")),
        direction=None if direction == 0 else direction,
        region=country,
        region_code=country_code(country),
        # A counter that starts again; entries are final.
        event_id=car,
        passage=Passage(car, is_last=True) if car else None,
        box=sized(*(entry.raw(side) for side in ("lpx", "lpy", "lpw", "lph"))),
        doubts=doubts,
    )
