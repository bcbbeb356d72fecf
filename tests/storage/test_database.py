"""Transactions: whole or nothing, whatever goes wrong inside, at their ends or between them."""

# What a transaction does before its error is part of what must raise.
# ruff: noqa: PT012

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa

from fairplate.core.errors import FairplateError, InputError, StorageError
from fairplate.storage.database import Database, open_database
from fairplate.storage.schema import counts, events, kept_records, policies, readers, vault_keys

ON_SQLITE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def add_reader(connection: sa.Connection, reader_id: str) -> None:
    values = {"id": reader_id, "name": "a name", "enrolled_at": NOON}
    connection.execute(sa.insert(readers), values)


def ids(database: Database) -> list[str]:
    with database.reading() as connection:
        return list(connection.execute(sa.select(readers.c.id).order_by(readers.c.id)).scalars())


def driver_of(connection: sa.Connection) -> Any:
    return connection.connection.dbapi_connection


def test_what_is_written_is_kept(database: Database, migrated_url: str) -> None:
    with database.transaction() as connection:
        add_reader(connection, "north")
    again = open_database(migrated_url)
    assert ids(again) == ["north"]
    again.close()


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt, SystemExit])
def test_any_error_rolls_back_and_comes_out_as_it_is(
    database: Database, error: type[BaseException]
) -> None:
    raised = error()
    with pytest.raises(error) as caught, database.transaction() as connection:
        add_reader(connection, "north")
        raise raised
    assert caught.value is raised
    assert ids(database) == []


def test_our_errors_pass_untouched(database: Database) -> None:
    ours = InputError("reader", "id", expected="one", found="none")
    with pytest.raises(InputError) as caught, database.transaction() as connection:
        add_reader(connection, "north")
        raise ours
    assert caught.value is ours
    assert ours.__cause__ is None
    assert ids(database) == []


def test_our_errors_come_out_of_sqlalchemy(database: Database) -> None:
    naive = NOON.replace(tzinfo=None)
    with pytest.raises(InputError, match="UTC offset"), database.transaction() as connection:
        values = {"id": "north", "name": "", "enrolled_at": naive}
        connection.execute(sa.insert(readers), values)


def test_our_bugs_are_no_storage_errors(database: Database) -> None:
    with pytest.raises(sa.exc.IntegrityError) as caught, database.transaction() as connection:
        add_reader(connection, "north")
        add_reader(connection, "north")
    assert "a name" not in str(caught.value)  # parameters are hidden
    with pytest.raises(sa.exc.DBAPIError), database.transaction() as connection:
        connection.execute(sa.text("SELECT nothing FROM nowhere"))
    with pytest.raises(Exception, match="syntax") as bug, database.transaction() as connection:
        driver_of(connection).execute("SELEKT")
    assert not isinstance(bug.value, FairplateError)
    assert ids(database) == []


@ON_POSTGRESQL
def test_an_error_that_was_passed_over_is_not_committed(database: Database) -> None:
    """PostgreSQL answers COMMIT with ROLLBACK then, and says no more of it."""
    with pytest.raises(StorageError, match="passed over"), database.transaction() as connection:
        add_reader(connection, "north")
        with pytest.raises(sa.exc.IntegrityError):
            add_reader(connection, "north")
    assert ids(database) == []


@ON_SQLITE
def test_a_transaction_that_sqlite_gave_up_is_not_committed(database: Database) -> None:
    """After some errors, a full disk among them, SQLite rolls back by itself."""
    with pytest.raises(StorageError, match="passed over"), database.transaction() as connection:
        add_reader(connection, "north")
        with pytest.raises(sa.exc.IntegrityError):
            connection.execute(
                sa.text("INSERT OR ROLLBACK INTO readers SELECT * FROM readers"),
            )
    assert ids(database) == []


def test_a_savepoint_can_be_rolled_back_alone(database: Database) -> None:
    with database.transaction() as connection:
        add_reader(connection, "north")
        with pytest.raises(sa.exc.IntegrityError), connection.begin_nested():
            add_reader(connection, "south")
            add_reader(connection, "north")
        add_reader(connection, "west")
    assert ids(database) == ["north", "west"]


def test_a_rollback_that_fails_hides_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError) as caught, database.transaction() as connection:
        add_reader(connection, "north")
        driver_of(connection).close()
        raise ZeroDivisionError
    assert caught.value.__context__ is None
    assert ids(database) == []


def test_what_is_read_is_of_one_moment(database: Database) -> None:
    query = sa.select(sa.func.count()).select_from(readers)
    with database.reading() as reading:
        assert reading.execute(query).scalar_one() == 0
        with database.transaction() as connection:
            add_reader(connection, "north")
        assert reading.execute(query).scalar_one() == 0
    assert ids(database) == ["north"]


def test_reading_cannot_write_and_writing_can_again(database: Database) -> None:
    with pytest.raises(StorageError, match="may be written"), database.reading() as connection:
        add_reader(connection, "north")
    with database.transaction() as connection:
        add_reader(connection, "south")
    assert ids(database) == ["south"]


def test_readers_go_on_beside_a_writer(database: Database) -> None:
    with database.transaction() as connection:
        add_reader(connection, "north")
        assert ids(database) == []
    assert ids(database) == ["north"]


@ON_SQLITE
def test_a_second_writer_waits_and_then_is_told(migrated_url: str) -> None:
    patient = open_database(migrated_url)
    hasty = open_database(migrated_url, busy_timeout=timedelta(milliseconds=50))
    with patient.transaction() as connection:
        add_reader(connection, "north")
        with pytest.raises(StorageError, match="lock in time") as raised, hasty.transaction():
            pass
        assert raised.value.retryable
        assert ids(hasty) == []
    with hasty.transaction() as connection:
        add_reader(connection, "south")
    assert ids(patient) == ["north", "south"]
    patient.close()
    hasty.close()


def test_many_threads_write_at_once(database: Database) -> None:
    def write(number: int) -> None:
        with database.transaction() as connection:
            add_reader(connection, f"{number:03}")

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(80)))
    assert ids(database) == [f"{number:03}" for number in range(80)]


def test_moments_come_back_in_utc(database: Database) -> None:
    kathmandu = timezone(timedelta(hours=5, minutes=45))
    precise = NOON.replace(microsecond=123456)
    with database.transaction() as connection:
        for name, moment in (("a", precise), ("b", precise.astimezone(kathmandu)), ("c", None)):
            values = {"id": name, "name": "", "enrolled_at": NOON, "disabled_at": moment}
            connection.execute(sa.insert(readers), values)
        moments = list(
            connection.execute(sa.select(readers.c.disabled_at).order_by(readers.c.id)).scalars()
        )
        after = readers.c.disabled_at > precise.astimezone(kathmandu) - timedelta(microseconds=1)
        later = connection.execute(sa.select(readers.c.id).where(after)).scalars().all()
    assert moments == [precise, precise, None]
    assert [moment.tzinfo for moment in moments[:2]] == [UTC, UTC]
    assert later == ["a", "b"]


def test_numbers_are_given_by_the_database_and_never_again(database: Database) -> None:
    def make(name: str) -> int:
        values = {"name": name, "made_at": NOON, "destroy_by": NOON}
        with database.transaction() as connection:
            statement = sa.insert(vault_keys).values(values).returning(vault_keys.c.id)
            return int(connection.execute(statement).scalar_one())

    first, second = make("first"), make("second")
    with database.transaction() as connection:
        connection.execute(sa.delete(vault_keys))
    assert first < second < make("third")


def test_a_kept_record_needs_its_key(database: Database) -> None:
    record = {"id": "0", "part": "read", "key_id": 7, "nonce": b"", "ciphertext": b""}
    with pytest.raises(sa.exc.IntegrityError), database.transaction() as connection:
        connection.execute(sa.insert(kept_records), record)


def test_every_table_takes_a_row(database: Database) -> None:
    with database.transaction() as connection:
        policy = {"name": "strict", "document": "é", "set_at": NOON}
        connection.execute(sa.insert(policies), policy)
        event = {"body": b"{}", "private": b"sealed"}
        assert connection.execute(sa.insert(events).returning(events.c.id), event).scalar_one() == 1
        number = {"day": NOON.date(), "reader_id": "", "outcome": "x", "number": 2**60}
        connection.execute(sa.insert(counts), number)
        assert connection.execute(sa.select(counts)).one()[0] == NOON.date()


def test_the_servers_time(database: Database) -> None:
    before = datetime.now(UTC)
    now = database.server_time()
    if not database.is_postgresql:
        assert now is None
        return
    assert now is not None
    assert now.tzinfo == UTC
    assert before - timedelta(seconds=1) < now < datetime.now(UTC) + timedelta(seconds=1)
