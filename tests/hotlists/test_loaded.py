"""A kept list in memory finds what the plain index finds, however its entries lie in chunks."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.list_worlds import ListWorld, row_of
from tests.worlds import NOON, make_read

from fairplate.core.errors import StorageError
from fairplate.hotlists.chunks import ENTRIES_IN_CHUNK
from fairplate.hotlists.loaded import LoadedList, load_list
from fairplate.hotlists.match import HotListIndex, Match
from fairplate.hotlists.stored_chunks import read_entries_at

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
DAY = timedelta(days=1)


def load(world: ListWorld) -> LoadedList:
    with world.database.reading() as connection:
        return load_list(connection, world.key, world.kept())


def matches(loaded: LoadedList, plate: str) -> list[Match]:
    return [match for match, _ in loaded.match(make_read(plate), now=NOON)]


def test_it_finds_what_the_plain_index_finds(lists_world: ListWorld) -> None:
    """Over 19 chunks: more than stay unpacked, with patterns in three of them."""
    lists_world.set("stolen", folder='"/srv/drop"', most_entries="10000")
    rows = [row_of(f"{at:05}B", f"ref {at}") for at in range(18 * ENTRIES_IN_CHUNK + 9)]
    for at in (0, 700, len(rows) - 1):
        rows[at] = row_of(f"0{at % 10}?0?B", f"pattern {at}")
    lists_world.bring(rows)
    loaded = load(lists_world)
    with lists_world.database.reading() as connection:
        kept = lists_world.kept()
        entries = tuple(read_entries_at(connection, lists_world.key, kept, range(kept.entries)))
    plain = HotListIndex(entries)

    @settings(max_examples=60, deadline=None)
    @given(st.integers(0, len(rows) + 3), st.sampled_from("B8X"))
    def compare(number: int, last: str) -> None:
        read = make_read(f"{number:05}{last}".replace("0", "O", number % 2))
        expected = plain.match(read, now=NOON)
        found = [match for match, _ in loaded.match(read, now=NOON)]
        by_line = sorted(found, key=lambda match: match.entry.line)
        assert by_line == sorted(expected, key=lambda match: match.entry.line)

    compare()


def test_each_entry_knows_since_when_it_is_listed(lists_world: ListWorld) -> None:
    lists_world.set()
    lists_world.bring([row_of("ABC123")])
    lists_world.move(days=2)
    lists_world.bring([row_of("XYZ789"), row_of("ABC123")])
    loaded = load(lists_world)
    for plate, since in (("ABC123", NOON), ("XYZ789", NOON + 2 * DAY)):
        ((match, first),) = loaded.match(make_read(plate), now=NOON)
        assert (match.entry.plate, match.entry.source, first) == (plate, "stolen", since)


def test_it_tells_what_ended_and_what_will(lists_world: ListWorld) -> None:
    lists_world.set()
    dates = ("2026-11-24", "2026-11-24", "2026-12-01", "")
    lists_world.bring([row_of(f"A{at}", valid_until=date) for at, date in enumerate(dates)])
    loaded = load(lists_world)
    midnight = NOON + timedelta(hours=36)  # the whole of the 24th is in force
    second = timedelta(seconds=1)
    assert (loaded.ended(NOON), loaded.next_end(NOON)) == (0, midnight)
    assert loaded.ended(midnight - second) == 0
    assert (loaded.ended(midnight), loaded.next_end(midnight)) == (2, NOON + timedelta(days=8.5))
    last = NOON + 365 * DAY  # as long as its purpose lets
    assert loaded.next_end(last - second) == last
    assert (loaded.ended(last), loaded.next_end(last)) == (4, None)


def test_a_list_whose_entries_have_all_expired_matches_nothing(lists_world: ListWorld) -> None:
    lists_world.set()
    imported = lists_world.bring([row_of("ABC123", valid_until="2020-01-01")])
    assert imported is not None
    assert imported.entries == 0
    loaded = load(lists_world)
    assert matches(loaded, "ABC123") == []
    assert (loaded.ended(NOON), loaded.next_end(NOON)) == (0, None)


def test_the_same_entries_under_another_definition(lists_world: ListWorld) -> None:
    lists_world.set()
    lists_world.bring([row_of("ABC123")])
    loaded = load(lists_world)
    other = loaded.kept_as(replace(loaded.kept, suspended=True))
    assert other.kept.suspended
    assert matches(other, "ABC123") == matches(loaded, "ABC123") != []


def test_it_shows_no_plate(lists_world: ListWorld) -> None:
    lists_world.set()
    lists_world.bring([row_of("SECRET1")])
    loaded = load(lists_world)
    assert matches(loaded, "SECRET1")
    assert "SECRET1" not in repr(loaded)


def test_many_threads_ask_at_once(lists_world: ListWorld) -> None:
    lists_world.set("stolen", folder='"/srv/drop"', most_entries="10000")
    rows = [row_of(f"{at:05}X") for at in range(18 * ENTRIES_IN_CHUNK)]
    lists_world.bring(rows)
    loaded = load(lists_world)

    def ask(start: int) -> bool:
        asked = range(start, len(rows), 41)
        return all(
            f"{at:05}X" in {match.entry.plate for match in matches(loaded, f"{at:05}X")}
            for at in asked
        )

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(8)))


def test_half_a_list_is_no_list(lists_world: ListWorld) -> None:
    lists_world.set()
    lists_world.bring([row_of(f"A{at}") for at in range(2 * ENTRIES_IN_CHUNK)])
    lists_world.alter_chunk(1, sealed=b"")
    with pytest.raises(StorageError, match="hot list stolen"):
        load(lists_world)
