"""The gate: whether a match becomes an alert, and every reason why it does not (DESIGN section 6).

Decides from the match, the list, the reader and the policy. Leaves to `hotlists/match.py` how the
text, jurisdiction and vehicle fit, to `raising.py` the repeats, which only the database knows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fairplate.core.purposes import Purpose
from fairplate.core.reads import PlateRead
from fairplate.hotlists.chance import Circumstances, chance_right
from fairplate.hotlists.match import HeldBack, Match, MatchKind
from fairplate.policy.alert_figures import SecondEngine
from fairplate.policy.hot_lists import entry_ends
from fairplate.policy.rules import Policy

AGREEING_FRAMES = 2
"""In a video a read of one frame alone raises no alert."""


class GateHold(StrEnum):
    """Why a match raises no alert, beside what `MatchHold` knows; the value is the counted word."""

    PURPOSE = "purpose"  # the policy, or the list itself, does not permit it
    LIST_STALE = "list-stale"
    LIST_SUSPENDED = "list-suspended"
    READER_SUSPENDED = "reader-suspended"
    ENTRY_TOO_OLD = "entry-too-old"  # its purpose's longest time is over
    LOOK_ALIKE = "look-alike"  # the list allows none
    ONE_FRAME = "one-frame"
    SECOND_ENGINE = "second-engine"
    LOW_CHANCE = "low-chance"
    REPEAT = "repeat"
    NO_KEY = "no-key"  # what is to be compared cannot be kept


@dataclass(frozen=True, slots=True, kw_only=True)
class ListStanding:
    """What the gate must know of a list. `fresh_until` None: it never gets stale."""

    id: str
    title: str
    purposes: frozenset[Purpose]
    look_alikes: bool
    entries: int
    imported_at: datetime
    fresh_until: datetime | None
    suspended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A match with an entry of a kept list, which came with `first_listed` for the first time."""

    match: Match
    standing: ListStanding
    first_listed: datetime
    circumstances: Circumstances


@dataclass(frozen=True, slots=True, kw_only=True)
class Passing:
    """How the vehicle was seen: by which reader, from video or not, and by a second engine.

    `second_plate` is what another engine read in the same crop: None where there is none, an empty
    text where it found no plate.
    """

    read: PlateRead
    from_video: bool = False
    reader_suspended: bool = False
    second_plate: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the gate found; with nothing held back the match may become an alert."""

    listed: Listed
    chance: float
    doubts: tuple[str, ...]
    held_back: tuple[HeldBack, ...] = ()


def judge(passing: Passing, listed: Listed, policy: Policy, *, now: datetime) -> Verdict:
    """Return whether the match may become an alert at `now` (aware)."""
    match = listed.match
    chance = chance_right(passing.read, match.entry, match.kind, listed.circumstances)
    disagrees = second_engine_disagrees(passing.second_plate, match)
    doubts = match.doubts
    if disagrees:
        doubts = (*doubts, _second_told(passing.second_plate))
    holds = (
        *match.held_back,
        *_of_list(listed, policy, now),
        *_of_passing(passing),
        *_of_chance(chance, policy),
    )
    if disagrees and policy.second_engine is SecondEngine.HOLD_BACK:
        holds = (*holds, HeldBack(GateHold.SECOND_ENGINE, _second_told(passing.second_plate)))
    return Verdict(listed=listed, chance=chance, doubts=doubts, held_back=tuple(holds))


def _of_list(listed: Listed, policy: Policy, now: datetime) -> Iterator[HeldBack]:
    standing, entry = listed.standing, listed.match.entry
    if entry.purpose not in policy.purposes or entry.purpose not in standing.purposes:
        yield HeldBack(GateHold.PURPOSE, f"{entry.purpose} is not permitted here")
    if standing.fresh_until is not None and now >= standing.fresh_until:
        due = standing.fresh_until.isoformat(timespec="minutes")
        yield HeldBack(GateHold.LIST_STALE, f"the list should have been refreshed by {due}")
    if listed.match.kind is MatchKind.LOOK_ALIKE and not standing.look_alikes:
        yield HeldBack(GateHold.LOOK_ALIKE, "the list allows no look-alikes")
    if standing.suspended:
        yield HeldBack(GateHold.LIST_SUSPENDED, "the list is suspended from alerting")
    # The entry's own end is a reason of the match.
    ends_at = entry_ends(policy, entry.purpose, standing.imported_at, None)
    if now >= ends_at:
        ended = ends_at.isoformat(timespec="minutes")
        yield HeldBack(GateHold.ENTRY_TOO_OLD, f"the longest time of its purpose ended at {ended}")


def _of_passing(passing: Passing) -> Iterator[HeldBack]:
    if passing.reader_suspended:
        yield HeldBack(GateHold.READER_SUSPENDED, "the reader is suspended from alerting")
    if passing.from_video and passing.read.frames < AGREEING_FRAMES:
        yield HeldBack(GateHold.ONE_FRAME, "read in one frame of a video only")


def _of_chance(chance: float, policy: Policy) -> Iterator[HeldBack]:
    if chance < policy.least_chance:
        told = f"{chance:.3f} is below {policy.least_chance:.2f}"
        yield HeldBack(GateHold.LOW_CHANCE, f"the chance of being right, {told}")


def second_engine_disagrees(second_plate: str | None, match: Match) -> bool:
    """Say whether another engine read something that does not fit the entry exactly.

    Only O for 0 is no disagreement: it is how lists are keyed.
    """
    if second_plate is None:
        return False
    entry = match.entry.plate.replace("O", "0")
    second = second_plate.replace("O", "0")
    if len(entry) != len(second):
        return True
    return any(known not in ("?", read) for known, read in zip(entry, second, strict=True))


def _second_told(second_plate: str | None) -> str:
    found = f"reads {second_plate}" if second_plate else "finds no plate"
    return f"a second engine {found} in the same picture"
