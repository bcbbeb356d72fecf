"""Sessions: that a browser is a person's, from sign-in to sign-out, and not for long.

Decides how long: half an hour without use, twelve hours in all. A session is bound to the passkey
that began it and to the family of its browser, gets a new id whenever it may do more, and ends with
the passkey, the role or the person. Step-up is for one act and five minutes.
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from fairplate.audit.log import Recorder
from fairplate.deployment.people import Person, open_person
from fairplate.deployment.people_key import PeopleKey
from fairplate.storage.schema import people, sessions

IDLE = timedelta(minutes=30)
LASTS = timedelta(hours=12)
STEP_UP_LASTS = timedelta(minutes=5)
MOST_SESSIONS = 20
"""Of one person; the one that was used longest ago ends for a new one."""

_SEEN_EVERY = timedelta(minutes=1)  # each note of it is a transaction
_SECRET_BYTES = 32
_ID_BYTES = 8
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Session:
    """One session; `id` names it and opens nothing."""

    id: str
    person: Person
    passkey_id: str | None
    agent: str
    made_at: datetime
    seen_at: datetime
    ends_at: datetime
    stepped_up_at: datetime | None
    stepped_up_for: str | None
    digest: bytes = field(repr=False)

    def is_stepped_up(self, act: str, now: datetime) -> bool:
        """Say whether a fresh passkey was shown for this very act."""
        return (
            self.stepped_up_for == act
            and self.stepped_up_at is not None
            and timedelta(0) <= now - self.stepped_up_at < STEP_UP_LASTS
        )


def begin_session(
    connection: sa.Connection,
    recorder: Recorder,
    key: PeopleKey,
    person: Person,
    *,
    passkey_id: str | None,
    agent: str,
) -> tuple[str, Session]:
    """Return the secret of a new session, and the session; what is over is cleared away."""
    now = recorder.clock()
    over = sa.or_(sessions.c.ends_at <= now, sessions.c.seen_at <= now - IDLE)
    connection.execute(sa.delete(sessions).where(over))
    for one in read_sessions(connection, key, person, now)[MOST_SESSIONS - 1 :]:
        connection.execute(sa.delete(sessions).where(sessions.c.id == one.id))
    secret = _make_secret(recorder)
    session = Session(
        id=recorder.random_bytes(_ID_BYTES).hex(),
        person=person,
        passkey_id=passkey_id,
        agent=agent,
        made_at=now,
        seen_at=now,
        ends_at=now + LASTS,
        stepped_up_at=None,
        stepped_up_for=None,
        digest=_digest(key, secret),
    )
    values = {
        "digest": session.digest,
        "id": session.id,
        "person_id": person.id,
        "passkey_id": passkey_id,
        "agent": agent,
        "made_at": now,
        "seen_at": now,
        "ends_at": session.ends_at,
    }
    connection.execute(sa.insert(sessions).values(values))
    return secret, session


def read_session(
    connection: sa.Connection, key: PeopleKey, secret: str, *, agent: str, now: datetime
) -> Session | None:
    """Return the session that a secret opens, None if it opens none any more.

    Raises StorageError where the person's row was altered by hand.
    """
    if _SECRET.fullmatch(secret) is None:
        return None
    mine = sessions.c.digest == _digest(key, secret)
    for session in _read(connection, key, mine, now):
        return session if session.agent == agent else None
    return None


def read_sessions(
    connection: sa.Connection, key: PeopleKey, person: Person, now: datetime
) -> Sequence[Session]:
    """Return the sessions of a person that are not over, the one used last first."""
    return _read(connection, key, sessions.c.person_id == person.id, now)


def is_to_be_noted(session: Session, now: datetime) -> bool:
    """Say whether it is time to note that a session is in use."""
    return now - session.seen_at >= _SEEN_EVERY


def note_seen(connection: sa.Connection, session: Session, now: datetime) -> None:
    """Note that a session is in use."""
    mine = sa.update(sessions).where(sessions.c.digest == session.digest)
    connection.execute(mine.values(seen_at=now))


def step_up(
    connection: sa.Connection, recorder: Recorder, key: PeopleKey, session: Session, act: str
) -> tuple[str, Session] | None:
    """Return the new secret of a session that may do `act` from now on, and the session.

    None if the session ended meanwhile.
    """
    now = recorder.clock()
    secret = _make_secret(recorder)
    values = {
        "digest": _digest(key, secret),
        "seen_at": now,
        "stepped_up_at": now,
        "stepped_up_for": act,
    }
    mine = sa.update(sessions).where(sessions.c.digest == session.digest)
    if connection.execute(mine.values(values)).rowcount != 1:
        return None
    changed = replace(
        session, digest=_digest(key, secret), seen_at=now, stepped_up_at=now, stepped_up_for=act
    )
    return secret, changed


def end_session(connection: sa.Connection, person_id: str, session_id: str) -> bool:
    """End one session of a person; say whether there was one."""
    mine = sa.and_(sessions.c.person_id == person_id, sessions.c.id == session_id)
    return connection.execute(sa.delete(sessions).where(mine)).rowcount == 1


def end_sessions(connection: sa.Connection, person_id: str, *, but: str | None = None) -> int:
    """End the sessions of a person, all or all but one; return how many that were."""
    mine = sessions.c.person_id == person_id
    if but is not None:
        mine = sa.and_(mine, sessions.c.id != but)
    return connection.execute(sa.delete(sessions).where(mine)).rowcount


def _read(
    connection: sa.Connection, key: PeopleKey, which: sa.ColumnElement[bool], now: datetime
) -> list[Session]:
    live = sa.and_(which, sessions.c.ends_at > now, sessions.c.seen_at > now - IDLE)
    found = connection.execute(
        sa.select(sessions).where(live).order_by(sessions.c.seen_at.desc(), sessions.c.id)
    ).all()
    ids = {row.person_id for row in found}
    enabled = sa.and_(people.c.id.in_(ids), people.c.disabled_at.is_(None))
    known = {row.id: open_person(key, row) for row in
             connection.execute(sa.select(people).where(enabled))}  # fmt: skip
    return [
        Session(
            id=row.id,
            person=known[row.person_id],
            passkey_id=row.passkey_id,
            agent=row.agent,
            made_at=row.made_at,
            seen_at=row.seen_at,
            ends_at=row.ends_at,
            stepped_up_at=row.stepped_up_at,
            stepped_up_for=row.stepped_up_for,
            digest=row.digest,
        )
        for row in found
        if row.person_id in known
    ]


def _make_secret(recorder: Recorder) -> str:
    made = base64.urlsafe_b64encode(recorder.random_bytes(_SECRET_BYTES))
    return made.decode().rstrip("=")


def _digest(key: PeopleKey, secret: str) -> bytes:
    return key.digest("session", secret.encode())
