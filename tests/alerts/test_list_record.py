"""What decided alerts and counted reads say of a list at a reader, and since when."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.databases import MakeDatabase
from tests.list_worlds import ListWorld, row_of
from tests.worlds import NOON, READERS

from fairplate.alerts.list_record import LEDGER_SINCE, Counted, count_ledger, measure
from fairplate.audit.words import Decision
from fairplate.hotlists.chance import (
    DEFAULT_MISREAD_RATE,
    PLATES_ALIKE,
    Circumstances,
    measured_circumstances,
)
from fairplate.storage.rows import HIT, add_counts
from fairplate.storage.schema import alerts

GATE, OTHER = READERS
DAY = timedelta(days=1)
SPACE = 1_000_000.0


@pytest.fixture
def world(make_database: MakeDatabase, tmp_path: Path) -> Iterator[ListWorld]:
    """Return a deployment with the list `stolen`, of one entry."""
    made = ListWorld(make_database(migrated=True), tmp_path)
    made.set()
    made.bring([row_of("ABC123")])
    yield made
    made.close()


def decide(
    world: ListWorld, decision: str, at: datetime, reader: str = GATE, list_id: str = "stolen"
) -> None:
    """Put a decided alert into the database, as raised at `at`."""
    values = {"id": f"al-{at:%j%H%M}-{decision}-{reader}-{list_id}", "purpose": "stolen-vehicle"}
    values |= {"list_id": list_id, "reader_id": reader, "state": decision}
    moments = {"raised_at": at, "ends_at": at + DAY, "seen_at": at}
    with world.database.transaction() as connection:
        row = {**values, **moments, "chance_permille": 900, "repeats": 0}
        connection.execute(sa.insert(alerts).values(**row))


def count(world: ListWorld, now: datetime) -> Counted:
    with world.database.reading() as connection:
        return count_ledger(connection, world.lists.all(), now)


def test_reads_and_decisions_count_from_the_day_after_the_list_was_set(world: ListWorld) -> None:
    """Reads of the time before it would make listed vehicles look rarer than they are."""
    with world.database.transaction() as connection:
        for days, number in ((-5, 1000), (0, 100), (1, 10), (2, 1)):
            day = (NOON + days * DAY).date()
            add_counts(connection, day, {(GATE, "sealed"): number, (GATE, HIT): 1})
            add_counts(connection, day, {(OTHER, "sealed"): 7})
    midnight = NOON.replace(hour=0) + DAY
    for at in (midnight - timedelta(minutes=1), midnight, midnight + DAY):
        decide(world, Decision.CONFIRMED, at)
    decide(world, Decision.WRONG_PLATE, midnight, OTHER)
    found = count(world, NOON + 3 * DAY)
    assert found.reads == {("stolen", GATE): 11, ("stolen", OTHER): 14}
    assert found.decided == {
        ("stolen", GATE, "confirmed"): 2,
        ("stolen", OTHER, "wrong-plate"): 1,
    }
    late = count(world, midnight + LEDGER_SINCE + DAY)  # and of 90 days at most
    assert late.reads == {("stolen", GATE): 1, ("stolen", OTHER): 7}
    assert late.decided == {("stolen", GATE, "confirmed"): 1}


def test_each_list_has_a_record_of_its_own(world: ListWorld) -> None:
    world.move(days=2)
    world.set("later")
    with world.database.transaction() as connection:
        for days in range(5):
            day = (NOON + days * DAY).date()
            add_counts(connection, day, {(GATE, "sealed"): 10**days})
    for list_id in ("stolen", "later", "retired"):
        for days in (1, 3):
            decide(world, Decision.CONFIRMED, NOON + days * DAY, list_id=list_id)
    found = count(world, NOON + 5 * DAY)
    assert found.reads == {("stolen", GATE): 11110, ("later", GATE): 11000}
    assert found.decided == {("stolen", GATE, "confirmed"): 2, ("later", GATE, "confirmed"): 1}


def known(world: ListWorld, **decided: int) -> Circumstances:
    states = {("stolen", GATE, name.replace("_", "-")): n for name, n in decided.items()}
    counted = Counted(NOON, {("stolen", GATE): 100_000}, states)
    return measure(counted, world.kept(), 1000, GATE, plate_space=SPACE)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_wrong_alert_of_a_list_with_look_alikes_is_seldom_a_misread(world: ListWorld) -> None:
    """A year of such alerts, most of them read right, does not make a reader look blind."""
    share = DEFAULT_MISREAD_RATE / (DEFAULT_MISREAD_RATE + PLATES_ALIKE)
    with_look_alikes = known(world, wrong_plate=500, confirmed=3)
    assert with_look_alikes == measured_circumstances(
        entries=1000, plate_space=SPACE, reads=100_000, right=3, wrong=round(500 * share)
    )
    assert with_look_alikes.misread_rate == pytest.approx(DEFAULT_MISREAD_RATE, rel=0.5)
    world.set("stolen", look_alikes="false")
    exact_only = known(world, wrong_plate=50, confirmed=3)
    assert exact_only.misread_rate > 5 * DEFAULT_MISREAD_RATE
    assert exact_only.listed_share == with_look_alikes.listed_share


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_where_nothing_was_counted_nothing_is_known(world: ListWorld) -> None:
    counted = Counted(NOON, {("other", GATE): 5}, {("stolen", OTHER, "confirmed"): 5})
    for nothing in (None, counted):
        found = measure(nothing, world.kept(), 1000, GATE, plate_space=SPACE)
        assert found.misread_rate == pytest.approx(DEFAULT_MISREAD_RATE)
        assert found.entry_odds == pytest.approx(1, rel=0.01)
    assert measure(None, world.kept(), 0, GATE, plate_space=SPACE).entries == 1
