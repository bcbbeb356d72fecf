"""Events of the log itself: its witnesses, what was opened of it, and the sampled reviews."""

from fairplate.audit.event_types import EventForm, EventType, Field
from fairplate.audit.kinds import COUNT, FINDING, MONTH, TEXT, VERIFIER_KEY, list_of

_WITNESS = Field("key", VERIFIER_KEY, "the witness's key for cosignatures")
_QUORUM = Field("quorum", COUNT, "how many witnesses make a checkpoint witnessed from now on")

FORMS = {
    EventType.EVENT_OPENED: EventForm(
        "the sealed part of one event was shown to somebody",
        (Field("event", COUNT, "its index in the log"),),
        (Field("given_to", TEXT, "who got it"),),
    ),
    EventType.WITNESS_ADDED: EventForm(
        "a witness is asked to countersign from now on",
        (_WITNESS, _QUORUM),
        (Field("url", TEXT, "where it is asked"),),
    ),
    EventType.WITNESS_REMOVED: EventForm("a witness is asked no more", (_WITNESS, _QUORUM)),
    EventType.LOG_RESTORED: EventForm(
        "events that a restored database lacked were taken back from the published log",
        (
            Field("first", COUNT, "the index of the first of them"),
            Field("events", COUNT, "how many; their sealed parts are lost"),
        ),
    ),
    EventType.REVIEWS_DRAWN: EventForm(
        "searches were picked to be reviewed, by a number nobody could choose",
        (
            Field("month", MONTH, "the month whose first witnessed checkpoint gave the number"),
            Field("size", COUNT, "the size of that checkpoint"),
            Field("searches", COUNT, "how many searches there were since that of an earlier month"),
            Field("picks", list_of(COUNT), "the indices of the events that were picked"),
        ),
    ),
    EventType.REVIEW_DONE: EventForm(
        "a search that was picked has been reviewed; the actor is who reviewed it",
        (
            Field("search", COUNT, "the index of its event"),
            Field("finding", FINDING, "what the reviewer found"),
        ),
        (Field("note", TEXT, "what the reviewer wrote; may be empty"),),
    ),
}
