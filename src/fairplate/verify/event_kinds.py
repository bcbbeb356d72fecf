"""Kinds of values in the public parts of events: their JSON, and which of them fit.

Decides from the table of forms. Each kind that may stand in public has one spelling, in printable
ASCII without quotes and backslashes: its JSON needs no escapes, and one regular expression, with
what `read` still refuses, holds all there is of it. Leaves to `events.py` what makes up an event.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

from fairplate.verify.errors import LogFormatError

_MAX_INTEGER = 2**53 - 1
_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z"
_PERIOD = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T"
    r"(?:00:00Z/P1D|(?:[01][0-9]|2[0-3]):(?:00Z/PT1H|[0-5]0Z/PT10M|[0-5][0-9]Z/PT1M))"
)
_FIRST_YEAR, _LAST_YEAR = 1970, 9998
_CASE, _HITS = "case/", "hits/"
_KEY = rf"{_CASE}[a-z0-9](?:[a-z0-9-]{{0,62}}[a-z0-9])?|(?:{_HITS})?{_PERIOD}"
_COUNT = r"(0|[1-9][0-9]{0,15})"
_DAYS_KEPT = 4096
_LOOKS_AROUND = re.compile(r"\(\?<?[=!]")

Read: TypeAlias = Callable[[str], Any]


class ValueKind(NamedTuple):
    """One kind: the pattern of its JSON, and what makes a value of it.

    The pattern has one group; `read` takes what it holds, and raises ValueError for what fits the
    pattern but not the kind. None: the group is the value.
    """

    pattern: str
    read: Read | None = None

    def fits(self, value: Any) -> bool:
        """Say whether `value`, read from JSON in whatever way, is of this kind."""
        spelled = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        match = re.fullmatch(self.pattern, spelled)
        try:
            return match is not None and (self.read is None or self.read(match[1]) == value)
        except ValueError:
            return False


def kind_of(name: str, table: Mapping[str, Any]) -> ValueKind:
    """Return the kind called `name` in the `table` of kinds; LogFormatError if it is none."""
    if name.endswith(" or null"):
        return _or_null(kind_of(name.removesuffix(" or null"), table))
    if name.startswith("list of "):
        return _list_of(kind_of(name.removeprefix("list of "), table))
    if name.startswith("set of "):
        return _set_of(kind_of(name.removeprefix("set of "), table))
    own = {
        "flag": ValueKind("(true|false)", {"true": True, "false": False}.__getitem__),
        "count": ValueKind(_COUNT, _read_count),
        "seconds": ValueKind(_COUNT, _read_count),
        "time": ValueKind(f'"({_TIME})"', _read_time),
        "period": ValueKind(f'"({_PERIOD})"', _read_period),
        "key": ValueKind(f'"({_KEY})"', _read_key),
    }
    if name in own:
        return own[name]
    form = table.get(name, {})
    if "words" in form:
        return ValueKind(f'"({"|".join(map(re.escape, form["words"]))})"')
    if "pattern" in form:
        return _spelled(form["pattern"])
    raise LogFormatError(f"event forms: expected a kind for public parts, found {name}")


@lru_cache(_DAYS_KEPT)
def _year_of(day: str) -> int:
    """Return the year of `day`, such as 2026-11-23; ValueError if there is none such."""
    return date.fromisoformat(day).year


def _read_count(text: str) -> int:
    number = int(text)
    if number > _MAX_INTEGER:
        raise ValueError("more than 2^53 - 1")
    return number


def _read_time(text: str) -> str:
    _year_of(text[:10])
    return text


def _read_period(text: str) -> str:
    _require_years(text)
    return text


def _read_key(text: str) -> str:
    if not text.startswith(_CASE):
        _require_years(text.removeprefix(_HITS))
    return text


def _require_years(period: str) -> None:
    if not _FIRST_YEAR <= _year_of(period[:10]) <= _LAST_YEAR:
        raise ValueError("a period of another year")


def _spelled(pattern: str) -> ValueKind:
    if _LOOKS_AROUND.search(pattern) is None:
        return ValueKind(f'"({pattern})"')
    # It must look at the value alone, not at what follows in the body.
    whole = re.compile(pattern).fullmatch

    def read(text: str) -> str:
        if whole(text) is None:
            raise ValueError("another spelling")
        return text

    return ValueKind(r'"([ !#-\[\]-~]*)"', read)


def _or_null(kind: ValueKind) -> ValueKind:
    value_of = _read_whole(kind)
    return ValueKind(
        f"(null|{_without_group(kind)})",
        lambda text: None if text == "null" else value_of(text),
    )


def _list_of(kind: ValueKind) -> ValueKind:
    decode, read = json.JSONDecoder().decode, kind.read
    one = f"(?:{_without_group(kind)})"

    def read_list(text: str) -> Any:
        values = decode(text)
        if read is not None:
            for value in values:
                read(str(value))
        return values

    return ValueKind(rf"(\[(?:{one}(?:,{one})*)?\])", read_list)


def _set_of(kind: ValueKind) -> ValueKind:
    items = _list_of(kind)
    read_list = _read_whole(items)

    def read_set(text: str) -> Any:
        values = read_list(text)
        if len(values) > 1 and not all(one < other for one, other in pairwise(values)):
            raise ValueError("not sorted, or one twice")
        return values

    return ValueKind(items.pattern, read_set)


def _without_group(kind: ValueKind) -> str:
    return kind.pattern.replace("(", "(?:", 1)


def _read_whole(kind: ValueKind) -> Read:
    """Return what makes a value of the whole JSON of `kind`, quotes included."""
    read, quoted = kind.read, kind.pattern.startswith('"')

    def read_whole(text: str) -> Any:
        inner = text[1:-1] if quoted else text
        return inner if read is None else read(inner)

    return read_whole
