"""Which vehicle still in view is told of at once, with real lists and a real gate."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from tests.alerts.alert_worlds import WANTED, AlertWorld
from tests.cli.watch_parts import PLATE_BOX, WatchedEngine, scene
from tests.databases import MakeDatabase
from tests.worlds import READERS, World, make_read

from fairplate.alerts.live_lists import LiveLists
from fairplate.cli.watch.sources import SURE_FRAMES, AlertUrgency, SharedEngine
from fairplate.core.errors import StorageError
from fairplate.core.reads import Box, Character, PlateRead
from fairplate.deployment.policy_in_force import read_policy_in_force
from fairplate.policy.alert_figures import SecondEngine
from fairplate.policy.rules import Policy
from fairplate.reading.engine import Frame
from fairplate.reading.pipeline import Sighting


@dataclass
class Looker:
    """A second engine that reads the same plate whatever it is shown."""

    plate: str = WANTED
    shown: list[tuple[bytes, Box]] = field(default_factory=list)

    def __call__(self, picture: bytes, box: Box) -> str | None:
        self.shown.append((picture, box))
        return self.plate


@pytest.fixture
def world(make_database: MakeDatabase, tmp_path: Path) -> Iterator[AlertWorld]:
    made = World(make_database(migrated=True), tmp_path / "keys")
    made.set_up()
    world = AlertWorld(made, tmp_path)
    world.put_list()
    yield world
    made.close()


def urgency(
    world: AlertWorld,
    *,
    lists: LiveLists | None = None,
    second: Looker | None = None,
    hold_back: bool = False,
) -> AlertUrgency:
    with world.world.database.reading() as connection:
        policy = read_policy_in_force(connection).policy
    if hold_back:
        policy = replace(policy, second_engine=SecondEngine.HOLD_BACK)
    desk = world.alerting().desk(lists or world.live(), second_engine=second)
    return AlertUrgency(desk, lambda: policy, lambda: world.now, READERS[0])


def sighting(plate: str = WANTED, *, frames: int = 2, confidence: float = 0.99) -> Sighting:
    characters = tuple(Character(char, confidence) for char in plate)
    read = replace(
        make_read(plate, READERS[0]), characters=characters, frames=frames, box=PLATE_BOX
    )
    return Sighting(read, Frame(scene(), "gate"))


def test_what_is_surely_listed_is_enough_after_two_frames(world: AlertWorld) -> None:
    asked = urgency(world)
    assert asked.may_concern(sighting().read)
    assert asked.is_enough(sighting())


def test_one_frame_is_never_enough(world: AlertWorld) -> None:
    assert not urgency(world).is_enough(sighting(frames=1))


def test_what_is_doubtful_waits_until_more_frames_agree(world: AlertWorld) -> None:
    alike = WANTED.replace("B", "8", 1) if "B" in WANTED else WANTED.replace("1", "I", 1)
    assert alike != WANTED
    asked = urgency(world)
    assert asked.may_concern(sighting(alike).read)
    assert not asked.is_enough(sighting(alike, frames=SURE_FRAMES - 1))
    assert asked.is_enough(sighting(alike, frames=SURE_FRAMES))


def test_what_no_list_has_never_is(world: AlertWorld) -> None:
    asked = urgency(world)
    other = sighting("QQ77777", frames=100)
    assert not asked.may_concern(other.read)
    assert not asked.is_enough(other)


def test_a_list_that_came_meanwhile_counts(world: AlertWorld) -> None:
    lists = world.live()
    asked = urgency(world, lists=lists)
    new = sighting("QQ77777")
    world.put_list(["QQ77777,stolen-vehicle,2026/18"], name="town")
    assert not asked.may_concern(new.read)
    lists.refresh()
    assert asked.may_concern(new.read)
    assert asked.is_enough(new)


def test_a_stale_list_is_not_urgent(world: AlertWorld) -> None:
    world.put_list(refresh='"1 hour"')
    asked = urgency(world)
    assert asked.is_enough(sighting())
    world.move(timedelta(hours=2))
    assert not asked.is_enough(sighting(frames=100))


def test_the_second_engine_looks_only_at_what_else_is_enough(world: AlertWorld) -> None:
    looker = Looker()
    asked = urgency(world, second=looker)
    assert not asked.is_enough(sighting("QQ77777", frames=100))
    assert not asked.is_enough(sighting(frames=1))
    assert looker.shown == []
    assert asked.is_enough(sighting())
    ((picture, box),) = looker.shown
    assert picture.startswith(b"\xff\xd8")
    assert box == PLATE_BOX


def test_a_second_engine_that_disagrees_holds_back_if_the_policy_says_so(
    world: AlertWorld,
) -> None:
    other = Looker("ZZZ9999")
    assert urgency(world, second=other).is_enough(sighting())
    assert not urgency(world, second=other, hold_back=True).is_enough(sighting(frames=100))
    assert urgency(world, second=Looker(), hold_back=True).is_enough(sighting())


def test_while_the_database_is_away_a_vehicle_is_told_of_at_its_end(world: AlertWorld) -> None:
    def away() -> Policy:
        raise StorageError("database", expected="an answer", found="none", retryable=True)

    asked = replace(urgency(world), read_policy=away)
    assert not asked.is_enough(sighting())


@dataclass
class Jealous(WatchedEngine):
    """Fails if two threads use it at once."""

    busy: threading.Lock = field(default_factory=threading.Lock)

    def read(self, frame: Frame) -> list[PlateRead]:
        assert self.busy.acquire(blocking=False), "used by two at once"
        found = [WatchedEngine.read(self, frame) for _ in range(50)]
        self.busy.release()
        return found[0]


def test_cameras_take_turns_with_the_engine() -> None:
    engine = Jealous()
    shared = SharedEngine(engine)
    frame = Frame(np.zeros((4, 4, 3), np.uint8), "gate")
    failed: list[BaseException] = []

    def use() -> None:
        try:
            for _ in range(50):
                shared.read(frame)
        except BaseException as error:  # noqa: BLE001 - shown below
            failed.append(error)

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert engine.frames == 4 * 50 * 50
