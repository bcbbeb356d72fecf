"""Frauds about keys and the policies that say how long they live."""

from datetime import datetime, timedelta
from typing import Any

from tests.verify.frauds import Act, Fraud, act, steps, wait, wait_until
from tests.verify.stories import DAY, DAY_KEY, HOUR, MIDNIGHT, MINUTE, SECOND, START, Story

from fairplate.core.periods import parse_period

OTHER_KEY = "2026-11-01T00:00Z/P1D"
NEXT_KEY = "2026-11-03T00:00Z/P1D"
LONG_S = int(90 * DAY / SECOND)


def made(key: str, life: timedelta, start: datetime = MIDNIGHT) -> Act:
    return act("make_key", key, start + life)


def destroyed(late: timedelta, **changes: Any) -> Act:
    """Make a key, and destroy it so late."""
    due = MIDNIGHT + 29 * DAY
    return steps(
        made(OTHER_KEY, 29 * DAY),
        wait_until(due + late - SECOND),
        act("destroy_key", OTHER_KEY, **changes),
    )


def shortened(late: timedelta, kept: timedelta, key: str, hits_kept: timedelta = DAY) -> Act:
    """Set a policy under which `key` is over at once, and destroy it and all others so late."""

    def do(story: Story) -> None:
        period = parse_period(key.removeprefix("hits/"), where="test")
        story.make_key(key, period.start + 30 * DAY)
        kept_s, hits_kept_s = int(kept / SECOND), int(hits_kept / SECOND)
        story.set_policy(
            non_hits_kept_s=kept_s, longest_look_back_s=kept_s, hits_kept_s=hits_kept_s
        )
        others = {DAY_KEY, f"hits/{DAY_KEY}"} - {key}
        for other in sorted(others):
            story.destroy_key(other, "policy")
        story.wait(late)
        story.destroy_key(key, "policy")

    return do


def invented_end(story: Story) -> None:
    story.keys[OTHER_KEY] = story.keys[DAY_KEY]
    story.destroy_key(OTHER_KEY)


def without_policy(*acts: Act) -> Act:
    """Do as in a deployment that is just being made."""

    def do(story: Story) -> None:
        story.entries.clear()
        steps(*acts)(story)

    return do


OLD_KEY = "2026-10-30T00:00Z/P1D"
THREE_DAYS = act("set_policy", non_hits_kept_s=3 * 86400, longest_look_back_s=0)

LISTED = (act("set_list", "stolen"), act("import_batch", "stolen"))

FRAUDS = (
    Fraud(
        "policy-missing",
        "a key before any policy",
        without_policy(act("make_key"), act("set_policy")),
        without_policy(act("set_policy"), act("make_key")),
    ),
    Fraud(
        "policy-missing",
        "an alert before any policy",
        without_policy(*LISTED, act("raise_alert", "early"), act("set_policy")),
        without_policy(*LISTED, act("set_policy"), act("raise_alert", "early")),
    ),
    Fraud(
        "policy-not-permitted",
        "reads kept for 91 days",
        act("set_policy", non_hits_kept_s=LONG_S + 1),
        act("set_policy", non_hits_kept_s=LONG_S),
    ),
    Fraud(
        "policy-not-permitted",
        "hits kept for 91 days without a case",
        act("set_policy", hits_kept_s=LONG_S + 1),
        act("set_policy", hits_kept_s=None),
    ),
    Fraud(
        "policy-not-permitted",
        "a policy without a second person",
        act("set_policy", approvals=0),
        act("set_policy", approvals=5),
    ),
    Fraud(
        "policy-not-permitted",
        "a policy for nothing",
        act("set_policy", purposes=[]),
        act("set_policy", purposes=["test"]),
    ),
    Fraud("key-made-twice", "a key replaced", act("make_key"), made(NEXT_KEY, 31 * DAY)),
    Fraud(
        "key-not-living",
        "the end of a key that never was",
        invented_end,
        act("destroy_key", DAY_KEY, "asked"),
    ),
    Fraud(
        "key-not-living",
        "a second end",
        steps(destroyed(SECOND), act("destroy_key", OTHER_KEY)),
        destroyed(SECOND),
    ),
    Fraud(
        "key-times-differ",
        "a later deadline at the end",
        destroyed(SECOND, destroy_by=MIDNIGHT + 40 * DAY),
        destroyed(SECOND, destroy_by=MIDNIGHT + 20 * DAY),
    ),
    Fraud(
        "key-times-differ",
        "another making at the end",
        destroyed(SECOND, made_at=START - DAY),
        destroyed(SECOND, made_at=None),
    ),
    Fraud(
        "key-lives-too-long",
        "a key for longer than the policy keeps",
        made(NEXT_KEY, 31 * DAY + SECOND),
        made(NEXT_KEY, 31 * DAY),
    ),
    Fraud(
        "key-lives-too-long",
        "a hits key for longer than the policy keeps",
        made(f"hits/{NEXT_KEY}", 61 * DAY + SECOND),
        made(f"hits/{NEXT_KEY}", 61 * DAY),
    ),
    Fraud(
        "key-lives-too-long",
        "a key by a policy of long ago",
        steps(
            act("set_policy", non_hits_kept_s=86400, longest_look_back_s=0),
            wait_until(MIDNIGHT + DAY),
            act("destroy_key", DAY_KEY, "policy"),
            wait_until(MIDNIGHT + 10 * DAY),
            made("2026-11-12T00:00Z/PT1H", 12 * DAY),
        ),
        steps(
            act("set_policy", non_hits_kept_s=86400, longest_look_back_s=0),
            wait_until(MIDNIGHT + DAY),
            act("destroy_key", DAY_KEY, "policy"),
            wait_until(MIDNIGHT + 10 * DAY),
            made("2026-11-12T00:00Z/PT1H", 11 * DAY),
        ),
    ),
    Fraud(
        "key-lives-too-long",
        "a case key for years",
        made("case/asked", 368 * DAY),
        made("case/asked", 366 * DAY),
    ),
    Fraud(
        "key-destroyed-late", "a key destroyed late", destroyed(4 * MINUTE), destroyed(2 * MINUTE)
    ),
    Fraud(
        "key-destroyed-late",
        "a shorter policy that was not heeded",
        shortened(HOUR, DAY, OLD_KEY),
        shortened(MINUTE, DAY, OLD_KEY),
    ),
    Fraud(
        "key-destroyed-late",
        "a shorter policy for hits that was not heeded",
        shortened(HOUR, DAY, f"hits/{OLD_KEY}"),
        shortened(MINUTE, DAY, f"hits/{OLD_KEY}"),
    ),
    Fraud(
        "key-destroyed-late",
        "reads kept though none are written any more",
        shortened(HOUR, 0 * DAY, OTHER_KEY),
        shortened(MINUTE, 0 * DAY, OTHER_KEY),
    ),
    Fraud(
        "key-overdue",
        "a key that stays",
        made("case/asked", HOUR, START),
        made("case/asked", 3 * HOUR, START),
        2 * HOUR,
    ),
    Fraud(
        "key-overdue",
        "a key that stays under a shorter policy",
        steps(made(OLD_KEY, 27 * DAY), THREE_DAYS, wait(HOUR)),
        steps(
            made(OLD_KEY, 27 * DAY),
            THREE_DAYS,
            act("set_policy"),
            wait(HOUR),
        ),
    ),
)
