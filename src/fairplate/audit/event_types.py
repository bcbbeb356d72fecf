"""The closed list of event types. Append only: what is here never changes.

Decides which acts leave an event. Leaves to `forms/` what each says in public and what it seals, to
`events.py` the bytes. Version 1 closes with the first release. After that, a new type or field
carries the next `VERSION` as its `since`; an event holds exactly the types and fields of its own
version, so that old events read for ever as they were written.

A public field with the name of a private one tells of it: how many items its list has, or the
SHA-256 of its text. `events.py` holds the two together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from fairplate.audit.kinds import Kind

VERSION = 1
"""The version that new events are written in; all up to it are read."""


class EventType(StrEnum):
    """One type of event; the value is the word in the log."""

    POLICY_SET = "policy.set"
    READER_ENROLLED = "reader.enrolled"
    READER_DISABLED = "reader.disabled"
    READER_KEYED = "reader.keyed"
    KEY_MADE = "key.made"
    KEY_DESTROYED = "key.destroyed"
    GRANT_USED = "grant.used"
    HOLD_PLACED = "hold.placed"
    HOLD_LIFTED = "hold.lifted"
    USER_INVITED = "user.invited"
    USER_ROLE_CHANGED = "user.role-changed"
    USER_KEYED = "user.keyed"
    SIGN_IN_FAILED = "sign-in.failed"
    CONFIGURATION_CHANGED = "configuration.changed"
    BACKUP_MADE = "backup.made"
    LIST_SET = "list.set"
    LIST_RETIRED = "list.retired"
    BATCH_IMPORTED = "batch.imported"
    BATCH_REJECTED = "batch.rejected"
    BATCH_EXPIRED = "batch.expired"
    LIST_STALE = "list.stale"
    ALERT_RAISED = "alert.raised"
    ALERT_DECIDED = "alert.decided"
    ALERT_OUTCOME = "alert.outcome"
    ALERTING_SUSPENDED = "alerting.suspended"
    ALERTING_LIFTED = "alerting.lifted"
    CASE_OPENED = "case.opened"
    CASE_APPROVED = "case.approved"
    CASE_REFUSED = "case.refused"
    CASE_SEARCHED = "case.searched"
    CASE_CLOSED = "case.closed"
    EXPORT_MADE = "export.made"
    SUBJECT_REPORTED = "subject.reported"
    EVENT_OPENED = "event.opened"
    WITNESS_ADDED = "witness.added"
    WITNESS_REMOVED = "witness.removed"
    LOG_RESTORED = "log.restored"
    REVIEWS_DRAWN = "reviews.drawn"
    REVIEW_DONE = "review.done"


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its name, kind and meaning, and the version that added it."""

    name: str
    kind: Kind
    meaning: str
    since: int = 1


@dataclass(frozen=True, slots=True)
class EventForm:
    """What an event of one type tells in public and seals, and the version that added it."""

    meaning: str
    public: tuple[Field, ...]
    private: tuple[Field, ...] = ()
    since: int = 1


def fields_at(fields: tuple[Field, ...], version: int) -> Mapping[str, Field]:
    """Return the fields that events of `version` have, by name."""
    return {field.name: field for field in fields if field.since <= version}
