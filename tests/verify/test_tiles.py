"""Tiles and bundles: the examples of C2SP tlog-tiles, every small tree, and damaged bytes."""

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.verify import rfc6962

from fairplate.verify.errors import LogFormatError
from fairplate.verify.tiles import (
    MAX_BUNDLE_BYTES,
    MAX_ENTRY_BYTES,
    TILE_BYTES,
    WIDTH,
    Tile,
    hashes_from_tiles,
    join_entries,
    split_entries,
    split_hashes,
    tiles_of,
)
from fairplate.verify.tree import (
    consistency_proof,
    hash_complete,
    hash_leaf,
    inclusion_proof,
    root_hash,
)

LEAVES = [hash_leaf(b"%d" % number) for number in range(1000)]


def tiles_in_memory(size: int) -> dict[str, bytes]:
    """Return the hash tiles of the first `size` of LEAVES by path, made as the page says."""
    found: dict[str, bytes] = {}
    level, row = 0, LEAVES[:size]
    while row:
        for start in range(0, len(row), WIDTH):
            part = row[start : start + WIDTH]
            found[Tile(level, start // WIDTH, len(part)).path] = b"".join(part)
        full = range(0, len(row) - len(row) % WIDTH, WIDTH)
        row = [hash_complete(row[start : start + WIDTH]) for start in full]
        level += 1
    return found


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 1234067, WIDTH), "tile/0/x001/x234/067"),  # the example of C2SP tlog-tiles
        (Tile(0, 1234067, 1), "tile/0/x001/x234/067.p/1"),
        (Tile(None, 1234067, 255), "tile/entries/x001/x234/067.p/255"),
        (Tile(0, 0, WIDTH), "tile/0/000"),
        (Tile(1, 7, 9), "tile/1/007.p/9"),
        (Tile(None, 999, WIDTH), "tile/entries/999"),
        (Tile(None, 1000, WIDTH), "tile/entries/x001/000"),
        (Tile(7, 1_000_000, WIDTH), "tile/7/x001/x000/000"),
    ],
)
def test_the_path_of_a_tile(tile: Tile, path: str) -> None:
    assert tile.path == path


@given(st.integers(0, 2**55))
def test_a_path_spells_one_index(index: int) -> None:
    groups = Tile(0, index, WIDTH).path.removeprefix("tile/0/").split("/")
    assert [group[:-3] for group in groups] == ["x"] * (len(groups) - 1) + [""]
    digits = "".join(group[-3:] for group in groups)
    assert int(digits) == index
    assert not digits.startswith("000") or len(groups) == 1


def test_the_tiles_of_70_000_entries_are_those_of_the_specification() -> None:
    """C2SP tlog-tiles, "Partial Tiles": 273 full, one of 112; one full, one of 17; one of 1."""
    counted = Counter((tile.level, tile.width) for tile in tiles_of(70_000))
    hashes = {(0, 256): 273, (0, 112): 1, (1, 256): 1, (1, 17): 1, (2, 1): 1}
    assert counted == hashes | {(None, 256): 273, (None, 112): 1}


@pytest.mark.parametrize(
    ("size", "paths"),
    [
        (0, []),
        (1, ["tile/entries/000.p/1", "tile/0/000.p/1"]),
        (255, ["tile/entries/000.p/255", "tile/0/000.p/255"]),
        (256, ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]),
        (
            257,
            [
                "tile/entries/000", "tile/entries/001.p/1",
                "tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1",
            ],
        ),
    ],
)  # fmt: skip
def test_the_tiles_of_small_trees(size: int, paths: list[str]) -> None:
    assert [tile.path for tile in tiles_of(size)] == paths


@given(st.integers(0, 2**20))
def test_a_tree_has_the_tiles_of_the_specification(size: int) -> None:
    """Of level l there are floor(size / 256**l) hashes, in full tiles but for the last."""
    found: Counter[int | None] = Counter()
    for tile in tiles_of(size):
        assert 1 <= tile.width <= WIDTH
        found[tile.level] += tile.width
    levels = range(math.ceil(math.log(size, WIDTH)) + 2 if size else 1)
    expected = {level: size // WIDTH**level for level in levels} | {None: size}
    assert found == Counter({level: number for level, number in expected.items() if number})


@given(st.integers(0, 200_000), st.integers(0, 3000))
def test_growing_writes_what_is_new_and_nothing_that_is_full_already(old: int, more: int) -> None:
    new = old + more
    before, after = set(tiles_of(old)), set(tiles_of(new))
    written = list(tiles_of(new, since=old))
    assert len(set(written)) == len(written)
    assert set(written) == after - before


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 600, 767, 768, 769, 1000])
def test_hashes_of_every_subtree_come_out_of_the_tiles(size: int) -> None:
    tiles = tiles_in_memory(size)
    assert set(tiles) == {tile.path for tile in tiles_of(size) if tile.level is not None}
    read = hashes_from_tiles(size, lambda tile: tiles[tile.path])
    for level in range(size.bit_length()):
        for index in range(size >> level):
            part = LEAVES[index << level : (index + 1) << level]
            assert read(level, index) == hash_complete(part)


@pytest.mark.parametrize("size", [1, 255, 256, 257, 513, 1000])
def test_proofs_come_out_of_the_tiles(size: int) -> None:
    entries = [b"%d" % number for number in range(size)]
    tiles = tiles_in_memory(size)
    read = hashes_from_tiles(size, lambda tile: tiles[tile.path])
    assert root_hash(size, read) == rfc6962.mth(entries)
    for number in {0, size // 2, size - 1}:
        assert inclusion_proof(number, size, read) == rfc6962.path(number, entries)
        if number:
            assert consistency_proof(number, size, read) == rfc6962.proof(number, entries)


def test_a_proof_reads_few_tiles() -> None:
    size = 256**3 + 256**2 + 300
    asked: list[str] = []

    def read_tile(tile: Tile) -> bytes:
        asked.append(tile.path)
        return bytes(32 * tile.width)

    inclusion_proof(1_000_000, size, hashes_from_tiles(size, read_tile))
    assert len(asked) == len(set(asked)) <= 8


@pytest.mark.parametrize("length", [0, 1, 2, 255])
def test_a_tile_of_another_width_is_told_by_name(length: int) -> None:
    read = hashes_from_tiles(259, lambda tile: bytes(32 * (length if tile.index else tile.width)))
    with pytest.raises(LogFormatError, match=r"^tile(/0/001\.p/3)?: expected"):
        read(0, 258)


def test_what_reading_a_tile_raises_comes_out() -> None:
    def read_tile(tile: Tile) -> bytes:
        raise FileNotFoundError(tile.path)

    with pytest.raises(FileNotFoundError, match=r"tile/0/000\.p/7"):
        root_hash(7, hashes_from_tiles(7, read_tile))


@pytest.mark.parametrize("length", [0, 1, 31, 33, 8191, 8193, 8224, 16384])
def test_other_lengths_are_no_tile(length: int) -> None:
    with pytest.raises(LogFormatError, match=f"tile: expected .* found {length} bytes"):
        split_hashes(bytes(length))


@pytest.mark.parametrize("width", [1, 2, 255, 256])
def test_a_tile_is_its_hashes(width: int) -> None:
    data = b"".join(LEAVES[:width])
    assert split_hashes(data) == LEAVES[:width]
    assert len(data) <= TILE_BYTES


def test_the_bytes_of_a_bundle() -> None:
    assert join_entries([b"", b"a", b"b" * 258]) == b"\0\0" + b"\0\1a" + b"\1\2" + b"b" * 258
    assert join_entries([]) == b""
    longest = [bytes(MAX_ENTRY_BYTES)] * WIDTH
    assert len(join_entries(longest)) == MAX_BUNDLE_BYTES
    assert split_entries(join_entries(longest)) == longest


@given(st.lists(st.binary(max_size=40)))
def test_a_bundle_reads_back(entries: list[bytes]) -> None:
    assert split_entries(join_entries(entries)) == entries


@given(st.binary(max_size=200))
def test_bytes_are_one_bundle_or_none(data: bytes) -> None:
    try:
        entries = split_entries(data)
    except LogFormatError:
        return
    assert join_entries(entries) == data


def test_a_bundle_that_is_cut_off_anywhere_is_refused_or_shorter() -> None:
    entries = [b"abc", b"", b"d" * 300]
    data = join_entries(entries)
    whole = {0: 0, 5: 1, 7: 2, 309: 3}  # where an entry ends, and how many there are then
    for length in range(len(data) + 1):
        if length in whole:
            assert split_entries(data[:length]) == entries[: whole[length]]
        else:
            with pytest.raises(LogFormatError, match=r"entry \d: expected entries that end"):
                split_entries(data[:length])
