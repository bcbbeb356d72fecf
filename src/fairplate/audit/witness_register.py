"""The witnesses that a log asks, and how many of them make a checkpoint witnessed.

Decides what may be registered, and leaves an event of each change. Leaves the asking to
`witnesses.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from fairplate.audit.event_types import EventType
from fairplate.audit.events import ParsedEvent
from fairplate.audit.kinds import VERIFIER_KEY
from fairplate.audit.log import Recorder
from fairplate.audit.witnesses import Witness
from fairplate.core.errors import InputError
from fairplate.storage.schema import events, log_head, witnesses
from fairplate.verify.errors import LogFormatError
from fairplate.verify.notes import KeyType, VerifierKey, parse_verifier_key

LOST_URL = "http://address-lost.invalid"
"""Stands for the address of a witness whose event was taken back after a restore: that is sealed,
and was lost. Nobody answers there, so every round says so until the witness is added again."""

_HEAD_ID = 1
# Events of changes hold these bytes, and hardly any other.
_CHANGES = tuple(
    f'"type":"{each}"'.encode() for each in (EventType.WITNESS_ADDED, EventType.WITNESS_REMOVED)
)
_SET_QUORUM = sa.text(
    "INSERT INTO log_head (id, size, quorum) VALUES (:id, 0, :quorum)"
    " ON CONFLICT (id) DO UPDATE SET quorum = excluded.quorum"
)


@dataclass(frozen=True, slots=True)
class RegisteredWitness:
    """A witness that is asked, and the size of the last checkpoint it signed."""

    witness: Witness
    size: int


def read_witnesses(connection: sa.Connection) -> tuple[RegisteredWitness, ...]:
    """Return those that are asked now, by key."""
    query = sa.select(witnesses).where(witnesses.c.removed_at.is_(None)).order_by(witnesses.c.key)
    return tuple(
        RegisteredWitness(Witness(parse_verifier_key(row.key), row.url), row.size)
        for row in connection.execute(query)
    )


def read_quorum(connection: sa.Connection) -> int:
    """Return how many witnesses make a checkpoint witnessed; 0 before the first was added."""
    return connection.execute(sa.select(log_head.c.quorum)).scalar_one_or_none() or 0


def is_change_waiting(connection: sa.Connection) -> bool:
    """Say whether the register is ahead of the log: an event of its change has no place yet."""
    waiting = sa.select(events.c.body).where(events.c.position.is_(None))
    bodies = connection.execute(waiting).scalars()
    return any(mark in bytes(body) for body in bodies for mark in _CHANGES)


def parse_witness_key(text: str) -> VerifierKey:
    """Return the witness's key that `text` spells; InputError if it may not stand in an event."""
    try:
        key = parse_verifier_key(text)
    except LogFormatError as error:
        raise InputError("witness", "key", expected=str(error), found="another text") from None
    if not VERIFIER_KEY.fits(text):
        raise InputError("witness", "key", expected=VERIFIER_KEY.form, found="another name")
    if key.type is not KeyType.COSIGNATURE:
        expected = "a key for cosignatures"
        raise InputError("witness", "key", expected=expected, found="one for notes")
    return key


def require_outsider(key: VerifierKey, log_key: VerifierKey) -> None:
    """Raise InputError if a witness bears the name or the key of the log itself."""
    if key.name == log_key.name or key.public == log_key.public:
        raise InputError("witness", "key", expected="an outsider's", found="the log's own")


def add_witness(
    connection: sa.Connection, recorder: Recorder, witness: Witness, quorum: int
) -> None:
    """Ask `witness` from now on, and let `quorum` of all count as witnessed.

    Of one whose address was lost only that is set anew. Raises InputError if it is asked already,
    or for a quorum that the witnesses cannot reach.
    """
    key = str(witness.key)
    asked = {str(known.witness.key): known.witness.url for known in read_witnesses(connection)}
    if asked.get(key) == LOST_URL and quorum == read_quorum(connection):
        found = sa.update(witnesses).where(witnesses.c.key == key)
        connection.execute(found.values(url=witness.url))
        return
    if key in asked:
        raise InputError("witness", "key", expected="one that is not asked yet", found="another")
    _require_quorum(quorum, len(asked) + 1)
    values = {
        "url": witness.url,
        "added_at": recorder.clock(),
        "removed_at": None,
        "size": 0,
    }
    same_key = witnesses.c.key == key
    if connection.execute(sa.update(witnesses).where(same_key).values(values)).rowcount == 0:
        connection.execute(sa.insert(witnesses).values(key=key, **values))
    _set_quorum(connection, quorum)
    recorder.record(
        connection,
        EventType.WITNESS_ADDED,
        public={"key": key, "quorum": quorum},
        private={"url": witness.url},
    )


def remove_witness(connection: sa.Connection, recorder: Recorder, key: str, quorum: int) -> None:
    """Ask the witness called `key` no more, and let `quorum` of the rest count as witnessed."""
    asked = {str(known.witness.key) for known in read_witnesses(connection)}
    if key not in asked:
        raise InputError("witness", "key", expected="one that is asked", found="another")
    _require_quorum(quorum, len(asked) - 1)
    removed = sa.update(witnesses).where(witnesses.c.key == key)
    connection.execute(removed.values(removed_at=recorder.clock()))
    _set_quorum(connection, quorum)
    recorder.record(
        connection,
        EventType.WITNESS_REMOVED,
        public={"key": key, "quorum": quorum},
        private={},
    )


def take_back_witness(connection: sa.Connection, event: ParsedEvent) -> None:
    """Let the register say what `event`, taken back from the published log, tells."""
    if event.type not in {EventType.WITNESS_ADDED, EventType.WITNESS_REMOVED}:
        return
    key, quorum = str(event.public["key"]), event.public["quorum"]
    removed_at = event.at if event.type is EventType.WITNESS_REMOVED else None
    changed = sa.update(witnesses).where(witnesses.c.key == key)
    if connection.execute(changed.values(removed_at=removed_at)).rowcount == 0:
        values = {"url": LOST_URL, "added_at": event.at, "removed_at": removed_at, "size": 0}
        connection.execute(sa.insert(witnesses).values(key=key, **values))
    _set_quorum(connection, quorum if isinstance(quorum, int) else 0)


def note_sizes(connection: sa.Connection, sizes: Mapping[str, int]) -> None:
    """Remember, by key as it is spelled, the size of what each witness signed last."""
    for key, size in sizes.items():
        changed = sa.update(witnesses).where(witnesses.c.key == key)
        connection.execute(changed.values(size=size))


def _require_quorum(quorum: int, number: int) -> None:
    least = 1 if number else 0
    if not least <= quorum <= number:
        expected = f"{least} to {number}, the number of witnesses"
        raise InputError("witness", "quorum", expected=expected, found=str(quorum))


def _set_quorum(connection: sa.Connection, quorum: int) -> None:
    connection.execute(_SET_QUORUM, {"id": _HEAD_ID, "quorum": quorum})
