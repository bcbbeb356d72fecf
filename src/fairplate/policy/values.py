"""What the value of one figure in a policy file means.

Every function takes what TOML gave and where it stands, and raises InputError for what cannot be
read and PolicyError for what no policy may say. Leaves to `document.py` which figures there are.
"""

from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum
from typing import TypeVar

from fairplate.core.errors import InputError
from fairplate.core.purposes import Purpose
from fairplate.policy import alert_figures, rules
from fairplate.policy.times import parse_span

UNKNOWN = "unknown"  # the value of a figure that no source gave
UNTIL_CASE_ENDS = "until-case-ends"
MAX_TEXT_LENGTH = 400
MAX_FORM_LENGTH = 40
_MAX_FORMS = 8
_MOST_SHOWN = 40
_LARGEST_SHOWN = 10**9
_SPANS = "`N minutes`, `N hours` or `N days`"
_PERCENT = 100

_Word = TypeVar("_Word", bound=StrEnum)


def describe(value: object) -> str:
    """Return `value` in a few printable words."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        # No word, span or name that a policy takes mixes capitals with digits; a plate does.
        if any(c.isdigit() for c in value) and any(c.isupper() for c in value):
            return "a text of capitals and digits"
        return ascii(value[:_MOST_SHOWN])
    if isinstance(value, int) and abs(value) <= _LARGEST_SHOWN:
        return str(value)
    kinds = {int: "a very large number", float: "a fraction", dict: "a table", list: "a list"}
    return kinds.get(type(value), "a date or time")


def read_text(value: object, *, where: str, name: str) -> str:
    """Return one line of printable text that says something."""
    expected = f"a line of 1 to {MAX_TEXT_LENGTH} printable characters"
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise InputError(where, name, expected=expected, found=describe(value))
    if len(value) > MAX_TEXT_LENGTH:
        raise InputError(where, name, expected=expected, found=f"{len(value)}")
    return value


def read_flag(value: object, *, where: str, name: str) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise InputError(where, name, expected="true or false", found=describe(value))
    return value


def read_span(value: object, *, where: str, name: str, expected: str) -> timedelta:
    """Return a span of time; `never` is zero."""
    span = parse_span(value) if isinstance(value, str) else None
    if span is None:
        raise InputError(where, name, expected=expected, found=describe(value))
    return span


def read_non_hits_kept(value: object, *, where: str, name: str) -> timedelta:
    """Return how long reads that matched nothing live; zero is never."""
    span = read_span(value, where=where, name=name, expected=f"`never`, {_SPANS} or `{UNKNOWN}`")
    rules.require_non_hits_kept(span, where=where, name=name)
    return span


def read_hits_kept(value: object, *, where: str, name: str) -> rules.HitsKept:
    """Return how long a hit is kept."""
    if value == UNTIL_CASE_ENDS:
        return rules.UntilCaseEnds()
    expected = f"`{UNTIL_CASE_ENDS}`, {_SPANS} or `{UNKNOWN}`"
    kept = rules.KeptFor(read_span(value, where=where, name=name, expected=expected))
    rules.require_hits_kept(kept, where=where, name=name)
    return kept


def read_look_back(
    value: object, non_hits_kept: timedelta | None, *, where: str, name: str
) -> timedelta:
    """Return how far back a search may reach; `non_hits_kept` None: it could not be read."""
    span = read_span(value, where=where, name=name, expected=f"`never`, {_SPANS} or `{UNKNOWN}`")
    if non_hits_kept is not None:
        rules.require_look_back(span, non_hits_kept, where=where, name=name)
    return span


def read_refreshed(value: object, *, where: str, name: str) -> timedelta:
    """Return how old a hot list may be."""
    span = read_span(value, where=where, name=name, expected=_SPANS)
    if not span:
        raise InputError(where, name, expected=_SPANS, found=describe(value))
    return span


def read_approvals(value: object, *, where: str, name: str) -> int:
    """Return how many other people must approve."""
    if not isinstance(value, int) or isinstance(value, bool):
        expected = f"a whole number or `{UNKNOWN}`"
        raise InputError(where, name, expected=expected, found=describe(value))
    rules.require_approvals(value, where=where, name=name)
    return value


def read_purposes(value: object, *, where: str, name: str) -> frozenset[Purpose]:
    """Return the permitted purposes; a word that is not on the closed list is refused."""
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        expected = f"a list of purposes or `{UNKNOWN}`"
        raise InputError(where, name, expected=expected, found=describe(value))
    purposes = frozenset(read_purpose(word, where=where, name=name) for word in value)
    if len(purposes) < len(value):
        raise InputError(where, name, expected="every purpose once", found="one more often")
    rules.require_purposes(purposes, where=where, name=name)
    return purposes


def read_purpose(word: str, *, where: str, name: str) -> Purpose:
    """Return the purpose that `word` spells exactly, or raise PolicyError: nothing widens them."""
    try:
        return Purpose(word)
    except ValueError:
        expected = f"only purposes of the closed list ({', '.join(Purpose)})"
        raise rules.refused(where, name, expected=expected, found=describe(word)) from None


def read_references(
    value: object, *, where: str, name: str
) -> tuple[tuple[Purpose, tuple[str, ...]], ...]:
    """Return the forms of references, by purpose in the file's order."""
    if not isinstance(value, dict) or not value:
        raise InputError(where, name, expected="a table of purposes", found=describe(value))
    return tuple(
        (
            read_purpose(word, where=where, name=name),
            _read_forms(forms, where=where, name=f"{name}.{word}"),
        )
        for word, forms in value.items()
    )


def _read_forms(value: object, *, where: str, name: str) -> tuple[str, ...]:
    expected = f"1 to {_MAX_FORMS} forms such as `####-####`"
    if not isinstance(value, list) or not 0 < len(value) <= _MAX_FORMS:
        raise InputError(where, name, expected=expected, found=describe(value))
    return tuple(_require_forms(value, where=where, name=name))


def _require_forms(forms: Iterable[object], *, where: str, name: str) -> Iterable[str]:
    expected = f"a form of 1 to {MAX_FORM_LENGTH} characters with a # (digit) or @ (letter)"
    for form in forms:
        fits = isinstance(form, str) and form.isprintable() and 0 < len(form.strip()) == len(form)
        if not fits or not isinstance(form, str) or len(form) > MAX_FORM_LENGTH:
            raise InputError(where, name, expected=expected, found=describe(form))
        # Without a sign of its own every case would have the same reference: "Investigation".
        if not {"#", "@"} & set(form):
            raise InputError(where, name, expected=expected, found=describe(form))
        yield form


def read_word(words: type[_Word], value: object, *, where: str, name: str) -> _Word:
    """Return the word of the closed list `words` that `value` is."""
    # Not words(value): it would take a member of another list that is spelled the same.
    found = next((word for word in words if isinstance(value, str) and word == value), None)
    if found is None:
        expected = f"one of {', '.join(words)}"
        raise InputError(where, name, expected=expected, found=describe(value))
    return found


def read_repeat_window(value: object, *, where: str, name: str) -> timedelta:
    """Return for how long a repeat of an alert raises none of its own."""
    span = read_span(value, where=where, name=name, expected=_SPANS)
    alert_figures.require_repeat_window(span, where=where, name=name)
    return span


def read_wrong_alerts(value: object, *, where: str, name: str) -> float:
    """Return the highest share of wrong alerts, 0 to 1, from a whole percentage."""
    share = _read_percent(value, where=where, name=name)
    alert_figures.require_wrong_alerts(share, where=where, name=name)
    return share


def read_least_chance(value: object, *, where: str, name: str) -> float:
    """Return the lowest chance of being right, 0 to 1, from a whole percentage."""
    share = _read_percent(value, where=where, name=name)
    alert_figures.require_least_chance(share, where=where, name=name)
    return share


def _read_percent(value: object, *, where: str, name: str) -> float:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _PERCENT:
        expected = "a whole number of percent"
        raise InputError(where, name, expected=expected, found=describe(value))
    return value / _PERCENT


def read_entry_life(
    value: object, *, where: str, name: str
) -> tuple[tuple[Purpose, timedelta], ...]:
    """Return how long an entry lives at most, by purpose in the file's order."""
    if not isinstance(value, dict) or not value:
        raise InputError(where, name, expected="a table of purposes", found=describe(value))
    lives = []
    for word, life in value.items():
        purpose = read_purpose(word, where=where, name=name)
        spot = f"{name}.{word}"
        span = read_span(life, where=where, name=spot, expected=_SPANS)
        alert_figures.require_entry_life(purpose, span, where=where, name=spot)
        lives.append((purpose, span))
    return tuple(lives)
