"""What the text in one cell of a hot list means.

Decides what each field accepts and how a refused text may be described. Every function raises
HotListError with `where` and the field; no message quotes a text that may be a plate, because in
a row with shifted columns the plate can stand anywhere.
"""

import re
from datetime import UTC, date, datetime, timedelta

from fairplate.core.errors import HotListError, InputError
from fairplate.core.plates import MAX_PLATE_LENGTH, is_plate, normalise_plate
from fairplate.core.purposes import Purpose, parse_purpose
from fairplate.core.regions import parse_region
from fairplate.core.vehicles import VehicleType
from fairplate.hotlists.entries import (
    MAX_UNKNOWN_CHARACTERS,
    MIN_KNOWN_CHARACTERS,
    UNKNOWN_CHARACTER,
)

UNKNOWN = "unknown"
MAX_TEXT_LENGTH = 200

# Words that lists and spreadsheets put where there is no plate. They would pass as plates, and a
# placeholder that matches a vanity plate stops the wrong car.
_PLACEHOLDERS = frozenset("UNKNOWN UNREADABLE NOPLATE NOTAG NONE NULL NAN".split())

# What `normalise_plate` drops from ASCII, so that the plates of most lists need not go through it.
_DROP_ASCII_SEPARATORS = str.maketrans("", "", " -_.:/'\"\t")

# A spreadsheet runs a cell that begins so. Lists are exported and opened there sooner or later.
# + and - stay: telephone numbers begin with them.
_FORMULA_STARTS = ("=", "@")
_NO_FIRST_CHARACTERS = ("", " ", *_FORMULA_STARTS)

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
    text = text[:40]
    could_be_plate = len(text) <= _LONGEST_VANITY_PLATE and not _is_certain_plate(plate_cell)
    if could_be_plate or any(c.isnumeric() for c in text):
        shape = "".join("#" if c.isnumeric() else "@" if c.isalpha() else c for c in text[:24])
        return f"a text like {shape!a}"
    return ascii(text)


def _is_certain_plate(cell: str) -> bool:
    """Say whether the plate's cell holds a plate with a digit, so that no other cell holds it."""
    if len(cell) > MAX_TEXT_LENGTH:
        return False
    try:
        return any(c.isdigit() for c in normalise_plate(cell))
    except InputError:
        return False


def _require_length(text: str, *, where: str, field: str) -> None:
    if len(text) > MAX_TEXT_LENGTH:
        expected = f"at most {MAX_TEXT_LENGTH} characters"
        raise HotListError(where, field, expected=expected, found=str(len(text)))


def read_plate(text: str, *, where: str) -> str:
    """Return the normalised plate, or a pattern; formulas and placeholders are refused.

    A pattern has one or two `?`, each for one unknown character.
    """
    plate = text if is_plate(text) else _fold_ascii(text)
    if plate is None:
        plate = _read_unusual_plate(text, where=where)
    if plate in _PLACEHOLDERS:
        raise HotListError(where, "plate", expected="a plate", found="a placeholder word")
    return plate


def _fold_ascii(text: str) -> str | None:
    """Return the plate where ASCII letters, digits and separators are all there is, else None."""
    if not text.isascii() or len(text) > MAX_TEXT_LENGTH:
        return None
    folded = text.upper().translate(_DROP_ASCII_SEPARATORS)
    return folded if is_plate(folded) else None


def _read_unusual_plate(text: str, *, where: str) -> str:
    _require_length(text, where=where, field="plate")
    if UNKNOWN_CHARACTER in text or "*" in text:
        return _read_pattern(text, where=where)
    try:
        return normalise_plate(text, where=where)
    except InputError as error:
        found = error.found
        raise HotListError(where, "plate", expected=error.expected, found=found) from None


def _read_pattern(text: str, *, where: str) -> str:
    expected = (
        f"a plate, in which at most {MAX_UNKNOWN_CHARACTERS} characters may be unknown "
        f"({UNKNOWN_CHARACTER}) and at least {MIN_KNOWN_CHARACTERS} must be known"
    )
    if "*" in text:
        raise HotListError(where, "plate", expected=expected, found="the wildcard *")
    unknown = text.count(UNKNOWN_CHARACTER)
    if unknown > MAX_UNKNOWN_CHARACTERS:
        raise HotListError(where, "plate", expected=expected, found=f"{unknown} unknown")
    try:
        known = len(normalise_plate(text.replace(UNKNOWN_CHARACTER, ""), where=where))
    except InputError as error:
        raise HotListError(where, "plate", expected=expected, found=error.found) from None
    if known < MIN_KNOWN_CHARACTERS or known + unknown > MAX_PLATE_LENGTH:
        found = f"{known} known and {unknown} unknown"
        raise HotListError(where, "plate", expected=expected, found=found)
    # The letter in front keeps a part that is empty, or only separators, from being refused.
    parts = (normalise_plate(f"A{part}")[1:] for part in text.split(UNKNOWN_CHARACTER))
    return UNKNOWN_CHARACTER.join(parts)


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
    # Most texts of a million are right as they are. The only blank that is printable is U+0020.
    if (
        text.isprintable()
        and len(text) <= MAX_TEXT_LENGTH
        and "  " not in text
        and text[:1] not in _NO_FIRST_CHARACTERS
        and text[-1] != " "
    ):
        return text
    # Line breaks and runs of blanks become one blank: messages and tables are lines.
    line = " ".join(text.split())
    _require_length(line, where=where, field=field)
    if line.startswith(_FORMULA_STARTS):
        raise HotListError(where, field, expected="a text", found="a formula")
    if not line.isprintable():
        found = next(f"U+{ord(c):04X}" for c in line if not c.isprintable())
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
