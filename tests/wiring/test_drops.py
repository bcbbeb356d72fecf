"""Drop folders of a deployment with a real database: what comes in, what is refused, what is told.

Time is counted by the test: a file is complete when the counter says that it lay long enough.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.databases import MakeDatabase
from tests.list_worlds import COLUMNS, ListWorld, list_policy, row_of

from fairplate.core.errors import FairplateError, InputError, StorageError
from fairplate.core.purposes import Purpose
from fairplate.hotlists.dropped import SETTLED_AFTER_S
from fairplate.wiring import Drops, TakenDrop

HEADER = ",".join(COLUMNS)


@dataclass(slots=True)
class DropWorld:
    """A deployment with one list, `stolen`, and its drop folder."""

    lists: ListWorld
    folder: Path
    now_s: float = 0.0
    drops: Drops = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self.lists.set(folder=f'"{self.folder}"')
        self.restart()

    def restart(self) -> None:
        """Begin anew, as another process does."""
        self.drops = Drops(self.lists.lists, self.lists.clock, lambda: self.now_s)

    def drop(self, *plates: str, name: str = "a.csv", text: str | None = None) -> Path:
        path = self.folder / name
        lines = [HEADER, *(",".join(row_of(plate)) for plate in plates)]
        path.write_text("\n".join(lines) + "\n" if text is None else text, encoding="utf-8")
        return path

    def round(self) -> list[TakenDrop | FairplateError]:
        return list(self.drops.run_round())

    def settle(self) -> list[TakenDrop | FairplateError]:
        """Let everything lie long enough, and return what became of it."""
        before = self.round()
        self.now_s += SETTLED_AFTER_S
        return before + self.round()

    def put_away(self) -> list[str]:
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*.*"))

    def events(self, kind: str) -> int:
        return self.lists.require_sound_log().count(kind)


@pytest.fixture
def world(make_database: MakeDatabase, tmp_path: Path) -> Iterator[DropWorld]:
    made = ListWorld(make_database(migrated=True), tmp_path)
    yield DropWorld(made, tmp_path / "drop")
    made.close()


def one(told: list[TakenDrop | FairplateError]) -> TakenDrop:
    (taken,) = told
    assert isinstance(taken, TakenDrop), taken
    return taken


def report(world: DropWorld) -> list[str]:
    (path,) = (path for path in world.folder.rglob("*.report.txt"))
    return path.read_text(encoding="utf-8").splitlines()


def test_a_complete_file_comes_into_force_and_is_put_away(world: DropWorld) -> None:
    world.drop("A1", "A2")
    assert world.round() == []
    assert world.lists.kept().entries == 0
    world.now_s += SETTLED_AFTER_S
    taken = one(world.round())
    assert taken.imported is not None
    assert (taken.list_id, taken.name, taken.imported.entries) == ("stolen", "a.csv", 2)
    assert world.lists.kept().entries == 2
    assert len(world.put_away()) == 2
    assert report(world) == ["list stolen: 2 entries in force, 2 added, 0 changed, 0 removed"]
    assert world.settle() == []
    assert world.events("batch.imported") == 1


def test_a_file_being_written_changes_nothing(world: DropWorld) -> None:
    world.drop("A1", "A2")
    world.settle()
    path = world.drop("A1", name="b.csv")
    for _ in range(5):
        world.round()
        world.now_s += SETTLED_AFTER_S - 1
        with path.open("a", encoding="utf-8") as file:
            file.write(",".join(row_of("A2")) + "\n")
    assert world.lists.kept().entries == 2
    assert world.events("batch.imported") == 1


def test_one_bad_row_refuses_the_file_and_the_batch_before_stays(world: DropWorld) -> None:
    world.drop("A1", "A2")
    world.settle()
    for path in world.folder.rglob("*.txt"):
        path.unlink()
    world.drop("B1", "SECRET*7")
    taken = one(world.settle())
    assert taken.imported is None
    assert len(taken.problems) == 1
    assert taken.problems[0].startswith("a.csv:3: plate: ")
    assert "SECRET" not in f"{taken!r}{report(world)}"
    assert report(world) == ["list stolen: refused, nothing of it is in force", *taken.problems]
    assert world.lists.kept().entries == 2
    assert world.events("batch.rejected") == 1


@pytest.mark.parametrize("text", ["", "no, header, of ours\n", "\0\1\2", "x" * 70_000])
def test_what_is_no_batch_at_all_is_refused_and_on_record(world: DropWorld, text: str) -> None:
    world.drop(text=text)
    taken = one(world.settle())
    assert taken.imported is None
    assert taken.problems
    assert taken.problems[0].startswith("a.csv")
    assert "/dev/fd" not in taken.problems[0]
    assert world.events("batch.rejected") == 1
    assert world.settle() == []


def test_a_file_that_is_too_large_is_refused_unread(world: DropWorld) -> None:
    os.truncate(world.drop("A1"), 1 << 40)
    taken = one(world.settle())
    assert taken.imported is None
    assert "a.csv" in taken.problems[0]
    assert world.put_away()[0].startswith("refused/")


def test_links_pipes_and_files_of_others_are_refused(world: DropWorld, tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text("\n".join([HEADER, ",".join(row_of("A1"))]), encoding="utf-8")
    (world.folder / "link.csv").symlink_to(outside)
    os.mkfifo(world.folder / "pipe.csv")
    told = world.settle()
    assert [taken.imported for taken in told if isinstance(taken, TakenDrop)] == [None, None]
    assert world.lists.kept().entries == 0
    assert outside.exists()
    assert all(path.startswith("refused/") for path in world.put_away())


def test_names_that_cannot_be_printed_reach_no_message_and_no_event(world: DropWorld) -> None:
    world.drop("A1", name=os.fsdecode(b"a\n\x1b[2J\xff.csv"))
    taken = one(world.settle())
    assert taken.imported is not None
    assert taken.name == "a??[2J?.csv"
    assert world.events("batch.imported") == 1
    world.drop("?", name=os.fsdecode(b"\xfe\r.csv"))
    assert one(world.settle()).problems[0].startswith("??.csv:2: ")


def test_files_come_in_one_after_the_other(world: DropWorld) -> None:
    for number, name in enumerate(("z.csv", "b.csv", "a.csv")):
        os.utime(world.drop(f"A{number}", name=name), (number, number))
    told = [taken.name for taken in world.settle() if isinstance(taken, TakenDrop)]
    assert told == ["z.csv", "b.csv", "a.csv"]
    (entry,) = world.lists.preview([row_of("OTHER")]).removed
    assert entry.plate == "A2"


def test_what_replaces_a_file_while_it_is_read_is_not_lost(
    world: DropWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.drop("A1")
    world.round()
    world.now_s += SETTLED_AFTER_S
    replaced_once(monkeypatch, lambda: world.drop("B1", "B2", name="b.part"), world.folder)
    assert world.round() == []
    assert world.lists.kept().entries == 0
    monkeypatch.undo()
    taken = one(world.settle())
    assert taken.imported is not None
    assert taken.imported.entries == 2


def replaced_once(monkeypatch: pytest.MonkeyPatch, make: Callable[[], Path], folder: Path) -> None:
    """Replace the file as soon as it was opened, as another process might."""
    real = os.fstat

    def fstat(number: int) -> os.stat_result:
        if not list(folder.glob("done")):
            make().replace(folder / "a.csv")
        return real(number)

    monkeypatch.setattr("fairplate.hotlists.dropped.os.fstat", fstat)


def test_a_file_that_cannot_be_moved_away_comes_in_once(world: DropWorld) -> None:
    in_the_way = world.folder / "done" / f"{world.lists.clock():%Y%m%dT%H%M%SZ}-a.csv"
    in_the_way.mkdir(parents=True)
    world.drop("A1")
    imported, error = world.settle()
    assert isinstance(imported, TakenDrop)
    assert isinstance(error, StorageError)
    assert "files can be moved into" in str(error)
    for _ in range(3):
        world.now_s += 1
        (again,) = world.round()
        assert str(again) == str(error)
    assert world.events("batch.imported") == 1
    in_the_way.rmdir()
    assert world.round() == []
    assert in_the_way.is_file()
    world.drop("A1", "A2")
    taken = one(world.settle())
    assert taken.imported is not None
    assert taken.imported.added == 1


def test_another_file_of_the_name_of_one_that_cannot_be_moved_comes_in(world: DropWorld) -> None:
    in_the_way = world.folder / "done" / f"{world.lists.clock():%Y%m%dT%H%M%SZ}-a.csv"
    in_the_way.mkdir(parents=True)
    world.drop("A1")
    world.settle()
    world.drop("B1", "B2")
    imported, _ = world.settle()
    assert isinstance(imported, TakenDrop)
    assert world.lists.kept().entries == 2


def test_a_stop_between_import_and_moving_only_brings_the_same_in_again(world: DropWorld) -> None:
    world.drop("A1")
    world.settle()
    (moved,) = world.folder.glob("done/*.csv")
    moved.rename(world.folder / "a.csv")
    world.restart()
    taken = one(world.settle())
    assert taken.imported is not None
    done = taken.imported
    assert (done.entries, done.added, done.changed, done.removed) == (1, 0, 0, 0)


def test_a_folder_of_two_lists_is_not_read(world: DropWorld) -> None:
    world.lists.set("other", folder=f'"{world.folder}/"')
    path = world.drop("A1")
    told = world.settle()
    assert {str(each) for each in told} == {
        f"hot list {name}: folder: expected one of its own, found one that another list has, too"
        for name in ("other", "stolen")
    }
    assert path.exists()


def test_one_folder_that_is_gone_does_not_stop_the_others(world: DropWorld, tmp_path: Path) -> None:
    world.lists.set("gone", folder=f'"{tmp_path}/none"')
    world.drop("A1")
    told = world.settle()
    assert sum(isinstance(each, InputError) for each in told) == 2  # once a round
    assert sum(isinstance(each, TakenDrop) for each in told) == 1


def test_a_list_that_the_policy_permits_no_more_refuses(world: DropWorld) -> None:
    world.lists.set_policy(list_policy(without=Purpose.STOLEN_VEHICLE))
    world.drop("A1")
    taken = one(world.settle())
    assert taken.imported is None
    assert "found none" in taken.problems[0]
    assert world.events("batch.rejected") == 1


def test_a_list_that_is_retired_or_moved_is_followed(world: DropWorld, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    world.drop("A1")
    world.round()
    world.lists.set(folder=f'"{other}"')
    assert world.settle() == []
    (world.folder / "a.csv").rename(other / "a.csv")
    assert one(world.settle()).imported is not None
    world.lists.lists.retire("stolen", "no longer needed")
    (other / "b.csv").write_text(f"{HEADER}\n", encoding="utf-8")
    assert world.settle() == []
    assert (other / "b.csv").exists()
