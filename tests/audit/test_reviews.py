"""Sampled reviews: which searches are drawn, by whom they may be reviewed, and which are late."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from tests.audit.conftest import CopyDatabase
from tests.audit.log_worlds import LogWorld
from tests.audit.real_witness import make_witnesses, register
from tests.worlds import NOON, policy_document

from fairplate.audit.event_types import EventType
from fairplate.audit.events import ParsedEvent
from fairplate.audit.kinds import spell_time
from fairplate.audit.reviews import (
    REVIEW_TIME,
    Review,
    count_overdue,
    draw_reviews,
    finish_review,
    read_reviews,
)
from fairplate.audit.words import Finding
from fairplate.core.errors import InputError, PolicyError
from fairplate.deployment.policy_in_force import set_policy
from fairplate.verify.sampling import pick_searches

DAY = timedelta(days=1)
DECEMBER = datetime(2026, 12, 1, 8, tzinfo=UTC)


@contextlib.contextmanager
def witnessed(world: LogWorld) -> Iterator[None]:
    (witness,) = make_witnesses(world, 1)
    with witness.at_work():
        register(world, witness, quorum=1)
        yield


@pytest.fixture(autouse=True)
def case(world: LogWorld) -> None:
    """Let there be an approved case, which the events of searches speak of."""
    with world.database.transaction() as connection:
        set_policy(connection, world.recorder(), policy_document(approvals=2))
        world.recorder("officer-1").record(
            connection,
            EventType.CASE_OPENED,
            public={
                "case": "theft-17",
                "purpose": "stolen-vehicle",
                "plates": 1,
                "readers": 1,
                "captured_from": spell_time(NOON - DAY),
                "captured_until": spell_time(NOON),
                "approvals": 2,
                "exigent": False,
            },
            private={
                "plates": ["ABC123"],
                "readers": ["gate-1"],
                "reference": "2026/17",
                "why": "taken at night",
            },
        )
        for approver in ("approver-1", "approver-2"):
            world.recorder(approver).record(
                connection,
                EventType.CASE_APPROVED,
                public={"case": "theft-17", "expires_at": spell_time(NOON + 400 * DAY)},
                private={"note": ""},
            )


def search(world: LogWorld, number: int = 1) -> None:
    """Leave the events of so many searches, and after each one that only looks like one."""
    with world.database.transaction() as connection:
        for _ in range(number):
            world.recorder("officer-1").record(
                connection,
                EventType.GRANT_USED,
                public={
                    "case": "theft-17",
                    "purpose": "stolen-vehicle",
                    "plates": 1,
                    "candidates": 1,
                    "readers": 1,
                    "periods": 0,
                    "first_period": None,
                    "last_period": None,
                    "exigent": False,
                    "asked_by": "officer-1",
                    "approved_by": ["approver-1", "approver-2"],
                },
                private={"plates": ["ABC123"], "readers": ["gate-1"], "reference": "2026/17"},
            )
            world.recorder("grant.used").record(
                connection,
                EventType.SIGN_IN_FAILED,
                public={"user": None, "reason": "unknown"},
                private={"address": "192.0.2.7"},
            )


def reviews(world: LogWorld, month: str | None = None) -> tuple[Review, ...]:
    with world.database.reading() as connection:
        return read_reviews(connection, month)


def overdue(world: LogWorld) -> int:
    with world.database.reading() as connection:
        return count_overdue(connection, world.clock.now)


def events_of(world: LogWorld, event_type: EventType) -> list[ParsedEvent]:
    return [event for event in world.in_log() if event.type is event_type]


def finish(world: LogWorld, index: int, actor: str = "auditor-1") -> None:
    with world.database.transaction() as connection:
        recorder = world.recorder(actor)
        finish_review(connection, recorder, index, Finding.IN_ORDER, "I saw the file.")


@pytest.fixture
def drawn(world: LogWorld) -> tuple[Review, ...]:
    """What was picked of 30 searches in November."""
    with witnessed(world):
        search(world, 30)
        world.publish()
    return reviews(world)


def test_the_witnessed_checkpoint_picks_the_searches(world: LogWorld) -> None:
    with witnessed(world):
        search(world, 130)
        done = world.publish()
        note = (world.folder / "witnessed/2026-11").read_bytes()
        world.publish()
    in_log = world.in_log()
    searches = [at for at, event in enumerate(in_log) if event.type is EventType.GRANT_USED]
    picks = pick_searches(note, searches)
    assert len(picks) == 7
    due_at = world.clock.now + REVIEW_TIME
    assert reviews(world) == tuple(Review(pick, "2026-11", due_at, None) for pick in picks)
    (event,) = events_of(world, EventType.REVIEWS_DRAWN)
    assert event.public == {
        "month": "2026-11",
        "size": done.size,
        "searches": 130,
        "picks": picks,
    }
    world.require_whole()


def test_each_month_s_draw_is_of_the_searches_since_the_one_before(world: LogWorld) -> None:
    with witnessed(world):
        search(world, 3)
        world.publish()  # draws of 3
        search(world, 4)
        world.clock.move(DAY)
        world.publish()  # draws nothing
        world.clock.now = DECEMBER
        search(world, 2)
        world.publish()  # draws of 6
        world.clock.move(DAY)
        search(world, 5)
        world.publish()
        world.clock.now = datetime(2027, 1, 1, tzinfo=UTC)
        world.publish()  # draws of 5
        world.clock.now = datetime(2027, 2, 1, tzinfo=UTC)
        world.publish()  # draws of none
        world.publish()
    draws = [event.public for event in events_of(world, EventType.REVIEWS_DRAWN)]
    assert [(draw["month"], draw["searches"]) for draw in draws] == [
        ("2026-11", 3),
        ("2026-12", 6),
        ("2027-01", 5),
        ("2027-02", 0),
    ]
    assert [len(reviews(world, month)) for month in ("2026-11", "2026-12", "2027-01")] == [3, 5, 5]
    assert reviews(world, "2027-02") == ()
    assert len(reviews(world)) == 13
    codes = {each.code for each in world.check().findings}
    assert codes == {"reviews-overdue"}


def test_drawing_happens_once(world: LogWorld, drawn: tuple[Review, ...]) -> None:
    with world.database.transaction() as connection:
        assert draw_reviews(connection, world.recorder()) == 0
    assert reviews(world) == drawn


def test_nothing_is_drawn_without_witnesses(world: LogWorld) -> None:
    search(world, 10)
    world.publish()
    assert reviews(world) == ()
    assert overdue(world) == 0


def test_a_review_is_done_once_and_on_record(world: LogWorld, drawn: tuple[Review, ...]) -> None:
    first, *others = drawn
    world.clock.move(DAY)
    finish(world, first.index)
    with pytest.raises(InputError, match="found one that is reviewed already"):
        finish(world, first.index)
    done = Review(first.index, first.month, first.due_at, world.clock.now)
    assert reviews(world) == (done, *others)
    world.publish(patience=timedelta(0))
    (event,) = events_of(world, EventType.REVIEW_DONE)
    assert event.actor == "auditor-1"
    assert event.public == {"search": first.index, "finding": "in-order"}
    assert {each.code for each in world.check().findings} == {"below-quorum"}


@pytest.mark.parametrize("actor", ["officer-1", "approver-1", "approver-2"])
def test_whoever_took_part_is_refused(
    world: LogWorld, drawn: tuple[Review, ...], actor: str
) -> None:
    number = len(world.rows())
    with pytest.raises(PolicyError, match="somebody who took no part"):
        finish(world, drawn[0].index, actor)
    assert reviews(world) == drawn
    assert len(world.rows()) == number


def test_who_approved_afterwards_took_part(world: LogWorld, drawn: tuple[Review, ...]) -> None:
    with world.database.transaction() as connection:
        world.recorder("approver-3").record(
            connection,
            EventType.CASE_APPROVED,
            public={"case": "theft-17", "expires_at": spell_time(NOON + DAY)},
            private={"note": ""},
        )
    world.publish()
    with pytest.raises(PolicyError, match="somebody who took no part"):
        finish(world, drawn[0].index, "approver-3")


def test_only_what_was_picked_is_reviewed(world: LogWorld, drawn: tuple[Review, ...]) -> None:
    picked = {review.index for review in drawn}
    for index in (set(range(70)) - picked) | {-1, 10**9}:
        with pytest.raises(InputError, match="found one that was not picked"):
            finish(world, index)


def test_reviews_are_late_after_thirty_days(world: LogWorld, drawn: tuple[Review, ...]) -> None:
    assert len(drawn) == 5
    world.clock.now = drawn[0].due_at - timedelta(seconds=1)
    assert overdue(world) == 0
    world.clock.now = drawn[0].due_at
    assert overdue(world) == 5
    for left, review in zip((4, 3, 2, 1, 0), drawn, strict=True):
        finish(world, review.index)
        assert overdue(world) == left


def test_a_restored_database_knows_what_was_drawn_and_reviewed(
    world: LogWorld, copy_database: CopyDatabase
) -> None:
    with witnessed(world):
        search(world, 30)
        put_back = copy_database(world)
        world.restart()
        world.publish()
        world.clock.move(DAY)
        finish(world, reviews(world)[0].index)
        world.publish()
        before, made = reviews(world), world.checkpoint()
        put_back()
        world.clock.move(DAY)
        world.publish()
        assert reviews(world) == before
        with pytest.raises(InputError, match="reviewed already"):
            finish(world, before[0].index)
        finish(world, before[1].index)
        world.publish()
    world.require_whole(made)
    assert len(events_of(world, EventType.REVIEWS_DRAWN)) == 1
    assert len(events_of(world, EventType.REVIEW_DONE)) == 2


def test_a_draw_that_was_never_published_is_done_again_alike(
    world: LogWorld, copy_database: CopyDatabase
) -> None:
    with witnessed(world):
        search(world, 30)
        put_back = copy_database(world)
        world.restart()
        world.publish()  # the draw's own event is not in the log yet
        before = [review.index for review in reviews(world)]
        put_back()
        world.publish()
        world.publish()
    assert [review.index for review in reviews(world)] == before
    world.require_whole()
