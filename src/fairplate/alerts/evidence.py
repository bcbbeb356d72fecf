"""What a person compares: the read, the entry and the pictures, from what was kept of a hit.

Decides which words of a match are kept with it and how they become a message. Leaves opening what
is sealed to whoever may.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from fairplate.alerts.gate import Listed, Verdict
from fairplate.alerts.message import AlertMessage
from fairplate.core.errors import StorageError
from fairplate.core.purposes import Purpose
from fairplate.core.reads import PlateRead
from fairplate.hotlists.match import MatchKind, match_fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was kept of a hit, opened. `matches` is what `encode_verdicts` wrote."""

    read: PlateRead = field(repr=False)
    captured_at: datetime
    matches: bytes = field(repr=False)
    crop: bytes | None = field(default=None, repr=False)
    blurred: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RaisedAlert:
    """What the database says of an alert."""

    id: str
    list_id: str
    purpose: Purpose
    raised_at: datetime
    reader_name: str
    confirmed: bool = False


def encode_verdicts(verdicts: Sequence[Verdict], direction: str) -> bytes:
    """Return what is kept of the matches of a hit, as JSON: one object a list and purpose."""
    if not verdicts:
        return b"[]"  # nearly every read; this is asked of each
    return json.dumps([_fields(one, direction) for one in verdicts], separators=(",", ":")).encode()


def _fields(verdict: Verdict, direction: str) -> dict[str, Any]:
    listed, entry = verdict.listed, verdict.listed.match.entry
    return {
        **match_fields(listed.match),
        "doubts": list(verdict.doubts),
        "make": entry.make,
        "colour": entry.colour,
        "chance": round(verdict.chance, 4),
        "title": listed.standing.title,
        "imported_at": listed.standing.imported_at.isoformat(),
        "first_listed": _listed_since(listed).isoformat(),
        "direction": direction,
    }


def _listed_since(listed: Listed) -> datetime:
    """Return since when the vehicle is looked for: the issuer's word counts if it is sooner."""
    told = listed.match.entry.listed_on
    return listed.first_listed if told is None else min(told, listed.first_listed)


def encode_parts(parts: Mapping[str, bytes]) -> bytes:
    """Return what a test's alert tells as one text: nothing of it is kept but this, for an hour."""
    return json.dumps({part: b64encode(each).decode() for part, each in parts.items()}).encode()


def decode_parts(encoded: bytes) -> dict[str, bytes]:
    """Return what `encode_parts` was given."""
    return {part: b64decode(each) for part, each in json.loads(encoded).items()}


def compose_message(alert: RaisedAlert, evidence: Evidence) -> AlertMessage:
    """Return the alert as it is told; StorageError if the evidence is not about it."""
    match = _match_of(alert, evidence.matches)
    words = (match["colour"], match["make"], match["vehicle"])
    return AlertMessage(
        alert_id=alert.id,
        raised_at=alert.raised_at,
        captured_at=evidence.captured_at,
        plate=evidence.read.plate,
        characters=evidence.read.characters,
        kind=MatchKind(match["kind"]),
        chance=match["chance"],
        doubts=tuple(match["doubts"]),
        purpose=Purpose(match["purpose"]),
        entry_plate=match["plate"],
        entry_jurisdiction=match["jurisdiction"],
        entry_vehicle=" ".join(word for word in words if word and word != "unknown"),
        reference=match["reference"],
        call=match["call"],
        list_title=match["title"],
        entry_age=_age(alert, match["first_listed"]),
        list_age=_age(alert, match["imported_at"]),
        reader_name=alert.reader_name,
        direction=match["direction"],
        crop=evidence.crop,
        blurred=evidence.blurred,
        confirmed_by_dispatcher=alert.confirmed,
    )


def _age(alert: RaisedAlert, since: str) -> timedelta:
    """Return the time from `since` to the alert; nothing where a clock was set back."""
    return max(alert.raised_at - datetime.fromisoformat(since), timedelta(0))


def _match_of(alert: RaisedAlert, matches: bytes) -> Mapping[str, Any]:
    wanted = alert.list_id, alert.purpose
    found = [one for one in json.loads(matches) if (one["list"], one["purpose"]) == wanted]
    if not found:
        expected = "evidence of a match with its list, for its purpose"
        raise StorageError(f"alert {alert.id}", expected=expected, found="of others")
    match: Mapping[str, Any] = found[0]
    return match
