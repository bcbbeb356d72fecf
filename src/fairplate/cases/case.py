"""One case as values: what was asked for, who said yes or no, and how it stands at a moment.

Decides the state from what happened. Leaves to `rules.py` what may be done next.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from fairplate.core.clock import require_aware
from fairplate.core.purposes import Purpose

OWED_WITHIN = timedelta(hours=24)
"""How long after an emergency search the approvals may be missing."""


class State(StrEnum):
    """How a case stands; the value is the word in listings."""

    WAITING = "waiting"  # for other people's approval
    EXIGENT = "exigent"  # may be searched, approval is owed
    APPROVED = "approved"
    REFUSED = "refused"
    ENDED = "ended"  # its time is over; the next round closes it
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's yes, until `expires_at`, or no, which has no end."""

    person: str
    at: datetime
    expires_at: datetime | None

    @property
    def is_approval(self) -> bool:
        """Whether it is a yes."""
        return self.expires_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked for. Plates are patterns; captured in [from, until); times are aware.

    `hold`: what searches find is kept past its time, until the case ends. `look_alikes`: plates
    that differ from one asked for in a character that looks like it are looked for, too.
    """

    purpose: Purpose
    reference: str = field(repr=False)
    why: str = field(repr=False)
    plates: frozenset[str] = field(repr=False)
    reader_ids: frozenset[str]
    captured_from: datetime
    captured_until: datetime
    ends_at: datetime
    exigent: bool = False
    hold: bool = False
    look_alikes: bool = False

    def __post_init__(self) -> None:
        """Refuse times without an offset."""
        for name in ("captured_from", "captured_until", "ends_at"):
            require_aware(getattr(self, name), where="case", field=name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case. People are pseudonyms. `needed`: how many others must approve, as when it was opened.

    `owed_since` is when it was first searched without their approval.
    """

    id: str
    asked: Asked
    opened_by: str
    opened_at: datetime
    needed: int
    votes: tuple[Vote, ...] = ()
    owed_since: datetime | None = None
    closed_at: datetime | None = None

    def approvals(self, now: datetime) -> tuple[Vote, ...]:
        """Return the approvals that hold at `now`, each person's last, never the opener's own."""
        last = {vote.person: vote for vote in self.votes if vote.person != self.opened_by}
        return tuple(
            vote for vote in last.values() if vote.expires_at is not None and now < vote.expires_at
        )

    @property
    def is_refused(self) -> bool:
        """Whether somebody said no: one is enough, and it stands."""
        return any(not vote.is_approval for vote in self.votes)

    def is_approved(self, now: datetime) -> bool:
        """Whether enough people approve at `now`."""
        return not self.is_refused and len(self.approvals(now)) >= self.needed

    def state(self, now: datetime) -> State:
        """Return how it stands at `now` (aware)."""
        if self.closed_at is not None:
            return State.CLOSED
        if self.is_refused:
            return State.REFUSED
        if now >= self.asked.ends_at:
            return State.ENDED
        if self.is_approved(now):
            return State.APPROVED
        return State.EXIGENT if self.asked.exigent else State.WAITING

    @property
    def owes_approval(self) -> bool:
        """Whether it was searched in an emergency, and nobody has settled that yet.

        Approvals settle it for good, also when they expire later; so does a refusal.
        """
        if self.owed_since is None or self.is_refused:
            return False
        ever = {vote.person for vote in self.votes if vote.person != self.opened_by}
        return len(ever) < self.needed

    def is_overdue(self, now: datetime) -> bool:
        """Whether the approvals that it owes are late."""
        late = self.owed_since is not None and now >= self.owed_since + OWED_WITHIN
        return late and self.owes_approval


def is_blocked(person: str, cases: Collection[Case], now: datetime) -> bool:
    """Say whether `person` has an overdue emergency, and may open and search nothing until then."""
    return any(case.opened_by == person and case.is_overdue(now) for case in cases)
