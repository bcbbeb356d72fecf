"""What each key in a keyring is for, and its one spelling in ASCII.

    2026-11-23T00:00Z/P1D           a period key: reads captured in that period
    hits/2026-11-23T00:00Z/P1D      a hits key: hits captured in that period
    case/theft-2026-17              a case key: what that case holds past its time

Decides the spelling, which goes into what sealed bytes authenticate and never changes, and the
longest life of each. Leaves to the keyrings how a name becomes a file or an object of a token.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias, assert_never

from fairplate.core.errors import InputError
from fairplate.core.periods import Period, parse_period

LONGEST_LIFE = timedelta(days=90)
"""No period or hits key lives longer after its period's start; policy says so too, unasked here."""

LONGEST_CASE_LIFE = timedelta(days=366)
"""A case key is made for at most this long; a case that goes on needs a new approval and key."""

_HITS, _CASE = "hits/", "case/"
_CASE_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")


@dataclass(frozen=True, slots=True, order=True)
class HitsKeyName:
    """The key of the hits that were captured in `period`."""

    period: Period

    def __str__(self) -> str:
        """Return the canonical spelling."""
        return f"{_HITS}{self.period}"


@dataclass(frozen=True, slots=True, order=True)
class CaseKeyName:
    """The key of what one case holds; `case_id` is 1 to 64 of a-z, 0-9 and inner hyphens."""

    case_id: str

    def __post_init__(self) -> None:
        """Refuse an id that could not be a file's name everywhere."""
        _require_case_id(self.case_id, where="key", field="case id")

    def __str__(self) -> str:
        """Return the canonical spelling."""
        return f"{_CASE}{self.case_id}"


OwnKeyName: TypeAlias = HitsKeyName | CaseKeyName
KeyName: TypeAlias = Period | OwnKeyName


def parse_key_name(text: str, *, where: str) -> KeyName:
    """Return the name that `text` spells canonically; raise InputError for any other text."""
    if text.startswith(_CASE):
        case_id = text.removeprefix(_CASE)
        _require_case_id(case_id, where=where, field="key")
        return CaseKeyName(case_id)
    if text.startswith(_HITS):
        return HitsKeyName(parse_period(text.removeprefix(_HITS), where=where, field="key"))
    return parse_period(text, where=where, field="key")


def period_of(name: KeyName) -> Period | None:
    """Return the period a key is of, None for a case's."""
    match name:
        case Period():
            return name
        case HitsKeyName(period):
            return period
        case CaseKeyName():
            return None
        case _:
            assert_never(name)


def latest_end(name: KeyName, now: datetime) -> datetime:
    """Return the moment by which a key called `name`, made or found at `now`, must be gone."""
    period = period_of(name)
    return now + LONGEST_CASE_LIFE if period is None else period.start + LONGEST_LIFE


def _require_case_id(case_id: str, *, where: str, field: str) -> None:
    if _CASE_ID.fullmatch(case_id) is None:
        expected = "a case id: 1 to 64 of a-z, 0-9 and hyphens inside"
        raise InputError(where, field, expected=expected, found="another text")
