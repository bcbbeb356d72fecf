"""The closed list of purposes: why an entry may be on a hot list or a case may be opened.

The list is the project's promise (see README, "What it refuses"): policy files may narrow it,
nothing may widen it. Immigration enforcement, health care, religion, protest and speech are
absent on purpose, so a list that names them is refused like any other unknown word.
"""

from enum import StrEnum

from fairplate.core.errors import InputError


class Purpose(StrEnum):
    """One permitted purpose; the value is the word in files, messages and the audit log."""

    STOLEN_VEHICLE = "stolen-vehicle"
    STOLEN_PLATE = "stolen-plate"
    MISSING_OR_ENDANGERED_PERSON = "missing-or-endangered-person"
    COURT_ORDER = "court-order"
    CRIME_INVESTIGATION = "crime-investigation"
    SITE_ACCESS = "site-access"
    TOLL_OR_PARKING = "toll-or-parking"
    SUBJECT_ACCESS = "subject-access"
    TEST = "test"


def parse_purpose(text: str, *, where: str, field: str = "purpose") -> Purpose:
    """Return the purpose that `text` names exactly; raise InputError for any other word."""
    try:
        return Purpose(text)
    except ValueError:
        permitted = ", ".join(Purpose)
        raise InputError(
            where, field, expected=f"one of {permitted}", found=repr(text[:40])
        ) from None
