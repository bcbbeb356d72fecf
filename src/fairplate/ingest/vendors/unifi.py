"""UniFi Protect: the webhook of its Alarm Manager. No confidence, and no picture as a rule.

A trigger's own device and time are the read's; `sources` lists every camera of the alarm.
"""

from fairplate.ingest.confidences import share_or_percent
from fairplate.ingest.documents import open_documents
from fairplate.ingest.fields import Fields, fold
from fairplate.ingest.pictures import embedded
from fairplate.ingest.plate_texts import read_plate
from fairplate.ingest.times import parse_time
from fairplate.ingest.vendor import Kind, Payload, Shows, Understood, VendorRead, reads_or_none

_VENDOR = "unifi"


def parse_unifi(payload: Payload) -> Understood:
    """Return the read of each trigger that a licence plate raised."""
    reads: dict[tuple[str | None, str | None], VendorRead] = {}
    for tree in open_documents(payload, vendor=_VENDOR).trees():
        message = Fields.of(_VENDOR, tree)
        alarm = message.inner("alarm") if "alarm" in message else message
        for trigger in alarm.demand_items("triggers"):
            if fold(trigger.text("key") or "").startswith("licenseplate"):
                read = _of_trigger(message, alarm, trigger)
                # One plate may raise two triggers: it is known, and it is of interest.
                reads.setdefault((read.event_id, read.plate), read)
    return reads_or_none(list(reads.values())) if reads else Understood(Kind.OTHER_EVENT)


def _of_trigger(message: Fields, alarm: Fields, trigger: Fields) -> VendorRead:
    text = trigger.demand_plate("value") or trigger.inner("group").demand_plate("name")
    plate, doubts = read_plate(text)
    vehicle = trigger.inner("metadata")
    return VendorRead(
        plate,
        share_or_percent(trigger.number("confidence")) if plate else None,
        captured_at=parse_time(trigger.text("timestamp")) or parse_time(message.text("timestamp")),
        camera=trigger.text("device"),
        colour=vehicle.text("color") or vehicle.inner("color").text("val"),
        vehicle_type=vehicle.text("vehicletype") or vehicle.inner("vehicletype").text("val"),
        event_id=trigger.text("eventid"),
        pictures=embedded(alarm.raw("thumbnail"), Shows.CROP),
        doubts=doubts,
    )
