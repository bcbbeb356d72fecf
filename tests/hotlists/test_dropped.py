"""Drop folders on a real file system: when a file is taken, and what may lie there."""

import os
import socket
import stat
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from fairplate.core.errors import HotListError, InputError
from fairplate.hotlists.dropped import (
    MOST_KEPT,
    SETTLED_AFTER_S,
    DropFolder,
    PutInto,
    show_name,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
STAMP = "20261123T120000Z"


def drop(folder: Path, name: str, text: str = "plate\n") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_is_complete_when_it_did_not_change_for_a_while(tmp_path: Path) -> None:
    folder = DropFolder(tmp_path)
    path = drop(tmp_path, "a.csv")
    assert folder.settled(0) == []
    assert folder.settled(SETTLED_AFTER_S - 0.1) == []
    with path.open("a", encoding="utf-8") as file:
        file.write("more\n")
    assert folder.settled(SETTLED_AFTER_S + 1) == []
    assert folder.settled(2 * SETTLED_AFTER_S) == []
    assert folder.settled(2 * SETTLED_AFTER_S + 1) == ["a.csv"]


def test_a_file_of_the_same_size_and_another_time_is_not_complete(tmp_path: Path) -> None:
    folder = DropFolder(tmp_path)
    path = drop(tmp_path, "a.csv", "one")
    folder.settled(0)
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))
    assert folder.settled(SETTLED_AFTER_S) == []


@pytest.mark.parametrize("partial", [".a.csv", "a.csv.part", "a.csv.tmp", "A.CSV.FilePart"])
def test_a_file_being_written_is_left_until_it_is_renamed_into_place(
    tmp_path: Path, partial: str
) -> None:
    folder = DropFolder(tmp_path)
    path = drop(tmp_path, partial)
    assert folder.settled(0) == []
    assert folder.settled(100) == []
    path.rename(tmp_path / "a.csv")
    assert folder.settled(101) == ["a.csv"]


def test_a_partial_file_that_grew_before_it_was_renamed_waits_as_others(tmp_path: Path) -> None:
    folder = DropFolder(tmp_path)
    path = drop(tmp_path, "a.csv.part", "begun\n")
    folder.settled(0)
    path.write_text("begun\nmore\n", encoding="utf-8")
    path.rename(tmp_path / "a.csv")
    assert folder.settled(1) == []
    assert folder.settled(1 + SETTLED_AFTER_S) == ["a.csv"]


def test_another_file_with_the_number_of_a_partial_one_is_no_rename(tmp_path: Path) -> None:
    folder = DropFolder(tmp_path)
    path = drop(tmp_path, "a.csv.part")
    folder.settled(0)
    path.unlink()
    drop(tmp_path, "a.csv", "half a")  # on many file systems it has the number that became free
    assert folder.settled(1) == []


def test_a_file_that_replaces_one_of_its_name_waits_anew(tmp_path: Path) -> None:
    folder = DropFolder(tmp_path)
    drop(tmp_path, "a.csv", "old")
    folder.settled(0)
    drop(tmp_path, "b.csv.part", "new")
    folder.settled(1)
    (tmp_path / "b.csv.part").replace(tmp_path / "a.csv")
    assert folder.settled(SETTLED_AFTER_S) == []
    assert folder.settled(2 * SETTLED_AFTER_S) == ["a.csv"]


def test_older_files_come_first_and_folders_never(tmp_path: Path) -> None:
    folder = DropFolder(tmp_path)
    for number, name in enumerate(("c.csv", "a.csv", "b.csv")):
        os.utime(drop(tmp_path, name), (number, number))
    (tmp_path / "sub.csv").mkdir()
    folder.settled(0)
    assert folder.settled(SETTLED_AFTER_S) == ["c.csv", "a.csv", "b.csv"]


def put_away(folder: DropFolder, name: str, into: PutInto, at: datetime = NOON) -> None:
    folder.settled(0)
    folder.put_away(name, into, at=at, report=["told", f"of {into}"])


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.*"))


def test_links_and_pipes_are_no_files(tmp_path: Path) -> None:
    folder = DropFolder(tmp_path)
    secret = drop(tmp_path, "secret")
    (tmp_path / "link.csv").symlink_to(secret)
    os.mkfifo(tmp_path / "pipe.csv")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket.csv"))
        for name in ("link.csv", "pipe.csv", "socket.csv"):
            with pytest.raises(HotListError, match="a regular file"), folder.opened(name):
                pass
            put_away(folder, name, PutInto.REFUSED)
    assert names(tmp_path) == [
        path
        for name in ("link.csv", "pipe.csv", "socket.csv")
        for path in (f"refused/{STAMP}-{name}", f"refused/{STAMP}-{name}.report.txt")
    ]
    assert secret.read_text(encoding="utf-8") == "plate\n"


def test_what_is_opened_stays_the_same_file(tmp_path: Path) -> None:
    folder = DropFolder(tmp_path)
    drop(tmp_path, "a.csv", "good")
    folder.settled(0)
    with folder.opened("a.csv") as path:
        assert folder.is_unchanged("a.csv")
        (tmp_path / "a.csv").unlink()
        assert not folder.is_unchanged("a.csv")
        drop(tmp_path, "a.csv", "evil!")
        assert path.read_text(encoding="utf-8") == "good"
    assert not folder.is_unchanged("a.csv")


def test_a_file_that_was_replaced_after_it_was_read_is_not_put_away(tmp_path: Path) -> None:
    folder = DropFolder(tmp_path)
    drop(tmp_path, "a.csv", "read")
    folder.settled(0)
    drop(tmp_path, "new.part", "not read yet").replace(tmp_path / "a.csv")
    folder.put_away("a.csv", PutInto.DONE, at=NOON, report=["told"])
    assert names(tmp_path) == ["a.csv"]
    assert folder.settled(1) == []
    assert folder.settled(1 + SETTLED_AFTER_S) == ["a.csv"]


def test_files_are_put_away_under_the_time_with_a_report_beside(tmp_path: Path) -> None:
    folder = DropFolder(tmp_path)
    drop(tmp_path, "a.csv")
    drop(tmp_path, "b.csv")
    put_away(folder, "a.csv", PutInto.DONE, NOON.astimezone(timezone(timedelta(hours=5))))
    put_away(folder, "b.csv", PutInto.REFUSED)
    assert names(tmp_path) == [
        f"done/{STAMP}-a.csv",
        f"done/{STAMP}-a.csv.report.txt",
        f"refused/{STAMP}-b.csv",
        f"refused/{STAMP}-b.csv.report.txt",
    ]
    told = tmp_path / "refused" / f"{STAMP}-b.csv.report.txt"
    assert told.read_text(encoding="utf-8") == "told\nof refused\n"
    assert stat.S_IMODE(told.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "done").stat().st_mode) == 0o700
    folder.put_away("gone.csv", PutInto.DONE, at=NOON, report=[])  # somebody took it


def test_a_linked_done_folder_is_not_followed(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (inside / "done").symlink_to(outside)
    drop(inside, "a.csv")
    with pytest.raises(OSError, match=r"done"):
        put_away(DropFolder(inside), "a.csv", PutInto.DONE)
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("name", ["a.csv", "a.csv.report.txt"])
def test_only_the_newest_files_are_kept_and_no_others_touched(tmp_path: Path, name: str) -> None:
    folder = DropFolder(tmp_path)
    (tmp_path / "done").mkdir()
    drop(tmp_path / "done", "mine.txt")
    for minute in range(MOST_KEPT + 3):
        drop(tmp_path, name)
        put_away(folder, name, PutInto.DONE, NOON.replace(minute=minute))
    kept = sorted(path.name for path in (tmp_path / "done").iterdir())
    assert len(kept) == 2 * MOST_KEPT + 1
    assert (kept[0], kept[-1]) == (f"20261123T120300Z-{name}", "mine.txt")


def test_a_very_long_name_is_cut(tmp_path: Path) -> None:
    name = "ä" * 120 + ".csv"
    drop(tmp_path, name)
    put_away(DropFolder(tmp_path), name, PutInto.DONE)
    kept, report = sorted(path.name for path in (tmp_path / "done").iterdir())
    assert kept.endswith("ä.csv")
    assert report == f"{kept}.report.txt"


@pytest.mark.parametrize("name", [b"a\nb\x1b[2J.csv", b"a?b\xff[2J.csv"])
def test_a_name_is_shown_and_kept_without_what_cannot_be_printed(
    tmp_path: Path, name: bytes
) -> None:
    given = os.fsdecode(name)
    drop(tmp_path, given)
    assert show_name(given) == "a?b?[2J.csv"
    put_away(DropFolder(tmp_path), given, PutInto.DONE)
    assert names(tmp_path / "done") == [f"{STAMP}-a?b?[2J.csv", f"{STAMP}-a?b?[2J.csv.report.txt"]


def test_a_folder_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"drop folder: .* found no such file"):
        DropFolder(tmp_path / "none").settled(0)


def test_a_folder_that_anybody_may_write_into_is_not_used(tmp_path: Path) -> None:
    drop(tmp_path, "a.csv")
    tmp_path.chmod(0o1777)
    with pytest.raises(InputError, match=r"not everybody may write into, found mode o\+w"):
        DropFolder(tmp_path).settled(0)


def test_folders_full_of_files_are_taken_in_parts(tmp_path: Path) -> None:
    for number in range(1010):
        drop(tmp_path, f"{number}.csv", "")
    folder = DropFolder(tmp_path)
    folder.settled(0)
    assert len(folder.settled(SETTLED_AFTER_S)) == 1000
