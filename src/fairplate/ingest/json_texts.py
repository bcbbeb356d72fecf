"""JSON within limits, and the two things that are sent as JSON and are none.

Objects become dicts, the last of two equal keys counts, NaN and Infinity become None.
"""

import json
import re
from typing import Any

from fairplate.ingest.limits import MAX_DEPTH, MAX_DIGITS, MAX_ITEMS
from fairplate.ingest.vendor import PayloadError

_ESCAPED = re.compile(r'\\(["\\/bfnrt]|u[0-9a-fA-F]{4})?')
# A text in single or double quotes, or a word that Python writes otherwise than JSON. A text that
# does not end is taken to the end of all: else every quote in it would be tried as its start.
_PYTHON_TOKEN = re.compile(
    r"""'((?:[^'\\]|\\.)*+)(?:'|\\?\Z)|"((?:[^"\\]|\\.)*+)(?:"|\\?\Z)"""
    r"""|\b(None|True|False|nan|inf)\b""",
    re.DOTALL,
)
_PYTHON_WORDS = {"None": "null", "True": "true", "False": "false", "nan": "null", "inf": "null"}


class _TooLongError(ValueError):
    """A number has more digits than any reading has."""


def parse_json(text: str, *, vendor: str, field: str = "body") -> Any:
    """Return the value; raise PayloadError unless it is JSON within the limits."""
    # Counted in texts too: no vendor's texts have so many.
    if text.count(",") + text.count("[") + text.count("{") > MAX_ITEMS:
        raise PayloadError(vendor, field, expected=f"at most {MAX_ITEMS} items", found="more")
    try:
        value = json.loads(
            text, parse_int=_whole, parse_float=_fraction, parse_constant=lambda _: None
        )
    except _TooLongError:
        expected = f"numbers of at most {MAX_DIGITS} digits"
        raise PayloadError(vendor, field, expected=expected, found="a longer one") from None
    except ValueError:
        raise PayloadError(vendor, field, expected="JSON", found="another text") from None
    except RecursionError:
        value = _TOO_DEEP
    if value is _TOO_DEEP or not _is_shallow(value):
        expected = f"at most {MAX_DEPTH} levels"
        raise PayloadError(vendor, field, expected=expected, found="more")
    return value


_TOO_DEEP = object()


def parse_python_literal(text: str, *, vendor: str, field: str) -> Any:
    """Return the value of dicts, lists, texts and numbers as Python prints them."""
    return parse_json(_PYTHON_TOKEN.sub(_as_json, text), vendor=vendor, field=field)


def mend_backslashes(text: str) -> str:
    """Return `text` with every backslash doubled that starts no escape of JSON, as in paths."""
    return _ESCAPED.sub(lambda found: found.group() if found.group(1) else "\\\\", text)


def _as_json(found: re.Match[str]) -> str:
    single, double, word = found.groups()
    if word is not None:
        return _PYTHON_WORDS[word]
    inner = single if single is not None else double
    return json.dumps(inner.replace("\\'", "'").replace('\\"', '"').replace("\\\\", "\\"))


def _whole(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise _TooLongError
    return int(digits)


def _fraction(digits: str) -> float | None:
    if len(digits) > MAX_DIGITS:
        raise _TooLongError
    value = float(digits)
    return value if abs(value) < float("inf") else None


def _is_shallow(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [one for one in level if isinstance(one, dict | list)]
        if not level:
            return True
        level = [
            inner for one in level for inner in (one.values() if isinstance(one, dict) else one)
        ]
    return False
