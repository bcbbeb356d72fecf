"""Events of cases: who asked, who said yes or no, what was looked for and what was taken out."""

from fairplate.audit.event_types import EventForm, EventType, Field
from fairplate.audit.kinds import (
    CASE_END,
    COUNT,
    DIGEST,
    EXPORT_KIND,
    FLAG,
    ID,
    PURPOSE,
    TEXT,
    TIME,
    list_of,
    or_null,
)

_CASE = Field("case", ID, "the case")
_PURPOSE = Field("purpose", PURPOSE, "what the case is for")
_PLATES = Field("plates", COUNT, "how many plates were asked for")
_READERS = Field("readers", COUNT, "how many readers were looked at")
_PLATES_ASKED = Field("plates", list_of(TEXT), "the plates, with unknown characters")
_READER_IDS = Field("readers", list_of(ID), "the readers' ids")

FORMS = {
    EventType.CASE_OPENED: EventForm(
        "somebody asks to look back; the actor is who asks",
        (
            _CASE,
            _PURPOSE,
            _PLATES,
            Field("readers", COUNT, "how many readers are to be looked at"),
            Field("captured_from", TIME, "the first moment of capture that is asked for"),
            Field("captured_until", TIME, "the first moment of capture that is not"),
            Field("approvals", COUNT, "how many other people must approve"),
            Field("exigent", FLAG, "whether it is searched first and approved afterwards"),
        ),
        (
            _PLATES_ASKED,
            _READER_IDS,
            Field("reference", TEXT, "the reference that the case gives for its purpose"),
            Field("why", TEXT, "what it is asked for, in the words of whoever asks"),
        ),
    ),
    EventType.CASE_APPROVED: EventForm(
        "somebody else said yes; the actor is who approves",
        (_CASE, Field("expires_at", TIME, "when the approval ends")),
        (Field("note", TEXT, "what the approver wrote; may be empty"),),
    ),
    EventType.CASE_REFUSED: EventForm(
        "somebody else said no; the actor is who refuses",
        (_CASE,),
        (Field("note", TEXT, "why"),),
    ),
    EventType.CASE_SEARCHED: EventForm(
        "reads were looked for under a case and shown to the actor",
        (
            _CASE,
            _PURPOSE,
            _PLATES,
            _READERS,
            Field("found", COUNT, "how many reads were shown"),
        ),
        (_PLATES_ASKED, _READER_IDS),
    ),
    EventType.CASE_CLOSED: EventForm(
        "a case ended", (_CASE, Field("reason", CASE_END, "why it ended"))
    ),
    EventType.EXPORT_MADE: EventForm(
        "something was taken out of the deployment",
        (
            Field("what", EXPORT_KIND, "what was taken out"),
            Field("case", or_null(ID), "the case it belongs to; null: none"),
            Field(
                "export", or_null(ID), "the id on every page of a case's file; null: no such file"
            ),
            Field("items", COUNT, "how many reads or events"),
        ),
        (
            Field("given_to", TEXT, "who got it, or where it was put"),
            Field("document", or_null(DIGEST), "SHA-256 of a case's file; null: no such file"),
        ),
    ),
    EventType.SUBJECT_REPORTED: EventForm(
        "a driver was told what is known of their own plate",
        (
            Field("case", ID, "the case under which it was asked"),
            Field("reads", COUNT, "how many reads were found"),
            Field("hits", COUNT, "how many of them matched an entry"),
        ),
        (
            Field("plate", TEXT, "the plate"),
            Field("reference", TEXT, "how the driver's right was shown"),
        ),
    ),
}
