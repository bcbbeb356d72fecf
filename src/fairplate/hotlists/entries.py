"""What one entry of a hot list is, and how a fault in a list is told.

Decides when an entry is in force. Leaves to others what the text of a cell means (`fields.py`),
which rows become entries (`batches.py`) and whether a read may be the entry (`match.py`).
"""

from dataclasses import dataclass
from datetime import datetime

from fairplate.core.clock import require_aware
from fairplate.core.errors import HotListError
from fairplate.core.plates import is_plate
from fairplate.core.purposes import Purpose
from fairplate.core.vehicles import VehicleType


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in a list, without the plate. `refuses` False: only this row is left out."""

    name: str
    line: int
    field: str
    expected: str
    found: str
    refuses: bool = True

    def __str__(self) -> str:
        """Return one line: `NAME:LINE: field: expected …, found …`."""
        return (
            f"{self.name}:{self.line}: {self.field}: expected {self.expected}, found {self.found}"
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """One plate on a hot list, why it is there and whom to call.

    `plate` is normalised. `jurisdiction` is the region code of the plate, None only where the list
    says `unknown`. The entry is in force from `valid_from` (inclusive) until `valid_until`
    (exclusive), both aware; None means no limit. `source` and `line` say where it stands.
    """

    plate: str
    jurisdiction: str | None
    vehicle: VehicleType
    purpose: Purpose
    reference: str
    call: str = ""
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    make: str = ""
    colour: str = ""
    source: str = ""
    line: int = 0

    def __post_init__(self) -> None:
        """Refuse an entry that could not have come from a list."""
        where = f"{self.source}:{self.line}"
        if not is_plate(self.plate):
            raise HotListError(where, "plate", expected="a normalised plate", found="another text")
        if not self.reference:
            raise HotListError(where, "reference", expected="a reference", found="none")
        for field, moment in (("valid_from", self.valid_from), ("valid_until", self.valid_until)):
            if moment is not None:
                require_aware(moment, where=where, field=field)

    def has_expired(self, now: datetime) -> bool:
        """Say whether the entry's time is over at `now`."""
        return self.valid_until is not None and now >= self.valid_until

    def is_yet_to_begin(self, now: datetime) -> bool:
        """Say whether the entry's time begins after `now`."""
        return self.valid_from is not None and now < self.valid_from
