"""Frauds about alerts, readers, people, witnesses, reviews, and the log itself."""

from datetime import datetime, timedelta
from typing import Any

from tests.verify.frauds import Act, Fraud, act, steps, wait, wait_until
from tests.verify.stories import (
    ADMINISTRATOR,
    APPROVER,
    AUDITOR,
    DAY,
    DAY_KEY,
    HOUR,
    MINUTE,
    OFFICER,
    OTHER_APPROVER,
    START,
    WITNESSES,
    Story,
)

from fairplate.audit.event_types import EventType

SEARCHES = 12


def reviewed(*, by: str = AUDITOR, times: int = 1, draws: int = 1, **changes: Any) -> Act:
    """Draw among the searches before a witnessed checkpoint, and review all that were picked."""

    def do(story: Story) -> None:
        drawn(draws=draws, **changes)(story)
        for pick in story.picks():
            for _ in range(times):
                story.review(pick, by)

    return do


def drawn(*, draws: int = 1, **changes: Any) -> Act:
    def do(story: Story) -> None:
        for _ in range(SEARCHES):
            story.use_grant("approved")
        story.witness()
        story.use_grant("approved")
        for _ in range(draws):
            story.draw(**changes)

    return do


def review_others(story: Story) -> None:
    drawn()(story)
    story.review(next(one for one in story.searches if one not in story.picks()))


def review_after_approval(story: Story) -> None:
    """Approve a search after it was done, and find nothing wrong with it."""
    drawn()(story)
    story.approve("approved", AUDITOR)
    story.review(story.picks()[-1])


def choose(story: Story) -> None:
    """Draw the searches that nobody would find anything in."""
    drawn(draws=0)(story)
    story.draw(picks=[one for one in story.searches if one not in story.picks()][:5])


def draw_of_unknown_month(story: Story) -> None:
    story.witness()
    story.draw(size=3)
    del story.witnessed["2026-11"]


def restored(story: Story) -> None:
    """Tell an act once more that the restored database did not know of."""
    first = story.decide("raised")
    story.restore(first, 1)
    story.decide("raised")


def said_at(time: timedelta) -> Act:
    return steps(wait(time), act("decide", "raised"))


DECIDED = act("decide", "raised")

FRAUDS = (
    Fraud(
        "alert-raised-twice",
        "an alert replaced",
        act("raise_alert", "wrong"),
        act("raise_alert", "new"),
    ),
    Fraud("alert-unknown", "no alert decided", act("decide", "none"), act("decide", "raised")),
    Fraud(
        "alert-unknown",
        "an outcome of no alert",
        act("follow_up", "none"),
        act("follow_up", "confirmed"),
    ),
    Fraud(
        "alert-decided-twice",
        "a decision turned",
        act("decide", "wrong"),
        act("decide", "raised", "expired"),
    ),
    Fraud(
        "alert-decided-twice",
        "a decision turned after the outcome",
        act("decide", "done", "wrong-plate"),
        act("decide", "raised", "wrong-plate"),
    ),
    Fraud(
        "outcome-not-confirmed",
        "an outcome of what nobody looked at",
        act("follow_up", "raised"),
        act("follow_up", "confirmed"),
    ),
    Fraud(
        "outcome-not-confirmed",
        "an outcome of a wrong alert",
        act("follow_up", "wrong"),
        act("follow_up", "confirmed"),
    ),
    Fraud(
        "outcome-twice",
        "an outcome turned",
        act("follow_up", "done", "not-found"),
        act("follow_up", "confirmed", "mistaken"),
    ),
    Fraud(
        "purpose-not-permitted",
        "an alert for what is not on the list",
        act("raise_alert", "new", "toll-or-parking"),
        act("raise_alert", "new", "court-order"),
    ),
    Fraud("reader-enrolled-twice", "a reader", act("enrol", "gate"), act("enrol", "old")),
    Fraud("reader-not-enrolled", "a reader", act("disable", "old"), act("disable", "gate")),
    Fraud("reader-not-enrolled", "a key", act("key", "old"), act("key", "gate")),
    Fraud(
        "user-unknown",
        "a role for a stranger",
        act("change_role", "user:ghost", None, "auditor"),
        act("change_role", "user:lea", "operator", "auditor"),
    ),
    Fraud(
        "role-differs",
        "a role that came unseen",
        act("change_role", "user:lea", "officer", "approver"),
        act("change_role", "user:lea", "operator", None),
    ),
    Fraud(
        "own-role-changed",
        "a role for oneself",
        act("change_role", ADMINISTRATOR, "administrator", "approver"),
        act("change_role", "user:lea", "operator", "approver"),
    ),
    Fraud(
        "own-role-changed",
        "an invitation to oneself",
        act("invite", "user:lea", "approver", "user:lea"),
        act("invite", "user:lea", "approver"),
    ),
    Fraud(
        "witness-added-twice",
        "a witness counted twice",
        act("add_witness", WITNESSES[0], 1),
        act("add_witness", WITNESSES[1], 2),
    ),
    Fraud(
        "witness-unknown",
        "the removal of none",
        act("remove_witness", WITNESSES[1], 1),
        act("remove_witness", WITNESSES[0], 0),
    ),
    Fraud(
        "witness-key-wrong",
        "a witness whose key signs nothing",
        act("add_witness", WITNESSES[1].replace("paper", "press"), 1),
        act("add_witness", WITNESSES[1], 1),
    ),
    Fraud(
        "quorum-too-large",
        "a quorum that nobody reaches",
        act("add_witness", WITNESSES[1], 3),
        act("add_witness", WITNESSES[1], 2),
    ),
    Fraud("review-month-unknown", "of a month that is not", draw_of_unknown_month, reviewed()),
    Fraud("review-size-wrong", "reviews of another size", reviewed(size=3), reviewed()),
    Fraud("review-searches-wrong", "searches left out", reviewed(searches=5), reviewed()),
    Fraud("review-picks-wrong", "searches that somebody chose", choose, drawn()),
    Fraud("reviews-drawn-twice", "a draw that pleased more", reviewed(draws=2), reviewed()),
    Fraud("review-not-picked", "reviews of others", review_others, reviewed()),
    Fraud("review-done-twice", "a review turned", reviewed(times=2), reviewed()),
    Fraud("review-by-concerned", "by who searched", reviewed(by=OFFICER), reviewed()),
    Fraud("review-by-concerned", "by who approved too", review_after_approval, reviewed()),
    Fraud("review-by-concerned", "by who approved", reviewed(by=APPROVER), reviewed()),
    Fraud(
        "reviews-overdue",
        "reviews that nobody did",
        steps(drawn(), act("destroy_key", DAY_KEY, "asked")),
        steps(reviewed(by=OTHER_APPROVER), act("destroy_key", DAY_KEY, "asked")),
        30 * DAY + HOUR,
    ),
    Fraud(
        "opened-unknown-event",
        "an event shown before its time",
        act("tell", EventType.EVENT_OPENED, AUDITOR, event=999),
        act("tell", EventType.EVENT_OPENED, AUDITOR, event=3),
    ),
    Fraud("restored-range-wrong", "none taken back", act("restore", 5, 999), DECIDED),
    Fraud("restored-range-wrong", "others taken back", act("restore", 5, 2), DECIDED),
    Fraud("log-restored", "an older database", restored, DECIDED),
    Fraud(
        "time-after-witnessed",
        "an event later than the checkpoint with it",
        steps(said_at(HOUR), wait(-HOUR), act("witness"), wait(HOUR)),
        steps(said_at(HOUR), act("witness"), wait(HOUR)),
    ),
    Fraud(
        "time-before-witnessed",
        "an event that came after it should have been there",
        steps(wait(HOUR), act("witness"), said_at(-HOUR), wait(HOUR)),
        steps(wait(HOUR), act("witness"), said_at(-9 * MINUTE), wait(HOUR)),
    ),
    Fraud(
        "time-went-back",
        "an event of yesterday",
        steps(said_at(-DAY), wait(DAY)),
        steps(said_at(-9 * MINUTE), wait(DAY)),
    ),
    Fraud(
        "time-unlikely",
        "a clock that was never set",
        steps(
            wait_until(datetime.fromisoformat("1970-01-01T00:00:00Z")),
            act("decide", "raised"),
            wait_until(START + HOUR),
        ),
        said_at(HOUR),
    ),
    Fraud(
        "time-in-future",
        "an event from the future",
        said_at(HOUR),
        steps(said_at(HOUR), wait(5 * MINUTE)),
        -11 * MINUTE,
    ),
)
