"""How the hit of an alert is kept, and what raising alerts of one read came to. Values only."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

HeldCounts: TypeAlias = Counter[tuple[str, str, str]]
"""How many matches were held back, by list, reader and reason."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """How what is to be compared is kept: `keep` does it and returns the record's id.

    It is called once, when there is an alert that needs it: of a repeat nothing is kept. `ends_at`
    is when the record's key is destroyed. Both None: it cannot be kept. `test_parts` is what a
    test's alert tells instead.
    """

    keep: Callable[[], str] | None = None
    ends_at: datetime | None = None
    test_parts: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """What came of one read: the new alerts' ids, the record they share, and what was held back."""

    ids: tuple[str, ...] = ()
    record_id: str | None = None
    held: HeldCounts = field(default_factory=Counter)
