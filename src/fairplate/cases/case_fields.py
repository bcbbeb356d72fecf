"""A case, and what it finds, as fields for programs: the same on the command line and in the API.

docs/cases.md tells what each means. Plates are among what a case asks for and finds only.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from fairplate.core.clock import spell_moment

if TYPE_CHECKING:
    from fairplate.cases.case import Case
    from fairplate.vault.payloads import OpenedRead


def case_fields(case: "Case", now: datetime) -> dict[str, object]:
    """Return what a listing tells of a case."""
    return {
        "id": case.id,
        "state": case.state(now).value,
        "purpose": case.asked.purpose.value,
        "opened_by": case.opened_by,
        "opened_at": spell_moment(case.opened_at),
        "ends_at": spell_moment(case.asked.ends_at),
        "approvals": len(case.approvals(now)),
        "needed": case.needed,
        "exigent": case.asked.exigent,
        "overdue": case.is_overdue(now),
    }


def asked_fields(case: "Case") -> dict[str, object]:
    """Return what a case asks for, for whoever may see it: its plates are among that."""
    asked = case.asked
    return {
        "reference": asked.reference,
        "why": asked.why,
        "plates": sorted(asked.plates),
        "readers": sorted(asked.reader_ids),
        "captured_from": spell_moment(asked.captured_from),
        "captured_until": spell_moment(asked.captured_until),
        "look_alikes": asked.look_alikes,
        "hold": asked.hold,
    }


def read_fields(read: "OpenedRead") -> dict[str, object]:
    """Return what is shown of a read."""
    return {
        "captured_at": spell_moment(read.captured_at),
        "reader": read.reader_id,
        "plate": read.read.plate,
        "confidence": round(read.read.confidence, 4),
        "region": read.read.region,
    }
