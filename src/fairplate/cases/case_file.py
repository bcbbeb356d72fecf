"""What one case found, as a document to hand on: its values, and its JSON.

Decides what such a document tells, and what stands on every page of it, so that one that goes
astray says whose it was. Leaves the pages to `case_pdf.py`, and the event to `exports.py`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from fairplate.audit.kinds import spell_time
from fairplate.cases.case import Case
from fairplate.cases.search import Found

_DECIMALS = 4


class FileFormat(StrEnum):
    """The form of a case's file; the value is the word in commands."""

    PDF = "pdf"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """The results of one case at one moment. People are pseudonyms."""

    export_id: str
    made_by: str
    made_at: datetime
    case: Case
    found: Found = field(repr=False)

    @property
    def watermark(self) -> tuple[str, ...]:
        """What every page says: who, which case, when, which export."""
        return (self.made_by, self.case.id, spell_time(self.made_at), self.export_id)

    def fields(self) -> Mapping[str, object]:
        """Return everything but the reads, each under its name in JSON."""
        asked, found = self.case.asked, self.found
        return {
            "export": self.export_id,
            "made_by": self.made_by,
            "made_at": spell_time(self.made_at),
            "case": self.case.id,
            "purpose": asked.purpose.value,
            "reference": asked.reference,
            "why": asked.why,
            "opened_by": self.case.opened_by,
            "opened_at": spell_time(self.case.opened_at),
            "approved_by": sorted(one.person for one in self.case.approvals(self.made_at)),
            "plates": sorted(asked.plates),
            "readers": sorted(asked.reader_ids),
            "captured_from": spell_time(asked.captured_from),
            "captured_until": spell_time(asked.captured_until),
            "look_alikes": asked.look_alikes,
            "complete": found.complete,
            "damaged": len(found.damaged),
            "lost": [str(period) for period in found.lost],
        }

    def reads(self) -> tuple[Mapping[str, object], ...]:
        """Return the reads, each under its names in JSON."""
        return tuple(
            {
                "captured_at": spell_time(one.captured_at),
                "reader": one.reader_id,
                "plate": one.read.plate,
                "confidence": round(one.read.confidence, _DECIMALS),
                "region": one.read.region,
            }
            for one in self.found.reads
        )


def write_json(file: CaseFile) -> bytes:
    """Return the document as JSON: ASCII, one object."""
    return (json.dumps({**file.fields(), "reads": file.reads()}, indent=1) + "\n").encode()
