"""A driver is told of their own plate alone, under an approved case for that, and on record."""

from datetime import timedelta
from itertools import product

import pytest
import sqlalchemy as sa
from tests.cases.made_cases import ANNE, BERT, OPENER, WEEK
from tests.cases.made_cases import case as make_case
from tests.cases.test_exports import told_of
from tests.cases.test_life import (
    OTHER,
    PLATE,
    SECOND,
    approve,
    case_in,
    city,
    findings,
    open_case,
    search,
    store_of,
)
from tests.cases.test_rules import MADE, refusal
from tests.worlds import NOON, READERS, World, make_entry

from fairplate.cases.case import Case, State
from fairplate.cases.rules import find_report_case, require_report
from fairplate.cases.search import CaseSearch
from fairplate.cases.subject_report import SubjectReport, report_subject
from fairplate.core.errors import PolicyError
from fairplate.core.purposes import Purpose
from fairplate.storage.schema import alerts

__all__ = ["city"]
OWN = {"purpose": Purpose.SUBJECT_ACCESS, "reference": "registration shown in person"}


def report(world: World, case: Case, person: str = OPENER) -> SubjectReport:
    policy = world.in_force().policy
    return report_subject(
        CaseSearch(world.vault, store_of(world), case.id, policy, person, require_report)
    )


def take_hit(world: World, plate: str, number: int = 0) -> None:
    """Let a listed car pass, and an alert name the record of its hit."""
    world.list_hot(make_entry(plate))
    (taken,) = world.intake.take([world.arriving(plate, f"hit-{number}", READERS[number % 2])])
    assert taken.hit is not None
    row = {
        "id": f"alert-{number}",
        "list_id": "stolen",
        "reader_id": READERS[number % 2],
        "purpose": "stolen-vehicle",
        "chance_permille": 900,
        "raised_at": world.clock(),
        "ends_at": world.clock() + WEEK,
        "record_id": taken.hit.record_id,
        "repeats": 0,
        "seen_at": world.clock(),
        "state": "unconfirmed",
    }
    with world.database.transaction() as connection:
        connection.execute(sa.insert(alerts).values(row))


def test_a_driver_is_told_of_their_reads(city: World) -> None:
    case = case_in(city, **OWN)
    approve(city, case)
    told = report(city, case)
    assert [one["plate"] for one in told.reads()] == [PLATE, PLATE]
    assert not any(one["matched"] for one in told.reads())
    fields = told.fields()
    assert (fields["plate"], fields["case"], fields["made_by"]) == (PLATE, case.id, OPENER)
    assert (fields["reads_kept_s"], fields["hits_kept_s"]) == (30 * 86_400, 86_400)
    ((actor, public, private),) = told_of(city, "subject.reported")
    assert (actor, public) == (OPENER, {"case": case.id, "reads": 2, "hits": 0})
    assert private == {"plate": PLATE, "reference": OWN["reference"]}
    assert len(told_of(city, "case.searched")) == len(told_of(city, "grant.used")) == 1
    assert findings(city) == []


def test_hits_are_told_once_and_only_their_own(city: World) -> None:
    take_hit(city, PLATE, 0)
    take_hit(city, OTHER, 1)
    case = case_in(city, **OWN, ends_at=NOON + WEEK)
    city.clock.move(SECOND)
    late = case_in(city, **{**OWN, "reference": "seen again"})
    for one in (case, late):
        approve(city, one)
    told = report(city, case)
    assert [one["matched"] for one in told.reads()] == [False, False]  # it passed after the days
    wide = open_wide(city)
    told = report(city, wide)
    assert [one["matched"] for one in told.reads()] == [False, False, True]
    assert {one["plate"] for one in told.reads()} == {PLATE}
    assert told_of(city, "subject.reported")[-1][1] == {"case": wide.id, "reads": 3, "hits": 1}


def open_wide(city: World) -> Case:
    case = case_in_days(city)
    return approve(city, case)


def case_in_days(city: World, **more: object) -> Case:
    values = {**OWN, "captured_until": NOON + timedelta(hours=1), **more}
    return open_case(city, **values)


def test_hits_whose_time_is_over_are_gone(city: World) -> None:
    take_hit(city, PLATE)
    case = open_wide(city)
    assert len(report(city, case).matched) == 1
    city.clock.move(timedelta(days=1, hours=1))
    assert report(city, case).matched == frozenset()  # the expiry has not come to it yet
    assert city.expire().problems == []
    told = report(city, case)
    assert (told.matched, told.found.damaged) == (frozenset(), ())
    assert len(told.reads()) == 3  # the read that matched is kept as a read, too


def test_readers_that_the_case_lacks_are_left_out(city: World) -> None:
    take_hit(city, PLATE, 1)
    case = approve(city, case_in_days(city, reader_ids=frozenset({READERS[0]})))
    told = report(city, case)
    assert {one["reader"] for one in told.reads()} == {READERS[0]}
    assert told.matched == frozenset()


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, "case-for-another-purpose"),
        ({**OWN, "plates": frozenset({PLATE, OTHER})}, "not-one-whole-plate"),
        ({**OWN, "plates": frozenset({"ABC123?"})}, "not-one-whole-plate"),
        ({**OWN, "look_alikes": True}, "not-one-whole-plate"),
    ],
)
def test_no_other_case_will_do(city: World, more: dict[str, object], told: str) -> None:
    case = case_in(city, **more)
    approve(city, case)
    with pytest.raises(PolicyError, match=told):
        report(city, case)
    assert told_of(city, "grant.used") == []
    assert len(search(city, case).reads) >= 2


@pytest.mark.parametrize(
    ("name", "person", "purpose"),
    list(product(MADE, [OPENER, ANNE, BERT], [Purpose.SUBJECT_ACCESS, Purpose.STOLEN_VEHICLE])),
)
def test_who_may_tell(name: str, person: str, purpose: Purpose) -> None:
    made, after, state = MADE[name]
    asked = made.asked
    again = make_case(
        made.votes,
        needed=made.needed,
        purpose=purpose,
        ends_at=asked.ends_at,
        exigent=asked.exigent,
        owed_since=made.owed_since,
        closed_at=made.closed_at,
    )
    now = NOON + after
    told = refusal(lambda: require_report(again, person=person, blocked=False, now=now))
    may = state is State.APPROVED and person == OPENER and purpose is Purpose.SUBJECT_ACCESS
    assert (told == "") is may
    if may:
        assert find_report_case([again, made], PLATE, person=person, now=now) is again
    else:
        with pytest.raises(PolicyError, match="that plate alone") as caught:
            find_report_case([again, made], PLATE, person=person, now=now)
        assert PLATE not in str(caught.value)
    with pytest.raises(PolicyError, match="that plate alone"):
        find_report_case([again], OTHER, person=person, now=now)
