"""Addresses of streams: which ones are accepted, and how they are shown without their secrets."""

import re

from fairplate.core.errors import SourceError

STREAM_SCHEMES = ("rtsp", "rtsps", "http", "https")

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
# A channel number tells two cameras of one recorder apart and is too short to be a secret, unless
# its name says that it is one.
_HARMLESS_VALUE = re.compile(r"[0-9]{1,3}")
_SECRET_NAME = re.compile(
    r"pass|pwd|pin|user|usr|login|token|key|auth|secret|sig|sess|code", re.IGNORECASE
)


def is_address(given: str) -> bool:
    """Say whether `given` is an address (scheme://…) rather than a path."""
    return _SCHEME.match(given) is not None


def require_stream_address(given: str) -> str:
    """Return `given` if a stream can be opened there; raise SourceError if not."""
    scheme, _, rest = given.partition("://")
    name = redact_address(given)
    if scheme.lower() not in STREAM_SCHEMES:
        expected = ", ".join(f"{s}://" for s in STREAM_SCHEMES)
        raise SourceError(name, "address", expected=expected, found=f"{scheme}://")
    if not re.split(r"[/?#]", rest.rpartition("@")[2], maxsplit=1)[0]:
        raise SourceError(name, "address", expected="a host", found="none")
    if not given.isprintable() or " " in given:
        expected = "printable characters without spaces"
        raise SourceError(name, "address", expected=expected, found="others")
    return given


def redact_address(address: str) -> str:
    """Return the address without user, password and whatever its query may hide.

    Everything up to the last @ goes, wherever that stands: a password may itself hold / ? or @.
    Of the query only short numbers stay.
    """
    scheme, _, rest = address.partition("://")
    before, at, shown = rest.rpartition("@")
    place, mark, query = _split_query(shown)
    parts = [_redact_parameter(part) for part in re.split(r"[?&;#]", query)] if mark else []
    return f"{scheme}://{'***@' if at or before else ''}{place}{mark}{'&'.join(parts)}"


def _split_query(text: str) -> tuple[str, str, str]:
    found = re.search(r"[?&;#]", text)
    if found is None:
        return text, "", ""
    return text[: found.start()], found.group(), text[found.end() :]


def _redact_parameter(part: str) -> str:
    name, equals, value = part.partition("=")
    if not equals:
        return "***"
    if _HARMLESS_VALUE.fullmatch(value) and not _SECRET_NAME.search(name):
        return part
    return f"{name}=***"
