"""Full and read-only disks, lost connections, damaged keys: one error each, nothing half-done."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.databases import MakeDatabase
from tests.postgresql_server import PostgresqlServer
from tests.storage.conftest import mount_small
from tests.vault.inspection import (
    count_rows,
    destroy_reasons,
    event_types,
    open_records,
    read_counts,
    require_nothing_left,
)
from tests.worlds import NOON, World, make_entry, policy_document

from fairplate.audit.words import DestroyReason
from fairplate.core.errors import PolicyError, StorageError
from fairplate.core.periods import period_at
from fairplate.intake import Outcome
from fairplate.storage.schema import policies, receipts, sealed_reads
from fairplate.vault.errors import KeyringStorageError
from fairplate.vault.expiry import destroy_key

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
HOURS = policy_document("3 hours", "3 hours")


@pytest.fixture
def world(migrated_url: str, tmp_path: Path) -> Iterator[World]:
    world = World(migrated_url, tmp_path / "keys")
    world.set_up(HOURS)
    world.list_hot(make_entry("HOT100"))
    yield world
    world.close()


def outcomes(world: World, *read_ids: str, plate: str = "ABC123") -> list[str]:
    batch = [world.arriving(plate, read_id) for read_id in read_ids]
    return [taken.outcome.value for taken in world.intake.take(batch)]


def contents(world: World) -> tuple[object, ...]:
    """Return all that a batch may change but the keys it makes."""
    return count_rows(world, sealed_reads), count_rows(world, receipts), read_counts(world)


def fill(disk: Path, leave: int = 0) -> Path:
    """Take all room of the disk but so many bytes; return the file to delete."""
    filler = disk / "filler"
    room = os.statvfs(disk)
    filler.write_bytes(bytes(max(0, room.f_bavail * room.f_frsize - leave)))
    return filler


def test_a_full_disk_under_sqlite_leaves_every_batch_whole(
    tmp_path: Path, migrated_file: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount_small(disk, 1 << 20)
    try:
        shutil.copy(migrated_file, disk / "a.db")
        world = World(f"sqlite:///{disk}/a.db", tmp_path / "keys")
        world.set_up(HOURS)
        refused: list[StorageError] = []
        for number, leave in enumerate((0, 4, 8, 16, 24, 40, 80)):
            world.clock.move(20 * MINUTE)  # so that new keys are to be put on record
            filler = fill(disk, leave << 10)
            ids = [f"{number}-{each}" for each in range(5)]
            before = contents(world)
            try:
                outcomes(world, *ids)
                expected = "duplicate"
            except StorageError as error:
                refused.append(error)
                expected = "sealed"
            filler.unlink()
            assert (contents(world) == before) == (expected == "sealed")
            assert set(outcomes(world, *ids)) == {expected}
        assert {error.retryable for error in refused} == {True}
        assert read_counts(world)["sealed"] == 35
        world.close()
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_full_disk_under_postgresql_leaves_every_batch_whole(
    postgresql_server: PostgresqlServer, tmp_path: Path
) -> None:
    disk = postgresql_server.folder / "full"
    disk.mkdir()
    mount_small(disk, 24 << 20)
    if os.geteuid() == 0:
        shutil.chown(disk, "postgres", "postgres")
    name = postgresql_server.make_database(migrated=True)
    postgresql_server.execute(f"CREATE TABLESPACE full_disk LOCATION '{disk}'")
    postgresql_server.execute(f"ALTER DATABASE {name} SET TABLESPACE full_disk")
    world = World(postgresql_server.url(name), tmp_path / "keys")
    try:
        world.set_up(HOURS)
        assert outcomes(world, "1") == ["sealed"]
        filler = fill(disk)
        before = contents(world)
        with pytest.raises(StorageError, match="room on the disk") as told:
            outcomes(world, *(f"2-{number}" for number in range(500)))
        assert told.value.retryable
        world.clock.move(HOUR)
        with pytest.raises(StorageError, match="room on the disk"):
            outcomes(world, "3")  # a new key, for which there is no partition yet
        assert contents(world) == before
        filler.unlink()
        assert outcomes(world, "3") == ["sealed"]
        world.clock.move(3 * HOUR)
        assert world.expire().problems == []
        require_nothing_left(world)
    finally:
        world.close()
        postgresql_server.drop_database(name)
        postgresql_server.execute("DROP TABLESPACE full_disk")
        subprocess.run(["umount", disk], check=True)
        disk.rmdir()


@pytest.fixture
def small_world(migrated_url: str, small_disk: Path) -> Iterator[World]:
    """A world whose keyring lies on a small disk of its own."""
    world = World(migrated_url, small_disk / "keys")
    world.set_up(HOURS)
    world.list_hot(make_entry("HOT100"))
    yield world
    world.close()


def test_where_no_key_can_be_made_nothing_is_stored(small_world: World, small_disk: Path) -> None:
    world = small_world
    assert outcomes(world, "1") == ["sealed"]
    filler = fill(small_disk)
    before = contents(world)
    with pytest.raises(KeyringStorageError, match="no space left on device") as told:
        outcomes(world, "2", plate="HOT100")  # its hits key is new
    assert told.value.retryable
    world.clock.move(HOUR)
    with pytest.raises(KeyringStorageError, match="no space left on device"):
        outcomes(world, "3")
    assert contents(world) == before
    world.clock.move(-HOUR)
    assert outcomes(world, "4") == ["sealed"]  # a key that is there still serves
    world.clock.move(3 * HOUR)
    assert world.expire().problems == []  # a destruction needs no room
    require_nothing_left(world)
    filler.unlink()
    assert outcomes(world, "3", plate="HOT100") == ["sealed"]


def test_on_a_read_only_keyring_keys_serve_and_expiry_tells(
    small_world: World, small_disk: Path
) -> None:
    world = small_world
    assert outcomes(world, "1", plate="HOT100") == ["sealed"]
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    world.restart()
    assert outcomes(world, "2", plate="HOT100") == ["sealed"]
    assert len(world.look_back("HOT100").reads) == 2
    before = contents(world)
    world.clock.move(HOUR)
    with pytest.raises(KeyringStorageError, match="read-only file system") as told:
        outcomes(world, "3")
    assert not told.value.retryable
    world.clock.move(2 * HOUR + 2 * MINUTE)
    report = world.expire()
    assert [type(problem) for problem in report.problems] == [KeyringStorageError] * 2
    assert (report.destroyed, report.emptied) == ([], [])
    assert contents(world) == before
    assert sum("expected to be gone since" in told for told in world.key_problems()) == 2
    assert world.look_back("HOT100").reads == ()  # though it exists, it derives no more
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    report = world.expire()
    assert (len(report.destroyed), report.problems) == (2, [])
    require_nothing_left(world)
    assert world.key_problems() == []


def test_under_a_damaged_key_no_read_is_kept_but_hits_are(world: World) -> None:
    assert outcomes(world, "1") == ["sealed"]
    file = world.keys / "20261123T1200Z-PT1H.key"
    content = bytearray(file.read_bytes())
    content[-80] ^= 1
    file.write_bytes(content)
    world.restart()
    assert outcomes(world, "1", "2") == ["no-key", "no-key"]
    (hit,) = world.intake.take([world.arriving("HOT100", "3")])
    assert hit.outcome is Outcome.NO_KEY
    assert hit.hit is not None
    assert list(open_records(world)) == [hit.hit.record_id]
    assert read_counts(world) == {"sealed": 1, "no-key": 3, "hit": 1}
    assert count_rows(world, sealed_reads) == 1
    period = period_at(world.clock.now, HOUR)
    assert world.look_back("ABC123").lost == (period,)
    assert [problem for problem in world.key_problems() if str(period) in problem] == [
        f"key {period}: the file is not whole; it derives nothing and can only be destroyed"
    ]
    world.clock.move(3 * HOUR - MINUTE)
    assert world.expire().destroyed == []
    world.clock.move(MINUTE)
    assert period in world.expire().destroyed
    require_nothing_left(world)
    assert world.key_problems() == []
    assert destroy_reasons(world)[str(period)] == DestroyReason.DAMAGED.value


def test_a_key_whose_end_was_asked_for_takes_and_shows_nothing_until_it_can_go(
    small_world: World, small_disk: Path
) -> None:
    world = small_world
    assert outcomes(world, "1", plate="HOT100") == ["sealed"]
    period = period_at(world.clock.now, HOUR)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(KeyringStorageError, match="read-only file system"):
        destroy_key(world.vault, period)
    assert outcomes(world, "2", plate="HOT100") == ["no-key"]
    assert world.look_back("HOT100").reads == ()
    assert len(open_records(world)) == 2  # the hits' key was not asked for
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    assert world.expire().destroyed == [period]
    assert destroy_reasons(world) == {str(period): "asked"}
    require_nothing_left(world)


def test_a_policy_that_was_altered_into_91_days_is_refused(world: World) -> None:
    assert outcomes(world, "1") == ["sealed"]
    before = contents(world)
    document = policy_document("90 days").replace("90 days", "91 days")
    with world.database.transaction() as connection:
        connection.execute(sa.update(policies).values(document=document))
    world.restart()
    with pytest.raises(PolicyError, match="found more than 90 days"):
        outcomes(world, "2")
    with pytest.raises(PolicyError, match="found more than 90 days"):
        world.look_back("ABC123")
    with pytest.raises(PolicyError, match="found more than 90 days"):
        world.set_policy(document)
    assert contents(world) == before
    assert event_types(world)["policy.set"] == 1


def test_an_old_copy_of_the_database_shows_nothing_that_was_due(
    world: World, make_database: MakeDatabase, request: pytest.FixtureRequest
) -> None:
    outcomes(world, "due", plate="HOT100")
    world.clock.move(2 * HOUR)
    outcomes(world, "kept", plate="HOT100")
    url = copy_database(world, make_database(migrated=False), request)
    outcomes(world, "after", plate="HOT100")
    world.clock.move(HOUR + MINUTE)
    assert len(world.expire().destroyed) == 2
    world.close()

    old = World(url, world.keys, world.clock)
    old.list_hot(make_entry("HOT100"))
    assert count_rows(old, sealed_reads) == 2
    for _ in range(2):
        found = old.look_back("HOT100")
        assert [read.read_id for read in found.reads] == ["kept"]
        assert [what[1] for _, what in open_records(old).values()] == ["kept"]
        report = old.expire()
        assert report.problems == []
        require_nothing_left(old)
    assert count_rows(old, sealed_reads) == 1
    assert set(destroy_reasons(old).values()) == {DestroyReason.DUE}
    assert event_types(old)["key.destroyed"] == 2
    sent = [old.arriving("HOT100", one, captured_at=NOON + 2 * HOUR) for one in ("kept", "after")]
    assert [one.outcome for one in old.intake.take(sent)] == [Outcome.DUPLICATE, Outcome.SEALED]
    old.close()


def copy_database(world: World, url: str, request: pytest.FixtureRequest) -> str:
    """Make the database at `url` a copy of the world's as it is now."""
    world.database.close()  # of one in use there is none
    old, new = (str(sa.make_url(each).database) for each in (world.url, url))
    if not world.database.is_postgresql:
        shutil.copy(old, new)
        return url
    server: PostgresqlServer = request.getfixturevalue("postgresql_server")
    server.drop_database(new)
    server.execute(f"CREATE DATABASE {new} TEMPLATE {old}")
    return url
