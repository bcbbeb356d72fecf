"""`Policy`: what one place permits, and every decision that follows from its figures.

Decides how long reads live, which span of capture times shares a key, when that key must be gone,
and whether a look-back may run. A policy that exists keeps the promises of the README: it never
widens the closed purposes, and reads that matched nothing live at most 90 days. Leaves to
`document.py` how a policy is written, and to vault and cases to act.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TypeAlias, assert_never

from fairplate.core.clock import require_aware
from fairplate.core.errors import InputError, PolicyError
from fairplate.core.periods import PERIOD_LENGTHS, period_at
from fairplate.core.purposes import Purpose
from fairplate.policy import alert_figures
from fairplate.policy.alert_figures import SecondEngine, TwoLooks

NON_HIT_CEILING = timedelta(days=90)
NEVER = timedelta(0)  # as a retention: not written at all
SHORTEST_RETENTION = 3 * PERIOD_LENGTHS[-1]
# How long a hit waits for a person where no figure says: our own choice, no law's.
ALERT_TIME = timedelta(hours=24)
# Where the permitted purposes are unknown: the operator's own plates, which are never kept.
STRICTEST_PURPOSES = frozenset({Purpose.TEST})
MAX_APPROVALS = 5


class Figure(StrEnum):
    """The figures of a policy; the value is the word in files and in JSON."""

    NON_HITS_KEPT = "non_hits_kept"
    HITS_KEPT = "hits_kept"
    PURPOSES = "purposes"
    APPROVALS = "approvals"
    LONGEST_LOOK_BACK = "longest_look_back"
    EXIGENT = "exigent"
    HOT_LISTS_REFRESHED = "hot_lists_refreshed"
    REFERENCES = "references"
    TWO_LOOKS = "two_looks"
    SECOND_ENGINE = "second_engine"
    PLATE_IN_SUBJECT = "plate_in_subject"
    REPEAT_WINDOW = "repeat_window"
    WRONG_ALERTS = "wrong_alerts"
    LEAST_CHANCE = "least_chance"
    ENTRY_LIFE = "entry_life"


@dataclass(frozen=True, slots=True)
class Basis:
    """Where a figure comes from; `known` False: no source gave it, so the strictest stands."""

    source: str
    statute_read: bool
    known: bool = True


@dataclass(frozen=True, slots=True)
class KeptFor:
    """A hit is kept this long after its capture."""

    time: timedelta


@dataclass(frozen=True, slots=True)
class UntilCaseEnds:
    """A hit that a case names is kept until the case ends; a lone one no longer than a non-hit."""


HitsKept: TypeAlias = KeptFor | UntilCaseEnds


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The rules of one place. `non_hits_kept` zero: reads that matched nothing are never written.

    `approvals` counts people other than the one who asks. `references` gives the forms (see
    `reference_fits`) that a purpose's reference may have. `wrong_alerts` is the highest share of
    wrong alerts, `least_chance` the lowest chance of being right that an alert may have, both 0 to
    1. `entry_life` shortens what `alert_figures.ENTRY_LIFE` gives a purpose. Raises PolicyError
    where a figure would widen what Fairplate permits, InputError where figures contradict each
    other.
    """

    name: str
    title: str
    jurisdiction: str | None
    non_hits_kept: timedelta
    hits_kept: HitsKept
    purposes: frozenset[Purpose]
    approvals: int
    longest_look_back: timedelta
    exigent: bool = False
    hot_lists_refreshed: timedelta | None = None
    references: tuple[tuple[Purpose, tuple[str, ...]], ...] = ()
    two_looks: TwoLooks = TwoLooks.TOLD_UNCONFIRMED
    second_engine: SecondEngine = SecondEngine.DOUBT
    plate_in_subject: bool = False
    repeat_window: timedelta = alert_figures.REPEAT_WINDOW
    wrong_alerts: float = alert_figures.WRONG_ALERTS
    least_chance: float = 0.0
    entry_life: tuple[tuple[Purpose, timedelta], ...] = ()
    bases: tuple[tuple[Figure, Basis], ...] = field(default=(), repr=False)
    notes: tuple[str, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        """Refuse what no policy may say."""
        where = f"policy {self.name}"
        require_non_hits_kept(self.non_hits_kept, where=where)
        require_hits_kept(self.hits_kept, where=where)
        require_purposes(self.purposes, where=where)
        require_approvals(self.approvals, where=where)
        require_look_back(self.longest_look_back, self.non_hits_kept, where=where)
        self._require_alert_figures(where)

    def _require_alert_figures(self, where: str) -> None:
        figures = alert_figures
        window, name = self.repeat_window, Figure.REPEAT_WINDOW
        figures.require_repeat_window(window, where=where, name=name)
        figures.require_wrong_alerts(self.wrong_alerts, where=where, name=Figure.WRONG_ALERTS)
        figures.require_least_chance(self.least_chance, where=where, name=Figure.LEAST_CHANCE)
        for purpose, life in self.entry_life:
            figures.require_entry_life(purpose, life, where=where, name=Figure.ENTRY_LIFE)

    @property
    def lone_hit_kept(self) -> timedelta:
        """How long a hit that no case names is kept after its capture."""
        match self.hits_kept:
            case KeptFor(time):
                return time
            case UntilCaseEnds():
                return self.non_hits_kept or ALERT_TIME
            case _:
                assert_never(self.hits_kept)

    def basis(self, figure: Figure) -> Basis | None:
        """Return where `figure` comes from, or None if the policy says nothing about it."""
        return dict(self.bases).get(figure)


def refused(where: str, name: str, *, expected: str, found: str) -> PolicyError:
    """Return the error of a figure that no policy may hold, worded as InputError words its own."""
    return PolicyError(f"{where}: {name}: expected {expected}, found {found}")


def require_non_hits_kept(time: timedelta, *, where: str, name: str = Figure.NON_HITS_KEPT) -> None:
    """Raise PolicyError above the ceiling, InputError where no period fits; zero is "never"."""
    expected = "never, or 3 minutes to 90 days"
    if time > NON_HIT_CEILING:
        raise refused(where, name, expected=expected, found="more than 90 days")
    if time != NEVER and time < SHORTEST_RETENTION:
        raise InputError(where, name, expected=expected, found="less than 3 minutes")


def require_hits_kept(kept: HitsKept, *, where: str, name: str = Figure.HITS_KEPT) -> None:
    """Raise for a time in which no period fits, or above the ceiling: that needs a case."""
    if isinstance(kept, UntilCaseEnds):
        return
    if kept.time < SHORTEST_RETENTION:
        raise InputError(where, name, expected="at least 3 minutes", found="less")
    if kept.time > NON_HIT_CEILING:
        expected = "at most 90 days without a case"
        raise refused(where, name, expected=expected, found="more than 90 days")


def require_purposes(
    purposes: frozenset[Purpose], *, where: str, name: str = Figure.PURPOSES
) -> None:
    """Raise InputError if nothing is permitted, PolicyError for what is not on the closed list."""
    if not purposes:
        raise InputError(where, name, expected="at least one purpose", found="none")
    for purpose in purposes:
        if not isinstance(purpose, Purpose):
            raise refused(where, name, expected="purposes of the closed list", found="another")


def require_approvals(number: int, *, where: str, name: str = Figure.APPROVALS) -> None:
    """Raise PolicyError for a look-back without a second person, InputError for a crowd."""
    expected = f"1 to {MAX_APPROVALS} people other than the one who asks"
    if number < 1:
        raise refused(where, name, expected=expected, found="less than 1")
    if number > MAX_APPROVALS:
        raise InputError(where, name, expected=expected, found="more")


def require_look_back(
    longest: timedelta,
    non_hits_kept: timedelta,
    *,
    where: str,
    name: str = Figure.LONGEST_LOOK_BACK,
) -> None:
    """Raise InputError if the look-back reaches further than anything is kept."""
    if not NEVER <= longest <= non_hits_kept:
        expected = f"zero to what {Figure.NON_HITS_KEPT} says"
        found = "less" if longest < NEVER else "more"
        raise InputError(where, name, expected=expected, found=found)


def strictest_hits_kept(non_hits_kept: timedelta) -> KeptFor:
    """Return what stands where nobody knows how long a hit may be kept: time for a person to look.

    Never longer than a non-hit, except where those are never written.
    """
    return KeptFor(min(non_hits_kept or ALERT_TIME, ALERT_TIME))


def period_length(retention: timedelta) -> timedelta | None:
    """Return the longest period that is at most a third of `retention` (DESIGN section 4).

    None: a retention of zero has no periods. Raises PolicyError above 90 days, InputError between
    zero and 3 minutes.
    """
    require_non_hits_kept(retention, where="period", name="retention")
    if retention == NEVER:
        return None
    return next(length for length in PERIOD_LENGTHS if 3 * length <= retention)


def period_start(captured_at: datetime, length: timedelta) -> datetime:
    """Return the start, in UTC, of the period of `length` that holds `captured_at`."""
    return period_at(captured_at, length).start


def destroy_by(start: datetime, retention: timedelta) -> datetime:
    """Return when the key of the period that begins at `start` must be gone, at the latest.

    A read captured at t lies in a period that began at or before t, so it is unreadable by
    t + retention. Raises as `period_length` does; a retention of zero has no key to destroy.
    """
    if period_length(retention) is None:
        expected = "3 minutes to 90 days"
        raise InputError("period", "retention", expected=expected, found="zero: there is no key")
    return _later(_in_utc(start, "start"), retention)


def hit_destroy_by(
    policy: Policy, captured_at: datetime, *, case_ends_at: datetime | None = None
) -> datetime:
    """Return when a hit must be gone; `case_ends_at` is the end of the case that names it."""
    captured = _in_utc(captured_at, "captured_at")
    if case_ends_at is None or isinstance(policy.hits_kept, KeptFor):
        return _later(captured, policy.lone_hit_kept)
    return _in_utc(case_ends_at, "case_ends_at")


def is_past(due: datetime, now: datetime) -> bool:
    """Say whether the time is up: at `due` itself it is."""
    return require_aware(now, where="period", field="now") >= require_aware(
        due, where="period", field="due"
    )


def _in_utc(moment: datetime, name: str) -> datetime:
    try:
        return require_aware(moment, where="period", field=name).astimezone(UTC)
    except OverflowError:
        raise _outside_calendar(name) from None


def _later(moment: datetime, time: timedelta) -> datetime:
    try:
        return moment + time
    except OverflowError:
        raise _outside_calendar("end") from None


def _outside_calendar(name: str) -> InputError:
    return InputError("period", name, expected="a time within the years 1 to 9999", found="another")


def reference_fits(policy: Policy, purpose: Purpose, reference: str) -> bool:
    """Say whether `reference` has a form of its purpose: `#` a digit, `@` a letter, else itself.

    A purpose without forms takes any reference but an empty one.
    """
    forms = dict(policy.references)
    if purpose not in forms:
        return bool(reference.strip())
    return any(
        len(form) == len(reference) and all(map(_sign_fits, form, reference))
        for form in forms[purpose]
    )


def _sign_fits(sign: str, found: str) -> bool:
    if sign == "#":
        return found.isascii() and found.isdigit()
    if sign == "@":
        return found.isascii() and found.isalpha()
    return sign == found
