"""What one entry of a hot list is, and how a fault in a list is told.

Decides when an entry is in force. Leaves to others what the text of a cell means (`fields.py`),
which rows become entries (`batches.py`) and whether a read may be the entry (`match.py`).
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from fairplate.core.clock import require_aware
from fairplate.core.errors import HotListError
from fairplate.core.plates import MAX_PLATE_LENGTH, is_plate
from fairplate.core.purposes import Purpose
from fairplate.core.vehicles import VehicleType

UNKNOWN_CHARACTER = "?"

# DESIGN.md section 6. With fewer known characters a pattern would fit every tenth car.
MAX_UNKNOWN_CHARACTERS = 2
MIN_KNOWN_CHARACTERS = 3


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

    `plate` is normalised, or a pattern: `?` is one unknown character. `jurisdiction` is the region
    code of the plate, None only where the list says `unknown`. The entry is in force from
    `valid_from` (inclusive) until `valid_until` (exclusive), both aware; None means no limit.
    `listed_on`, aware, is when its issuer says that the vehicle was first listed or stolen.
    `source` and `line` say where it stands.
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
    listed_on: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse an entry that could not have come from a list."""
        if not is_plate(self.plate) and not is_pattern(self.plate):
            raise self._error("plate", "a normalised plate or pattern", "another text")
        if not self.reference:
            raise self._error("reference", "a reference", "none")
        for moment in (self.valid_from, self.valid_until, self.listed_on):
            # Nearly every time of an entry is in UTC, and lists have millions of them.
            if moment is not None and moment.tzinfo is not UTC:
                self._require_aware_times()

    def _error(self, field: str, expected: str, found: str) -> HotListError:
        return HotListError(f"{self.source}:{self.line}", field, expected=expected, found=found)

    def _require_aware_times(self) -> None:
        for field in ("valid_from", "valid_until", "listed_on"):
            moment = getattr(self, field)
            if moment is not None:
                require_aware(moment, where=f"{self.source}:{self.line}", field=field)

    @property
    def is_pattern(self) -> bool:
        """Say whether the plate has unknown characters."""
        return UNKNOWN_CHARACTER in self.plate

    def has_expired(self, now: datetime) -> bool:
        """Say whether the entry's time is over at `now`."""
        return self.valid_until is not None and now >= self.valid_until

    def is_yet_to_begin(self, now: datetime) -> bool:
        """Say whether the entry's time begins after `now`."""
        return self.valid_from is not None and now < self.valid_from


def is_pattern(plate: str) -> bool:
    """Say whether `plate` is normalised but for one or two unknown characters."""
    unknown = plate.count(UNKNOWN_CHARACTER)
    known = plate.replace(UNKNOWN_CHARACTER, "")
    return (
        0 < unknown <= MAX_UNKNOWN_CHARACTERS
        and len(known) >= MIN_KNOWN_CHARACTERS
        and len(plate) <= MAX_PLATE_LENGTH
        and is_plate(known)
    )
