"""Lists are set, changed and retired; each act is in the log, and an outsider finds no fault."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.audit.log_worlds import rolled_back
from tests.list_worlds import ListWorld, list_document, list_policy, row_of
from tests.worlds import NOON

from fairplate.core.errors import InputError, PolicyError
from fairplate.core.purposes import Purpose
from fairplate.hotlists.health import find_list_problems
from fairplate.hotlists.register import (
    KeptList,
    hold_to_policy,
    note_ended,
    note_reminded,
    note_stale,
    read_lists,
    require_list,
)
from fairplate.policy.document import check_policy
from fairplate.storage.schema import hot_lists

HOUR = timedelta(hours=1)
SQLITE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


def ids(world: ListWorld) -> list[str]:
    return [kept.id for kept in world.lists.all()]


def test_a_list_is_set_and_changed(lists_world: ListWorld) -> None:
    assert lists_world.set("stolen", look_alikes="false", refresh='"1 hour"') == "stolen"
    kept = lists_world.kept()
    assert (kept.definition.look_alikes, kept.definition.refresh) == (False, HOUR)
    assert (kept.batch_id, kept.entries, kept.ended, kept.fresh_until) == (None, 0, 0, None)
    assert kept.set_at == NOON
    assert not kept.suspended
    lists_world.bring([row_of("ABC123")])
    lists_world.move(minutes=5)
    lists_world.set("stolen")
    changed = lists_world.kept()
    assert (changed.definition.look_alikes, changed.set_at) == (True, NOON + timedelta(minutes=5))
    assert changed.entries == 1  # they stay in force
    assert lists_world.require_sound_log() == [
        "policy.set", "list.set", "batch.imported", "list.set",
    ]  # fmt: skip


def test_the_event_tells_the_definition_by_its_digest_alone(lists_world: ListWorld) -> None:
    lists_world.set("stolen", refresh='"1 hour"', call='"desk 555 0100"')
    lists_world.require_sound_log()
    event = lists_world.log.in_log()[-1]
    assert {name: event.public[name] for name in ("list", "purposes", "refreshed_s")} == {
        "list": "stolen",
        "purposes": ["stolen-vehicle"],
        "refreshed_s": 3600,
    }
    assert "555" not in str(event.public)


@pytest.mark.parametrize(
    "purposes", [("court-order",), ("stolen-vehicle", "court-order")], ids=["one", "beside others"]
)
def test_a_purpose_that_the_policy_does_not_permit_is_refused(
    lists_world: ListWorld, purposes: tuple[str, ...]
) -> None:
    lists_world.set_policy(list_policy(without=Purpose.COURT_ORDER))
    with pytest.raises(PolicyError, match=r"^test: purposes: expected .* found court-order$"):
        lists_world.set("orders", purposes)
    assert ids(lists_world) == []
    lists_world.set_policy(list_policy())
    lists_world.set("orders", purposes)
    assert ids(lists_world) == ["orders"]
    assert lists_world.require_sound_log() == ["policy.set"] * 3 + ["list.set"]


@pytest.mark.parametrize("document", ["", "name = 1", list_document() + "\nunknown = 1"])
def test_what_is_no_definition_leaves_nothing(lists_world: ListWorld, document: str) -> None:
    with pytest.raises(InputError):
        lists_world.lists.set(document, where="test")
    assert ids(lists_world) == []
    assert lists_world.require_sound_log() == ["policy.set"]


def test_two_that_make_a_list_at_once_both_succeed(lists_world: ListWorld) -> None:
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: lists_world.set("stolen"), range(4)))
    assert done == ["stolen"] * 4
    assert lists_world.require_sound_log() == ["policy.set"] + ["list.set"] * 4


def test_a_retired_list_leaves_nothing(lists_world: ListWorld) -> None:
    lists_world.set("stolen", refresh='"1 hour"', call='"desk 555 0100"')
    lists_world.set("other")
    lists_world.bring([row_of("ABC123")])
    lists_world.bring([row_of("XYZ789")], "other")
    other = lists_world.kept("other").batch_id
    lists_world.lists.retire("stolen", "no more")
    assert ids(lists_world) == ["other"]
    assert {batch for batch, _, _ in lists_world.chunks()} == {other}
    with lists_world.database.reading() as connection:
        row = connection.execute(sa.select(hot_lists).where(hot_lists.c.id == "stolen")).one()
    assert row.retired_at == NOON
    left = row._asdict().items() - {"id": "stolen", "set_at": NOON, "retired_at": NOON}.items()
    assert {value for _, value in left} == {None, 0, ""}
    with pytest.raises(InputError, match="expected a list that is set"):
        lists_world.lists.retire("stolen", "again")
    with pytest.raises(InputError, match="expected a list that is set"):
        lists_world.bring([row_of("ABC123")])
    assert lists_world.require_sound_log()[-1] == "list.retired"


def test_a_list_that_is_set_again_begins_anew(lists_world: ListWorld) -> None:
    lists_world.set()
    lists_world.bring([row_of("ABC123")])
    lists_world.lists.retire("stolen", "no more")
    lists_world.move(days=1)
    lists_world.set()
    assert lists_world.kept().entries == 0
    imported = lists_world.bring([row_of("ABC123")])
    assert imported is not None
    assert (imported.added, imported.changed, imported.removed) == (1, 0, 0)
    lists_world.require_sound_log()


def test_a_batch_of_a_list_that_was_retired_meanwhile_comes_to_nothing(
    lists_world: ListWorld,
) -> None:
    lists_world.set()
    looked_at = lists_world.preview([row_of("ABC123")])
    refused = lists_world.preview([row_of("A B*C")])
    assert refused.prepared is None
    lists_world.lists.retire("stolen", "no more")
    for preview in (looked_at, refused):
        with pytest.raises(InputError, match="expected a list that is set"):
            lists_world.lists.commit(preview, "batch.csv")
    assert lists_world.chunks() == []
    assert lists_world.require_sound_log() == [
        "policy.set", "list.set", "list.retired",
    ]  # fmt: skip


def fresh(world: ListWorld) -> KeptList:
    world.set("stolen", refresh='"1 hour"')
    world.bring([row_of("ABC123")])
    return world.kept()


def test_a_stale_list_is_put_on_record_once_a_batch(lists_world: ListWorld) -> None:
    kept = fresh(lists_world)
    assert kept.fresh_until == NOON + HOUR
    assert list(find_list_problems([kept], now=NOON + HOUR - timedelta(seconds=1))) == []
    (problem,) = find_list_problems([kept], now=NOON + HOUR)
    assert problem == (
        "hot list stolen: expected another batch by 2026-11-23T13:00+00:00, found none: it raises "
        "no alerts"
    )
    lists_world.move(hours=1)
    for is_news in (True, False):
        with lists_world.database.transaction() as connection:
            assert note_stale(connection, lists_world.recorder, kept) is is_news
    assert lists_world.kept().stale_told_at == NOON + HOUR
    lists_world.bring([row_of("ABC123")])
    assert lists_world.kept().stale_told_at is None
    with lists_world.database.transaction() as connection:  # it speaks of the batch before
        assert not note_stale(connection, lists_world.recorder, kept)
    types = lists_world.require_sound_log()
    assert types[2:] == ["batch.imported", "list.stale", "batch.imported"]


def test_a_list_that_is_always_fresh_is_never_stale(lists_world: ListWorld) -> None:
    lists_world.set()
    lists_world.bring([row_of("ABC123")])
    kept = lists_world.kept()
    assert kept.fresh_until is None
    assert list(find_list_problems([kept], now=NOON + timedelta(days=3650))) == []
    with lists_world.database.transaction() as connection:
        assert not note_stale(connection, lists_world.recorder, kept)


def test_ended_entries_are_put_on_record_as_they_end(lists_world: ListWorld) -> None:
    kept = fresh(lists_world)
    for ended, is_news in ((0, False), (1, True)):
        with lists_world.database.transaction() as connection:
            assert note_ended(connection, lists_world.recorder, kept, ended) is is_news
    with lists_world.database.transaction() as connection:  # another process was first
        assert not note_ended(connection, lists_world.recorder, kept, 1)
    assert lists_world.kept().ended == 1
    with lists_world.database.transaction() as connection:
        note_reminded(connection, kept, NOON)
    assert lists_world.kept().reminded_at == NOON
    lists_world.bring([row_of("ABC123")])
    after = lists_world.kept()
    assert (after.ended, after.reminded_at) == (0, NOON)
    with lists_world.database.transaction() as connection:  # what was told of the batch before
        assert not note_ended(connection, lists_world.recorder, kept, 9)
    assert lists_world.kept() == after
    assert lists_world.require_sound_log()[2:] == [
        "batch.imported", "batch.expired", "batch.imported",
    ]  # fmt: skip


@SQLITE
@pytest.mark.parametrize(
    ("refresh", "refreshed", "told", "stale_at"),
    [
        (None, None, None, None),
        (None, "30 minutes", None, NOON + HOUR / 2),
        ('"2 hours"', None, None, NOON + HOUR),  # a longer one counts for the next batch
        ('"20 minutes"', "30 minutes", None, NOON + HOUR / 3),
        ('"2 hours"', "3 hours", NOON + HOUR / 2, NOON + HOUR / 2),  # stale stays stale
    ],
)
def test_a_sooner_deadline_holds_at_once(
    lists_world: ListWorld,
    refresh: str | None,
    refreshed: str | None,
    told: object,
    stale_at: object,
) -> None:
    if refresh is None:
        lists_world.set("stolen")
    else:
        lists_world.set("stolen", refresh='"1 hour"')
    lists_world.bring([row_of("ABC123")])
    if refresh is not None:
        lists_world.set("stolen", refresh=refresh)
    kept = replace(lists_world.kept(), stale_told_at=told)
    policy = check_policy(list_policy(refreshed=refreshed), where="test").require()
    held = hold_to_policy(kept, policy)
    assert held.fresh_until == stale_at
    assert replace(held, fresh_until=kept.fresh_until) == kept
    without_batch = replace(kept, imported_at=None, fresh_until=None, stale_told_at=None)
    assert hold_to_policy(without_batch, policy) == without_batch


@SQLITE
def test_a_definition_that_was_altered_is_told(lists_world: ListWorld) -> None:
    lists_world.set("stolen")
    lists_world.set("whole")
    with lists_world.database.transaction() as connection:
        connection.execute(
            sa.update(hot_lists).where(hot_lists.c.id == "stolen").values(document="name = 1")
        )
    with pytest.raises(InputError, match="hot list stolen: purposes"):
        lists_world.lists.all()
    problems: list[InputError] = []
    with lists_world.database.reading() as connection:
        assert list(read_lists(connection, problems=problems)) == ["whole"]
    assert [str(problem).split(":")[0] for problem in problems] == ["hot list stolen"]


@SQLITE
def test_a_list_that_is_none_is_not_found(lists_world: ListWorld) -> None:
    with (
        pytest.raises(InputError, match="hot list: id: expected a list that is set"),
        rolled_back(lists_world.database) as connection,
    ):
        require_list(connection, "none")
