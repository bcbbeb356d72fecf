"""The table of look-backs: what is asked, and every reason against it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fairplate.core.errors import InputError
from fairplate.core.purposes import Purpose
from fairplate.policy.look_back import LookBack, Refusal, may_search, reasons_against
from fairplate.policy.rules import NEVER, Policy, UntilCaseEnds

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)
POLICY = Policy(
    name="town",
    title="Town",
    jurisdiction="de",
    non_hits_kept=21 * DAY,
    hits_kept=UntilCaseEnds(),
    purposes=frozenset({Purpose.CRIME_INVESTIGATION, Purpose.TEST}),
    approvals=2,
    longest_look_back=7 * DAY,
    references=((Purpose.CRIME_INVESTIGATION, ("K ##",)),),
)
ASKED = LookBack(
    purpose=Purpose.CRIME_INVESTIGATION,
    reference="K 12",
    since=NOW - 7 * DAY,
    asked_by="anna",
    approved_by=frozenset({"ben", "cleo"}),
)
NONE = frozenset[str]()


@pytest.mark.parametrize(
    ("asked", "policy", "reasons"),
    [
        ({}, {}, []),
        ({"purpose": Purpose.STOLEN_VEHICLE}, {}, [Refusal.PURPOSE]),
        ({"reference": "Investigation"}, {}, [Refusal.REFERENCE]),
        ({"since": NOW - 7 * DAY - timedelta(microseconds=1)}, {}, [Refusal.TOO_FAR_BACK]),
        ({"since": NOW + timedelta(microseconds=1)}, {}, [Refusal.IN_FUTURE]),
        ({"approved_by": NONE}, {}, [Refusal.NOT_APPROVED]),
        ({"approved_by": frozenset({"ben"})}, {}, [Refusal.NOT_APPROVED]),
        ({"approved_by": frozenset({"ben", "anna"})}, {}, [Refusal.NOT_APPROVED]),
        ({"approved_by": frozenset({"anna"})}, {"approvals": 1}, [Refusal.NOT_APPROVED]),
        ({"approved_by": frozenset({"ben"})}, {"approvals": 1}, []),
        ({"approved_by": NONE, "exigent": True}, {"exigent": True}, []),
        ({"approved_by": NONE}, {"exigent": True}, [Refusal.NOT_APPROVED]),
        ({"exigent": True}, {}, [Refusal.NOT_EXIGENT]),
        (
            {"approved_by": NONE, "exigent": True}, {},
            [Refusal.NOT_APPROVED, Refusal.NOT_EXIGENT],
        ),
        ({"purpose": Purpose.TEST}, {}, [Refusal.NOTHING_KEPT]),
        (
            {"since": NOW}, {"non_hits_kept": NEVER, "longest_look_back": NEVER},
            [Refusal.NOTHING_KEPT],
        ),
        (
            {"purpose": Purpose.TOLL_OR_PARKING, "since": NOW - 8 * DAY, "approved_by": NONE}, {},
            [Refusal.PURPOSE, Refusal.TOO_FAR_BACK, Refusal.NOT_APPROVED],
        ),
    ],
)  # fmt: skip
def test_every_reason_is_told(
    asked: dict[str, Any], policy: dict[str, Any], reasons: list[Refusal]
) -> None:
    look_back, rules = replace(ASKED, **asked), replace(POLICY, **policy)
    assert list(reasons_against(rules, look_back, now=NOW)) == reasons
    assert may_search(rules, look_back, now=NOW) is (not reasons)


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("exigent", [False, True])
def test_only_permitted_purposes_pass_whatever_the_approvals(
    purpose: Purpose, *, exigent: bool
) -> None:
    everybody = frozenset("bcdefgh")
    asked = replace(ASKED, purpose=purpose, approved_by=everybody, exigent=exigent)
    allowed = may_search(replace(POLICY, exigent=True), asked, now=NOW)
    assert allowed is (purpose is Purpose.CRIME_INVESTIGATION)


def test_naive_times_are_refused() -> None:
    with pytest.raises(InputError, match="look-back: since"):
        replace(ASKED, since=NOW.replace(tzinfo=None))
    with pytest.raises(InputError, match="look-back: now"):
        may_search(POLICY, ASKED, now=NOW.replace(tzinfo=None))
