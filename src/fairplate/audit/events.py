"""The exact bytes of an event (DESIGN section 5): made strictly, and read as strictly.

An event's body is one JSON object in RFC 8785 form, at most 64 KiB:
`{"actor":…,"at":…,"public":{…},"sealed":"<base64>","type":…,"v":1}`. `sealed` is the SHA-256 of
32 random bytes of salt and the private part in the same form: the log commits to the private part
and says nothing about it, however few values it could have.

Decides the bytes. Leaves to `event_types.py` what each type holds, to `log.py` where events go.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from fairplate.audit.canonical import JsonValue, canonical_json, parse_canonical
from fairplate.audit.event_types import VERSION, EventForm, EventType, Field, fields_at
from fairplate.audit.forms import FORMS
from fairplate.audit.kinds import ACTOR, parse_time, spell_time
from fairplate.core.errors import InputError

MAX_BODY_BYTES = 65_535
"""What an entry bundle can hold (C2SP tlog-tiles: a length of 16 bits)."""
MAX_PRIVATE_BYTES = 1 << 20
"""Of the private part, which stands in no body: a hold of more records takes several events."""
SALT_BYTES = 32

_ENVELOPE = frozenset({"actor", "at", "public", "sealed", "type", "v"})
_DIGEST_BYTES = 32


@dataclass(frozen=True, slots=True)
class Event:
    """One event as it is kept: the body goes into the log, salt and private part do not."""

    body: bytes
    salt: bytes = field(repr=False)
    private: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ParsedEvent:
    """What a body says. `at` is in UTC; `sealed` is the SHA-256 itself."""

    version: int
    type: EventType
    at: datetime
    actor: str
    public: Mapping[str, JsonValue]
    sealed: bytes


def make_event(
    event_type: EventType,
    *,
    at: datetime,
    actor: str,
    public: Mapping[str, JsonValue],
    private: Mapping[str, JsonValue],
    salt: bytes,
) -> Event:
    """Return the event; `at` is cut to milliseconds, `salt` is 32 bytes never used before.

    Times among the fields are spelled by `kinds.spell_time`. Raises InputError unless `public` and
    `private` hold exactly the fields of the type, each of its kind, and agree with each other.
    """
    where = f"event {event_type}"
    form = FORMS[event_type]
    _require(len(salt) == SALT_BYTES, where, "salt", f"{SALT_BYTES} bytes")
    _require(ACTOR.fits(actor), where, "actor", ACTOR.form)
    _require_fields(public, form.public, VERSION, where, "public")
    _require_fields(private, form.private, VERSION, where, "private")
    sealed = canonical_json(private, where=where)
    _require_at_most(MAX_PRIVATE_BYTES, sealed, where, "private")
    _require_agreement(public, private, where)
    body: dict[str, JsonValue] = {
        "v": VERSION,
        "at": spell_time(at, where=where, field_name="at"),
        "type": event_type,
        "actor": actor,
        "public": public,
        "sealed": base64.b64encode(_commitment(salt, sealed)).decode("ascii"),
    }
    data = canonical_json(body, where=where)
    _require_at_most(MAX_BODY_BYTES, data, where, "body")
    return Event(data, salt, sealed)


def read_event(body: bytes, *, where: str = "event") -> ParsedEvent:
    """Return what `body` says; raise InputError unless every byte is as `make_event` makes it."""
    _require_at_most(MAX_BODY_BYTES, body, where, "body")
    value = parse_canonical(body, where=where)
    if not isinstance(value, Mapping) or frozenset(value) != _ENVELOPE:
        expected = "an object of " + ", ".join(sorted(_ENVELOPE))
        raise InputError(where, "body", expected=expected, found="another value")
    version = _read_version(value["v"], where)
    event_type, form = _read_type(value["type"], version, where)
    actor, public = value["actor"], value["public"]
    if not isinstance(actor, str) or not ACTOR.fits(actor):
        raise InputError(where, "actor", expected=ACTOR.form, found="another")
    if not isinstance(public, Mapping):
        raise InputError(where, "public", expected="an object", found="another value")
    _require_fields(public, form.public, version, where, "public")
    at = parse_time(_text(value["at"], where, "at"), where=where, field_name="at")
    sealed = _read_commitment(_text(value["sealed"], where, "sealed"), where)
    return ParsedEvent(version, event_type, at, actor, public, sealed)


def commitment_opens(body: bytes, salt: bytes, private: bytes) -> bool:
    """Say whether `body` was made with `salt` and `private`; InputError if it is no event."""
    sealed = read_event(body).sealed
    # Of another length, bytes could move from the salt to the private part and still open.
    return len(salt) == SALT_BYTES and hmac.compare_digest(sealed, _commitment(salt, private))


def _commitment(salt: bytes, private: bytes) -> bytes:
    return hashlib.sha256(salt + private).digest()


def _require_fields(
    values: Mapping[str, JsonValue],
    fields: tuple[Field, ...],
    version: int,
    where: str,
    part: str,
) -> None:
    known = fields_at(fields, version)
    for name in known:
        if name not in values:
            raise InputError(where, f"{part}.{name}", expected=known[name].kind.form, found="none")
    if len(values) != len(known):  # its name is not told: it may be anything
        raise InputError(where, part, expected=", ".join(known) or "no field", found="another too")
    for name, known_field in known.items():
        kind = known_field.kind
        _require(kind.fits(values[name]), where, f"{part}.{name}", kind.form)


def _require_agreement(
    public: Mapping[str, JsonValue], private: Mapping[str, JsonValue], where: str
) -> None:
    for name in public.keys() & private.keys():
        told, meant = public[name], private[name]
        if isinstance(meant, str):
            digest = hashlib.sha256(meant.encode()).hexdigest()
            _require(told == digest, where, f"public.{name}", "the SHA-256 of the private text")
        elif isinstance(meant, list | tuple):
            _require(told == len(meant), where, f"public.{name}", "the length of the private list")


def _read_version(value: JsonValue, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= VERSION:
        raise InputError(where, "v", expected=f"a version from 1 to {VERSION}", found="another")
    return value


def _read_type(value: JsonValue, version: int, where: str) -> tuple[EventType, EventForm]:
    known = {str(name): name for name, form in FORMS.items() if form.since <= version}
    name = _text(value, where, "type")
    if name not in known:
        raise InputError(where, "type", expected=f"a type of version {version}", found="another")
    return known[name], FORMS[known[name]]


def _read_commitment(text: str, where: str) -> bytes:
    try:
        digest = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        digest = b""
    # Compared, since base64 leaves bits over that could be anything.
    same = base64.b64encode(digest).decode("ascii") == text
    _require(len(digest) == _DIGEST_BYTES and same, where, "sealed", "the base64 of a SHA-256")
    return digest


def _text(value: JsonValue, where: str, field_name: str) -> str:
    if not isinstance(value, str):
        raise InputError(where, field_name, expected="text", found="another value")
    return value


def _require(condition: bool, where: str, field_name: str, expected: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not condition:
        raise InputError(where, field_name, expected=expected, found="another")


def _require_at_most(limit: int, data: bytes, where: str, field_name: str) -> None:
    if len(data) > limit:
        found = f"{len(data)} bytes"
        raise InputError(where, field_name, expected=f"at most {limit} bytes", found=found)
