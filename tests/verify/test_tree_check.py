import os
import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.verify.log_folders import (
    TIME_S,
    make_entries,
    make_log,
    root_of,
    sign_text,
    tree_files,
    write_files,
)
from tests.verify.planted import (
    KEY,
    NOW,
    SIZE,
    WITNESS,
    WITNESSED,
    PlantedLog,
    faults,
    notices,
    plant,
    sound_entries,
)

from fairplate.verify.bundles import read_bundle
from fairplate.verify.finding_list import MOST_OF_A_KIND, FindingList
from fairplate.verify.log_check import Trust, check_log
from fairplate.verify.log_directory import LogDirectory
from fairplate.verify.tiles import join_entries
from fairplate.verify.tree import hash_leaf
from fairplate.verify.tree_check import TreeCheck

NOBODY = 65_534
BUNDLES = ["tile/entries/000", "tile/entries/001", "tile/entries/002.p/188"]
TILES = ["tile/0/000", "tile/0/001", "tile/0/002.p/188", "tile/1/000.p/2"]


def put(number: int) -> Callable[[list[bytes]], None]:
    """Change the event of that number, in place."""

    def change(entries: list[bytes]) -> None:
        entries[number] = make_entries(1, first=number + 1)[0].replace(b"secret", b"locked")

    return change


def drop(number: int) -> Callable[[list[bytes]], None]:
    return lambda entries: entries.__delitem__(number)


def insert(number: int) -> Callable[[list[bytes]], None]:
    return lambda entries: entries.insert(number, make_entries(1, first=number)[0])


def reorder(number: int) -> Callable[[list[bytes]], None]:
    def change(entries: list[bytes]) -> None:
        entries[number : number + 2] = entries[number : number + 2][::-1]

    return change


def swap(log: PlantedLog, one: str, other: str) -> None:
    first, second = log.path(one).read_bytes(), log.path(other).read_bytes()
    log.path(one).write_bytes(second)
    log.path(other).write_bytes(first)


def link_file(log: PlantedLog, name: str) -> None:
    moved = log.folder.parent / "elsewhere"
    log.path(name).rename(moved)
    log.path(name).symlink_to(moved)


def replace_by(log: PlantedLog, name: str, make: Callable[[Path], object]) -> None:
    path = log.path(name)
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    make(path)


def bind_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        os.chdir(path.parent)  # the name of a socket must be short
        server.bind(path.name)


def sign_huge(log: PlantedLog) -> None:
    text = f"{KEY.name}\n{1 << 62}\n{'A' * 43}=\n"
    log.path("checkpoint").write_bytes(sign_text(text, KEY, TIME_S, [WITNESS]).data)


@dataclass(frozen=True)
class Fraud:
    """What is done to a sound log, and every fault that it must yield."""

    name: str
    do: Callable[[PlantedLog], object]
    faults: frozenset[tuple[str, str]]


def fraud(name: str, do: Callable[[PlantedLog], object], *expected: tuple[str, str]) -> Fraud:
    return Fraud(name, do, frozenset(expected))


OLDER = ("inconsistent", WITNESSED)
FRAUDS = [
    fraud(
        "event changed",
        lambda log: log.change_bundle(BUNDLES[1], put(20)),
        ("entry-differs", BUNDLES[1]),
    ),
    fraud(
        "event changed near the end",
        lambda log: log.change_bundle(BUNDLES[2], put(20)),
        ("entry-differs", BUNDLES[2]),
    ),
    fraud(
        "event changed with its hash",
        lambda log: log.rebuild(put(300), "entries", "0"),
        ("subtree-differs", TILES[1]),
        OLDER,
    ),
    fraud(
        "event changed with every hash",
        lambda log: log.rebuild(put(600)),
        ("root-differs", "checkpoint"),
    ),
    fraud(
        "event changed, everything signed anew",
        lambda log: log.sign(log.rebuild(put(300))),
        OLDER,
    ),
    fraud(
        "event dropped",
        lambda log: log.change_bundle(BUNDLES[0], drop(20)),
        ("bundle-count", BUNDLES[0]),
        ("entry-differs", BUNDLES[0]),
    ),
    fraud(
        "last event dropped",
        lambda log: log.change_bundle(BUNDLES[2], drop(-1)),
        ("bundle-count", BUNDLES[2]),
    ),
    fraud(
        "event dropped, everything signed anew",
        lambda log: log.sign(log.rebuild(drop(20))),
        OLDER,
    ),
    fraud(
        "event inserted",
        lambda log: log.change_bundle(BUNDLES[0], insert(20)),
        ("bundle-count", BUNDLES[0]),
        ("entry-differs", BUNDLES[0]),
    ),
    fraud(
        "event appended",
        lambda log: log.change_bundle(BUNDLES[2], insert(188)),
        ("bundle-count", BUNDLES[2]),
    ),
    fraud(
        "event inserted, everything signed anew",
        lambda log: log.sign(log.rebuild(insert(20))),
        OLDER,
    ),
    fraud(
        "events reordered",
        lambda log: log.change_bundle(BUNDLES[0], reorder(20)),
        ("entry-differs", BUNDLES[0]),
    ),
    fraud(
        "tiles swapped",
        lambda log: swap(log, TILES[0], TILES[1]),
        ("tile-differs", TILES[0]),
        ("tile-differs", TILES[1]),
    ),
    fraud(
        "bundles swapped",
        lambda log: swap(log, BUNDLES[0], BUNDLES[1]),
        ("entry-differs", BUNDLES[0]),
        ("entry-differs", BUNDLES[1]),
    ),
    fraud(
        "wrong tile above",
        lambda log: log.rewrite(TILES[3], lambda data: data[:32] + data[:32]),
        ("tile-differs", TILES[3]),
    ),
    fraud(
        "wrong last tile",
        lambda log: log.rewrite(TILES[2], lambda data: data[32:] + data[:32]),
        ("tile-differs", TILES[2]),
    ),
    *(
        fraud(f"{name} cut short", lambda log, n=name: log.rewrite(n, lambda d: d[:-1]), found)
        for name, found in [
            *((name, ("truncated", name)) for name in TILES),
            *((name, ("bundle-broken", name)) for name in BUNDLES),
        ]
    ),
    *(
        fraud(f"{name} empty", lambda log, n=name: log.rewrite(n, lambda _: b""), found)
        for name, found in [
            *((name, ("truncated", name)) for name in TILES),
            *((name, ("bundle-count", name)) for name in BUNDLES),
            ("checkpoint", ("checkpoint-broken", "checkpoint")),
        ]
    ),
    *(
        fraud(f"{name} too long", lambda log, n=name: log.rewrite(n, lambda d: d + b"\0"), found)
        for name, found in [
            *((name, ("oversized", name)) for name in TILES),
            *((name, ("bundle-broken", name)) for name in BUNDLES),
        ]
    ),
    *(
        fraud(f"{name} huge", lambda log, n=name: os.truncate(log.path(n), 1 << 40), (code, name))
        for name in [*TILES, *BUNDLES, "checkpoint", WITNESSED]
        for code in ["oversized"]
    ),
    *(
        fraud(f"{name} gone", lambda log, n=name: log.path(n).unlink(), ("missing", name))
        for name in [*TILES, *BUNDLES, "checkpoint"]
    ),
    *(
        fraud(f"{name} a link", lambda log, n=name: link_file(log, n), ("symlink", name))
        for name in [*TILES, *BUNDLES, "checkpoint", WITNESSED, "tile/0", "tile", "witnessed"]
    ),
    *(
        fraud(f"{name} {word}", lambda log, n=name, m=make: replace_by(log, n, m), (code, name))
        for name in [TILES[0], BUNDLES[2], "checkpoint", WITNESSED]
        for word, make, code in [
            ("a folder", Path.mkdir, "not-a-file"),
            ("a pipe", os.mkfifo, "not-a-file"),
            ("a socket", bind_socket, "not-a-file"),
            ("a link to itself", lambda path: path.symlink_to(path), "symlink"),
            ("a link to nothing", lambda path: path.symlink_to("nothing"), "symlink"),
        ]
    ),
    *(
        fraud(f"{name} no folder", lambda log, n=name: replace_by(log, n, Path.touch), (code, name))
        for name in ["tile", "tile/0", "tile/entries", "tile/1", "witnessed"]
        for code in ["not-a-folder"]
    ),
    fraud(
        "tile and bundle gone",
        lambda log: [log.path(name).unlink() for name in (TILES[1], BUNDLES[1])],
        ("missing", TILES[1]),
        ("missing", BUNDLES[1]),
    ),
    fraud("tiles gone", lambda log: shutil.rmtree(log.path("tile")), ("missing", "tile")),
    fraud(
        "more entries signed than there are",
        sign_huge,
        *(("missing", f"tile/{level}/002") for level in ("entries", 0)),
    ),
]


@pytest.mark.parametrize("planted", FRAUDS, ids=lambda planted: planted.name)
def test_a_planted_fraud_is_named(
    planted: Fraud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    log = plant(tmp_path / "log")
    planted.do(log)
    report = log.check()
    assert not report.well
    if planted.name == "more entries signed than there are":  # how many is not told
        assert planted.faults <= faults(report)
        assert "ends-early" in {one.code for one in report.findings}
    else:
        assert faults(report) == planted.faults


def test_a_sound_log_has_no_finding(tmp_path: Path) -> None:
    report = plant(tmp_path / "log").check(witnesses=[WITNESS])
    assert report.findings == ()
    assert report.well
    assert report.size == SIZE


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 512, 700, 65_536, 66_000])
def test_entries_and_roots_of_any_size_come_out(size: int, tmp_path: Path) -> None:
    entries = make_entries(size)
    make_log(tmp_path, entries, KEY)
    leaves = [hash_leaf(entry) for entry in entries]
    sizes = {0, 1, size // 3, size // 2, size - size % 256, max(size - 1, 0), size, size + 1}
    taken: list[bytes | None] = []
    findings = FindingList()
    with LogDirectory(tmp_path) as directory:
        tree = TreeCheck(size, directory.read_tile, findings, lambda _, more: taken.extend(more))
        roots = tree.run(root_of(leaves), sizes)
    assert findings.all() == ()
    assert taken == entries
    assert roots == {at: root_of(leaves[:at]) for at in sizes if at <= size}


def test_events_that_were_changed_are_named(tmp_path: Path) -> None:
    log = plant(tmp_path / "log")
    for number in (3, 4, 5, 20):
        log.change_bundle(BUNDLES[1], put(number))
    assert "event 259 to 261, 276: not" in log.check().findings[0].message
    log.rewrite(BUNDLES[2], lambda data: data[:-1])
    assert "event 699: cut off" in [one.message for one in log.check().findings]


def test_hashes_that_are_wrong_are_named(tmp_path: Path) -> None:
    log = plant(tmp_path / "log")
    log.rewrite(TILES[1], lambda data: data[:-32] + bytes(32))
    (found,) = log.check().findings
    assert found.message.startswith("255 of its hashes")
    log.rewrite(TILES[1], lambda data: bytes(32) + data[32:])
    (found,) = log.check().findings
    assert found.message.startswith("0, 255 of its hashes")


def test_events_below_a_changed_tile_are_named(tmp_path: Path) -> None:
    log = plant(tmp_path / "log")
    log.rebuild(put(300), "entries", "0")
    assert "events 256 to 511" in log.check().findings[0].message


def test_a_tile_and_its_bundle_that_are_both_wrong_are_found(tmp_path: Path) -> None:
    log = plant(tmp_path / "log")
    log.change_bundle(BUNDLES[1], put(20))
    log.rewrite(TILES[1], lambda data: bytes(32) + data[32:])
    found = faults(log.check())
    assert ("tile-differs", TILES[1]) in found


def test_a_wrong_hash_above_does_not_hide_a_wrong_event(tmp_path: Path) -> None:
    log = plant(tmp_path / "log")
    log.change_bundle(BUNDLES[1], put(20))
    log.rewrite(TILES[3], lambda data: data[:32] + bytes(32))
    report = log.check()
    assert not report.well
    assert {where for _, where in faults(report)} >= {TILES[1], TILES[3]}


def test_the_full_tile_stands_for_a_partial_one_that_is_gone(tmp_path: Path) -> None:
    log = plant(tmp_path / "log")
    entries = [*sound_entries(), *make_entries(100, first=SIZE)]
    write_files(log.folder, tree_files(entries))
    for name in ("tile/0/002", "tile/entries/002"):
        shutil.rmtree(log.path(f"{name}.p"))
    report = log.check()
    assert faults(report) == set()
    assert {where for _, where in notices(report)} >= {"tile/0/002", "tile/entries/002"}
    log.change_bundle("tile/entries/002", put(20))
    assert faults(log.check()) == {("entry-differs", BUNDLES[2])}


def test_findings_of_a_kind_are_bounded(tmp_path: Path) -> None:
    log = plant(tmp_path / "log")
    for number in range(MOST_OF_A_KIND + 7):
        log.path(f"tile/stray{number:03}").touch()
    strays = [one for one in log.check().findings if one.code == "stray"]
    assert len(strays) == MOST_OF_A_KIND + 1
    assert strays[-1].message.startswith("7 more")


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    log = plant(tmp_path / "log")
    log.path(TILES[1]).chmod(0)
    administrator = os.geteuid()
    with LogDirectory(log.folder) as directory:
        if administrator == 0:  # who may read everything
            os.seteuid(NOBODY)
        try:
            report = check_log(directory, Trust(KEY.verifier), now=NOW)
        finally:
            os.seteuid(administrator)
    assert faults(report) == {("unreadable", TILES[1])}


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    plant(tmp_path / "log")
    (tmp_path / "link").symlink_to(tmp_path / "log")
    assert PlantedLog(tmp_path / "link").check().findings == ()


@given(st.lists(st.binary(max_size=300), max_size=20), st.integers(0, 1000))
def test_a_bundle_cut_anywhere_gives_its_whole_entries(entries: list[bytes], cut: int) -> None:
    data = join_entries(entries)
    found, whole = read_bundle(data[:cut])
    assert found == entries[: len(found)]
    assert whole == (join_entries(found) == data[:cut])
    assert len(join_entries(found)) <= cut
    assert whole or len(join_entries(entries[: len(found) + 1])) > cut
