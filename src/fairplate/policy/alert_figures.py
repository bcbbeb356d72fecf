"""What a policy may say of hot lists and alerts: the words, the bounds, and what stands unsaid.

Every figure may be left out. The defaults and bounds are Fairplate's own choice, no law's: cautious
where a law would have to say more. Leaves to `rules.py` the policy that holds them and to
`hot_lists.py` what follows for an entry or a list.
"""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

from fairplate.core.errors import InputError, PolicyError
from fairplate.core.purposes import Purpose

LEAST_REPEAT_WINDOW = timedelta(minutes=5)
"""A listed vehicle that stands before a camera raises at most twelve alerts an hour."""
MOST_REPEAT_WINDOW = timedelta(hours=24)
"""A vehicle that still comes by is told again on the next day."""
REPEAT_WINDOW = timedelta(minutes=10)

LEAST_WRONG_ALERTS, MOST_WRONG_ALERTS = 0.01, 0.5
WRONG_ALERTS = 0.2
LEAST_DECIDED = 10
"""How many alerts people must have decided before the share of wrong ones means anything."""

MOST_LEAST_CHANCE = 0.9
"""A higher bar would hold back alerts of which more than nine in ten are right."""

QUIET_PURPOSES = frozenset({Purpose.SITE_ACCESS, Purpose.TOLL_OR_PARKING, Purpose.TEST})
"""Purposes that can wait until morning. Nobody may be deaf to the others: lives may hang on it."""

ENTRY_LIFE: Mapping[Purpose, timedelta] = MappingProxyType(
    {
        # A car that was found and never taken off the list is stopped as stolen, for years.
        Purpose.STOLEN_VEHICLE: timedelta(days=365),
        Purpose.STOLEN_PLATE: timedelta(days=365),
        # Whoever is missing is mostly found in days, and is stopped in vain after that.
        Purpose.MISSING_OR_ENDANGERED_PERSON: timedelta(days=30),
        Purpose.COURT_ORDER: timedelta(days=90),
        Purpose.CRIME_INVESTIGATION: timedelta(days=30),
        Purpose.SITE_ACCESS: timedelta(days=365),
        Purpose.TOLL_OR_PARKING: timedelta(days=90),
        Purpose.SUBJECT_ACCESS: timedelta(days=30),
        Purpose.TEST: timedelta(days=1),
    }
)
"""How long an entry lives at most after a batch last brought it. A policy may only shorten it."""


class TwoLooks(StrEnum):
    """Whether an alert may leave before a dispatcher has compared picture and entry."""

    TOLD_UNCONFIRMED = "told-unconfirmed"  # it leaves at once, and says that nobody has looked
    HELD_UNTIL_CONFIRMED = "held-until-confirmed"


class SecondEngine(StrEnum):
    """What it means that a second engine reads the crop otherwise."""

    DOUBT = "doubt"  # the alert leaves, and says so
    HOLD_BACK = "hold-back"


def require_repeat_window(window: timedelta, *, where: str, name: str) -> None:
    """Raise InputError for a window that floods people, or one that hides a vehicle."""
    if not LEAST_REPEAT_WINDOW <= window <= MOST_REPEAT_WINDOW:
        found = "less" if window < LEAST_REPEAT_WINDOW else "more"
        raise InputError(where, name, expected="5 minutes to 24 hours", found=found)


def require_wrong_alerts(share: float, *, where: str, name: str) -> None:
    """Raise PolicyError if most alerts may be wrong, InputError below one in a hundred."""
    expected = "1 to 50 percent"
    if share > MOST_WRONG_ALERTS:
        raise PolicyError(f"{where}: {name}: expected {expected}, found more")
    if not share >= LEAST_WRONG_ALERTS:
        raise InputError(where, name, expected=expected, found="less")


def require_least_chance(share: float, *, where: str, name: str) -> None:
    """Raise InputError for a chance that hardly any alert has."""
    if not 0 <= share <= MOST_LEAST_CHANCE:
        found = "more" if share > 0 else "less"
        raise InputError(where, name, expected="0 to 90 percent", found=found)


def require_entry_life(purpose: Purpose, life: timedelta, *, where: str, name: str) -> None:
    """Raise PolicyError for a life above the purpose's longest, InputError for none."""
    longest = ENTRY_LIFE[purpose]
    expected = f"at most {longest.days} days for {purpose}"
    if life > longest:
        raise PolicyError(f"{where}: {name}: expected {expected}, found more")
    if life <= timedelta(0):
        raise InputError(where, name, expected=expected, found="none at all")
