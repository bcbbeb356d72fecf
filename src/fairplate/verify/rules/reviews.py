"""Sampled reviews: the right searches picked, each reviewed once, by somebody who took no part.

Decides from the uses of grants and from the first witnessed checkpoint of each month, which only
the end of the check brings. Leaves the drawing to `sampling.py`.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fairplate.verify.events import LoggedEvent
from fairplate.verify.findings import Finding
from fairplate.verify.rules.faults import NO_FINDINGS, RulesByType, fault, notice
from fairplate.verify.rules.restores import Restores
from fairplate.verify.sampling import pick_searches

REVIEW_TIME = timedelta(days=30)
"""How long after its month's first witnessed checkpoint a search that was picked may wait."""


@dataclass(frozen=True, slots=True)
class WitnessedNote:
    """The first checkpoint of `month` (such as 2026-11) that a quorum of witnesses signed.

    `data` is the published note, byte for byte, `time` (aware) when the quorum had signed.
    """

    month: str
    size: int
    data: bytes
    time: datetime


class Reviews:
    """The searches there were, who took part in them, what was picked, and what was reviewed."""

    def __init__(self, restores: Restores) -> None:
        self._restores = restores
        self._searches = array("Q")  # indices of events, ascending
        self._groups = array("L")  # of each search
        self._group_of: dict[frozenset[str], int] = {}
        self._people: list[frozenset[str]] = []
        self._cases = array("L")  # of each search, by number
        self._case_numbers: dict[str, int] = {}
        self._approvers = array("L")  # of each case by number, as a group
        self._drawn: dict[str, LoggedEvent] = {}
        self._picked: set[int] = set()
        self._done: dict[int, int] = {}
        self.questioned = self.overdue = 0

    @property
    def rules(self) -> RulesByType:
        """The rule for each type of event."""
        return {
            "case.approved": self._take_approved,
            "grant.used": self._take_search,
            "reviews.drawn": self._take_drawn,
            "review.done": self._take_done,
        }

    @property
    def done(self) -> int:
        """How many searches have been reviewed."""
        return len(self._done)

    @property
    def picked(self) -> int:
        """How many searches were picked."""
        return len(self._picked)

    def finish(self, now: datetime, witnessed: Mapping[str, WitnessedNote]) -> Sequence[Finding]:
        """Hold what was drawn against the witnessed checkpoints, and say what is overdue."""
        found: list[Finding] = []
        before, overdue = 0, set[int]()
        for month in sorted(witnessed):
            note = witnessed[month]
            searches = self._between(before, note.size)
            before = note.size
            picks = pick_searches(note.data, searches)
            drawn = self._drawn.get(month)
            if drawn is not None:
                found += _judge_drawn(drawn, note.size, len(searches), picks)
            late = [pick for pick in picks if pick not in self._done]
            if late and now - note.time > REVIEW_TIME:
                overdue.update(late)
                message = f"{len(late)} reviews of {month} are overdue, this is the first of them"
                found.append(notice("reviews-overdue", late[0], message))
        self.overdue = len(overdue)
        for month in self._drawn.keys() - witnessed.keys():
            message = f"there is no sound witnessed checkpoint of {month}"
            found.append(fault("review-month-unknown", self._drawn[month].index, message))
        return found

    def _take_search(self, event: LoggedEvent) -> Sequence[Finding]:
        people = frozenset((event.actor, event.public["asked_by"], *event.public["approved_by"]))
        self._searches.append(event.index)
        self._groups.append(self._group(people))
        self._cases.append(self._case_number(event.public["case"]))
        return NO_FINDINGS

    def _take_approved(self, event: LoggedEvent) -> Sequence[Finding]:
        """Remember who approved, also after the search: they took part in it too."""
        number = self._case_number(event.public["case"])
        people = self._people[self._approvers[number]] | {event.actor}
        self._approvers[number] = self._group(people)
        return NO_FINDINGS

    def _group(self, people: frozenset[str]) -> int:
        group = self._group_of.get(people)
        if group is None:
            group = self._group_of[people] = len(self._people)
            self._people.append(people)
        return group

    def _case_number(self, case: str) -> int:
        number = self._case_numbers.get(case)
        if number is None:
            number = self._case_numbers[case] = len(self._approvers)
            self._approvers.append(self._group(frozenset()))
        return number

    def _take_drawn(self, event: LoggedEvent) -> Sequence[Finding]:
        month = event.public["month"]
        earlier = self._drawn.get(month)
        self._picked.update(event.public["picks"])
        if earlier is not None and not self._restores.excuses(earlier.index):
            message = f"event {earlier.index} drew those of {month} before"
            return [fault("reviews-drawn-twice", event.index, message)]
        self._drawn[month] = event
        return NO_FINDINGS

    def _take_done(self, event: LoggedEvent) -> Sequence[Finding]:
        search = event.public["search"]
        if search not in self._picked:
            message = "the search was not picked before"
            return [fault("review-not-picked", event.index, message)]
        earlier = self._done.get(search)
        if earlier is not None and not self._restores.excuses(earlier):
            message = f"event {earlier} tells of its review before"
            return [fault("review-done-twice", event.index, message)]
        if event.actor in self._concerned(search):
            message = "the reviewer asked for the search, or approved it"
            return [fault("review-by-concerned", event.index, message)]
        self._done[search] = event.index
        self.questioned += event.public["finding"] == "questioned"
        return NO_FINDINGS

    def _concerned(self, search: int) -> frozenset[str]:
        place = bisect_left(self._searches, search)
        if place == len(self._searches) or self._searches[place] != search:
            return frozenset()
        approvers = self._people[self._approvers[self._cases[place]]]
        return self._people[self._groups[place]] | approvers

    def _between(self, first: int, end: int) -> Sequence[int]:
        places = (bisect_left(self._searches, index) for index in (first, end))
        start, stop = places
        return self._searches[start:stop]


def _judge_drawn(
    drawn: LoggedEvent, size: int, searches: int, picks: Sequence[int]
) -> Iterator[Finding]:
    public = drawn.public
    if public["size"] != size:
        message = f"the witnessed checkpoint covers {size} entries"
        yield fault("review-size-wrong", drawn.index, message)
    elif public["searches"] != searches:
        message = f"there were {searches} searches"
        yield fault("review-searches-wrong", drawn.index, message)
    elif public["picks"] != picks:
        message = "the witnessed checkpoint picks others"
        yield fault("review-picks-wrong", drawn.index, message)
