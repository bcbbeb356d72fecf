"""Frauds about cases: looking back without a case, a yes, or beyond either."""

from datetime import timedelta
from typing import Any

from tests.verify.frauds import Act, Fraud, act, steps, wait
from tests.verify.stories import (
    APPROVER,
    AUDITOR,
    DAY,
    DAY_KEY,
    HOUR,
    OFFICER,
    OTHER_APPROVER,
    START,
    Story,
)

from fairplate.audit.event_types import EventType

SEARCHED = {
    "case": "approved",
    "purpose": "stolen-vehicle",
    "plates": 1,
    "readers": 2,
    "found": 0,
}
BOTH = [APPROVER, OTHER_APPROVER]


def used(case: str = "approved", **changes: Any) -> Act:
    return act("use_grant", case, **changes)


def searched(case: str = "approved", **changes: Any) -> Act:
    return act("search", case, **changes)


def opened(**changes: Any) -> Act:
    return act("open_case", "new", **changes)


def approved(*people: str) -> Act:
    return steps(*(act("approve", "new", person) for person in people))


def approved_for(time: timedelta) -> Act:
    return lambda story: story.approve("new", expires_at=story.now + time)


def policy(**changes: Any) -> Act:
    """Set another policy, and let those who acted under the one before come to their end."""
    return steps(act("set_policy", **changes), wait(HOUR))


def exported(case: str | None = "approved", **changes: Any) -> Act:
    return act("export", case, **changes)


def reported(case: str, **changes: Any) -> Act:
    return act("report", case, **changes)


def of_own_plate(*, plates: int = 1, yes: tuple[str, ...] = (APPROVER,), **changes: Any) -> Act:
    """Tell a driver of their plate, under a case for that."""
    permitted = policy(purposes=["crime-investigation", "stolen-vehicle", "subject-access"])
    asked = opened(purpose="subject-access", plates=plates)
    return steps(permitted, asked, approved(*yes), reported("new", **changes))


def none_kept(story: Story) -> None:
    """Set a policy under which no read that matched nothing is written."""
    story.set_policy(non_hits_kept_s=0, longest_look_back_s=0)
    story.destroy_key(DAY_KEY, "policy")
    story.wait(HOUR)


URGENT = steps(
    act("open_case", "urgent", exigent=True),
    used("urgent", exigent=True, approved_by=[]),
    searched("urgent"),
)
NO_PERIOD = {"periods": 0, "first_period": None, "last_period": None}

OF_OWN_PLATE = of_own_plate()

FRAUDS = (
    Fraud("case-unknown", "a search without a case", used("invented"), used()),
    Fraud("case-unknown", "a hold without a case", act("hold", "none"), act("hold", "approved")),
    Fraud("case-unknown", "a yes to no case", act("approve", "none"), act("approve", "asked")),
    Fraud("case-unknown", "an export of no case", exported("invented"), exported()),
    Fraud("case-unknown", "a case's file", exported(None), exported(None, what="audit-log")),
    Fraud("case-not-approved", "an export", exported("asked"), exported()),
    Fraud("case-refused", "an export", exported("refused"), exported()),
    Fraud("case-closed", "an export", exported("closed"), exported()),
    Fraud("case-unknown", "a report under no case", reported("invented"), OF_OWN_PLATE),
    Fraud("case-closed", "a report", reported("closed"), OF_OWN_PLATE),
    Fraud("purpose-differs", "a report", reported("approved"), OF_OWN_PLATE),
    Fraud("search-too-wide", "a report of two plates", of_own_plate(plates=2), OF_OWN_PLATE),
    Fraud("export-by-another", "a report", of_own_plate(actor=AUDITOR), OF_OWN_PLATE),
    Fraud("case-not-approved", "a report", of_own_plate(yes=()), OF_OWN_PLATE),
    Fraud("export-by-another", "an export", exported(actor=AUDITOR), exported()),
    Fraud(
        "case-not-approved",
        "an export in an emergency",
        steps(act("open_case", "urgent", exigent=True), exported("urgent")),
        steps(
            act("open_case", "urgent", exigent=True), act("approve", "urgent"), exported("urgent")
        ),
    ),
    Fraud("case-unknown", "the end of no case", act("close", "none"), act("close", "refused")),
    Fraud("case-not-approved", "a search nobody approved", used("asked", approved_by=[]), used()),
    Fraud("case-not-approved", "reads shown without approval", searched("asked"), searched()),
    Fraud("case-not-approved", "a hold", act("hold", "asked"), act("hold", "approved")),
    Fraud(
        "case-not-approved",
        "fewer approvals than the case asks for",
        steps(opened(approvals=2), approved(APPROVER), used("new")),
        steps(opened(approvals=2), approved(*BOTH), used("new", approved_by=BOTH)),
    ),
    Fraud(
        "case-not-approved",
        "fewer approvals than the policy asks for",
        steps(policy(approvals=2), opened(), approved(APPROVER), used("new")),
        steps(policy(approvals=2), opened(), approved(*BOTH), used("new", approved_by=BOTH)),
    ),
    Fraud(
        "case-not-approved",
        "a policy that asks for more by now",
        steps(policy(approvals=2), used()),
        steps(act("set_policy", approvals=2), used()),  # it may have begun before
    ),
    Fraud(
        "approved-own-request",
        "a yes to oneself",
        act("approve", "asked", OFFICER),
        act("approve", "asked", APPROVER),
    ),
    Fraud(
        "approved-twice",
        "one yes counted twice",
        steps(opened(), approved(APPROVER, APPROVER)),
        steps(opened(), approved_for(HOUR), wait(2 * HOUR), approved(APPROVER)),
    ),
    Fraud(
        "approver-not-on-record",
        "an approver who never approved",
        used(approved_by=[APPROVER, "user:ghost"]),
        used(),
    ),
    Fraud("search-by-another", "a search by another person", used(actor="user:nosy"), used()),
    Fraud("search-by-another", "a search in another's name", used(asked_by="user:nosy"), used()),
    Fraud(
        "approval-expired",
        "a search after the approval",
        steps(opened(), approved_for(HOUR), wait(2 * HOUR), used("new")),
        steps(opened(), approved_for(3 * HOUR), wait(2 * HOUR), used("new")),
    ),
    Fraud("case-refused", "a search after a no", used("refused"), used()),
    Fraud(
        "case-refused",
        "a yes after a no",
        act("approve", "refused", OTHER_APPROVER),
        act("refuse", "refused", OTHER_APPROVER),
    ),
    Fraud(
        "refused-own-request",
        "a no to oneself",
        act("refuse", "asked", OFFICER),
        act("refuse", "asked", APPROVER),
    ),
    Fraud("case-closed", "a search after the end", used("closed"), used()),
    Fraud("case-closed", "reads shown after the end", searched("closed"), searched()),
    Fraud("case-closed", "a hold after the end", act("hold", "closed"), act("hold", "approved")),
    Fraud("case-closed", "a yes after the end", act("approve", "closed"), act("close", "refused")),
    Fraud("case-closed", "a second end", act("close", "closed"), act("close", "approved")),
    Fraud("case-opened-twice", "a case replaced", act("open_case", "asked"), opened()),
    Fraud("case-opened-twice", "a case after its end", act("open_case", "closed"), opened()),
    Fraud(
        "case-too-far-back",
        "a case that asks too far back",
        opened(captured_from=START - 61 * DAY),
        opened(captured_from=START - 60 * DAY),
    ),
    Fraud(
        "purpose-not-permitted",
        "a case for what is not on the list",
        opened(purpose="site-access"),
        opened(purpose="court-order"),
    ),
    Fraud(
        "purpose-not-permitted",
        "a search for what was struck off",
        steps(policy(purposes=["court-order"]), used()),
        steps(act("set_policy", purposes=["court-order"]), used()),
    ),
    Fraud("purpose-differs", "a search for another", used(purpose="court-order"), used()),
    Fraud("purpose-differs", "reads shown for another", searched(purpose="test"), searched()),
    Fraud("search-too-wide", "more plates than the case has", used(plates=2), used(plates=1)),
    Fraud("search-too-wide", "more readers than the case has", used(readers=3), used(readers=1)),
    Fraud("search-too-wide", "reads shown of more plates", searched(plates=2), searched()),
    Fraud(
        "search-too-wide",
        "times before those of the case",
        used(periods=7, first_period="2026-10-27T00:00Z/P1D"),
        used(periods=6, first_period="2026-10-28T00:00Z/P1D"),
    ),
    Fraud(
        "search-too-wide",
        "times after those of the case",
        used(periods=2, last_period="2026-11-03T10:00Z/PT1H"),
        used(periods=2, last_period="2026-11-03T09:00Z/PT1H"),
    ),
    Fraud(
        "search-too-far-back",
        "a search beyond the look-back",
        steps(
            policy(longest_look_back_s=3600),
            used(periods=3, first_period="2026-10-31T00:00Z/P1D"),
        ),
        steps(policy(longest_look_back_s=3600), used()),
    ),
    Fraud("search-reach-wrong", "periods that it hides", used(periods=30), used()),
    Fraud("search-reach-wrong", "none, but a first", used(periods=0), used(**NO_PERIOD)),
    Fraud(
        "search-reach-wrong",
        "a last before the first",
        used(periods=2, last_period="2026-11-01T00:00Z/P1D"),
        used(periods=2, first_period="2026-11-01T00:00Z/P1D"),
    ),
    Fraud(
        "search-not-kept",
        "a search where nothing is kept",
        steps(none_kept, used(**NO_PERIOD)),
        steps(none_kept, act("hold", "approved")),
    ),
    Fraud(
        "search-not-kept",
        "a search for a test",
        steps(
            act("set_policy", purposes=["test"]),
            opened(purpose="test"),
            approved(APPROVER),
            used("new", purpose="test", **NO_PERIOD),
        ),
        steps(act("set_policy", purposes=["test"]), opened(purpose="test"), approved(APPROVER)),
    ),
    Fraud(
        "exigent-not-permitted",
        "an emergency that the policy does not know",
        steps(policy(exigent=False), opened(exigent=True)),
        opened(exigent=True),
    ),
    Fraud(
        "exigent-not-permitted",
        "an emergency search that the policy does not know any more",
        steps(
            opened(exigent=True),
            policy(exigent=False),
            used("new", exigent=True, approved_by=[]),
        ),
        steps(opened(exigent=True), approved(APPROVER), policy(exigent=False), used("new")),
    ),
    Fraud(
        "exigent-not-permitted",
        "an emergency that the case is not",
        used("asked", exigent=True, approved_by=[]),
        URGENT,
    ),
    Fraud(
        "exigent-not-approved",
        "an emergency nobody approved",
        steps(URGENT, wait(73 * HOUR)),
        steps(URGENT, wait(71 * HOUR)),
    ),
    Fraud(
        "exigent-not-approved",
        "an emergency approved too late",
        steps(URGENT, wait(80 * HOUR), act("approve", "urgent")),
        steps(URGENT, wait(70 * HOUR), act("approve", "urgent"), wait(DAY)),
    ),
    Fraud(
        "exigent-not-approved",
        "an emergency closed without approval",
        steps(URGENT, act("close", "urgent"), wait(73 * HOUR)),
        steps(URGENT, act("close", "urgent"), act("approve", "urgent"), wait(73 * HOUR)),
    ),
    Fraud(
        "exigent-refused",
        "an emergency that was none",
        steps(URGENT, act("refuse", "urgent"), wait(73 * HOUR)),
        steps(URGENT, act("approve", "urgent"), wait(73 * HOUR)),
    ),
    Fraud(
        "case-not-approved",
        "a search that names none of its approvers",
        used(approved_by=[]),
        used(),
    ),
    Fraud(
        "search-by-another",
        "reads shown to somebody else",
        act("tell", EventType.CASE_SEARCHED, "user:other", **SEARCHED),
        act("tell", EventType.CASE_SEARCHED, OFFICER, **SEARCHED),
    ),
)
