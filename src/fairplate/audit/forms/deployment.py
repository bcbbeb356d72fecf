"""Events of one deployment: its policy, readers, people, settings and backups."""

from fairplate.audit.event_types import EventForm, EventType, Field
from fairplate.audit.kinds import (
    ACTOR,
    COUNT,
    DIGEST,
    FLAG,
    ID,
    NAME,
    PURPOSE,
    ROLE,
    SECONDS,
    SIGN_IN_FAILURE,
    TEXT,
    or_null,
    set_of,
)

_READER = Field("reader", ID, "the reader's id; where readers stand is public")
_READER_NAME = Field("name", TEXT, "what people call the reader")
_USER = Field("user", ACTOR, "whose role it is")

FORMS = {
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
    EventType.READER_KEYED: EventForm(
        "a key was made that lets a reader send reads over the network",
        (_READER, Field("ended", COUNT, "how many of its older keys ended with that")),
    ),
    EventType.USER_INVITED: EventForm(
        "a person was invited",
        (_USER, Field("role", ROLE, "what the person may do")),
        (
            Field("name", TEXT, "the person's name"),
            Field("address", TEXT, "where the invitation went"),
        ),
    ),
    EventType.USER_ROLE_CHANGED: EventForm(
        "a person may do something else from now on",
        (
            _USER,
            Field("was", or_null(ROLE), "the role before; null: none"),
            Field("role", or_null(ROLE), "the role from now on; null: none any more"),
        ),
    ),
    EventType.USER_KEYED: EventForm(
        "a token was made by which a program acts for a person",
        (Field("user", ACTOR, "whose token it is"),),
        (
            Field("name", TEXT, "what the person calls it"),
            Field("scopes", TEXT, "what it may do, as docs/sign-in.md names it"),
        ),
    ),
    EventType.SIGN_IN_FAILED: EventForm(
        "somebody could not sign in",
        (
            Field("user", or_null(ACTOR), "as whom; null: nobody of ours"),
            Field("reason", SIGN_IN_FAILURE, "why not"),
        ),
        (Field("address", TEXT, "the network address it came from"),),
    ),
    EventType.CONFIGURATION_CHANGED: EventForm(
        "a setting was changed",
        (Field("setting", NAME, "which one"),),
        (
            Field("was", or_null(TEXT), "its value before; null: none"),
            Field("now", or_null(TEXT), "its value from now on; null: none"),
        ),
    ),
    EventType.BACKUP_MADE: EventForm(
        "a backup was made",
        (Field("size_bytes", COUNT, "how large it is"),),
        (Field("place", TEXT, "where it was put"),),
    ),
}
