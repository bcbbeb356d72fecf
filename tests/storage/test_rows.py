"""Rows go in, are found by their tokens only, and go away; the same on both databases."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.storage.batches import (
    DAY,
    count,
    found,
    make_digests,
    make_rows,
    prepare,
    random_bytes,
    store,
)

from fairplate.core.errors import StorageError
from fairplate.storage.database import Database
from fairplate.storage.rows import (
    add_counts,
    find_receipts,
    find_sealed_reads,
    insert_receipts,
    insert_sealed_reads,
    sum_counts,
)
from fairplate.storage.schema import counts, receipts, sealed_reads


@pytest.mark.usefixtures("keys")
def test_rows_are_found_by_key_and_token_alone(database: Database) -> None:
    mine, others = make_rows(30), make_rows(30, 2)
    store(database, [row for pair in zip(mine, others, strict=True) for row in pair])
    tokens = [row[1] for row in mine]
    assert found(database, 1, tokens) == sorted(mine)
    assert found(database, 1, tokens[:3]) == sorted(mine[:3])
    assert found(database, 2, tokens) == []
    assert found(database, 1, make_digests(5)) == []
    assert found(database, 1, []) == []
    assert found(database, 77, tokens) == []  # a key that has no partition


@pytest.mark.usefixtures("keys")
def test_values_come_back_as_the_bytes_they_were(database: Database) -> None:
    odd = [(1, bytes(range(256)), b"", b"\\x00\x00\xff'%s?"), (1, b"", b"\0", bytes(100_000))]
    store(database, odd)
    assert found(database, 1, [row[1] for row in odd]) == sorted(odd)
    with database.reading() as connection:
        values = next(find_sealed_reads(connection, 1, [b""]))
    assert {type(value) for value in values} == {bytes}


@pytest.mark.usefixtures("keys")
def test_no_rows_are_stored_as_none(database: Database) -> None:
    with database.transaction() as connection:
        insert_sealed_reads(connection, [])
        assert insert_receipts(connection, 1, []) == frozenset()
        assert find_receipts(connection, 1, []) == frozenset()
        add_counts(connection, DAY, {})
    assert count(database, sealed_reads, 1) == 0


@pytest.mark.usefixtures("keys")
def test_every_slice_of_tokens_is_looked_for(database: Database) -> None:
    stored = make_rows(1201)
    store(database, stored)
    tokens = [row[1] for row in stored]
    assert found(database, 1, tokens) == sorted(stored)
    for limit in (499, 500, 501):
        assert found(database, 1, tokens[:limit]) == sorted(stored[:limit])


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize("number", [2000, 2001, 4500])
def test_a_token_with_many_rows_is_found_whole(database: Database, number: int) -> None:
    token = random_bytes(16)
    stored = [(1, token, random_bytes(12), b"x") for _ in range(number)]
    store(database, [*stored, *make_rows(10)])
    assert found(database, 1, [token]) == sorted(stored)


@pytest.mark.usefixtures("keys")
def test_other_statements_may_run_between_the_rows_found(database: Database) -> None:
    token = random_bytes(16)
    store(database, [(1, token, random_bytes(12), b"x") for _ in range(4500)])
    with database.transaction() as connection:
        first = find_sealed_reads(connection, 1, [token])
        second = find_sealed_reads(connection, 1, [token])
        for number, _ in enumerate(zip(first, second, strict=True)):
            if number % 1000 == 0:
                add_counts(connection, DAY, {("gate", "opened"): 1})
        assert number == 4499
        next(find_sealed_reads(connection, 1, [token]))  # and one is not read to its end
    with database.reading() as connection:
        assert sum_counts(connection, "opened", since=DAY) == 5


@pytest.mark.usefixtures("keys")
def test_receipts_tell_which_are_new(database: Database) -> None:
    first, second, third = make_digests(3)
    with database.transaction() as connection:
        assert insert_receipts(connection, 1, [second, first]) == {first, second}
    with database.transaction() as connection:
        assert insert_receipts(connection, 1, [third, first]) == {third}
        assert insert_receipts(connection, 1, [third, first]) == frozenset()
        assert insert_receipts(connection, 2, [first]) == {first}  # another key's
        assert find_receipts(connection, 1, [first, random_bytes(16)]) == {first}
        assert find_receipts(connection, 2, [second]) == frozenset()
    assert count(database, receipts, 1) == 3


@pytest.mark.usefixtures("keys")
def test_thousands_of_receipts_at_once(database: Database) -> None:
    digests = make_digests(2500)
    with database.transaction() as connection:
        assert insert_receipts(connection, 1, digests[::2]) == set(digests[::2])
        assert insert_receipts(connection, 1, digests) == set(digests[1::2])
        assert find_receipts(connection, 1, digests) == set(digests)


def test_counts_add_up(database: Database) -> None:
    later = DAY + timedelta(days=1)
    with database.transaction() as connection:
        add_counts(connection, DAY, {("north", "sealed"): 3, ("", "unknown-reader"): 1})
        add_counts(connection, DAY, {("north", "sealed"): 4, ("north", "late"): 1})
        add_counts(connection, later, {("north", "sealed"): 5, ("south", "sealed"): 2**40})
    with database.reading() as connection:
        stored = connection.execute(sa.select(counts).order_by(*counts.primary_key)).all()
        assert stored == [
            (DAY, "", "unknown-reader", 1),
            (DAY, "north", "late", 1),
            (DAY, "north", "sealed", 7),
            (later, "north", "sealed", 5),
            (later, "south", "sealed", 2**40),
        ]
        assert sum_counts(connection, "sealed", since=DAY) == 12 + 2**40
        assert sum_counts(connection, "sealed", since=later) == 5 + 2**40
        assert sum_counts(connection, "sealed", since=later + timedelta(days=1)) == 0
        assert sum_counts(connection, "other", since=DAY) == 0


def test_rows_of_a_failed_transaction_are_gone(database: Database, keys: tuple[int, ...]) -> None:
    stored, digests = make_rows(3, keys[0]), make_digests(3)

    def fail() -> Iterator[None]:
        with database.transaction() as connection:
            insert_sealed_reads(connection, stored)
            insert_receipts(connection, keys[0], digests)
            add_counts(connection, DAY, {("north", "sealed"): 3})
            yield
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(fail())
    assert found(database, keys[0], [row[1] for row in stored]) == []
    with database.reading() as connection:
        assert sum_counts(connection, "sealed", since=DAY) == 0
    with database.transaction() as connection:
        assert insert_receipts(connection, keys[0], digests) == set(digests)


@pytest.mark.usefixtures("keys")
def test_a_reading_transaction_cannot_write(database: Database) -> None:
    with pytest.raises(StorageError, match="may be written") as raised, database.reading() as some:
        insert_receipts(some, 1, make_digests(1))
    assert not raised.value.retryable
    with database.transaction() as connection:  # the same connection writes again
        insert_receipts(connection, 1, make_digests(1))


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(batches=st.lists(st.lists(st.binary(min_size=1, max_size=2), unique=True), max_size=6))
def test_a_receipt_is_new_once(database: Database, batches: list[list[bytes]]) -> None:
    prepare(database, 5)
    with database.transaction() as connection:
        connection.execute(sa.delete(receipts))
    seen: set[bytes] = set()
    for batch in batches:
        with database.transaction() as connection:
            assert find_receipts(connection, 5, batch) == seen & set(batch)
            assert insert_receipts(connection, 5, batch) == set(batch) - seen
        seen.update(batch)
