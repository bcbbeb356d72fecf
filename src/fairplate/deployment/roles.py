"""What each role may do. Pure: one table.

Decides that a person has one role, that no role both asks and approves, that whoever sets the
deployment up sees neither alerts nor cases, what needs a fresh passkey, and what a program may do
with a person's token: never what is a person's own judgement.
"""

from collections.abc import Mapping
from enum import StrEnum

from fairplate.audit.words import Role


class Act(StrEnum):
    """Something that people do; the value is its name in the API, and a token's scope."""

    SEE_ACCOUNT = "account:see"
    CHANGE_ACCOUNT = "account:change"  # passkeys and tokens of one's own
    SEE_STATUS = "status:see"
    SEE_ALERTS = "alerts:see"
    DECIDE_ALERTS = "alerts:decide"
    SEE_CASES = "cases:see"
    OPEN_CASES = "cases:open"
    SEARCH_CASES = "cases:search"
    APPROVE_CASES = "cases:approve"
    SEE_LISTS = "lists:see"
    IMPORT_LISTS = "lists:import"
    CHANGE_LISTS = "lists:change"
    SEE_READERS = "readers:see"
    CHANGE_READERS = "readers:change"
    SEE_USERS = "users:see"
    CHANGE_USERS = "users:change"
    CHANGE_KEYS = "keys:change"
    CHANGE_POLICY = "policy:change"
    DO_REVIEWS = "reviews:do"
    OPEN_EVENTS = "events:open"


_EVERYBODY = frozenset({Act.SEE_ACCOUNT, Act.CHANGE_ACCOUNT, Act.SEE_STATUS, Act.SEE_LISTS})

ACTS: Mapping[Role, frozenset[Act]] = {
    Role.OPERATOR: _EVERYBODY
    | {
        Act.SEE_ALERTS,
        Act.DECIDE_ALERTS,
        Act.SEE_CASES,
        Act.OPEN_CASES,
        Act.SEARCH_CASES,
        Act.IMPORT_LISTS,
        Act.SEE_READERS,
    },
    Role.APPROVER: _EVERYBODY | {Act.SEE_ALERTS, Act.SEE_CASES, Act.APPROVE_CASES, Act.SEE_READERS},
    Role.AUDITOR: _EVERYBODY
    | {Act.SEE_CASES, Act.SEE_USERS, Act.SEE_READERS, Act.DO_REVIEWS, Act.OPEN_EVENTS},
    Role.ADMINISTRATOR: _EVERYBODY
    | {
        Act.CHANGE_LISTS,
        Act.SEE_READERS,
        Act.CHANGE_READERS,
        Act.SEE_USERS,
        Act.CHANGE_USERS,
        Act.CHANGE_KEYS,
        Act.CHANGE_POLICY,
    },
}
"""Roles that people are given; the log knows one more word, which nobody is given."""

STEP_UP = frozenset(
    {
        Act.CHANGE_ACCOUNT,
        Act.APPROVE_CASES,
        Act.CHANGE_READERS,
        Act.CHANGE_USERS,
        Act.CHANGE_KEYS,
        Act.CHANGE_POLICY,
        Act.OPEN_EVENTS,
    }
)
"""What needs a passkey used at most five minutes ago, for that very act."""

SCOPES = frozenset(
    {
        Act.SEE_STATUS,
        Act.SEE_ALERTS,
        Act.SEE_CASES,
        Act.SEE_LISTS,
        Act.IMPORT_LISTS,
        Act.SEE_READERS,
    }
)
"""What a token may be made for: nothing that looks back, decides, or hands out access."""


def acts_of(role: Role) -> frozenset[Act]:
    """Return what a role may do; nothing for one that nobody is given."""
    return ACTS.get(role, frozenset())


def scopes_of(role: Role) -> frozenset[Act]:
    """Return what tokens of people with a role may be made for."""
    return acts_of(role) & SCOPES
