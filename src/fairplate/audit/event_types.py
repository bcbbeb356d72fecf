"""The closed list of event types and their fields. Append only: what is here never changes.

Decides what an event of each type says in public and what it seals. Leaves the bytes to
`events.py`. A new type or field carries the next `VERSION` as its `since`; an event holds exactly
the types and fields of its own version, so that old events read for ever as they were written.

A public field with the name of a private one tells of it: how many items its list has, or the
SHA-256 of its text. `events.py` holds the two together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from fairplate.audit.kinds import (
    ACTOR,
    COUNT,
    DIGEST,
    FLAG,
    ID,
    KEY,
    NAME,
    PERIOD,
    PURPOSE,
    REASON,
    RECORD,
    SECONDS,
    TEXT,
    TIME,
    Kind,
    list_of,
    or_null,
    set_of,
)

VERSION = 1
"""The version that new events are written in; all up to it are read."""


class EventType(StrEnum):
    """One type of event; the value is the word in the log."""

    POLICY_SET = "policy.set"
    READER_ENROLLED = "reader.enrolled"
    READER_DISABLED = "reader.disabled"
    KEY_MADE = "key.made"
    KEY_DESTROYED = "key.destroyed"
    GRANT_USED = "grant.used"
    HOLD_PLACED = "hold.placed"
    HOLD_LIFTED = "hold.lifted"


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


_READER = Field("reader", ID, "the reader's id; where readers stand is public")
_READER_NAME = Field("name", TEXT, "what people call the reader")
_KEY = Field("key", KEY, "the key")
_DESTROY_BY = Field("destroy_by", TIME, "when the key must be gone, at the latest")
_CASE = Field("case", ID, "the case")
_RECORDS = Field("records", COUNT, "how many records")
_RECORD_IDS = Field("records", list_of(RECORD), "the records' ids")

FORMS: Mapping[EventType, EventForm] = MappingProxyType(
    {
        EventType.POLICY_SET: EventForm(
            "a policy came into force",
            (
                Field("name", NAME, "the policy's name"),
                Field("document", DIGEST, "SHA-256 of the policy file as it was set"),
                Field("non_hits_kept_s", SECONDS, "how long a read that matched nothing is kept"),
                Field(
                    "hits_kept_s",
                    or_null(SECONDS),
                    "how long a hit is kept; null: until its case ends",
                ),
                Field("longest_look_back_s", SECONDS, "how far a case may look back"),
                Field("approvals", COUNT, "how many other people must approve"),
                Field("exigent", FLAG, "whether approval may come afterwards in an emergency"),
                Field("purposes", set_of(PURPOSE), "what vehicles may be looked for"),
            ),
            (Field("document", TEXT, "the policy file, in TOML"),),
        ),
        EventType.READER_ENROLLED: EventForm(
            "a reader may send reads from now on", (_READER,), (_READER_NAME,)
        ),
        EventType.READER_DISABLED: EventForm(
            "a reader may send no more reads", (_READER,), (_READER_NAME,)
        ),
        EventType.KEY_MADE: EventForm("a key was made", (_KEY, _DESTROY_BY)),
        EventType.KEY_DESTROYED: EventForm(
            "a key was destroyed, and with it all that it sealed",
            (
                _KEY,
                _DESTROY_BY,
                Field("made_at", or_null(TIME), "when the key was made; null: nobody knows"),
                Field("reason", REASON, "why it was destroyed"),
            ),
        ),
        EventType.GRANT_USED: EventForm(
            "keys were derived to look for plates under an approved case",
            (
                _CASE,
                Field("purpose", PURPOSE, "what the case is for"),
                Field("plates", COUNT, "how many plates were asked for"),
                Field("candidates", COUNT, "how many spellings they came to"),
                Field("readers", COUNT, "how many readers were looked at"),
                Field("periods", COUNT, "how many periods were looked at"),
                Field("first_period", or_null(PERIOD), "the first of them; null: there is none"),
                Field("last_period", or_null(PERIOD), "the last of them; null: there is none"),
                Field("exigent", FLAG, "whether approval was to come afterwards"),
                Field("asked_by", ACTOR, "who asked"),
                Field("approved_by", set_of(ACTOR), "who had approved"),
            ),
            (
                Field("plates", list_of(TEXT), "the plates as asked for, with unknown characters"),
                Field("readers", list_of(ID), "the readers' ids"),
                Field("reference", TEXT, "the reference that the case gives for its purpose"),
            ),
        ),
        EventType.HOLD_PLACED: EventForm(
            "a case holds records past their time",
            (_CASE, _RECORDS, Field("until", TIME, "when the hold ends, at the latest")),
            (_RECORD_IDS,),
        ),
        EventType.HOLD_LIFTED: EventForm(
            "a case holds records no more", (_CASE, _RECORDS), (_RECORD_IDS,)
        ),
    }
)


def fields_at(fields: tuple[Field, ...], version: int) -> Mapping[str, Field]:
    """Return the fields that events of `version` have, by name."""
    return {field.name: field for field in fields if field.since <= version}
