"""LILIN: the list of its log, and the slots of its alarm status.

`TS` is microseconds. `ACT_PARAM` is the camera's own list, and nothing that a read has.
"""

import re
from itertools import islice

from fairplate.ingest.alpv import read_of_entry
from fairplate.ingest.documents import open_documents, parse_tree
from fairplate.ingest.fields import Fields, sized
from fairplate.ingest.plate_texts import read_plate
from fairplate.ingest.times import parse_time
from fairplate.ingest.vendor import Kind, Payload, Understood, VendorRead, reads_or_none

_VENDOR = "lilin"
_SLOT = re.compile(r"\bLPR(\d{1,2})=", re.IGNORECASE)
_MOST_SLOTS = 100
_PAIR = re.compile(r"\s*([A-Za-z_]+)\d{0,2}=([^,\r\n]*)")


def parse_lilin(payload: Payload) -> Understood:
    """Return the read of each entry, or of each slot that is not empty."""
    reads: list[VendorRead] = []
    kinds = set()
    for text in open_documents(payload, vendor=_VENDOR).texts:
        if text.lstrip()[:1] in {"{", "[", "<"}:
            answer = Fields.of(_VENDOR, parse_tree(text, vendor=_VENDOR))
            entries = answer.demand_items("information")
            reads += [read_of_entry(one) for one in entries if "lpr" in one]
            kinds.add(Kind.NO_PLATE if "information" in answer else Kind.OTHER_EVENT)
        else:
            slots = _slots(text)
            reads += [_of_slot(slot) for slot in slots if slot.demand_plate("lpr").strip()]
            kinds.add(Kind.NO_PLATE if slots else Kind.OTHER_EVENT)
    return reads_or_none(reads) if reads or Kind.NO_PLATE in kinds else Understood(kinds.pop())


def _slots(text: str) -> list[Fields]:
    """Return the slots, several of which may stand on one line."""
    starts = [found.start() for found in islice(_SLOT.finditer(text), _MOST_SLOTS)]
    ends = [*starts[1:], len(text)]
    slots = []
    for start, end in zip(starts, ends, strict=False):
        pairs = _PAIR.findall(text[start:end].partition("\n")[0])
        slots.append(Fields.of(_VENDOR, dict(pairs)))
    return slots


def _of_slot(slot: Fields) -> VendorRead:
    plate, doubts = read_plate(slot.demand_plate("lpr"))
    return VendorRead(
        plate,
        # "GMT" may be the camera's local time.
        captured_at=parse_time(slot.text("lprtime")),
        box=sized(*(slot.raw(side) for side in ("lpx", "lpy", "lpw", "lph"))),
        doubts=doubts,
    )
