"""The published folder: names, contents, what an interrupted publication leaves, and bad disks."""

import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.audit.log_worlds import LogWorld, files_in, fill_disk, tile_files

from fairplate.audit.publication import (
    list_published,
    publish_file,
    publish_tiles,
    read_published,
    read_published_entries,
)
from fairplate.core.errors import InputError
from fairplate.verify.tiles import MAX_BUNDLE_BYTES, WIDTH, Tile, join_entries, tiles_of

ENTRIES = [b"entry %d" % number for number in range(1400)]


def content(tile: Tile) -> bytes:
    """Return bytes that tell which tile it is, and of which a wider one begins with the same."""
    if tile.level is None:
        first = tile.index * WIDTH
        return join_entries(ENTRIES[first : first + tile.width])
    return b"".join(
        bytes([tile.level, tile.index, number % 256, 0] * 8) for number in range(tile.width)
    )


def require_tiles(folder: Path, *sizes: int) -> None:
    """Fail unless the tiles of the last size are there, and of earlier ones only partial ones."""
    found = files_in(folder)
    last = {tile.path: tile for tile in tiles_of(sizes[-1])}
    assert {name: found[name] for name in last} == {
        name: content(tile) for name, tile in last.items()
    }
    earlier = {tile.path: tile for size in sizes for tile in tiles_of(size)}
    for name in tile_files(folder) - last.keys():
        assert found[name] == content(earlier[name])
        assert earlier[name].width < WIDTH


@pytest.mark.parametrize(
    "sizes", [(1, 2, 3), (255, 256, 257), (10, 700, 701, 1200), (256, 512), (3, 3), (512, 513)]
)
def test_tiles_are_put_there_as_the_log_grows(tmp_path: Path, sizes: tuple[int, ...]) -> None:
    since = 0
    for size in sizes:
        publish_tiles(tmp_path, size, content, since=since)
        since = size
        require_tiles(tmp_path, *sizes[: sizes.index(size) + 1])


def test_partial_tiles_stay_until_theirs_is_full(tmp_path: Path) -> None:
    for since, size in ((0, 3), (3, 9), (9, 255)):
        publish_tiles(tmp_path, size, content, since=since)
    assert tile_files(tmp_path) == {
        f"tile/{level}/000.p/{width}" for level in ("0", "entries") for width in (3, 9, 255)
    }
    publish_tiles(tmp_path, 256, content, since=255)
    assert tile_files(tmp_path) == {"tile/0/000", "tile/entries/000", "tile/1/000.p/1"}


@pytest.mark.parametrize("since", [0, 1, 10, 255, 256, 257, 511, 512, 700])
@pytest.mark.parametrize("beyond", [700, 768, 1200])
def test_what_was_put_there_beyond_goes(tmp_path: Path, since: int, beyond: int) -> None:
    publish_tiles(tmp_path, since, content)
    publish_tiles(tmp_path, beyond, lambda tile: b"another history" + content(tile), since=since)
    publish_tiles(tmp_path, since + 3, content, since=since)
    require_tiles(tmp_path, since, since + 3)


def test_clearing_that_is_broken_off_is_finished(tmp_path: Path) -> None:
    publish_tiles(tmp_path, 256, content)
    publish_tiles(tmp_path, 1400, lambda tile: b"another " + content(tile), since=256)
    stuck = tmp_path / "tile/entries/003"
    stuck.unlink()
    stuck.mkdir()  # which cannot be removed as a file
    with pytest.raises(InputError, match="publishing the log"):
        publish_tiles(tmp_path, 259, content, since=256)
    stuck.rmdir()
    publish_tiles(tmp_path, 259, content, since=256)
    require_tiles(tmp_path, 256, 259)


def test_everybody_may_read_what_is_published(world: LogWorld) -> None:
    mask = os.umask(0o022)
    try:
        world.act_at_once(300)
        world.publish()
    finally:
        os.umask(mask)
    for path in world.folder.rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o755 if path.is_dir() else 0o644), path


def test_a_file_is_put_in_place_of_another(tmp_path: Path) -> None:
    publish_file(tmp_path, "witnessed/2026-11", b"old")
    publish_file(tmp_path, "witnessed/2026-11", b"new")
    (tmp_path / "outside").write_bytes(b"outside")
    (tmp_path / "link").symlink_to(tmp_path / "outside")
    publish_file(tmp_path, "link", b"new")
    assert files_in(tmp_path) == {
        "witnessed/2026-11": b"new",
        "outside": b"outside",
        "link": b"new",
    }


def test_what_is_published_is_read_within_bounds(tmp_path: Path) -> None:
    assert read_published(tmp_path, "checkpoint", 10) is None
    assert read_published(tmp_path / "nowhere", "checkpoint", 10) is None
    (tmp_path / "checkpoint").write_bytes(b"0123456789")
    assert read_published(tmp_path, "checkpoint", 10) == b"0123456789"
    assert read_published(tmp_path, "checkpoint", 9) is None
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="is a directory"):
        read_published(tmp_path, "folder", 10)


def test_what_lies_in_a_published_folder(tmp_path: Path) -> None:
    assert list_published(tmp_path, "witnessed") == []
    for name in ("2026-12", "2026-11"):
        publish_file(tmp_path, f"witnessed/{name}", b"")
    assert list_published(tmp_path, "witnessed") == ["2026-11", "2026-12"]
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError, match="not a directory"):
        list_published(tmp_path, "file")


@pytest.mark.parametrize("size", [1, 20, 256, 300, 600])
def test_entries_are_read_out_of_any_bundle_that_holds_them(tmp_path: Path, size: int) -> None:
    publish_tiles(tmp_path, size, content)
    for first in {0, 1, size // 2, 255, 256, 257, size - 1} & set(range(size)):
        for end in {first + 1, 256, size} & set(range(first + 1, size + 1)):
            there = end % WIDTH == 0 or end // WIDTH < size // WIDTH or end == size
            found = read_published_entries(tmp_path, first, end, MAX_BUNDLE_BYTES)
            whole = end if there else end // WIDTH * WIDTH
            assert found == ENTRIES[first:whole], (first, end)


def test_entries_are_read_as_far_as_they_are_there(tmp_path: Path) -> None:
    publish_tiles(tmp_path, 600, content)
    (tmp_path / "tile/entries/001").unlink()
    assert read_published_entries(tmp_path, 5, 600, MAX_BUNDLE_BYTES) == ENTRIES[5:256]
    assert read_published_entries(tmp_path, 300, 600, MAX_BUNDLE_BYTES) == []
    assert read_published_entries(tmp_path, 512, 600, MAX_BUNDLE_BYTES) == ENTRIES[512:600]
    assert read_published_entries(tmp_path, 512, 600, 10) == []


# --- disks -----------------------------------------------------------------------------------


def spoil_with_a_link(folder: Path) -> Callable[[], None]:
    link = folder / ".new-checkpoint"
    link.symlink_to(folder / "elsewhere")
    return link.unlink


def spoil_with_a_folder(folder: Path) -> Callable[[], None]:
    (folder / ".new-checkpoint").mkdir()
    return (folder / ".new-checkpoint").rmdir


def spoil_with_a_file_for_a_folder(folder: Path) -> Callable[[], None]:
    (folder / "tile").rename(folder / "kept")
    (folder / "tile").write_bytes(b"")

    def heal() -> None:
        (folder / "tile").unlink()
        (folder / "kept").rename(folder / "tile")

    return heal


def spoil_with_a_file_for_all(folder: Path) -> Callable[[], None]:
    kept = folder.with_name("kept")
    folder.rename(kept)
    folder.write_bytes(b"")

    def heal() -> None:
        folder.unlink()
        kept.rename(folder)

    return heal


def spoil_checkpoint_with_a_folder(folder: Path) -> Callable[[], None]:
    kept = (folder / "checkpoint").rename(folder.with_name("kept"))
    (folder / "checkpoint").mkdir()

    def heal() -> None:
        (folder / "checkpoint").rmdir()
        kept.rename(folder / "checkpoint")

    return heal


@pytest.mark.parametrize(
    "spoil",
    [
        spoil_with_a_link,
        spoil_with_a_folder,
        spoil_with_a_file_for_a_folder,
        spoil_with_a_file_for_all,
        spoil_checkpoint_with_a_folder,
    ],
)
def test_a_spoilt_folder_is_told_and_the_next_round_heals(
    world: LogWorld, spoil: Callable[[Path], Callable[[], None]]
) -> None:
    world.act(2)
    world.publish()
    before = world.checkpoint()
    heal = spoil(world.folder)
    world.act(2)
    with pytest.raises(InputError, match=f"^{world.folder}: (publishing|reading) the"):
        world.publish()
    heal()
    assert not (world.folder / "elsewhere").exists()
    assert world.checkpoint() == before
    world.publish()
    assert world.require_whole(before).size == 4


def on_small_disk(world: LogWorld, disk: Path) -> None:
    world.folder.symlink_to(disk / "log")


def test_a_full_disk_leaves_the_log_as_it_was(world: LogWorld, small_disk: Path) -> None:
    on_small_disk(world, small_disk)
    (small_disk / "log").mkdir()
    world.act(3)
    world.publish()
    refused, seen = 0, [world.checkpoint()]
    for leave in (0, 4, 8, 0, 4, 8, 12, 16, 40):
        (small_disk / "filler").unlink(missing_ok=True)
        fill_disk(small_disk, leave << 10)
        world.act(3)
        try:
            world.publish()
        except InputError as error:
            refused += 1
            assert "no space left" in str(error)  # noqa: PT017 - which rounds are refused is open
        seen.append(world.require_whole(*seen))
    assert 2 < refused < 9
    (small_disk / "filler").unlink()
    world.publish()
    assert world.require_whole(*seen).size == 30


def test_a_read_only_disk_leaves_the_log_as_it_was(world: LogWorld, small_disk: Path) -> None:
    on_small_disk(world, small_disk)
    (small_disk / "log").mkdir()
    world.act()
    world.publish()
    before = files_in(world.folder)
    world.act()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(InputError, match="read-only"):
        world.publish()
    assert files_in(world.folder) == before
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    world.publish()
    assert world.require_whole().size == 2
