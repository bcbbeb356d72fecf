"""The life of a case in a real vault, on both databases, judged by the outsiders' verifier."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.cases.made_cases import ANNE, BERT, OPENER, WEEK, asked
from tests.worlds import NOON, PRIVATE_PARTS, READERS, World, policy_document

from fairplate.cases.case import OWED_WITHIN, Asked, Case, State
from fairplate.cases.sealing import CasesKey
from fairplate.cases.search import Found, search_case
from fairplate.cases.store import CaseStore
from fairplate.core.errors import InputError, PolicyError, StorageError
from fairplate.storage.schema import case_searches, cases, events
from fairplate.verify.events import EventReader
from fairplate.verify.findings import Finding, Severity
from fairplate.verify.rules import LogRules

PLATE, OTHER = "ABC1234", "XYZ9876"
SECOND = timedelta(seconds=1)
EXIGENT = policy_document().replace("[exigent]\nvalue = false", "[exigent]\nvalue = true")


def store_of(world: World) -> CaseStore:
    return CaseStore(CasesKey(PRIVATE_PARTS.secret), world.vault.recorder)


def open_case(world: World, person: str = OPENER, **more: object) -> Case:
    with world.database.transaction() as connection:
        return store_of(world).open(
            connection,
            asked(**more),
            world.in_force().policy,
            person=person,
            readers=READERS,
        )


def approve(world: World, case: Case, person: str = ANNE) -> Case:
    with world.database.transaction() as connection:
        return store_of(world).approve(connection, case.id, person=person, note="seen")


def refuse(world: World, case: Case, person: str = ANNE, note: str = "no ground") -> Case:
    with world.database.transaction() as connection:
        return store_of(world).refuse(connection, case.id, person=person, note=note)


def close(world: World, case: Case, person: str = OPENER) -> Case:
    with world.database.transaction() as connection:
        return store_of(world).close(connection, case.id, person=person)


def search(world: World, case: Case, person: str = OPENER) -> Found:
    policy = world.in_force().policy
    return search_case(world.vault, store_of(world), case.id, policy, person=person)


def read_case(world: World, case: Case) -> Case:
    with world.database.reading() as connection:
        return store_of(world).one(connection, case.id)


def findings(world: World) -> list[Finding]:
    """Return what an outsider's verifier finds wrong in the log."""
    rules, reader, found = LogRules(), EventReader(), list[Finding]()
    with world.database.reading() as connection:
        bodies = connection.execute(sa.select(events.c.body).order_by(events.c.id)).scalars()
        for index, body in enumerate(bodies):
            found += rules.take(reader.read(index, bytes(body)))
    found += rules.finish(world.clock(), {})
    return [one for one in found if one.severity is Severity.FAULT]


@pytest.fixture
def city(world: World) -> World:
    """Return a vault in which two cars passed before noon."""
    for number, plate in enumerate((PLATE, OTHER, PLATE)):
        world.clock.move(SECOND)
        world.intake.take([world.arriving(plate, f"read-{number}")])
    world.clock.now = NOON
    world.clock.move(timedelta(minutes=1))
    return world


def case_in(city: World, **more: object) -> Case:
    return open_case(city, captured_until=NOON + SECOND * 30, **more)


def test_asked_approved_searched_closed(city: World) -> None:
    case = case_in(city)
    with pytest.raises(PolicyError, match="approvals-missing"):
        search(city, case)
    approve(city, case)
    found = search(city, case)
    assert [one.read.plate for one in found.reads] == [PLATE, PLATE]
    close(city, case)
    with pytest.raises(PolicyError, match="case-closed"):
        search(city, case)
    assert findings(city) == []
    with city.database.reading() as connection:
        assert connection.execute(sa.select(case_searches.c.found)).scalars().all() == [2]


def test_what_is_read_is_what_was_written(world: World) -> None:
    case = open_case(world)
    assert read_case(world, case) == case
    voted = approve(world, case)
    assert read_case(world, case) == voted
    assert read_case(world, close(world, case)).state(world.clock()) is State.CLOSED


def test_nobody_approves_or_refuses_their_own(world: World) -> None:
    case = open_case(world)
    for act in (approve, refuse):
        with pytest.raises(PolicyError, match="own-case"):
            act(world, case, OPENER)
    assert read_case(world, case) == case


def test_nobody_searches_or_closes_anothers(city: World) -> None:
    case = case_in(city)
    approve(city, case)
    with pytest.raises(PolicyError, match="case-of-another"):
        search(city, case, ANNE)
    with pytest.raises(PolicyError, match="case-of-another"):
        close(city, case, ANNE)


def test_as_many_approve_as_the_policy_asked_for(city: World) -> None:
    city.set_policy(policy_document(approvals=2))
    case = case_in(city)
    approve(city, case)
    with pytest.raises(PolicyError, match="approved-already"):
        approve(city, case)
    with pytest.raises(PolicyError, match="approvals-missing"):
        search(city, case)
    approve(city, case, BERT)
    assert len(search(city, case).reads) == 2
    assert findings(city) == []


def test_a_refusal_stands(city: World) -> None:
    case = case_in(city)
    approve(city, case)
    refuse(city, case, BERT)
    for act in (search, approve):
        with pytest.raises(PolicyError, match="case-refused"):
            act(city, case, OPENER if act is search else "user:carl")
    with pytest.raises(InputError, match="note"):
        refuse(city, open_case(city), note=" ")
    assert findings(city) == []


def test_a_case_closes_by_itself(city: World) -> None:
    case, later = case_in(city), case_in(city, ends_at=NOON + WEEK * 2)
    approve(city, case)
    city.clock.now = case.asked.ends_at
    with pytest.raises(PolicyError, match="case-ended"):
        search(city, case)
    with city.database.transaction() as connection:
        assert [one.id for one in store_of(city).close_due(connection)] == [case.id]
    with city.database.transaction() as connection:
        assert store_of(city).close_due(connection) == ()
    assert read_case(city, case).closed_at == case.asked.ends_at
    assert read_case(city, later).closed_at is None
    assert findings(city) == []


def test_an_emergency_is_searched_first_and_approved_afterwards(city: World) -> None:
    city.set_policy(EXIGENT)
    case = case_in(city, exigent=True)
    assert len(search(city, case).reads) == 2
    assert read_case(city, case).owed_since == city.clock()
    city.clock.move(OWED_WITHIN)
    with pytest.raises(PolicyError, match="approval-overdue"):
        search(city, case)
    with pytest.raises(PolicyError, match="approval-overdue"):
        case_in(city)
    assert open_case(city, ANNE)
    approve(city, case)
    assert len(search(city, case).reads) == 2
    assert case_in(city)
    assert findings(city) == []


def test_an_emergency_that_was_closed_still_owes(city: World) -> None:
    city.set_policy(EXIGENT)
    case = case_in(city, exigent=True)
    search(city, case)
    close(city, case)
    city.clock.move(OWED_WITHIN)
    with pytest.raises(PolicyError, match="approval-overdue"):
        case_in(city)
    refuse(city, case)
    assert case_in(city)
    assert findings(city) == []


def test_the_verifier_sees_an_emergency_that_nobody_approved(city: World) -> None:
    city.set_policy(EXIGENT)
    search(city, case_in(city, exigent=True))
    city.clock.move(timedelta(days=4))
    assert [one.code for one in findings(city)] == ["exigent-not-approved"]


def test_a_search_stands_in_the_log_before_it_runs(
    city: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = case_in(city)
    approve(city, case)

    def fail(*_: object) -> None:
        raise StorageError("keyring", expected="an answer", found="none")

    monkeypatch.setattr(type(city.keyring), "reader_keys", fail)
    with pytest.raises(StorageError):
        search(city, case)
    with city.database.reading() as connection:
        bodies = connection.execute(sa.select(events.c.body)).scalars()
        assert sum(b'"type":"grant.used"' in bytes(one) for one in bodies) == 1


def test_no_plate_stands_in_the_database(city: World) -> None:
    case = case_in(city, why="a secret reason", reference="2026/4711")
    approve(city, case)
    search(city, case)
    with city.database.reading() as connection:
        told = [
            str(cell).encode() if not isinstance(cell, bytes | memoryview) else bytes(cell)
            for table in (cases, events)
            for row in connection.execute(sa.select(table))
            for cell in row
        ]
    whole = b"\n".join(told)
    for secret in (PLATE, "a secret reason", "2026/4711"):
        assert secret.encode() not in whole
    assert PLATE not in repr(case)


def test_a_row_that_was_moved_does_not_open(world: World) -> None:
    first, second = open_case(world), open_case(world)
    with world.database.transaction() as connection:
        row = sa.select(cases.c.sealed).where(cases.c.id == first.id)
        sealed = connection.execute(row).scalar_one()
        connection.execute(sa.update(cases).where(cases.c.id == second.id).values(sealed=sealed))
    with pytest.raises(StorageError, match="cases"):
        read_case(world, second)


def test_there_is_no_case_of_another_id(world: World) -> None:
    for act in (approve, refuse):
        with pytest.raises(InputError, match="none of that id"):
            act(world, Case(**{**case_fields(), "id": "case-none"}))


def case_fields() -> dict[str, object]:
    made: Asked = asked()
    return {
        "asked": made,
        "opened_by": OPENER,
        "opened_at": NOON,
        "needed": 1,
    }


def test_of_many_who_approve_at_once_each_counts_once(world: World) -> None:

    case, told = open_case(world), list[str]()

    def run(act: Callable[[], object]) -> None:
        with suppress(PolicyError):
            act()
            told.append("done")

    threads = [
        threading.Thread(target=run, args=(lambda: approve(world, case, ANNE),)) for _ in range(4)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert told == ["done"]
    assert len(read_case(world, case).votes) == 1
    assert findings(world) == []
