"""A database, key directory or folder that went back in time."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.audit.conftest import CopyDatabase
from tests.audit.log_worlds import LogWorld, files_in

from fairplate.audit.event_types import EventType
from fairplate.audit.exports import open_event
from fairplate.audit.log_keys import create_log_keys, read_log_keys
from fairplate.audit.rounds import AuditLog, publish_log
from fairplate.core.errors import InputError, StorageError
from fairplate.verify.checkpoints import Checkpoint


def grow(world: LogWorld, *steps: int) -> list[Checkpoint]:
    """Let the log grow by so many events at a time, and return the checkpoints."""
    made = []
    for number in steps:
        world.act_at_once(number)
        world.publish()
        made.append(world.checkpoint())
    return made


def restored_events(world: LogWorld) -> list[tuple[object, object]]:
    return [
        (event.public["first"], event.public["events"])
        for event in world.in_log()
        if event.type is EventType.LOG_RESTORED
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [((5,), (3,)), ((5,), (3, 4, 300)), ((256,), (256,)), ((250,), (6, 6)), ((), (2, 3))],
)
def test_what_a_restored_database_lacks_is_taken_back(
    world: LogWorld,
    copy_database: CopyDatabase,
    before: tuple[int, ...],
    after: tuple[int, ...],
) -> None:
    made = grow(world, *before)
    put_back = copy_database(world)
    world.restart()
    made += grow(world, *after)
    names, kept = world.names_in_log(), sum(before)
    put_back()
    done = world.publish()
    assert (done.restored, done.sequenced, done.size) == (sum(after), 0, kept + sum(after) + 1)
    made.append(world.require_whole(*made))
    assert world.names_in_log() == names
    assert restored_events(world) == [(kept, sum(after))]
    rows = sorted(world.rows(), key=lambda row: int(str(row.position)))
    assert [row.position for row in rows] == list(range(len(names) + 1))
    lost = [row.private is None for row in rows]
    assert lost == [False] * kept + [True] * sum(after) + [False]
    with pytest.raises(InputError, match="it was lost before a restore"):
        open_event(world.log, kept, "court")
    grow(world, 3)
    assert world.publish().restored == 0
    world.require_whole(*made)
    assert world.names_in_log()[: len(names)] == names


def test_new_events_of_a_restored_database_come_after_the_old_ones(
    world: LogWorld, copy_database: CopyDatabase
) -> None:
    made = grow(world, 4)
    put_back = copy_database(world)
    world.restart()
    made += grow(world, 4)
    names = world.names_in_log()
    put_back()
    new = world.act(2)
    world.publish()
    world.require_whole(*made)
    assert world.names_in_log() == names + new
    assert restored_events(world) == [(4, 4)]


def test_events_that_waited_are_known_again(world: LogWorld, copy_database: CopyDatabase) -> None:
    made = grow(world, 2)
    waiting = world.act(3)  # written, but without a place when the copy was made
    put_back = copy_database(world)
    world.restart()
    made += grow(world, 2)
    put_back()
    unpublished = world.act(1)
    assert world.publish().restored == 5
    world.require_whole(*made)
    names = world.names_in_log()
    assert len(names) == len(set(names)) == 8
    assert set(waiting) < set(names)
    assert names[-1:] == unpublished
    assert restored_events(world) == [(5, 2)]
    places = {row.position: row.private is None for row in world.rows()}
    assert [places[place] for place in range(9)] == [False] * 5 + [True] * 2 + [False] * 2
    first, number = restored_events(world)[0]
    assert world.in_log()[first + number].type is EventType.LOG_RESTORED


def test_a_database_that_lost_only_the_places_loses_nothing(
    world: LogWorld, copy_database: CopyDatabase
) -> None:
    world.act(3)
    put_back = copy_database(world)
    world.restart()
    world.publish()
    made = world.checkpoint()
    put_back()
    assert world.publish().restored == 3
    world.require_whole(made)
    assert restored_events(world) == []
    assert all(row.private is not None for row in world.rows())


def test_a_database_may_go_back_twice(world: LogWorld, copy_database: CopyDatabase) -> None:
    made = grow(world, 3)
    put_back = copy_database(world)
    world.restart()
    made += grow(world, 3)
    for _ in range(2):
        put_back()
        made += grow(world, 2)
    world.require_whole(*made)
    names = world.names_in_log()
    assert len(names) == len(set(names)) == 10
    assert restored_events(world) == [(3, 3), (3, 6)]


def rollback_and_damage(
    world: LogWorld, copy_database: CopyDatabase, damage: Callable[[Path], object]
) -> tuple[list[Checkpoint], Callable[[], None]]:
    """Let a log of 10 go back to 4, damage its folder, and return how to heal that."""
    made = grow(world, 4)
    put_back = copy_database(world)
    world.restart()
    made += grow(world, 6)
    put_back()
    whole = world.folder.with_name("whole")
    shutil.copytree(world.folder, whole)
    damage(world.folder)

    def heal() -> None:
        shutil.rmtree(world.folder, ignore_errors=True)
        whole.rename(world.folder)

    return made, heal


BUNDLE = "tile/entries/000.p/10"


def flip(folder: Path, at: int) -> None:
    data = bytearray((folder / BUNDLE).read_bytes())
    data[at] ^= 1
    (folder / BUNDLE).write_bytes(data)


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / BUNDLE).unlink(),
        lambda folder: (folder / BUNDLE).write_bytes(b""),
        lambda folder: (folder / BUNDLE).write_bytes((folder / BUNDLE).read_bytes()[:-1]),
        lambda folder: flip(folder, -20),
        lambda folder: flip(folder, 0),
        lambda folder: flip(folder, -700),
        lambda folder: shutil.rmtree(folder / "tile"),
        shutil.rmtree,
    ],
    ids=["gone", "empty", "cut off", "event", "length", "another event", "no tiles", "nothing"],
)
def test_a_damaged_folder_restores_nothing_and_nothing_is_signed(
    world: LogWorld, copy_database: CopyDatabase, damage: Callable[[Path], object]
) -> None:
    made, heal = rollback_and_damage(world, copy_database, damage)
    world.act(1)
    rows = world.rows()
    files = files_in(world.folder), files_in(world.key_folder)
    for _ in range(2):
        with pytest.raises(StorageError, match="expected the 10 events signed, found"):
            world.publish()
        assert world.rows() == rows
        assert (files_in(world.folder), files_in(world.key_folder)) == files
    heal()
    assert world.publish().restored == 6
    world.require_whole(*made)


def test_keys_that_went_back_follow_what_is_published(world: LogWorld) -> None:
    made = grow(world, 3)
    old = (world.key_folder / "signed").read_bytes()
    made += grow(world, 3)
    (world.key_folder / "signed").write_bytes(old)
    assert world.publish().signed is None
    made += grow(world, 3)
    world.require_whole(*made)


def test_keys_and_database_that_went_back_follow_what_is_published(
    world: LogWorld, copy_database: CopyDatabase
) -> None:
    made = grow(world, 3)
    old = (world.key_folder / "signed").read_bytes()
    put_back = copy_database(world)
    world.restart()
    made += grow(world, 3)
    put_back()
    (world.key_folder / "signed").write_bytes(old)
    made += grow(world, 3)
    world.require_whole(*made)
    assert restored_events(world) == [(3, 3)]


def test_a_folder_that_is_gone_is_written_anew(world: LogWorld) -> None:
    made = grow(world, 300, 5)
    before = files_in(world.folder)
    shutil.rmtree(world.folder)
    assert world.publish().signed is not None
    world.require_whole(*made)
    assert files_in(world.folder).keys() <= before.keys()


def test_a_folder_that_went_back_is_brought_up_again(world: LogWorld, tmp_path: Path) -> None:
    made = grow(world, 5)
    shutil.copytree(world.folder, tmp_path / "old")
    made += grow(world, 300)
    shutil.rmtree(world.folder)
    shutil.copytree(tmp_path / "old", world.folder)
    assert world.publish().signed is not None
    world.require_whole(*made)


@pytest.mark.parametrize("keep", [40, 60])
def test_a_checkpoint_that_is_damaged_is_replaced(world: LogWorld, keep: int) -> None:
    made = grow(world, 5)
    path = world.folder / "checkpoint"
    path.write_bytes(path.read_bytes()[:keep])
    assert world.publish().signed is not None
    world.require_whole(*made)


def test_a_folder_of_another_log_is_refused(world: LogWorld, tmp_path: Path) -> None:
    grow(world, 5)
    create_log_keys(tmp_path / "other", "other.example", world.random_bytes)
    keys = read_log_keys(tmp_path / "other")
    before = files_in(world.folder)
    with pytest.raises(
        InputError, match=r"expected none, or the log other\.example, found another"
    ):
        publish_log(AuditLog(world.database, keys, world.folder, world.recorder()))
    assert files_in(world.folder) == before
    assert keys.last_signed().size == 0


@pytest.mark.parametrize(("before", "beyond"), [(5, 6), (5, 600), (256, 600), (255, 1), (0, 3)])
def test_tiles_that_were_never_signed_give_way(
    world: LogWorld, copy_database: CopyDatabase, before: int, beyond: int
) -> None:
    made = grow(world, before) if before else []
    signed = files_in(world.key_folder)
    checkpoint = world.folder / "checkpoint"
    published = checkpoint.read_bytes() if before else None
    put_back = copy_database(world)
    world.restart()
    grow(world, beyond)
    # As a crash leaves it after the tiles were written and before anything was signed.
    for name, content in signed.items():
        (world.key_folder / name).write_bytes(content)
    checkpoint.unlink() if published is None else checkpoint.write_bytes(published)
    put_back()
    made += grow(world, 2)
    assert world.check(*made).findings == ()
    assert restored_events(world) == []
