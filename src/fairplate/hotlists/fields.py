"""What the text in one cell of a hot list means.

Decides what each field accepts and how a refused text may be described. Every function raises
HotListError with `where` and the field; no message quotes a text that may be a plate, because in
a row with shifted columns the plate can stand anywhere.
"""

import re
from datetime import UTC, date, datetime, timedelta

from fairplate.core.errors import HotListError, InputError
from fairplate.core.plates import normalise_plate
from fairplate.core.purposes import Purpose, parse_purpose
from fairplate.core.regions import parse_region
from fairplate.core.vehicles import VehicleType

UNKNOWN = "unknown"
MAX_TEXT_LENGTH = 200

# Words that lists and spreadsheets put where there is no plate. They would pass as plates, and a
# placeholder that matches a vanity plate stops the wrong car.
_PLACEHOLDERS = frozenset("UNKNOWN UNREADABLE NOPLATE NOTAG NONE NULL NAN".split())

# Plates of letters alone are personalised ones; none is longer than this.
_LONGEST_VANITY_PLATE = 8

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(?P<offset>[Zz]|[+-]\d\d:?\d\d)?", re.ASCII
)

_REFERENCE_OF = {
    Purpose.CRIME_INVESTIGATION: "a case number",
    Purpose.COURT_ORDER: "the number of the order",
}


def describe(text: str, *, plate_cell: str) -> str:
    """Return `text` quoted where it cannot be the row's plate, else only its shape."""
    could_be_plate = len(text) <= _LONGEST_VANITY_PLATE and not _is_certain_plate(plate_cell)
    if could_be_plate or any(c.isnumeric() for c in text):
        shape = "".join("#" if c.isnumeric() else "@" if c.isalpha() else c for c in text[:24])
        return f"a text like {shape!a}"
    return ascii(text[:40])


def _is_certain_plate(cell: str) -> bool:
    """Say whether the plate's cell holds a plate with a digit, so that no other cell holds it."""
    try:
        return any(c.isdigit() for c in normalise_plate(cell))
    except InputError:
        return False


def _require_length(text: str, *, where: str, field: str) -> None:
    if len(text) > MAX_TEXT_LENGTH:
        expected = f"at most {MAX_TEXT_LENGTH} characters"
        raise HotListError(where, field, expected=expected, found=str(len(text)))


def read_plate(text: str, *, where: str) -> str:
    """Return the normalised plate; patterns, formulas and placeholders are refused."""
    _require_length(text, where=where, field="plate")
    for wildcard in "?*":
        if wildcard in text:
            expected = "a whole plate (patterns are not supported)"
            raise HotListError(where, "plate", expected=expected, found=f"the wildcard {wildcard}")
    try:
        plate = normalise_plate(text, where=where)
    except InputError as error:
        found = error.found
        raise HotListError(where, "plate", expected=error.expected, found=found) from None
    if plate in _PLACEHOLDERS:
        raise HotListError(where, "plate", expected="a plate", found="a placeholder word")
    return plate


def read_jurisdiction(text: str, *, where: str, plate_cell: str) -> str | None:
    """Return the region code of the plate, or None where the list says `unknown`."""
    if text.strip().lower() == UNKNOWN:
        return None
    try:
        return parse_region(text, where=where, field="jurisdiction")
    except InputError as error:
        expected = f"{error.expected}, or {UNKNOWN}"
        found = describe(text, plate_cell=plate_cell) if text.strip() else "nothing"
        raise HotListError(where, "jurisdiction", expected=expected, found=found) from None


def read_vehicle(text: str, *, where: str, plate_cell: str) -> VehicleType:
    """Return the vehicle type, which may be `unknown` but must be given."""
    try:
        return VehicleType(text.strip().lower())
    except ValueError:
        expected = f"one of {', '.join(VehicleType)}"
        found = describe(text, plate_cell=plate_cell) if text.strip() else "nothing"
        raise HotListError(where, "vehicle", expected=expected, found=found) from None


def read_purpose(text: str, *, where: str, plate_cell: str) -> Purpose:
    """Return the purpose, which must be on the closed list, spelled exactly."""
    try:
        return parse_purpose(text.strip(), where=where)
    except InputError as error:
        found = describe(text, plate_cell=plate_cell) if text.strip() else "nothing"
        raise HotListError(where, "purpose", expected=error.expected, found=found) from None


def read_text(text: str, *, where: str, field: str) -> str:
    """Return free text on one line; characters that would steer a terminal are refused."""
    # Line breaks and runs of blanks become one blank: messages and tables are lines.
    line = " ".join(text.split())
    _require_length(line, where=where, field=field)
    for character in line:
        if not character.isprintable():
            found = f"U+{ord(character):04X}"
            raise HotListError(where, field, expected="printable characters", found=found)
    return line


def read_reference(text: str, purpose: Purpose | None, *, where: str) -> str:
    """Return the reference, which no purpose may go without."""
    reference = read_text(text, where=where, field="reference")
    if not reference:
        kind = "a reference" if purpose is None else _REFERENCE_OF.get(purpose, "a reference")
        raise HotListError(where, "reference", expected=kind, found="nothing")
    return reference


def read_moment(text: str, *, where: str, field: str, end_of_day: bool = False) -> datetime | None:
    """Return an ISO 8601 date or date-time as UTC, None for no text.

    A plain date is its first moment in UTC, or with `end_of_day` the first after it.
    """
    text = text.strip()
    if not text:
        return None
    expected = "an ISO 8601 date, or a date-time with a UTC offset"
    moment = _MOMENT.fullmatch(text)
    if moment is not None and moment["offset"] is None:
        raise HotListError(where, field, expected=expected, found="a time without an offset")
    try:
        if moment is not None:
            return datetime.fromisoformat(text.upper()).astimezone(UTC)
        if _DAY.fullmatch(text):
            return _edge_of_day(date.fromisoformat(text), end_of_day=end_of_day)
    except (ValueError, OverflowError):
        raise HotListError(where, field, expected=expected, found="no such date") from None
    # Dates that need guessing (03/04/2026) are shown by their shape: plates can look like them.
    raise HotListError(where, field, expected=expected, found=describe(text, plate_cell=""))


def _edge_of_day(day: date, *, end_of_day: bool) -> datetime:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    if not end_of_day:
        return start
    # 9999-12-31 is how many lists write "for ever"; there is no midnight after it.
    return datetime.max.replace(tzinfo=UTC) if day == date.max else start + timedelta(days=1)
