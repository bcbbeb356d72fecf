"""Who may do what with a case: every state, every person, every reason."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cases.made_cases import ANNE, BERT, OPENER, WEEK, asked, case, no, yes
from tests.worlds import NOON, READERS, policy_document

from fairplate.cases.case import OWED_WITHIN, Case, State, Vote, is_blocked
from fairplate.cases.rules import (
    APPROVED_FOR,
    LONGEST_OPEN,
    approval_end,
    require_asked,
    require_close,
    require_export,
    require_search,
    require_vote,
)
from fairplate.core.errors import FairplateError, InputError, PolicyError
from fairplate.core.purposes import Purpose
from fairplate.policy.document import check_policy
from fairplate.policy.rules import Policy
from fairplate.vault.candidates import MOST_UNKNOWN

SECOND = timedelta(seconds=1)


def policy(*, exigent: bool = False, **more: Any) -> Policy:
    document = policy_document(**more)
    if exigent:
        document = document.replace("[exigent]\nvalue = false", "[exigent]\nvalue = true")
    return check_policy(document, where="test").require()


MADE: dict[str, tuple[Case, timedelta, State]] = {
    "waiting": (case(), SECOND, State.WAITING),
    "half approved": (case([yes()], needed=2), SECOND, State.WAITING),
    "approved": (case([yes()]), SECOND, State.APPROVED),
    "approved by two": (case([yes(), yes(BERT)], needed=2), SECOND, State.APPROVED),
    "by the opener": (case([yes(OPENER)]), SECOND, State.WAITING),
    "twice by one": (case([yes(), yes(after=SECOND)], needed=2), SECOND * 2, State.WAITING),
    "approval expired": (case([yes(lasts=SECOND)]), SECOND, State.WAITING),
    "refused": (case([no()]), SECOND, State.REFUSED),
    "refused by one of two": (case([yes(), no(BERT)]), SECOND, State.REFUSED),
    "refused after a yes": (case([yes(), no()]), SECOND, State.REFUSED),
    "ended": (case([yes()]), WEEK, State.ENDED),
    "just not ended": (case([yes(lasts=WEEK * 2)]), WEEK - SECOND, State.APPROVED),
    "closed": (case([yes()], closed_at=NOON), SECOND, State.CLOSED),
    "exigent": (case(exigent=True), SECOND, State.EXIGENT),
    "exigent, searched": (case(exigent=True, owed_since=NOON), SECOND, State.EXIGENT),
    "exigent, approved": (case([yes()], exigent=True, owed_since=NOON), SECOND, State.APPROVED),
    "exigent, refused": (case([no()], exigent=True, owed_since=NOON), SECOND, State.REFUSED),
    "exigent, ended": (case(exigent=True, owed_since=NOON), WEEK, State.ENDED),
    "exigent, closed": (
        case(exigent=True, owed_since=NOON, closed_at=NOON),
        SECOND,
        State.CLOSED,
    ),
}
SEARCHED_BY_OPENER = {State.APPROVED, State.EXIGENT}
OPEN = {State.WAITING, State.EXIGENT, State.APPROVED}


def refusal(act: Callable[[], None]) -> str:
    """Return the reasons against `act`, empty if there are none."""
    try:
        act()
    except PolicyError as error:
        return str(error).rpartition("found ")[2]
    return ""


@pytest.mark.parametrize("name", MADE)
def test_the_state(name: str) -> None:
    made, after, state = MADE[name]
    assert made.state(NOON + after) is state


@pytest.mark.parametrize(
    ("name", "person", "blocked"), list(product(MADE, [OPENER, ANNE, BERT], [False, True]))
)
def test_who_may_search(name: str, person: str, *, blocked: bool) -> None:
    made, after, state = MADE[name]
    told = refusal(lambda: require_search(made, person=person, blocked=blocked, now=NOON + after))
    may = state in SEARCHED_BY_OPENER and person == OPENER and not blocked
    assert (told == "") is may
    assert ("case-of-another" in told) is (person != OPENER)
    assert ("approval-overdue" in told) is blocked
    assert ("approvals-missing" in told) is (state is State.WAITING)


@pytest.mark.parametrize(
    ("name", "person", "blocked"), list(product(MADE, [OPENER, ANNE, BERT], [False, True]))
)
def test_who_may_take_out(name: str, person: str, *, blocked: bool) -> None:
    made, after, state = MADE[name]
    told = refusal(lambda: require_export(made, person=person, blocked=blocked, now=NOON + after))
    may = state is State.APPROVED and person == OPENER and not blocked
    assert (told == "") is may


@pytest.mark.parametrize(
    ("name", "person", "refuses"), list(product(MADE, [OPENER, ANNE, BERT], [False, True]))
)
def test_who_may_vote(name: str, person: str, *, refuses: bool) -> None:
    made, after, state = MADE[name]
    now = NOON + after
    told = refusal(lambda: require_vote(made, person=person, now=now, refuses=refuses))
    voted = any(vote.person == person for vote in made.approvals(now))
    is_open = state in OPEN or (made.owes_approval and state in {State.ENDED, State.CLOSED})
    assert (told == "") is (person != OPENER and is_open and (refuses or not voted))
    assert ("own-case" in told) is (person == OPENER)


@pytest.mark.parametrize(("name", "person"), list(product(MADE, [OPENER, ANNE])))
def test_who_may_close(name: str, person: str) -> None:
    made, _, state = MADE[name]
    told = refusal(lambda: require_close(made, person=person))
    assert (told == "") is (person == OPENER and state is not State.CLOSED)


def test_an_approval_ends_in_a_week_and_with_the_case() -> None:
    long, short = case(ends_at=NOON + LONGEST_OPEN), case(ends_at=NOON + SECOND)
    assert approval_end(long, NOON) == NOON + APPROVED_FOR
    assert approval_end(short, NOON) == NOON + SECOND
    late = NOON + WEEK
    owed = case(exigent=True, owed_since=NOON, ends_at=NOON + SECOND)
    assert late < approval_end(owed, late) < late + SECOND


def test_one_overdue_emergency_blocks_its_opener_alone() -> None:
    late = NOON + OWED_WITHIN
    owed = case(exigent=True, owed_since=NOON)
    assert not is_blocked(OPENER, [owed], late - SECOND)
    assert is_blocked(OPENER, [case(), owed], late)
    assert not is_blocked(ANNE, [owed], late)
    for settled in (
        case([yes()], exigent=True, owed_since=NOON),
        case([yes(lasts=SECOND)], exigent=True, owed_since=NOON),
        case([no()], exigent=True, owed_since=NOON),
        case(exigent=True),
    ):
        assert not is_blocked(OPENER, [settled], late)
    still = (
        case([yes()], needed=2, exigent=True, owed_since=NOON),
        case([yes(OPENER)], exigent=True, owed_since=NOON),
        case(exigent=True, owed_since=NOON, closed_at=NOON),
    )
    for one in still:
        assert is_blocked(OPENER, [one], late)


def try_open(
    now: datetime = NOON, *, blocked: bool = False, exigent: bool = False, **more: Any
) -> None:
    require_asked(
        asked(**more, exigent=exigent),
        policy(exigent=more.get("allowed", False)),
        person=OPENER,
        readers=READERS,
        blocked=blocked,
        now=now,
    )


def test_what_may_be_asked() -> None:
    try_open()
    try_open(plates=frozenset({"ABC12" + "?" * MOST_UNKNOWN}))
    try_open(plates=frozenset(f"ABC{number}" for number in range(1000, 1005)))


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"plates": frozenset()}, "plates"),
        ({"plates": frozenset(f"ABC{number}" for number in range(1000, 1006))}, "plates"),
        ({"plates": frozenset({"ABC????"})}, "plates"),
        ({"plates": frozenset({"abc1234"})}, "plates"),
        ({"plates": frozenset({"*"})}, "plates"),
        ({"reader_ids": frozenset()}, "readers"),
        ({"reader_ids": frozenset({"nobody"})}, "readers"),
        ({"captured_until": NOON - WEEK}, "days"),
        ({"captured_from": NOON, "captured_until": NOON}, "days"),
        ({"ends_at": NOON}, "ends_at"),
        ({"ends_at": NOON + LONGEST_OPEN + SECOND}, "ends_at"),
        ({"why": " "}, "why"),
        ({"why": "x" * 2_001}, "why"),
        ({"reference": "x" * 101}, "reference"),
        ({"reference": "a\0b"}, "reference"),
    ],
)
def test_what_no_case_may_say(more: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        try_open(**more)
    assert caught.value.where == "case"
    assert caught.value.field == field
    assert "ABC" not in str(caught.value)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"blocked": True}, "approval-overdue"),
        ({"exigent": True}, "no-exigent-path"),
        ({"purpose": Purpose.TEST}, "nothing-is-kept"),
        ({"captured_from": NOON - timedelta(days=31)}, "too-far-back"),
        ({"captured_from": NOON + SECOND, "captured_until": NOON + WEEK}, "in-the-future"),
    ],
)
def test_what_the_policy_forbids(more: dict[str, Any], reason: str) -> None:
    with pytest.raises(PolicyError, match=reason):
        try_open(**more)


def test_where_no_read_is_kept_nothing_can_be_asked() -> None:
    with pytest.raises(PolicyError, match="nothing-is-kept"):
        require_asked(
            asked(captured_from=NOON - SECOND),
            policy(non_hits="never"),
            person=OPENER,
            readers=READERS,
            blocked=False,
            now=NOON,
        )


def test_an_emergency_only_where_the_policy_has_them() -> None:
    require_asked(
        asked(exigent=True),
        policy(exigent=True),
        person=OPENER,
        readers=READERS,
        blocked=False,
        now=NOON,
    )


VOTES = st.builds(
    lambda person, at, lasts: Vote(
        person, NOON + SECOND * at, None if lasts is None else NOON + SECOND * (at + lasts)
    ),
    st.sampled_from([OPENER, ANNE, BERT]),
    st.integers(0, 100),
    st.none() | st.integers(1, 100),
)


@given(votes=st.lists(VOTES, max_size=6), needed=st.integers(1, 3), at=st.integers(0, 250))
def test_nobody_ever_searches_alone(votes: list[Vote], needed: int, at: int) -> None:
    made, now = case(votes, needed=needed), NOON + SECOND * at
    try:
        require_search(made, person=OPENER, blocked=False, now=now)
    except FairplateError:
        return
    holding = {
        one.person for one in votes if one.expires_at is not None and now < one.expires_at
    } - {OPENER}
    assert len(holding) >= needed
    assert all(one.is_approval for one in votes)
