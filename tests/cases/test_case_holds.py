"""A case that asked for it holds what it found until it ends, and finds look-alikes if it asked."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.cases.made_cases import ANNE, BERT, OPENER, WEEK, no, yes
from tests.cases.made_cases import case as make_case
from tests.cases.test_exports import told_of
from tests.cases.test_life import (
    EXIGENT,
    PLATE,
    SECOND,
    approve,
    case_in,
    city,
    findings,
    search,
    store_of,
)
from tests.worlds import NOON, World, policy_document

from fairplate.cases.case import Case
from fairplate.cases.rules import LONGEST_OPEN, hold_end
from fairplate.core.errors import PolicyError
from fairplate.policy.rules import NON_HIT_CEILING
from fairplate.storage.schema import kept_records
from fairplate.vault.holds import find_held_cases
from fairplate.wiring.case_book import CaseBook

__all__ = ["city"]
LONG = {"hold": True, "ends_at": NOON + LONGEST_OPEN}
OVER = LONGEST_OPEN - timedelta(hours=12)
"""After so long the reads of the city's day are over, and a case of the longest time is not."""


def plates_of(world: World, case: Case) -> list[str]:
    return [one.read.plate for one in search(world, case).reads]


def count_kept(world: World) -> int:
    with world.database.reading() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(kept_records)).scalar_one()


def held_case(city: World, **more: object) -> Case:
    case = approve(city, case_in(city, **{**LONG, **more}))
    assert plates_of(city, case) == [PLATE, PLATE]
    assert count_kept(city) == 2
    return case


def require_lifted(world: World, case: Case) -> None:
    assert count_kept(world) == 0
    assert find_held_cases(world.vault) == ()
    ((_, public, _),) = told_of(world, "hold.lifted")
    assert public == {"case": case.id, "records": 2}
    ends = [public for _, public, _ in told_of(world, "key.destroyed")]
    assert (ends[-1]["key"], ends[-1]["reason"]) == (f"case/{case.id}", "case-ended")
    assert findings(world) == []


def test_what_is_held_outlives_its_time_and_ends_with_the_case(city: World) -> None:
    case, other = held_case(city), approve(city, case_in(city, ends_at=NOON + LONGEST_OPEN))
    assert plates_of(city, case) == [PLATE, PLATE]  # once each, though kept in two places
    assert count_kept(city) == 2
    city.clock.move(OVER)
    assert city.expire().problems == []
    for one in (case, other):
        approve(city, one, BERT)
    assert plates_of(city, case) == [PLATE, PLATE]
    assert plates_of(city, other) == []
    ((_, public, _),) = told_of(city, "hold.placed")
    assert public == {"case": case.id, "records": 2, "until": "2026-12-23T12:00:00.000Z"}
    assert findings(city) == []
    city.clock.now = case.asked.ends_at
    assert {one.id for one in CaseBook(city.vault).close_due()} == {case.id, other.id}
    assert city.expire().problems == []
    require_lifted(city, case)


def test_closing_and_refusing_destroy_what_is_held(city: World) -> None:
    case = held_case(city)
    CaseBook(city.vault).close(case.id, person=OPENER)
    require_lifted(city, case)
    other = held_case(city)
    CaseBook(city.vault).refuse(other.id, person=BERT, note="no ground")
    assert count_kept(city) == 0
    assert find_held_cases(city.vault) == ()
    assert findings(city) == []


def test_the_next_round_finishes_what_a_crash_left(city: World) -> None:
    case, going_on = held_case(city), approve(city, case_in(city, **LONG))
    search(city, going_on)
    with city.database.transaction() as connection:
        store_of(city).close(connection, case.id, person=OPENER)
    assert count_kept(city) == 4
    assert CaseBook(city.vault).close_due() == ()
    assert find_held_cases(city.vault) == (going_on.id,)
    assert count_kept(city) == 2
    assert plates_of(city, going_on) == [PLATE, PLATE]
    assert findings(city) == []


def test_nothing_is_held_that_was_not_asked_for(city: World) -> None:
    case = approve(city, case_in(city))
    assert plates_of(city, case) == [PLATE, PLATE]
    assert count_kept(city) == 0


def test_an_emergency_holds_once_it_is_approved(city: World) -> None:
    city.set_policy(EXIGENT)
    case = case_in(city, **LONG, exigent=True)
    assert plates_of(city, case) == [PLATE, PLATE]
    assert count_kept(city) == 0
    approve(city, case)
    assert plates_of(city, case) == [PLATE, PLATE]
    assert count_kept(city) == 2
    assert findings(city) == []


def test_held_reads_are_for_the_opener_while_it_is_approved(city: World) -> None:
    case = held_case(city)
    with pytest.raises(PolicyError, match="case-of-another"):
        search(city, case, ANNE)
    city.clock.move(WEEK)
    with pytest.raises(PolicyError, match="approvals-missing"):
        search(city, case)


def test_where_all_is_too_far_back_only_what_is_held_is_shown(city: World) -> None:
    case = held_case(city)
    city.clock.move(timedelta(days=3))
    city.set_policy(policy_document("1 day"))
    assert city.expire().problems == []
    assert plates_of(city, case) == [PLATE, PLATE]
    assert len(told_of(city, "grant.used")) == 1  # the second reached into no period
    assert [public["found"] for _, public, _ in told_of(city, "case.searched")] == [2, 2]
    assert findings(city) == []


def test_a_case_that_asks_for_the_longest_time_can_be_searched_later(city: World) -> None:
    policy = city.in_force().policy
    case = case_in(city, captured_from=city.clock() - policy.longest_look_back)
    city.clock.move(timedelta(hours=2))
    approve(city, case)
    assert plates_of(city, case) == [PLATE, PLATE]
    assert findings(city) == []


def test_look_alikes_are_found_if_the_case_asks(city: World) -> None:
    for number, plate in enumerate(("A8C1234", "ABC1Z34", "XBC1234", "A8C1Z34")):
        city.intake.take([city.arriving(plate, f"alike-{number}")])
    days = {"captured_until": NOON + timedelta(hours=1)}
    plain = approve(city, open_in(city, **days))
    alike = approve(city, open_in(city, **days, look_alikes=True))
    assert plates_of(city, plain) == [PLATE, PLATE]
    assert sorted(plates_of(city, alike)) == ["A8C1234", PLATE, PLATE, "ABC1Z34"]
    used = [public for _, public, _ in told_of(city, "grant.used")]
    assert used[0]["candidates"] == 1 < used[1]["candidates"] <= 2_000
    assert [one["plates"] for one in used] == [1, 1]
    held = approve(city, open_in(city, **days, look_alikes=True, hold=True))
    assert len(plates_of(city, held)) == count_kept(city) == 4
    assert findings(city) == []


def open_in(city: World, **more: object) -> Case:
    case_book, policy = store_of(city), city.in_force().policy
    with city.database.transaction() as connection:
        asked = make_case(**more).asked
        return case_book.open(connection, asked, policy, person=OPENER, readers=asked.reader_ids)


@pytest.mark.parametrize(
    ("made", "after", "end"),
    [
        (make_case([yes()]), SECOND, None),
        (make_case([yes()], hold=True), SECOND, NOON + WEEK),
        (make_case([], hold=True), SECOND, None),
        (make_case([yes(OPENER)], hold=True), SECOND, None),
        (make_case([yes()], hold=True, needed=2), SECOND, None),
        (make_case([yes(), yes(BERT)], hold=True, needed=2), SECOND, NOON + WEEK),
        (make_case([no()], hold=True), SECOND, None),
        (make_case([yes(), no(BERT)], hold=True), SECOND, None),
        (make_case([yes()], hold=True), WEEK - SECOND, NOON + WEEK),
        (make_case([yes(lasts=WEEK * 2)], hold=True), WEEK, None),
        (make_case([yes(lasts=SECOND)], hold=True), SECOND, None),
        (make_case([yes()], hold=True, closed_at=NOON), SECOND, None),
        (make_case([], hold=True, exigent=True), SECOND, None),
        (make_case([yes()], hold=True, exigent=True), SECOND, NOON + WEEK),
        (
            make_case([yes()], hold=True, captured_from=NOON - NON_HIT_CEILING + SECOND * 9),
            SECOND,
            NOON + SECOND * 9,
        ),
        (
            make_case([yes()], hold=True, captured_from=NOON - NON_HIT_CEILING + SECOND),
            SECOND,
            None,
        ),
    ],
)
def test_until_when_it_may_hold(made: Case, after: timedelta, end: object) -> None:
    assert hold_end(made, NOON + after) == end
