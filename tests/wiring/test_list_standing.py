"""How lists stand, as `fairplate hotlist status` and `preview` tell it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.databases import MakeDatabase
from tests.list_worlds import ListWorld, list_policy, row_of
from tests.worlds import NOON, READERS

from fairplate.alerts.ledger import suspend
from fairplate.audit.words import Suspended, SuspendReason
from fairplate.core.errors import InputError
from fairplate.deployment.readers import disable_reader, enrol_reader
from fairplate.hotlists.chance import DEFAULT_MISREAD_RATE, PLATES_ALIKE
from fairplate.hotlists.plate_spaces import DEFAULT_PLATE_SPACE, plate_space
from fairplate.storage.rows import HIT, add_counts
from fairplate.storage.schema import held_back
from fairplate.wiring.list_standing import ListStatus, read_list_statuses, read_outlooks

GATE, OTHER = READERS
DAY = timedelta(days=1)
SQLITE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture
def world(make_database: MakeDatabase, tmp_path: Path) -> Iterator[ListWorld]:
    """Return a deployment with the list `stolen`, without entries."""
    made = ListWorld(make_database(migrated=True), tmp_path)
    made.set()
    yield made
    made.close()


def status_of(world: ListWorld, list_id: str = "stolen") -> ListStatus:
    (status,) = read_list_statuses(world.lists, list_id)
    return status


def enrol(world: ListWorld, *readers: str) -> None:
    with world.database.transaction() as connection:
        for reader in readers:
            enrol_reader(connection, world.recorder, reader, f"Reader {reader}")


def count(world: ListWorld, days: int, number: int) -> None:
    with world.database.transaction() as connection:
        numbers = {(GATE, "sealed"): number, (GATE, HIT): 3}
        add_counts(connection, (NOON + days * DAY).date(), numbers)


def test_a_list_without_a_batch(world: ListWorld) -> None:
    status = status_of(world)
    assert (status.ended, status.ending, status.next_end, status.outlooks) == (0, 0, None, ())
    assert (status.held_back, status.suspension, status.record.decided) == ({}, None, 0)
    assert status.kept == world.kept()


def test_every_list_or_one(world: ListWorld) -> None:
    world.set("other")
    assert [one.kept.id for one in read_list_statuses(world.lists)] == ["other", "stolen"]
    with pytest.raises(InputError, match="hot list: id: expected a list that is set"):
        status_of(world, "none")


@SQLITE
def test_what_ended_and_what_will_within_14_days(world: ListWorld) -> None:
    dates = ("2026-11-23", "2026-11-30", "2026-12-05", "2026-12-09", "")
    world.bring([row_of(f"A{at}", valid_until=date) for at, date in enumerate(dates)])
    first, second = NOON + timedelta(hours=12), NOON.replace(day=30) + timedelta(hours=12)
    for now, ended, ending, next_end in (
        (NOON, 0, 3, first),
        (first, 1, 2, second),
        (NOON + 351 * DAY, 4, 1, NOON + 365 * DAY),
        (NOON + 365 * DAY, 5, 0, None),
    ):
        world.clock.now = now
        status = status_of(world)
        assert (status.ended, status.ending, status.next_end) == (ended, ending, next_end), now


def test_what_was_held_back_lately_by_reason(world: ListWorld) -> None:
    with world.database.transaction() as connection:
        for days, list_id, reason, number in (
            (-8, "stolen", "repeat", 100),
            (-7, "stolen", "repeat", 2),
            (0, "stolen", "repeat", 3),
            (0, "stolen", "low-score", 1),
            (0, "other", "repeat", 9),
        ):
            told = {"day": (NOON + days * DAY).date(), "list_id": list_id, "reader_id": GATE}
            row = {**told, "reason": reason, "number": number}
            connection.execute(sa.insert(held_back).values(**row))
    assert status_of(world).held_back == {"low-score": 1, "repeat": 5}


def test_a_suspension_is_told(world: ListWorld) -> None:
    world.bring([row_of("A1")])
    with world.database.transaction() as connection:
        suspend(connection, world.recorder, Suspended.READER, "stolen", SuspendReason.ASKED)
    assert status_of(world).suspension is None  # a reader of the same name
    with world.database.transaction() as connection:
        suspend(connection, world.recorder, Suspended.LIST, "stolen", SuspendReason.ASKED)
    suspension = status_of(world).suspension
    assert suspension is not None
    assert (suspension.since, suspension.reason) == (NOON, "asked")


def test_a_policy_that_asks_for_sooner_batches_shows(world: ListWorld) -> None:
    world.bring([row_of("A1")])
    assert status_of(world).kept.fresh_until is None
    world.set_policy(list_policy(refreshed="6 hours"))
    assert status_of(world).kept.fresh_until == NOON + timedelta(hours=6)


def test_the_outlook_of_each_enrolled_reader(world: ListWorld) -> None:
    found = world.preview([row_of("A1"), row_of("A2")])
    (unknown,) = read_outlooks(world.lists, found)
    assert (unknown.reader_id, unknown.reads_a_day) == (None, None)
    enrol(world, GATE, OTHER)
    with world.database.transaction() as connection:
        disable_reader(connection, world.recorder, OTHER)
    (outlook,) = read_outlooks(world.lists, found)
    assert (outlook.reader_id, outlook.reads_a_day) == (GATE, None)
    expected = 2 * (DEFAULT_MISREAD_RATE + PLATES_ALIKE) / DEFAULT_PLATE_SPACE
    assert outlook.false_alerts_a_read == pytest.approx(expected)
    world.lists.commit(found, "batch.csv")
    assert status_of(world).outlooks == (outlook,)
    assert read_outlooks(world.lists, world.preview([row_of("*")])) == ()


@SQLITE
def test_patterns_and_the_place_count(world: ListWorld) -> None:
    rows = [row_of(f"A{at}") for at in range(600)] + [row_of("B?1C"), row_of("B??1C")]
    found = world.preview(rows)
    for jurisdiction in ("none", "nl"):
        world.set_policy(list_policy(jurisdiction=jurisdiction))
        expected = 600 * (DEFAULT_MISREAD_RATE + PLATES_ALIKE) + 26 + 26**2
        room = plate_space("nl") if jurisdiction == "nl" else DEFAULT_PLATE_SPACE
        (outlook,) = read_outlooks(world.lists, found)
        assert outlook.false_alerts_a_read == pytest.approx(expected / room, rel=1e-3)
        assert status_of(world).outlooks in ((), (outlook,))
        if world.kept().batch_id is None:
            world.lists.commit(found, "batch.csv")
    assert status_of(world).outlooks == (outlook,)


@SQLITE
@pytest.mark.parametrize(
    ("hours", "counted", "reads"),
    [
        (23, 0, None),  # not a day yet
        (24, 0, 60),
        (36, 0, 40),
        (24 * 30, 24, 8),  # 60 in seven days and a half: since midnight seven days before
        (24 * 30, 22, None),  # none in those days
    ],
)
def test_reads_a_day_are_of_the_last_days(
    world: ListWorld, hours: int, counted: int, reads: float | None
) -> None:
    enrol(world, GATE)
    world.bring([row_of("A1")])
    count(world, counted, 60)
    world.clock.now = NOON + timedelta(hours=hours)
    (outlook,) = status_of(world).outlooks
    assert outlook.reads_a_day == (None if reads is None else pytest.approx(reads))


@SQLITE
def test_what_the_ledger_says_is_in_the_outlook(world: ListWorld) -> None:
    enrol(world, GATE)
    world.bring([row_of("A1")])
    (before,) = status_of(world).outlooks
    world.move(days=10)
    count(world, 5, 10_000_000)
    (after,) = status_of(world).outlooks
    # Ten million reads, and none of them confirmed: the entry is rarer than any plate.
    assert after.right_share < before.right_share
