"""Reading events by the published table of forms, with nothing of the log's own code.

Decides which bytes are an event: exactly those of docs/audit-events.md. The form of each type is
one regular expression over the whole body, which only canonical JSON (RFC 8785) matches; what does
not match is taken apart to say why. Leaves to `rules/` whether what events tell may be.
"""

import json
import re
from binascii import a2b_base64
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from typing import Any, NamedTuple, NoReturn

from fairplate.verify.errors import LogFormatError
from fairplate.verify.event_kinds import Read, ValueKind, kind_of

MAX_ENTRY_BYTES = 65_535
"""What an entry bundle can hold (C2SP tlog-tiles: a length of 16 bits)."""

_ENVELOPE = ("actor", "at", "public", "sealed", "type", "v")
_TYPE = '"type":"'
# 32 bytes leave two bits over in the last character, which must be zero.
_SEALED = ValueKind(r'"([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)"')


class EventError(LogFormatError):
    """An entry is no event of a known version; `code` says why, as in `rules/codes.py`."""

    def __init__(self, code: str, message: str) -> None:
        """Take the code and a message that quotes nothing of the entry."""
        super().__init__(message)
        self.code = code


@dataclass(slots=True)  # frozen, it would take twice as long to make
class LoggedEvent:
    """One event as the log holds it: `at` is aware and in UTC, `sealed` is the SHA-256 itself."""

    index: int
    at: datetime
    type: str
    actor: str
    public: dict[str, Any]
    sealed: bytes


class _Form(NamedTuple):
    """One type in one version: its whole body, its public fields, and what makes values of them."""

    body: re.Pattern[str]
    fields: Mapping[str, ValueKind]
    names: tuple[str, ...]
    reads: tuple[tuple[str, Read], ...]


class EventReader:
    """Reads entries; it knows the table of forms that lies beside this file."""

    def __init__(self) -> None:
        file = resources.files("fairplate.verify").joinpath("event_forms.json")
        table = json.loads(file.read_text("utf-8"))
        self._version: int = table["version"]
        self._actor, self._at = (kind_of(name, table["kinds"]) for name in ("actor", "time"))
        self._forms = {
            f'{event_type}","v":{version}}}': self._form_at(version, event_type, table)
            for version in range(1, self._version + 1)
            for event_type, form in table["types"].items()
            if form["since"] <= version
        }

    def read(self, index: int, entry: bytes) -> LoggedEvent:
        """Return the event at `index` of the log; EventError unless every byte is as it must be."""
        if len(entry) > MAX_ENTRY_BYTES:
            expected = f"expected at most {MAX_ENTRY_BYTES} bytes"
            raise _error(index, "event-too-long", f"{expected}, found {len(entry)}")
        text = entry.decode("ascii", "replace")  # what replaces matches nothing
        start = text.rfind(_TYPE) + len(_TYPE)
        form = self._forms.get(text[start:])
        match = None if form is None else form.body.fullmatch(text)
        if form is None or match is None:
            self._refuse(index, entry)
        actor, at, *values, sealed = match.groups()
        public: dict[str, Any] = dict(zip(form.names, values, strict=True))
        name = "at"
        try:
            moment = datetime.fromisoformat(at)
            for name, read in form.reads:
                public[name] = read(public[name])
        except ValueError:
            field = name if name == "at" else f"public.{name}"
            raise _bad_value(index, field) from None
        event_type = text[start : text.index('"', start)]
        return LoggedEvent(index, moment, event_type, actor, public, a2b_base64(sealed))

    def _refuse(self, index: int, entry: bytes) -> NoReturn:
        """Raise why `entry` is not as its form has it."""
        body = _parse(index, entry)
        if not isinstance(body, dict):
            raise _error(index, "event-bad-value", "expected an object")
        _require_names(index, "", body, _ENVELOPE)
        version, event_type, public = body["v"], body["type"], body["public"]
        if type(version) is not int or not 1 <= version <= self._version:
            expected = f"v: expected a version from 1 to {self._version}"
            raise _error(index, "event-unknown-version", expected)
        form = self._forms.get(f'{event_type}","v":{version}}}')
        if form is None or not isinstance(event_type, str):
            expected = f"type: expected one of version {version}"
            raise _error(index, "event-unknown-type", expected)
        if not isinstance(public, dict):
            raise _bad_value(index, "public")
        _require_names(index, "public.", public, form.names)
        for name, kind in form.fields.items():
            if not kind.fits(public[name]):
                raise _bad_value(index, f"public.{name}")
        for name, kind in (("actor", self._actor), ("at", self._at), ("sealed", _SEALED)):
            if not kind.fits(body[name]):
                raise _bad_value(index, name)
        raise _error(index, "event-not-canonical", "expected canonical JSON (RFC 8785)")

    def _form_at(self, version: int, event_type: str, table: Mapping[str, Any]) -> _Form:
        fields = {
            field["name"]: kind_of(field["kind"], table["kinds"])
            for field in table["types"][event_type]["public"]
            if field["since"] <= version
        }
        names = tuple(sorted(fields))
        public = ",".join(f'"{name}":{fields[name].pattern}' for name in names)
        body = (
            rf'\{{"actor":{self._actor.pattern},"at":{self._at.pattern},"public":\{{{public}\}},'
            rf'"sealed":{_SEALED.pattern},"type":"{re.escape(event_type)}","v":{version}\}}'
        )
        reads = {name: fields[name].read for name in names}
        return _Form(
            re.compile(body),
            fields,
            names,
            tuple((name, read) for name, read in reads.items() if read is not None),
        )


def _parse(index: int, entry: bytes) -> Any:
    try:
        body = json.loads(entry.decode())
        spelled = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        same = spelled.encode() == entry
    # Bytes that are no UTF-8, no JSON, numbers too long to be worked out, halves of surrogate
    # pairs: all are ValueErrors.
    except (ValueError, RecursionError):
        same = False
    if not same:
        raise _error(index, "event-not-canonical", "expected canonical JSON (RFC 8785)")
    return body


def _require_names(
    index: int, part: str, found: Collection[str], expected: Collection[str]
) -> None:
    for name in expected:
        if name not in found:
            raise _error(index, "event-missing-field", f"{part}{name}: expected, found none")
    if len(found) != len(expected):  # its name is not told: it may be anything
        known = ", ".join(expected) or "no field"
        raise _error(index, "event-unknown-field", f"{part or 'event'}: expected {known} alone")


def _bad_value(index: int, field: str) -> EventError:
    return _error(index, "event-bad-value", f"{field}: expected another form of value")


def _error(index: int, code: str, message: str) -> EventError:
    return EventError(code, f"event {index}: {message}")
