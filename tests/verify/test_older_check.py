import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.verify.log_folders import (
    TIME_S,
    make_entries,
    make_key,
    make_log,
    sign_checkpoint,
    sign_text,
    tree_files,
    write_files,
)
from tests.verify.planted import (
    KEY,
    SIZE,
    WITNESS,
    WITNESSED,
    WITNESSED_SIZE,
    PlantedLog,
    faults,
    notices,
    plant,
    sound_entries,
)

from fairplate.verify.checkpoints import parse_checkpoint
from fairplate.verify.errors import LogFormatError
from fairplate.verify.findings import Finding
from fairplate.verify.notes import Note
from fairplate.verify.older_check import OlderCheckpoint, take_older

MONTH_S = 31 * 24 * 3600


def keep(note: Note) -> OlderCheckpoint:
    return take_older(note, parse_checkpoint(note.text), KEY.verifier)


def keep_of(size: int, time_s: int = TIME_S) -> OlderCheckpoint:
    return keep(sign_checkpoint(sound_entries()[:size], KEY, time_s=time_s))


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 511, 512, 513, 699, 700])
def test_a_log_that_only_grew_holds(size: int, tmp_path: Path) -> None:
    log = plant(tmp_path)
    assert log.check(older=[keep_of(size)]).findings == ()


@pytest.mark.parametrize("size", [1, 256, 300, 512, 600, 700])
def test_a_log_that_forked_is_found(size: int, tmp_path: Path) -> None:
    forked = [*sound_entries()[: size - 1], *make_entries(1, first=9999)]
    log = plant(tmp_path)
    report = log.check(older=[keep(sign_checkpoint(forked, KEY))])
    assert faults(report) == {("inconsistent", "checkpoint")}


def test_a_tree_that_was_rolled_back_is_found(tmp_path: Path) -> None:
    make_log(tmp_path, sound_entries()[:600], KEY, witnesses=[WITNESS])
    report = PlantedLog(tmp_path).check(older=[keep_of(700)])
    assert faults(report) == {("rolled-back", "checkpoint")}


def test_a_tree_that_was_rolled_back_before_what_witnesses_saw_is_found(tmp_path: Path) -> None:
    log = plant(tmp_path)
    shutil.rmtree(log.path("tile"))
    make_log(tmp_path, sound_entries()[: WITNESSED_SIZE - 1], KEY, witnesses=[WITNESS])
    assert faults(log.check()) == {("rolled-back", WITNESSED)}


def test_an_empty_tree_has_one_root(tmp_path: Path) -> None:
    note = sign_text(f"{KEY.name}\n0\n{'A' * 43}=\n", KEY)
    report = plant(tmp_path).check(older=[keep(note)])
    assert faults(report) == {("inconsistent", "checkpoint")}


def test_a_copy_that_is_not_the_latest_is_told_of(tmp_path: Path) -> None:
    report = plant(tmp_path).check(older=[keep_of(SIZE, TIME_S + 1)])
    assert report.well
    assert notices(report) == {("stale", "checkpoint")}


def test_what_cannot_be_compared_is_told_of(tmp_path: Path) -> None:
    log = plant(tmp_path)
    log.path("tile/entries/001").unlink()
    log.path("tile/0/001").unlink()
    report = log.check(older=[keep_of(600)])
    assert report.well is False
    assert {code for code, _ in faults(report)} == {"missing"}
    report = log.check(older=[keep_of(300)])
    assert ("not-compared", "checkpoint") in notices(report)


@pytest.mark.parametrize(
    "note",
    [
        sign_checkpoint([], make_key(seed=5)),
        sign_checkpoint([], make_key("other.example.org")),
        sign_text(f"other.example.org\n0\n{'A' * 43}=\n", KEY),
    ],
)
def test_only_what_the_log_signed_can_be_kept(note: Note) -> None:
    with pytest.raises(LogFormatError, match="signed by the log's key"):
        keep(note)


def witness_again(size: int, time_s: int, month: str) -> Callable[[PlantedLog], object]:
    def do(log: PlantedLog) -> None:
        name = f"witnessed/{month}"
        log.sign(sound_entries()[:size], time_s=time_s, name=name, witnesses=[WITNESS])

    return do


def put_file(name: str, data: bytes) -> Callable[[PlantedLog], object]:
    return lambda log: log.path(name).write_bytes(data)


@pytest.mark.parametrize(
    ("do", "expected"),
    [
        (witness_again(SIZE, TIME_S + MONTH_S, "2026-02"), set()),
        (witness_again(400, TIME_S + MONTH_S, "2026-02"), {"time-before-witnessed"}),
        (witness_again(399, TIME_S + MONTH_S, "2026-02"), {"witnessed-order"}),
        (witness_again(SIZE, TIME_S, "2026-02"), {"witnessed-month"}),
        (witness_again(SIZE, TIME_S, "0000-01"), {"witnessed-month", "witnessed-order"}),
        # The only witness is named by the first event.
        (witness_again(0, TIME_S, "2026-01"), {"unknown-signer", "too-few-witnesses"}),
        (put_file("witnessed/2026-02", b""), {"checkpoint-broken"}),
        (put_file("witnessed/2026-13", b""), {"stray"}),
        (put_file("witnessed/2026-1", b""), {"stray"}),
        (put_file("witnessed/.new-2026-02", b""), set()),
    ],
)
def test_witnessed_checkpoints_are_held_against_each_other(
    do: Callable[[PlantedLog], object], expected: set[str], tmp_path: Path
) -> None:
    log = plant(tmp_path)
    do(log)
    assert {code for code, _ in faults(log.check())} == expected


def leftover(name: str, size: int) -> Callable[[PlantedLog], object]:
    """Return what writes a file out of the tree of other entries."""
    other = [*sound_entries()[: size - 1], *make_entries(1, first=9999)]
    return lambda log: write_files(log.folder, {name: tree_files(other)[name]})


def make_file(name: str) -> Callable[[PlantedLog], object]:
    return lambda log: write_files(log.folder, {name: b"x"})


def make_folder(name: str) -> Callable[[PlantedLog], object]:
    return lambda log: log.path(name).mkdir(parents=True)


def grow(log: PlantedLog) -> None:
    """Write the tiles of a larger tree, whose checkpoint was not written any more."""
    write_files(log.folder, tree_files([*sound_entries(), *make_entries(400, first=SIZE)]))


@pytest.mark.parametrize(
    ("do", "fault", "notice"),
    [
        (leftover("tile/0/001.p/44", 300), ("leftover-differs", "tile/0/001.p/44"), None),
        (leftover("tile/0/000.p/7", 7), ("leftover-differs", "tile/0/000.p/7"), None),
        (
            leftover("tile/entries/002.p/9", 521),
            ("leftover-differs", "tile/entries/002.p/9"),
            None,
        ),
        (make_file("tile/entries/001.p/44"), ("leftover-differs", "tile/entries/001.p/44"), None),
        (make_file("tile/0/001.p/44"), ("truncated", "tile/0/001.p/44"), None),
        (leftover("tile/0/002.p/189", 701), None, ("ahead", "tile/0/002.p/189")),
        (make_file("tile/0/x001/000"), None, ("ahead", "tile/0/x001/000")),
        (make_file("tile/5/000"), None, ("ahead", "tile/5/000")),
        (grow, None, ("ahead", "tile/entries/003")),
        (make_file("tile/0/x000/001"), ("stray", "tile/0/x000"), None),
        (make_file("tile/0/0001"), ("stray", "tile/0/0001"), None),
        (make_file("tile/0/000.p/256"), ("stray", "tile/0/000.p/256"), None),
        (make_file("tile/0/000.p/0"), ("stray", "tile/0/000.p/0"), None),
        (make_file("tile/0/000.p/01"), ("stray", "tile/0/000.p/01"), None),
        (make_file("tile/8/000"), ("stray", "tile/8"), None),
        (make_file("tile/00/000"), ("stray", "tile/00"), None),
        (make_file("index.html"), ("stray", "index.html"), None),
        (make_folder("more"), ("stray", "more"), None),
        (make_folder(".new-folder"), ("stray", ".new-folder"), None),
        (make_file(".new-1234"), None, ("temporary-file", ".new-1234")),
        (make_file("tile/0/.new-1"), None, ("temporary-file", "tile/0/.new-1")),
        (
            lambda log: log.path("tile/0/001.p/1").symlink_to("44"),
            ("symlink", "tile/0/001.p/1"),
            None,
        ),
        (
            lambda log: log.path("tile/0/000.p").symlink_to("001.p"),
            ("symlink", "tile/0/000.p"),
            None,
        ),
        (make_file("tile/0/000.p"), ("not-a-folder", "tile/0/000.p"), None),
    ],
)
def test_what_else_lies_there_is_named(
    do: Callable[[PlantedLog], object],
    fault: tuple[str, str] | None,
    notice: tuple[str, str] | None,
    tmp_path: Path,
) -> None:
    log = plant(tmp_path)
    do(log)
    report = log.check()
    assert faults(report) == ({fault} if fault else set())
    assert notices(report) >= ({notice} if notice else set())


def test_a_larger_tile_that_does_not_begin_as_the_tree_is_a_fork(tmp_path: Path) -> None:
    log = plant(tmp_path)
    other = [*sound_entries()[:600], *make_entries(200, first=9000)]
    write_files(log.folder, {"tile/0/003.p/32": b"", **tree_files(other)})
    found = faults(log.check())
    assert ("leftover-differs", "tile/0/003") not in found
    assert ("leftover-differs", "tile/0/002") in found
    assert ("leftover-differs", "tile/entries/002") in found


def test_a_name_with_any_byte_is_told(tmp_path: Path) -> None:
    log = plant(tmp_path)
    (tmp_path / "\udcff\x1b[2J").touch()
    assert faults(log.check()) == {("stray", "\udcff\x1b[2J")}
    assert isinstance(log.check().findings[0], Finding)
