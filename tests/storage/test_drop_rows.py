"""A key's rows go, and no others; writers get their turn; a stop anywhere does no harm."""

from datetime import timedelta

import pytest
from tests.storage.batches import count, found, make_digests, make_rows, store

from fairplate.storage import rows
from fairplate.storage.database import Database
from fairplate.storage.partitions import list_partitions
from fairplate.storage.rows import drop_rows, insert_receipts
from fairplate.storage.schema import receipts, sealed_reads

NO_PAUSE = timedelta(0)


@pytest.mark.parametrize("slice_rows", [1, 7, 40, 10_000])
def test_rows_of_one_key_are_dropped_and_no_others(
    database: Database, keys: tuple[int, ...], slice_rows: int
) -> None:
    stored = {key_id: make_rows(20, key_id) for key_id in keys}
    store(database, [row for some in zip(*stored.values(), strict=True) for row in some])
    with database.transaction() as connection:
        for key_id in keys:
            insert_receipts(connection, key_id, make_digests(20))
    drop_rows(database, 2, slice_rows=slice_rows, pause=NO_PAUSE)
    assert found(database, 2, [row[1] for row in stored[2]]) == []
    with database.reading() as connection:
        assert list_partitions(connection) == (1, 10)
    for key_id in (1, 10):
        assert found(database, key_id, [row[1] for row in stored[key_id]]) == sorted(stored[key_id])
        assert count(database, receipts, key_id) == 20


def test_dropping_again_and_dropping_nothing_change_nothing(
    database: Database, keys: tuple[int, ...]
) -> None:
    store(database, make_rows(5))
    for _ in range(2):
        drop_rows(database, 2)
        drop_rows(database, 4711)
    assert count(database, sealed_reads, 1) == 5
    for key_id in keys:
        drop_rows(database, key_id)
    with database.reading() as connection:
        assert list_partitions(connection) == ()


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_dropping_lets_writers_in_between(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(database, make_rows(100))
    with database.transaction() as connection:
        insert_receipts(connection, 1, make_digests(100))
    left: list[tuple[int, int]] = []

    def write(seconds: float) -> None:
        assert seconds == 0.25
        store(database, make_rows(1, 3))  # would wait 15 s for a transaction that goes on
        left.append((count(database, sealed_reads, 1), count(database, receipts, 1)))

    monkeypatch.setattr(rows.time, "sleep", write)
    drop_rows(database, 1, slice_rows=30, pause=timedelta(seconds=0.25))
    reads, digests = zip(*left, strict=True)
    assert len(left) >= 5
    assert reads[0] < 100
    assert 0 < digests[-1] < 100
    steps = zip((100, *reads), reads, strict=False)
    assert all(0 <= before - after < 60 for before, after in steps)
    assert count(database, sealed_reads, 1) == count(database, receipts, 1) == 0
    assert count(database, sealed_reads, 3) == len(left)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_dropping_can_be_stopped_anywhere(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(database, make_rows(50) + make_rows(5, 2))
    with database.transaction() as connection:
        insert_receipts(connection, 1, make_digests(50))

    def stop(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(rows.time, "sleep", stop)
    stopped = 0
    while True:
        try:
            drop_rows(database, 1, slice_rows=10)
        except KeyboardInterrupt:
            stopped += 1
        else:
            break
    assert stopped >= 8
    assert count(database, sealed_reads, 1) == count(database, receipts, 1) == 0
    assert count(database, sealed_reads, 2) == 5
