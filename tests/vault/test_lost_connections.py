"""A connection to PostgreSQL that is lost: an error that may be retried, and nothing half-done."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.postgresql_server import PostgresqlServer
from tests.vault.inspection import count_rows, event_types, open_records, read_counts
from tests.worlds import World, make_entry, policy_document

from fairplate.core.errors import StorageError
from fairplate.core.reads import PlateRead
from fairplate.hotlists.match import HotListIndex, Match
from fairplate.intake import Intake
from fairplate.storage.schema import receipts, sealed_reads

PLATE = "HOT100"


@dataclass(frozen=True, slots=True)
class Cut:
    """A world, and its database's name at the server that cuts its connections."""

    world: World
    server: PostgresqlServer

    def run(self, statement: str) -> None:
        self.server.execute(statement, str(sa.make_url(self.world.url).database))

    def take(self, *read_ids: str) -> list[str]:
        batch = [self.world.arriving(PLATE, read_id) for read_id in read_ids]
        return [taken.outcome.value for taken in self.world.intake.take(batch)]

    def contents(self) -> tuple[object, ...]:
        rows = [count_rows(self.world, table) for table in (sealed_reads, receipts)]
        return rows, read_counts(self.world), event_types(self.world), len(open_records(self.world))


@pytest.fixture
def cut(postgresql_server: PostgresqlServer, tmp_path: Path) -> Iterator[Cut]:
    name = postgresql_server.make_database(migrated=True)
    world = World(postgresql_server.url(name), tmp_path / "keys")
    world.set_up(policy_document("3 hours", "3 hours"))
    world.list_hot(make_entry(PLATE))
    yield Cut(world, postgresql_server)
    world.close()
    postgresql_server.drop_database(name)


@dataclass(frozen=True, slots=True)
class Cutting:
    """A hot list that cuts every connection whenever it is asked."""

    cut: Cut
    index: HotListIndex

    def match(self, read: PlateRead, *, now: datetime) -> Sequence[Match]:
        self.cut.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return self.index.match(read, now=now)


def test_one_lost_while_matching_costs_nothing(cut: Cut) -> None:
    """Nothing is held open while hot lists are asked, so a server may restart meanwhile."""
    cut.world.intake = Intake(cut.world.vault, Cutting(cut, HotListIndex([make_entry(PLATE)])))
    assert cut.take("1", "2") == ["sealed", "sealed"]
    assert read_counts(cut.world) == {"sealed": 2, "hit": 2}


@pytest.mark.parametrize("table", ["receipts", "kept_records", "counts"])
def test_one_lost_in_the_transaction_leaves_nothing_of_the_batch(cut: Cut, table: str) -> None:
    assert cut.take("1") == ["sealed"]
    cut.run(
        "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END'"
    )
    cut.run(f"CREATE TRIGGER stop BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION stop()")
    before = cut.contents()
    with pytest.raises(StorageError, match="a connection that holds") as told:
        cut.take("2", "3")
    assert told.value.retryable
    assert cut.contents() == before
    cut.run(f"DROP TRIGGER stop ON {table}")
    assert cut.take("2", "3") == ["sealed", "sealed"]
    assert read_counts(cut.world) == {"sealed": 3, "hit": 3}
    assert len(open_records(cut.world)) == 3
    assert len(cut.world.look_back(PLATE).reads) == 3
