"""Events of hot lists and of the alerts that come of them.

Reader and time of capture are sealed: an alert told in public as it happens would say where a
listed vehicle is.
"""

from fairplate.audit.event_types import EventForm, EventType, Field
from fairplate.audit.kinds import (
    COUNT,
    DECISION,
    DIGEST,
    FLAG,
    ID,
    MATCH_KIND,
    NAME,
    OUTCOME,
    PURPOSE,
    SECONDS,
    SUSPEND_REASON,
    SUSPENDED,
    TEXT,
    TIME,
    list_of,
    or_null,
    set_of,
)

_LIST = Field("list", ID, "the hot list")
_BATCH = Field("batch", ID, "the batch")
_ALERT = Field("alert", ID, "the alert")
_FORMAT = Field("format", NAME, "the format it came in")
_NOTE = Field("note", TEXT, "what the person wrote; may be empty")
_WHAT = Field("what", SUSPENDED, "a list or a reader")
_ID = Field("id", ID, "which one")

FORMS = {
    EventType.LIST_SET: EventForm(
        "a hot list was made, or is to be kept otherwise from now on",
        (
            _LIST,
            Field("purposes", set_of(PURPOSE), "what its entries may be for"),
            Field("look_alikes", FLAG, "whether a character may be read as one that looks like it"),
            Field(
                "refreshed_s", or_null(SECONDS), "how soon the next batch is due; null: not ever"
            ),
            Field("definition", DIGEST, "SHA-256 of its definition as it was set"),
        ),
        (Field("definition", TEXT, "its definition"),),
    ),
    EventType.LIST_RETIRED: EventForm("a hot list ended, with all its entries", (_LIST,), (_NOTE,)),
    EventType.BATCH_IMPORTED: EventForm(
        "a batch of entries came into force",
        (
            _LIST,
            _BATCH,
            _FORMAT,
            Field("entries", COUNT, "how many entries the list has now"),
            Field("added", COUNT, "how many are new"),
            Field("changed", COUNT, "how many were changed"),
            Field("removed", COUNT, "how many were taken off"),
            Field("purposes", set_of(PURPOSE), "what the entries are for"),
            Field("fresh_until", or_null(TIME), "when the next batch is due; null: never"),
        ),
        (Field("source", TEXT, "where it came from"),),
    ),
    EventType.BATCH_REJECTED: EventForm(
        "a batch was refused as a whole",
        (
            _LIST,
            _FORMAT,
            Field("rows", COUNT, "how many rows it has"),
            Field("bad_rows", COUNT, "how many of them are wrong"),
        ),
        (Field("source", TEXT, "where it came from"),),
    ),
    EventType.BATCH_EXPIRED: EventForm(
        "entries of a batch ended",
        (_LIST, _BATCH, Field("entries", COUNT, "how many")),
    ),
    EventType.LIST_STALE: EventForm(
        "no batch came in time; the list raises no alerts until one comes",
        (_LIST, Field("due", TIME, "when the batch was due")),
    ),
    EventType.ALERT_RAISED: EventForm(
        "a match passed the gate and is to be compared by a person",
        (
            _ALERT,
            _LIST,
            Field("purpose", PURPOSE, "what the entry is for"),
            Field("match", MATCH_KIND, "how the entry fits the read"),
            Field("chance_permille", COUNT, "how likely the alert was said to be right"),
        ),
        (
            Field("plate", TEXT, "the plate as it was read"),
            Field("entries", list_of(TEXT), "the references of the entries that match"),
            Field("reader", ID, "the reader"),
            Field("captured_at", TIME, "when the vehicle passed"),
        ),
    ),
    EventType.ALERT_DECIDED: EventForm(
        "a person compared picture and entry, or nobody did in time",
        (_ALERT, Field("decision", DECISION, "what the person saw")),
        (_NOTE,),
    ),
    EventType.ALERT_OUTCOME: EventForm(
        "what came of a confirmed alert is known",
        (_ALERT, Field("outcome", OUTCOME, "what came of it")),
        (_NOTE,),
    ),
    EventType.ALERTING_SUSPENDED: EventForm(
        "a list or a reader raises no alerts until a person lifts this",
        (
            _WHAT,
            _ID,
            Field("reason", SUSPEND_REASON, "why"),
            Field("wrong", COUNT, "how many of its alerts people found wrong"),
            Field("decided", COUNT, "how many people decided"),
        ),
        (_NOTE,),
    ),
    EventType.ALERTING_LIFTED: EventForm(
        "a person lets a list or a reader raise alerts again; the actor is who",
        (_WHAT, _ID),
        (_NOTE,),
    ),
}
