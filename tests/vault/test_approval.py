"""Every reason why a grant may not be used, told by name and without a plate."""

from dataclasses import replace

import pytest
from tests.vault.granting import (
    ALSO_REFUSED,
    APPROVAL,
    DAY,
    GRANT,
    MONTH,
    NORTH,
    PLATE,
    REFUSED,
    STRICT,
)
from tests.worlds import NOON, TestApproval

from fairplate.core.errors import InputError, PolicyError
from fairplate.core.purposes import Purpose
from fairplate.policy.rules import Policy
from fairplate.vault.approval import MOST_PLATES, require_grant, require_grant_of_hits

OF_HITS = {"nothing-is-kept, too-far-back", "too-far-back", "in-the-future"}
"""What stands against reads and not against hits, which are kept whatever else is."""


def test_what_is_approved_may_be_used() -> None:
    require_grant(GRANT, APPROVAL, MONTH, now=NOON)
    require_grant_of_hits(GRANT, APPROVAL, MONTH, now=NOON)
    exigent = replace(APPROVAL, exigent=True, approved_by=frozenset())
    require_grant(GRANT, exigent, replace(MONTH, exigent=True), now=NOON)


@pytest.mark.parametrize("reasons", REFUSED)
def test_what_may_not_be_used_is_told(reasons: str) -> None:
    grant, approval, policy = REFUSED[reasons]
    with pytest.raises(PolicyError) as caught:
        require_grant(grant, approval, policy, now=NOON)
    assert str(caught.value) == f"grant: expected one within its approval, found {reasons}"


@pytest.mark.parametrize(("approval", "policy"), ALSO_REFUSED)
def test_what_else_may_not_be_used(approval: TestApproval, policy: Policy) -> None:
    for require in (require_grant, require_grant_of_hits):
        with pytest.raises(PolicyError):
            require(GRANT, approval, policy, now=NOON)


def test_every_reason_is_told_at_once() -> None:
    approval = replace(APPROVAL, expires_at=NOON, approved_by=frozenset(), reference="")
    with pytest.raises(PolicyError) as caught:
        require_grant(replace(GRANT, plates=("XY98ZWV",)), approval, MONTH, now=NOON)
    for reason in ("approval-expired", "plates-not", "reference-of-another", "approvals-missing"):
        assert reason in str(caught.value)
    assert "XY98ZWV" not in str(caught.value)


@pytest.mark.parametrize("reasons", REFUSED)
def test_hits_are_there_where_no_other_read_is(reasons: str) -> None:
    grant, approval, policy = REFUSED[reasons]
    if reasons in OF_HITS:
        require_grant_of_hits(grant, approval, policy, now=NOON)
        return
    with pytest.raises(PolicyError) as caught:
        require_grant_of_hits(grant, approval, policy, now=NOON)
    assert str(caught.value) == f"grant: expected one within its approval, found {reasons}"


@pytest.mark.parametrize("policy", [MONTH, STRICT])
def test_nothing_is_ever_kept_for_a_test(policy: Policy) -> None:
    test = replace(APPROVAL, purpose=Purpose.TEST)
    for grant in (GRANT, replace(GRANT, captured_from=NOON - DAY)):
        with pytest.raises(PolicyError, match="nothing-is-kept"):
            require_grant_of_hits(grant, test, policy, now=NOON)


@pytest.mark.parametrize(
    "others",
    [
        {"plates": ()},
        {"plates": (PLATE, PLATE)},
        {"plates": tuple(f"AB{n}" for n in range(MOST_PLATES + 1))},
        {"reader_ids": ()},
        {"reader_ids": (NORTH, NORTH)},
        {"captured_from": NOON.replace(tzinfo=None)},
        {"captured_until": NOON.replace(tzinfo=None)},
        {"captured_until": GRANT.captured_from},
    ],
    ids=lambda others: next(iter(others)),
)
def test_a_grant_names_something_and_no_crowd(others: dict[str, object]) -> None:
    with pytest.raises(InputError, match=r"^grant: "):
        replace(GRANT, **others)  # type: ignore[arg-type]  # fields of several types
