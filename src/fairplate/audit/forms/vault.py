"""Events of keys and of what they seal."""

from fairplate.audit.event_types import EventForm, EventType, Field
from fairplate.audit.kinds import (
    ACTOR,
    COUNT,
    FLAG,
    ID,
    KEY,
    PERIOD,
    PURPOSE,
    REASON,
    RECORD,
    TEXT,
    TIME,
    list_of,
    or_null,
    set_of,
)

_KEY = Field("key", KEY, "the key")
_DESTROY_BY = Field("destroy_by", TIME, "when the key must be gone, at the latest")
_CASE = Field("case", ID, "the case")
_RECORDS = Field("records", COUNT, "how many records")
_RECORD_IDS = Field("records", list_of(RECORD), "the records' ids")

FORMS = {
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
