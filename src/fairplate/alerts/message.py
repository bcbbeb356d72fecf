"""What a person is told: one alert with everything to compare, or a notice about the system itself.

Values only. `wording.py` decides the words, the channels how they travel.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from fairplate.core.purposes import Purpose
from fairplate.core.reads import Character
from fairplate.hotlists.match import MatchKind


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertMessage:
    """One alert as it is told. Every alert is unconfirmed until a person has compared.

    `confirmed_by_dispatcher`: the policy lets nothing out before that, and it has happened.
    `entry_age` counts from when the entry first came, `list_age` from its list's last batch.
    `chance` is how likely the alert is right, 0 to 1. Pictures are JPEG, None where there is none.
    """

    alert_id: str
    raised_at: datetime
    captured_at: datetime = field(repr=False)
    plate: str = field(repr=False)
    characters: tuple[Character, ...] = field(repr=False)
    kind: MatchKind
    chance: float
    doubts: tuple[str, ...] = field(default=(), repr=False)
    purpose: Purpose
    entry_plate: str = field(repr=False)
    entry_jurisdiction: str | None = None
    entry_vehicle: str = ""  # type, make and colour in words; empty: not given
    reference: str = field(repr=False)
    call: str = field(default="", repr=False)
    list_title: str
    entry_age: timedelta | None = None
    list_age: timedelta | None = None
    reader_name: str
    direction: str = ""  # empty: not known
    crop: bytes | None = field(default=None, repr=False)
    blurred: bytes | None = field(default=None, repr=False)
    confirmed_by_dispatcher: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something about the system: a digest, a stale list, a suspension. Never holds a plate."""

    subject: str
    lines: tuple[str, ...]
    at: datetime
    is_loud: bool = False


Message: TypeAlias = AlertMessage | Notice
