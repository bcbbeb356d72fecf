"""Kinds of values that events hold, each with the one form it may have.

Decides which values fit. Leaves to `event_types.py` which field has which kind. Every kind of text
but `TEXT` has a closed form that no normalised plate (`A`-`Z`, `0`-`9`) fits, so that a plate which
strays into a public field is refused instead of published. `TEXT` is for private parts alone.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

from fairplate.audit.canonical import MAX_INTEGER, JsonValue
from fairplate.audit.words import (
    CaseEnd,
    Decision,
    DestroyReason,
    ExportKind,
    Finding,
    MatchKind,
    Outcome,
    Role,
    SignInFailure,
    Suspended,
    SuspendReason,
)
from fairplate.core.clock import require_aware
from fairplate.core.errors import InputError
from fairplate.core.periods import parse_period
from fairplate.core.purposes import Purpose


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: its name and form for people, and whether a value fits.

    `pattern` and `words` say the same to programs: the regular expression that a whole text must
    match, or every text there is. Neither: the name says all.
    """

    name: str
    form: str
    fits: Callable[[JsonValue], bool] = field(repr=False)
    pattern: str | None = None
    words: tuple[str, ...] | None = None


def spell_time(moment: datetime, *, where: str = "event", field_name: str = "time") -> str:
    """Return `moment` as events spell it: UTC, cut (not rounded) to milliseconds."""
    require_aware(moment, where=where, field=field_name)
    try:
        in_utc = moment.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        expected = "a time within the years 1 to 9999"
        raise InputError(where, field_name, expected=expected, found="another") from None
    return in_utc.isoformat(timespec="milliseconds") + "Z"


def parse_time(text: str, *, where: str = "event", field_name: str = "time") -> datetime:
    """Return the moment that `text` spells as events do; raise InputError for any other text."""
    try:
        moment = datetime.fromisoformat(text)  # takes other forms of ISO 8601 too
        same = spell_time(moment, where=where, field_name=field_name) == text
    except (ValueError, InputError):
        same = False
    if not same:
        raise InputError(where, field_name, expected=TIME.form, found="another text")
    return moment


def or_null(kind: Kind) -> Kind:
    """Return the kind that also holds null."""
    return Kind(
        f"{kind.name} or null", f"{kind.form}, or null", lambda v: v is None or kind.fits(v)
    )


def list_of(kind: Kind) -> Kind:
    """Return the kind of lists of any length, in the order given."""
    return Kind(f"list of {kind.name}", f"a list of: {kind.form}", lambda v: _all_fit(kind, v))


def set_of(kind: Kind) -> Kind:
    """Return the kind of lists of texts that are sorted and hold nothing twice."""
    return Kind(
        f"set of {kind.name}",
        f"a list, sorted and without doubles, of: {kind.form}",
        lambda v: _all_fit(kind, v) and _is_sorted(v),
    )


def _all_fit(kind: Kind, value: JsonValue) -> bool:
    return isinstance(value, list | tuple) and all(map(kind.fits, value))


def _is_sorted(value: JsonValue) -> bool:
    texts = [v for v in value if isinstance(v, str)] if isinstance(value, list | tuple) else []
    return all(one < other for one, other in pairwise(texts))


def _spelled(name: str, form: str, pattern: str) -> Kind:
    compiled = re.compile(pattern)
    return Kind(
        name, form, lambda v: isinstance(v, str) and compiled.fullmatch(v) is not None, pattern
    )


def _one_of(name: str, words: type[StrEnum]) -> Kind:
    known = frozenset(word.value for word in words)
    form = "one of " + ", ".join(words)
    return Kind(name, form, lambda v: isinstance(v, str) and v in known, words=tuple(words))


def _whole_number(name: str, form: str) -> Kind:
    def fits(value: JsonValue) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_INTEGER

    return Kind(name, form, fits)


def _parses(parse: Callable[[str], object]) -> Callable[[JsonValue], bool]:
    def fits(value: JsonValue) -> bool:
        if not isinstance(value, str):
            return False
        try:
            parse(value)
        except InputError:
            return False
        return True

    return fits


_ID = r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?"


def _is_key(value: JsonValue) -> bool:
    # As vault/key_names.py spells keys; it lies above this layer, so a test holds the two together.
    if not isinstance(value, str):
        return False
    if value.startswith("case/"):
        return re.fullmatch(_ID, value.removeprefix("case/")) is not None
    return PERIOD.fits(value.removeprefix("hits/"))


FLAG = Kind("flag", "true or false", lambda v: isinstance(v, bool))
COUNT = _whole_number("count", "a whole number from 0 to 2^53 - 1")
SECONDS = _whole_number("seconds", "a whole number of seconds from 0 to 2^53 - 1")
TIME = Kind(
    "time",
    "a time in UTC such as 2026-11-23T12:00:00.000Z, always with three decimals",
    _parses(parse_time),
)
PERIOD = Kind(
    "period",
    "a period such as 2026-11-23T00:00Z/P1D",
    # Events name few periods, again and again.
    _parses(lru_cache(maxsize=1024)(lambda text: parse_period(text, where="event"))),
)
KEY = Kind("key", "a period, hits/ and a period, or case/ and a case's id", _is_key)
ID = _spelled(
    "id", "1 to 64 of a-z, 0-9 and inner hyphens, a letter among them", rf"(?=.*[a-z]){_ID}"
)
NAME = _spelled("name", "1 to 40 of a-z, 0-9 and hyphens, a letter first", r"[a-z][a-z0-9-]{0,39}")
ACTOR = _spelled(
    "actor",
    "a pseudonym: 1 to 64 of a-z, 0-9, hyphen, full stop and colon, a letter first",
    r"[a-z][a-z0-9.:-]{0,63}",
)
# Only of whole documents: whoever knows the digest of a plate or a name finds it by trying all.
DIGEST = _spelled("digest", "SHA-256 in 64 lower-case hexadecimal digits", r"[0-9a-f]{64}")
RECORD = _spelled("record", "a kept record's id: 32 lower-case hexadecimal digits", r"[0-9a-f]{32}")
MONTH = _spelled("month", "a month such as 2026-11", r"[0-9]{4}-(?:0[1-9]|1[0-2])")
VERIFIER_KEY = _spelled(
    "verifier key",
    "a C2SP verifier key, its name 1 to 128 of a-z, 0-9, hyphen, full stop, colon and slash",
    r"[a-z0-9.:/-]{1,128}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}",
)
PURPOSE = _one_of("purpose", Purpose)
REASON = _one_of("reason", DestroyReason)
ROLE = _one_of("role", Role)
SIGN_IN_FAILURE = _one_of("sign-in failure", SignInFailure)
MATCH_KIND = _one_of("match kind", MatchKind)
DECISION = _one_of("decision", Decision)
OUTCOME = _one_of("outcome", Outcome)
SUSPENDED = _one_of("suspended", Suspended)
SUSPEND_REASON = _one_of("suspend reason", SuspendReason)
CASE_END = _one_of("case end", CaseEnd)
EXPORT_KIND = _one_of("export kind", ExportKind)
FINDING = _one_of("finding", Finding)
TEXT = Kind("text", "any Unicode text", lambda v: isinstance(v, str))
