"""The closed lists of words in events; each value is the word itself. Append only.

Decides which words there are. Leaves to the parts that record an event which of them is true.
"""

from enum import StrEnum


class DestroyReason(StrEnum):
    """Why a key was destroyed."""

    DUE = "due"  # its time was over
    POLICY = "policy"  # a policy that keeps reads for less time came into force
    DAMAGED = "damaged"  # it was not whole, and opened nothing any more
    CASE_ENDED = "case-ended"  # nothing is held any more
    ASKED = "asked"  # an administrator asked for it before its time
    FOUND_GONE = "found-gone"  # the keyring had lost it already


class Role(StrEnum):
    """What a person may do."""

    ADMINISTRATOR = "administrator"
    OPERATOR = "operator"
    OFFICER = "officer"
    APPROVER = "approver"
    AUDITOR = "auditor"


class SignInFailure(StrEnum):
    """Why somebody could not sign in."""

    UNKNOWN = "unknown"  # nobody of that name
    SECRET = "secret"  # noqa: S105 - a wrong one, whatever its kind
    SECOND_FACTOR = "second-factor"
    LOCKED = "locked"  # after too many failures
    EXPIRED = "expired"  # an invitation or a session


class MatchKind(StrEnum):
    """How an entry fits a read."""

    EXACT = "exact"
    LOOK_ALIKE = "look-alike"  # one character is read as another that looks like it
    PATTERN = "pattern"  # the entry has unknown characters


class Decision(StrEnum):
    """What a person saw on comparing picture and entry (DESIGN section 6)."""

    CONFIRMED = "confirmed"
    WRONG_PLATE = "wrong-plate"
    WRONG_JURISDICTION = "wrong-jurisdiction"
    WRONG_VEHICLE = "wrong-vehicle"
    STALE_ENTRY = "stale-entry"
    EXPIRED = "expired"  # nobody looked in time


class Outcome(StrEnum):
    """What came of a confirmed alert."""

    FOUND = "found"  # the vehicle or the person that the entry is about
    NOT_FOUND = "not-found"
    NOT_FOLLOWED = "not-followed"
    MISTAKEN = "mistaken"  # the vehicle that was stopped was not the one


class Suspended(StrEnum):
    """What raises no alerts for now."""

    LIST = "list"
    READER = "reader"


class SuspendReason(StrEnum):
    """Why it does not."""

    WRONG_ALERT_RATE = "wrong-alert-rate"  # more of its alerts were wrong than the policy lets
    ASKED = "asked"  # a person wanted it so


class CaseEnd(StrEnum):
    """Why a case ended."""

    DONE = "done"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class ExportKind(StrEnum):
    """What was taken out."""

    CASE_FILE = "case-file"
    AUDIT_LOG = "audit-log"


class Finding(StrEnum):
    """What a reviewer found of a search."""

    IN_ORDER = "in-order"
    QUESTIONED = "questioned"
