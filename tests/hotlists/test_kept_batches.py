"""Batches in the database: whole or not at all, compared, sealed, and each act in the log."""

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.list_worlds import ListWorld, list_policy, row_of
from tests.worlds import NOON

from fairplate.core.errors import HotListError, StorageError
from fairplate.core.purposes import Purpose
from fairplate.hotlists.batches import MAX_ENTRIES
from fairplate.hotlists.chunks import ENTRIES_IN_CHUNK
from fairplate.hotlists.kept_batches import Imported
from fairplate.hotlists.stored_chunks import read_chunks, read_entries_at, read_marks

SQLITE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
# So many that the last of three chunks is not full.
MANY = 2 * ENTRIES_IN_CHUNK + 7


def many(number: int = MANY, reference: str = "2026-1") -> list[tuple[str, ...]]:
    return [row_of(f"A{at}", reference) for at in range(number)]


def plates(world: ListWorld) -> list[str]:
    """Return what is in force, as the next process reads it."""
    with world.database.reading() as connection:
        return [
            entry.plate
            for chunk in read_chunks(connection, world.key, world.kept())
            for entry in chunk.entries("stolen")
        ]


def counts(imported: Imported | None) -> tuple[int, int, int, int]:
    assert imported is not None
    return imported.entries, imported.added, imported.changed, imported.removed


def test_a_batch_comes_into_force_and_the_next_takes_its_place(lists_world: ListWorld) -> None:
    lists_world.set()
    first = lists_world.bring(many())
    assert counts(first) == (MANY, MANY, 0, 0)
    assert plates(lists_world) == [f"A{at}" for at in range(MANY)]
    lists_world.move(days=1)
    second = lists_world.bring([*many()[3:], row_of("NEW1"), row_of("A5", "2026-2")])
    assert counts(second) == (MANY - 1, 2, 0, 3)
    kept = lists_world.kept()
    assert kept.imported_at == NOON + timedelta(days=1)
    assert second is not None
    assert (kept.batch_id, kept.entries) == (second.batch_id, MANY - 1)
    assert {batch for batch, _, _ in lists_world.chunks()} == {second.batch_id}
    assert len(lists_world.chunks()) == 3
    with lists_world.database.reading() as connection:
        marks = read_marks(connection, lists_world.key, kept)
    day = int(timedelta(days=1).total_seconds())
    ages = (marks.first_seen.astype(int) - int(NOON.timestamp())).tolist()
    assert ages == [0] * (MANY - 3) + [day, day]  # each as old as its first batch
    assert lists_world.require_sound_log() == [
        "policy.set", "list.set", "batch.imported", "batch.imported",
    ]  # fmt: skip


CELLS = st.tuples(
    st.sampled_from(["A1", "B2", "C3", "D?45"]),
    st.sampled_from(["one", "two"]),
    st.just("stolen-vehicle"),
    st.sampled_from(["", "2099-01-01", "2098-01-01"]),
)
BATCHES = st.lists(
    st.lists(CELLS, min_size=1, max_size=8, unique_by=lambda cells: cells[:2]),
    min_size=1,
    max_size=4,
)


@SQLITE
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(BATCHES)
def test_what_each_batch_changes(
    lists_world: ListWorld, batches: list[list[tuple[str, str, str, str]]]
) -> None:
    """The numbers, and the entries that a person is shown, against two dictionaries."""
    if "stolen" in {kept.id for kept in lists_world.lists.all()}:
        lists_world.lists.retire("stolen", "the next example")
    lists_world.set()
    before: dict[tuple[str, str], str] = {}
    for batch in batches:
        after = {cells[:2]: cells[3] for cells in batch}
        found = lists_world.preview([row_of(*cells) for cells in batch])
        added = [of for of in after if of not in before]
        changed = [of for of in after if of in before and before[of] != after[of]]
        removed = [of for of in before if of not in after]
        for shown, expected in (
            (found.added, added), (found.changed, changed), (found.removed, removed),
        ):  # fmt: skip
            assert [(entry.plate, entry.reference) for entry in shown] == expected
        imported = lists_world.lists.commit(found, "batch.csv")
        assert counts(imported) == (len(after), len(added), len(changed), len(removed))
        before = after
    with lists_world.database.reading() as connection:
        kept = lists_world.kept()
        rows = range(0, kept.entries, 2)
        some = read_entries_at(connection, lists_world.key, kept, rows)
        assert [(one.plate, one.reference) for one in some] == list(before)[::2]


@pytest.mark.parametrize(
    "bad",
    [row_of("A*B"), row_of("A1", purpose="revenge"), row_of("A1", purpose="court-order"), ("A1",)],
    ids=["plate", "no-purpose", "other-purpose", "short"],
)
def test_one_bad_row_leaves_the_batch_before_in_force(
    lists_world: ListWorld, bad: tuple[str, ...]
) -> None:
    lists_world.set()
    lists_world.bring(many())
    before, chunks = lists_world.kept(), lists_world.chunks()
    lists_world.move(hours=1)
    found = lists_world.preview([*many(reference="2026-2"), bad])
    assert found.prepared is None
    assert (found.rows, found.bad_rows) == (MANY + 1, 1)
    assert [problem.line for problem in found.problems] == [MANY + 2]
    assert lists_world.lists.commit(found, "bad.csv") is None
    assert lists_world.chunks() == chunks
    after = lists_world.kept()
    assert after.refused_at == NOON + timedelta(hours=1)
    assert (after.batch_id, after.imported_at) == (before.batch_id, before.imported_at)
    types = lists_world.require_sound_log()
    assert types[-2:] == ["batch.imported", "batch.rejected"]
    assert lists_world.log.in_log()[-1].public == {
        "list": "stolen", "format": "csv", "rows": MANY + 1, "bad_rows": 1,
    }  # fmt: skip
    lists_world.bring(many(1))
    assert lists_world.kept().refused_at is None


def test_a_file_that_is_none_leaves_the_batch_before_in_force(lists_world: ListWorld) -> None:
    lists_world.set()
    lists_world.bring(many(1))
    broken = lists_world.file(many(2))
    broken.write_bytes(broken.read_bytes() + b"\xff\xfe")
    with pytest.raises(HotListError, match="UTF-8"):
        lists_world.lists.preview("stolen", broken)
    assert plates(lists_world) == ["A0"]


def test_a_person_may_bring_2500_entries_and_a_source_more(lists_world: ListWorld) -> None:
    lists_world.set()
    lists_world.set("source", folder='"/srv/drop"', most_entries="2501")
    rows = many(MAX_ENTRIES + 1)
    assert counts(lists_world.bring(rows[:-1]))[0] == 2500
    found = lists_world.preview(rows)
    assert found.prepared is None
    assert str(found.problems[-1]).endswith("list: expected at most 2500 entries, found more")
    assert lists_world.lists.commit(found, "large.csv") is None
    assert lists_world.kept().entries == 2500
    assert counts(lists_world.bring(rows, "source"))[0] == 2501
    assert lists_world.preview([*rows, row_of("B1")], "source").prepared is None
    lists_world.require_sound_log()


def test_an_import_that_fails_half_way_leaves_the_batch_before(lists_world: ListWorld) -> None:
    """The disk, the network or the process may end it anywhere: here the randomness does."""
    lists_world.set()
    lists_world.bring(many())
    chunks = lists_world.chunks()
    found = lists_world.preview(many(reference="2026-2"))
    for served in range(5):  # an id, three nonces and the event's salt
        given_out: list[int] = []

        def fail(number: int, given_out: list[int] = given_out, served: int = served) -> bytes:
            if len(given_out) == served:
                raise StorageError("random", expected="bytes", found="none")
            given_out.append(number)
            return bytes([served + 1]) * number

        lists_world.log.random_bytes = fail
        with pytest.raises(StorageError, match="random"):
            lists_world.lists.commit(found, "batch.csv")
        assert lists_world.chunks() == chunks, served
    lists_world.log.random_bytes = os.urandom
    assert counts(lists_world.lists.commit(found, "batch.csv"))[0] == MANY
    assert lists_world.require_sound_log()[2:] == ["batch.imported"] * 2


def test_a_process_that_is_killed_leaves_the_batch_before(lists_world: ListWorld) -> None:
    lists_world.set()
    lists_world.bring(many())
    before = lists_world.kept(), lists_world.chunks()
    file = lists_world.file(many(reference="2026-2"))
    command = [sys.executable, "-m", "tests.hotlists.killed_import"]
    with subprocess.Popen(
        [*command, lists_world.url, str(lists_world.place), str(file)],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "imported, not committed\n"
        assert (lists_world.kept(), lists_world.chunks()) == before  # nobody else sees it
        process.kill()
    assert process.returncode == -9
    lists_world.log.restart()
    assert (lists_world.kept(), lists_world.chunks()) == before
    assert counts(lists_world.lists.commit(lists_world.lists.preview("stolen", file), "again")) == (
        MANY, MANY, 0, MANY,
    )  # fmt: skip
    assert lists_world.require_sound_log()[2:] == ["batch.imported"] * 2


def test_of_two_that_import_at_once_one_is_told_to_look_again(lists_world: ListWorld) -> None:
    lists_world.set()
    lists_world.bring(many(3))
    found = [lists_world.preview([row_of(f"B{at}")]) for at in range(4)]

    def commit(at: int) -> str:
        try:
            imported = lists_world.lists.commit(found[at], f"{at}.csv")
        except StorageError as error:
            return f"{error}, retryable: {error.retryable}"
        assert imported is not None
        return imported.batch_id

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(commit, range(4)))
    kept = lists_world.kept()
    assert done.count(str(kept.batch_id)) == 1
    assert plates(lists_world) == [f"B{done.index(str(kept.batch_id))}"]
    expected = "expected the batch and definition that this one was compared with, found others"
    assert done.count(f"hot list stolen: {expected}, retryable: True") == 3
    assert lists_world.require_sound_log()[2:] == ["batch.imported"] * 2


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda world: world.set("stolen", look_alikes="false"), "the batch and definition"),
        (lambda world: world.bring([row_of("B1")]), "the batch and definition"),
        (
            lambda world: world.set_policy(list_policy(without=Purpose.STOLEN_VEHICLE)),
            "the policy that the batch was read under",
        ),
    ],
    ids=["definition", "batch", "policy"],
)
def test_what_was_looked_at_is_what_comes_into_force(
    lists_world: ListWorld, change: Callable[[ListWorld], object], what: str
) -> None:
    lists_world.set()
    lists_world.bring([row_of("A1")])
    found = lists_world.preview([row_of("A2")])
    change(lists_world)
    before = lists_world.chunks()
    with pytest.raises(StorageError, match=f"hot list stolen: expected {what}") as raised:
        lists_world.lists.commit(found, "late.csv")
    assert raised.value.retryable
    assert lists_world.chunks() == before
    lists_world.require_sound_log()


def test_entries_end_as_their_purpose_lets(lists_world: ListWorld) -> None:
    purposes = ("stolen-vehicle", "missing-or-endangered-person", "test")
    lists_world.set("stolen", purposes)
    rows = [row_of(f"A{at}", purpose=purpose) for at, purpose in enumerate(purposes)]
    lists_world.bring([*rows, row_of("B1", valid_until="2026-12-01")])
    with lists_world.database.reading() as connection:
        ends = read_marks(connection, lists_world.key, lists_world.kept()).ends
    start = int(NOON.timestamp())
    assert [(int(end) - start) / 86400 for end in ends] == [365, 30, 1, 8.5]


def test_a_batch_says_until_when_it_is_fresh(lists_world: ListWorld) -> None:
    lists_world.set_policy(list_policy(refreshed="2 hours"))
    for refresh, hours in (('"1 hour"', 1), ('"3 hours"', 2)):
        lists_world.set("stolen", refresh=refresh)
        lists_world.bring([row_of("A1")])
        assert lists_world.kept().fresh_until == NOON + timedelta(hours=hours)
    lists_world.require_sound_log()
