"""Roles: the whole table, and the promises that must hold whatever is added to it."""

import pytest

from fairplate.audit.words import Role
from fairplate.deployment.roles import ACTS, SCOPES, STEP_UP, Act, acts_of, scopes_of

TABLE = {
    Act.SEE_ACCOUNT: "operator approver auditor administrator",
    Act.CHANGE_ACCOUNT: "operator approver auditor administrator",
    Act.SEE_STATUS: "operator approver auditor administrator",
    Act.SEE_ALERTS: "operator approver",
    Act.DECIDE_ALERTS: "operator",
    Act.SEE_CASES: "operator approver auditor",
    Act.OPEN_CASES: "operator",
    Act.SEARCH_CASES: "operator",
    Act.APPROVE_CASES: "approver",
    Act.SEE_LISTS: "operator approver auditor administrator",
    Act.IMPORT_LISTS: "operator",
    Act.CHANGE_LISTS: "administrator",
    Act.SEE_READERS: "operator approver auditor administrator",
    Act.CHANGE_READERS: "administrator",
    Act.SEE_USERS: "auditor administrator",
    Act.CHANGE_USERS: "administrator",
    Act.CHANGE_KEYS: "administrator",
    Act.CHANGE_POLICY: "administrator",
    Act.DO_REVIEWS: "auditor",
    Act.OPEN_EVENTS: "auditor",
}


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("act", list(Act))
def test_who_may_do_what(role: Role, act: Act) -> None:
    assert (act in acts_of(role)) is (role.value in TABLE[act].split())


def test_nobody_both_asks_and_approves() -> None:
    asking = {Act.OPEN_CASES, Act.SEARCH_CASES}
    for acts in ACTS.values():
        assert not (Act.APPROVE_CASES in acts and asking & acts)


def test_whoever_sets_up_sees_neither_alerts_nor_cases() -> None:
    seeing = {Act.SEE_ALERTS, Act.SEE_CASES, Act.SEARCH_CASES, Act.OPEN_EVENTS}
    for acts in ACTS.values():
        assert not (Act.CHANGE_USERS in acts and seeing & acts)


def test_what_needs_a_fresh_passkey() -> None:
    needed = {Act.APPROVE_CASES, Act.CHANGE_KEYS, Act.CHANGE_USERS, Act.CHANGE_ACCOUNT}
    assert needed <= STEP_UP


def test_no_token_looks_back_decides_or_hands_out_access() -> None:
    assert not SCOPES & STEP_UP
    never = {Act.SEARCH_CASES, Act.OPEN_CASES, Act.DECIDE_ALERTS, Act.DO_REVIEWS, Act.SEE_ACCOUNT}
    assert not SCOPES & never
    assert scopes_of(Role.APPROVER) == acts_of(Role.APPROVER) & SCOPES
    assert scopes_of(Role.OFFICER) == frozenset()
