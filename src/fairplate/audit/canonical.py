"""JSON with one spelling only (RFC 8785, JCS), so that bytes can be hashed and compared.

Decides how a value becomes bytes, and which bytes are such a spelling. Leaves to others what the
values mean. Numbers are integers that every reader of JSON holds exactly (RFC 8785, appendix D);
floats are refused, for no event needs one and their spelling is where implementations differ.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn, TypeAlias

from fairplate.core.errors import InputError

MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 32
"""How deep lists and objects may nest; beyond any event, and far from Python's own limit."""

_MAX_DIGITS = len(str(MAX_INTEGER))
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

JsonValue: TypeAlias = "str | int | bool | Sequence[JsonValue] | Mapping[str, JsonValue] | None"
_Plain: TypeAlias = "str | int | bool | list[_Plain] | dict[str, _Plain] | None"


def canonical_json(value: JsonValue, *, where: str = "JSON") -> bytes:
    """Return the one spelling of `value`; lists and tuples are arrays, mappings are objects.

    Raises InputError, never quoting a value, for floats and other types, integers beyond 2^53 - 1,
    keys that are not text, halves of surrogate pairs, and what nests deeper than `MAX_DEPTH`.
    """
    try:
        plain = _plain(value, where, 0)
        # Python escapes exactly what section 3.2.2.2 escapes, and as it does: the two-character
        # forms, and \u00xx in lower case for the other controls. U+007F and above stay as they are.
        return _ENCODER.encode(plain).encode()
    except UnicodeEncodeError:
        raise InputError(
            where, "text", expected="Unicode text", found="half a surrogate pair"
        ) from None


def parse_canonical(data: bytes, *, where: str = "JSON") -> JsonValue:
    """Return what `data` spells; raise InputError unless it is the one spelling of a value."""
    try:
        value: JsonValue = json.loads(
            data.decode(),
            object_pairs_hook=_distinct,
            parse_int=_short_integer,
            parse_float=_refuse,
            parse_constant=_refuse,
        )
    # Bytes that are not UTF-8 and our own refusals are ValueErrors, as JSONDecodeError is.
    except (ValueError, RecursionError):
        raise _not_canonical(where) from None
    if canonical_json(value, where=where) != data:
        raise _not_canonical(where)
    return value


def _plain(value: object, where: str, depth: int) -> _Plain:
    if value is None or isinstance(value, str) or isinstance(value, bool):  # noqa: SIM101 - quicker
        return value
    if isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise InputError(where, "number", expected="at most 2^53 - 1", found="a bigger one")
        return int(value)
    if depth == MAX_DEPTH:
        raise InputError(where, "value", expected=f"at most {MAX_DEPTH} levels", found="more")
    if isinstance(value, list | tuple):
        return [_plain(item, where, depth + 1) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(value[key], where, depth + 1) for key in _sorted_keys(value, where)}
    expected = "text, an integer, true, false, null, a list or an object"
    raise InputError(where, "value", expected=expected, found=type(value).__name__)


def _sorted_keys(mapping: Mapping[object, object], where: str) -> list[str]:
    keys: list[Any] = list(mapping)
    try:
        ascii_alone = "".join(keys).isascii()
    except TypeError:
        raise InputError(where, "key", expected="text", found="another type") from None
    if ascii_alone:
        return sorted(keys)
    # Section 3.2.3 sorts by UTF-16 code units: U+1F600 (d83d …) stands before U+FB33.
    return sorted(keys, key=lambda key: key.encode("utf-16-be"))


def _distinct(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key twice")
    return found


def _short_integer(digits: str) -> int:
    if len(digits.removeprefix("-")) > _MAX_DIGITS:  # else a million digits would be worked out
        raise ValueError("too many digits")
    return int(digits)


def _refuse(_: str) -> NoReturn:
    raise ValueError("not an integer")


def _not_canonical(where: str) -> InputError:
    return InputError(where, "bytes", expected="canonical JSON (RFC 8785)", found="other bytes")
