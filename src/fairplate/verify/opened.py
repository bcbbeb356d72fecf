"""Sealed parts that were handed to an auditor: whether they are what the log committed to.

An event's `sealed` is the SHA-256 of 32 bytes of salt and the private part. A file of openings
holds a JSON object a line: `{"event":17,"salt":"<hex>","private":"<canonical JSON>"}`.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fairplate.verify.errors import LogFormatError
from fairplate.verify.events import LoggedEvent
from fairplate.verify.findings import Finding

MAX_FILE_BYTES = 64 << 20
SALT_BYTES = 32

_FIELDS = {"event", "salt", "private"}


@dataclass(frozen=True, slots=True)
class Opening:
    """What is said to open the event at index `event`."""

    event: int
    salt: bytes = field(repr=False)
    private: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenedEvent:
    """An event whose sealed part was opened; `private` is its text as it was committed to."""

    index: int
    type: str
    at: datetime
    actor: str
    private: str = field(repr=False)


def parse_openings(data: bytes) -> list[Opening]:
    """Return what a file holds; LogFormatError names the line that is wrong."""
    try:
        lines = data.decode().split("\n")
    except UnicodeDecodeError:
        raise LogFormatError("openings: expected UTF-8") from None
    return [
        _parse_opening(line, f"openings: line {number}")
        for number, line in enumerate(lines, start=1)
        if line.strip()
    ]


def check_opening(
    opening: Opening, event: LoggedEvent | None
) -> tuple[OpenedEvent | None, list[Finding]]:
    """Return the opened event, and what is wrong; `event` is None if there is none to be read."""
    where = f"event {opening.event}"
    if event is None:
        message = "there is no such event in the log, or it cannot be read"
        return None, [Finding("does-not-open", where, message)]
    digest = hashlib.sha256(opening.salt + opening.private).digest()
    if len(opening.salt) != SALT_BYTES or not hmac.compare_digest(digest, event.sealed):
        message = "what was handed over is not what the event committed to"
        return None, [Finding("does-not-open", where, message)]
    private = opening.private.decode(errors="backslashreplace")
    opened = OpenedEvent(event.index, event.type, event.at, event.actor, private)
    disagreeing = [
        Finding("opened-disagrees", where, f"the private {name} does not fit the public one")
        for name in _find_disagreeing(event.public, _load(private))
    ]
    return opened, disagreeing


def _find_disagreeing(public: Mapping[str, Any], private: Any) -> Iterator[str]:
    """Yield the fields told twice: a public one is the digest, or the number, of the private."""
    for name in sorted(public.keys() & (private.keys() if isinstance(private, dict) else set())):
        told, meant = public[name], private[name]
        if isinstance(meant, str):
            text = meant.encode(errors="surrogatepass")
            agrees = told in {hashlib.sha256(text).hexdigest(), meant}
        else:
            agrees = told == (len(meant) if isinstance(meant, list) else meant)
        if not agrees:
            yield name


def _parse_opening(line: str, where: str) -> Opening:
    value = _load(line)
    if not isinstance(value, dict) or value.keys() != _FIELDS:
        raise LogFormatError(f"{where}: expected an object of event, salt and private")
    event, salt, private = value["event"], value["salt"], value["private"]
    if not isinstance(event, int) or isinstance(event, bool) or event < 0:
        raise LogFormatError(f"{where}: event: expected an index")
    if not isinstance(salt, str) or not isinstance(private, str):
        raise LogFormatError(f"{where}: expected salt and private to be texts")
    try:
        return Opening(event, bytes.fromhex(salt), private.encode())
    except ValueError:  # of UTF-8, too
        raise LogFormatError(f"{where}: expected salt in hex and private in Unicode") from None


def _load(text: str) -> Any:
    """Return the value of a JSON text, None if it is none or one key stands in it twice."""
    try:
        return json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key twice")
    return value
