"""What people see of a batch before it comes into force."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.databases import MakeDatabase
from tests.list_worlds import ListWorld, list_policy, row_of

from fairplate.core.errors import InputError, PolicyError
from fairplate.core.purposes import Purpose
from fairplate.wiring.hot_lists import MOST_SHOWN

BOTH = ("stolen-vehicle", "court-order")


@pytest.fixture
def world(make_database: MakeDatabase, tmp_path: Path) -> Iterator[ListWorld]:
    """Return a deployment without lists."""
    made = ListWorld(make_database(migrated=True), tmp_path)
    yield made
    made.close()


def many(reference: str, number: int = MOST_SHOWN + 9) -> list[tuple[str, ...]]:
    return [row_of(f"A{at}", reference) for at in range(number)]


def test_a_preview_changes_nothing(world: ListWorld) -> None:
    world.set()
    world.bring([row_of("OLD1")])
    before = world.kept(), world.chunks(), world.require_sound_log()
    assert world.preview([row_of("NEW1")]).prepared is not None
    assert world.preview([row_of("*")]).prepared is None
    assert (world.kept(), world.chunks(), world.require_sound_log()) == before


def test_the_first_entries_of_each_kind_are_shown_and_all_are_counted(world: ListWorld) -> None:
    world.set()
    world.bring(many("old"))
    found = world.preview(many("new"))
    assert found.prepared is not None
    assert len(found.prepared.difference.added) == len(found.prepared.difference.removed) == 59
    assert [entry.plate for entry in found.added] == [f"A{at}" for at in range(MOST_SHOWN)]
    assert {entry.reference for entry in found.added} == {"new"}
    assert [entry.plate for entry in found.removed] == [f"A{at}" for at in range(MOST_SHOWN)]
    assert {entry.reference for entry in found.removed} == {"old"}
    again = world.preview([row_of(f"A{at}", "old", valid_until="2099-01-01") for at in range(59)])
    assert [entry.plate for entry in again.changed] == [f"A{at}" for at in range(MOST_SHOWN)]
    assert {entry.valid_until is None for entry in again.changed} == {False}  # as they would be


def test_rows_that_are_left_out_are_told(world: ListWorld) -> None:
    world.set()
    rows = [row_of("A1"), row_of("A1"), row_of("A2", valid_until="2020-01-01")]
    found = world.preview(rows)
    assert found.prepared is not None
    assert (found.rows, found.bad_rows, found.left_out, found.prepared.entries) == (3, 0, 2, 1)
    assert [problem.line for problem in found.problems] == [3, 4]
    assert not any(problem.refuses for problem in found.problems)


def test_no_plate_is_shown_where_it_was_not_asked_for(world: ListWorld) -> None:
    world.set()
    found = world.preview([row_of("SECRET1")])
    assert found.added[0].plate == "SECRET1"
    assert "SECRET1" not in repr(found)
    bad = world.preview([row_of("SECRET1*")])
    assert "SECRET1" not in f"{bad!r}{[str(problem) for problem in bad.problems]}"


def test_a_purpose_that_the_policy_took_away_refuses_the_row(world: ListWorld) -> None:
    world.set("stolen", BOTH)
    world.set_policy(list_policy(without=Purpose.COURT_ORDER))
    found = world.preview([row_of("A1"), row_of("A2", purpose="court-order")])
    assert found.prepared is None
    assert [(problem.line, problem.field) for problem in found.problems] == [(3, "purpose")]
    assert world.preview([row_of("A1")]).prepared is not None


def test_a_word_or_default_for_such_a_purpose_refuses_too(world: ListWorld) -> None:
    text = (
        'name = "stolen"\ntitle = "Stolen"\nformat = "csv"\n'
        'purposes = ["stolen-vehicle", "court-order"]\n'
        '[meanings]\n"by order" = "court-order"\n[defaults]\npurpose = "court-order"\n'
    )
    world.lists.set(text, where="test")
    rows = [row_of("A1"), row_of("A2", purpose="by order"), row_of("A3", purpose="")]
    assert world.preview(rows).prepared is not None
    world.set_policy(list_policy(without=Purpose.COURT_ORDER))
    found = world.preview(rows)
    assert found.prepared is None
    assert sorted({problem.line for problem in found.problems}) == [3, 4]


def test_a_list_for_nothing_that_is_permitted_takes_no_batch(world: ListWorld) -> None:
    world.set()
    found = world.preview([row_of("A1")])
    world.set_policy(list_policy(without=Purpose.STOLEN_VEHICLE))
    expected = "hot list stolen: purposes: expected a purpose that the policy permits, found none"
    with pytest.raises(PolicyError, match=f"^{expected}$"):
        world.preview([row_of("A1")])
    assert found.prepared is not None
    assert world.chunks() == []


def test_an_unknown_list_is_told(world: ListWorld) -> None:
    with pytest.raises(InputError, match="hot list: id: expected a list that is set"):
        world.preview([row_of("A1")], "none")
