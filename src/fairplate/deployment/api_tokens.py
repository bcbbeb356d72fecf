"""API tokens: what a person lets a program do in their name.

Decides that a token sees, and brings in lists, and never more: no scope looks back, decides or
hands out access (`roles.SCOPES`). It ends by itself, with the person, and with the role. What a
token may do is what it was made for and its owner's role still permits.
"""

import base64
import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from fairplate.audit.event_types import EventType
from fairplate.audit.log import Recorder
from fairplate.core.errors import InputError, UnknownIdError
from fairplate.deployment.people import Person, open_person
from fairplate.deployment.people_key import PeopleKey
from fairplate.deployment.roles import Act, scopes_of
from fairplate.storage.schema import api_tokens, people

MOST_TOKENS = 20
MOST_DAYS = 365
LONGEST_NAME = 100
PREFIX = "fpt1_"  # what scanners for secrets that leaked can look for

_SECRET_BYTES = 32
_ID_BYTES = 8
_TOKEN = re.compile(r"fpt1_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class ApiToken:
    """One token; `id` names it and opens nothing."""

    id: str
    person_id: str
    name: str = field(repr=False)
    scopes: frozenset[Act]
    made_at: datetime
    ends_at: datetime


def make_token(
    connection: sa.Connection,
    recorder: Recorder,
    key: PeopleKey,
    person: Person,
    *,
    name: str,
    scopes: Collection[Act],
    days: int,
) -> tuple[str, ApiToken]:
    """Return a new token's secret, which is kept nowhere, and the token, with its event.

    Raises InputError for a name, scopes or days that no token may have, and for one too many.
    """
    _require_form(person, name, scopes, days)
    now = recorder.clock()
    connection.execute(sa.delete(api_tokens).where(api_tokens.c.ends_at <= now))
    if len(read_tokens(connection, key, person.id, now)) >= MOST_TOKENS:
        raise InputError(
            "token", "number", expected=f"at most {MOST_TOKENS} for a person", found="one more"
        )
    drawn = base64.urlsafe_b64encode(recorder.random_bytes(_SECRET_BYTES)).decode().rstrip("=")
    token = ApiToken(
        id=recorder.random_bytes(_ID_BYTES).hex(),
        person_id=person.id,
        name=name,
        scopes=frozenset(scopes),
        made_at=now,
        ends_at=now + timedelta(days=days),
    )
    plain = json.dumps([name, sorted(token.scopes)]).encode()
    values = {
        "digest": _digest(key, PREFIX + drawn),
        "id": token.id,
        "person_id": person.id,
        "sealed": key.seal(
            _place(token.id, person.id, token.ends_at), plain, recorder.random_bytes
        ),
        "made_at": now,
        "ends_at": token.ends_at,
    }
    connection.execute(sa.insert(api_tokens).values(values))
    recorder.record(
        connection,
        EventType.USER_KEYED,
        public={"user": person.id},
        private={"name": name, "scopes": " ".join(sorted(token.scopes))},
    )
    return PREFIX + drawn, token


def read_tokens(
    connection: sa.Connection, key: PeopleKey, person_id: str, now: datetime
) -> Sequence[ApiToken]:
    """Return the tokens of a person that are not over, the oldest first."""
    live = sa.and_(api_tokens.c.person_id == person_id, api_tokens.c.ends_at > now)
    query = sa.select(api_tokens).where(live).order_by(api_tokens.c.made_at, api_tokens.c.id)
    return [_open(key, row) for row in connection.execute(query)]


def read_token(
    connection: sa.Connection, key: PeopleKey, secret: str, now: datetime
) -> tuple[ApiToken, Person] | None:
    """Return the token that a secret is, and whose it is; None if it counts no more.

    Raises StorageError where a row was altered by hand.
    """
    if _TOKEN.fullmatch(secret) is None:
        return None
    mine = sa.and_(api_tokens.c.digest == _digest(key, secret), api_tokens.c.ends_at > now)
    row = connection.execute(sa.select(api_tokens).where(mine)).one_or_none()
    if row is None:
        return None
    enabled = sa.and_(people.c.id == row.person_id, people.c.disabled_at.is_(None))
    owner = connection.execute(sa.select(people).where(enabled)).one_or_none()
    return None if owner is None else (_open(key, row), open_person(key, owner))


def end_token(connection: sa.Connection, person_id: str, token_id: str) -> None:
    """End one token of a person; InputError if there is none of that id."""
    mine = sa.and_(api_tokens.c.person_id == person_id, api_tokens.c.id == token_id)
    if connection.execute(sa.delete(api_tokens).where(mine)).rowcount != 1:
        raise UnknownIdError("token", expected="one of yours")


def _require_form(person: Person, name: str, scopes: Collection[Act], days: int) -> None:
    if not 0 < len(name.strip()) <= len(name) <= LONGEST_NAME or not name.isprintable():
        expected = f"1 to {LONGEST_NAME} characters in one line"
        raise InputError("token", "name", expected=expected, found="another text")
    permitted = scopes_of(person.role)
    if not scopes or not permitted.issuperset(scopes):
        expected = f"some of {', '.join(sorted(permitted))}"
        raise InputError("token", "scopes", expected=expected, found="none or others")
    if not 1 <= days <= MOST_DAYS:
        raise InputError("token", "days", expected=f"1 to {MOST_DAYS}", found="another number")


def _open(key: PeopleKey, row: "sa.Row[tuple[object, ...]]") -> ApiToken:
    plain = key.open(_place(row.id, row.person_id, row.ends_at), row.sealed)
    name, scopes = json.loads(plain)
    return ApiToken(
        id=row.id,
        person_id=row.person_id,
        name=name,
        scopes=frozenset(Act(one) for one in scopes),
        made_at=row.made_at,
        ends_at=row.ends_at,
    )


def _place(token_id: str, person_id: str, ends_at: datetime) -> str:
    return f"token/{token_id}/{person_id}/{ends_at.isoformat()}"


def _digest(key: PeopleKey, secret: str) -> bytes:
    return key.digest("token", secret.encode())
