"""Sampled review: which searches are looked at again, by whom, and which were not in time.

Decides the population: every use of a grant between the first witnessed checkpoints of two months,
so that no search falls between them. Leaves to `verify/sampling.py` which of them are picked.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from fairplate.audit.event_types import EventType
from fairplate.audit.events import ParsedEvent, read_event
from fairplate.audit.log import Recorder
from fairplate.audit.stored_tree import read_entries, read_size
from fairplate.audit.words import Finding
from fairplate.core.errors import InputError, PolicyError
from fairplate.storage.schema import reviews, witnessed_months
from fairplate.verify.sampling import pick_searches

REVIEW_TIME = timedelta(days=30)
_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class Review:
    """One search that was picked: the index of its event, and when it was or must be reviewed."""

    index: int
    month: str
    due_at: datetime
    done_at: datetime | None


def draw_reviews(connection: sa.Connection, recorder: Recorder) -> int:
    """Draw for every month that has its witnessed checkpoint and no drawing; return how many."""
    months = connection.execute(
        sa.select(witnessed_months).order_by(witnessed_months.c.size, witnessed_months.c.month)
    ).all()
    drawn = 0
    before = 0
    for month in months:
        if month.drawn_at is None:
            _draw(connection, recorder, month, before)
            drawn += 1
        before = month.size
    return drawn


def take_back_review(connection: sa.Connection, event: ParsedEvent) -> None:
    """Let the register of reviews say what `event`, taken back from the published log, tells."""
    public = event.public
    if event.type is EventType.REVIEWS_DRAWN:
        month, picks = str(public["month"]), public["picks"]
        _register(connection, month, picks if isinstance(picks, list) else [], event.at)
    elif event.type is EventType.REVIEW_DONE:
        done = sa.update(reviews).where(reviews.c.position == public["search"])
        connection.execute(done.values(done_at=event.at))


def read_reviews(connection: sa.Connection, month: str | None = None) -> tuple[Review, ...]:
    """Return the searches that were picked, of one month or of all, by index."""
    query = sa.select(reviews).order_by(reviews.c.position)
    if month is not None:
        query = query.where(reviews.c.month == month)
    return tuple(
        Review(row.position, row.month, row.due_at, row.done_at)
        for row in connection.execute(query)
    )


def count_overdue(connection: sa.Connection, now: datetime) -> int:
    """Return how many reviews are late: not done in 30 days."""
    query = sa.select(sa.func.count()).where(reviews.c.done_at.is_(None), reviews.c.due_at <= now)
    return connection.execute(query).scalar_one()


def finish_review(
    connection: sa.Connection, recorder: Recorder, index: int, finding: Finding, note: str
) -> None:
    """Put on record what the recorder's actor found of the search at `index`.

    Raises InputError if it was not picked or is done, PolicyError if the actor took part in it.
    """
    row = connection.execute(sa.select(reviews).where(reviews.c.position == index)).one_or_none()
    if row is None or row.done_at is not None:
        found = "one that was not picked" if row is None else "one that is reviewed already"
        expected = "a search that is to be reviewed"
        raise InputError("review", "event", expected=expected, found=found)
    if recorder.actor in _concerned(connection, index):
        raise PolicyError("review: expected somebody who took no part in the search, found another")
    done = sa.update(reviews).where(reviews.c.position == index)
    connection.execute(done.values(done_at=recorder.clock()))
    recorder.record(
        connection,
        EventType.REVIEW_DONE,
        public={"search": index, "finding": finding.value},
        private={"note": note},
    )


def _draw(
    connection: sa.Connection, recorder: Recorder, month: "sa.Row[tuple[object, ...]]", since: int
) -> None:
    searches = _find_searches(connection, since, month.size)
    picks = pick_searches(bytes(month.note), searches)
    _register(connection, month.month, picks, recorder.clock())
    recorder.record(
        connection,
        EventType.REVIEWS_DRAWN,
        public={
            "month": month.month,
            "size": month.size,
            "searches": len(searches),
            "picks": picks,
        },
        private={},
    )


def _register(
    connection: sa.Connection, month: str, picks: Sequence[object], drawn_at: datetime
) -> None:
    marked = sa.update(witnessed_months).where(witnessed_months.c.month == month)
    connection.execute(marked.values(drawn_at=drawn_at))
    rows = [{"position": pick, "month": month, "due_at": drawn_at + REVIEW_TIME} for pick in picks]
    if rows:
        connection.execute(sa.insert(reviews), rows)


def _find_searches(connection: sa.Connection, since: int, end: int) -> list[int]:
    """Return the indices of the uses of grants in [since, end)."""
    return [index for index, _ in _find_events(connection, EventType.GRANT_USED, since, end)]


def _find_events(
    connection: sa.Connection, event_type: EventType, since: int, end: int
) -> Iterator[tuple[int, ParsedEvent]]:
    """Yield the events of a type in [since, end), each with its index."""
    # Its events hold these bytes; whatever else holds them is sorted out by parsing it.
    mark = f'"type":"{event_type}"'.encode()
    for first in range(since, end, _AT_ONCE):
        bodies = read_entries(connection, first, min(_AT_ONCE, end - first))
        for index, body in enumerate(bodies, first):
            if mark in body and (event := read_event(body)).type is event_type:
                yield index, event


def _concerned(connection: sa.Connection, index: int) -> set[object]:
    """Return who took part in the search at `index`, also by approving it afterwards."""
    search = read_event(read_entries(connection, index, 1)[0])
    approved_by = search.public["approved_by"]
    several = approved_by if isinstance(approved_by, list) else []
    approvals = _find_events(connection, EventType.CASE_APPROVED, 0, read_size(connection))
    case = search.public["case"]
    later = {event.actor for _, event in approvals if event.public["case"] == case}
    return {search.actor, search.public["asked_by"], *several, *later}
