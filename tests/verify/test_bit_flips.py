"""One flipped bit anywhere in a log of 10,000 events is found, and its file named.

Bits are flipped in many files at once, where one wrong file cannot hide another: of a tile and its
bundle only one is flipped. Each pass is the whole check.
"""

import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.verify.log_folders import TIME_S, make_entries, make_log, make_witness_entry
from tests.verify.planted import KEY, WITNESS, WITNESSED, PlantedLog

from fairplate.verify.findings import Severity
from fairplate.verify.tiles import Tile, tiles_of

EVENTS = 10_000
PASSES = 52
SINGLE = 3
SEED = 20260104


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> PlantedLog:
    folder = tmp_path_factory.mktemp("flipped")
    entries = [make_witness_entry(WITNESS), *make_entries(EVENTS - 1, first=1)]
    make_log(folder, entries[:9_700], KEY)
    witnessed = {"2026-01": (5_000, TIME_S)}
    make_log(folder, entries, KEY, witnesses=[WITNESS], witnessed=witnessed)
    return PlantedLog(folder)


def files_of(log: PlantedLog) -> list[str]:
    found = (path for path in log.folder.rglob("*") if path.is_file())
    return sorted(str(path.relative_to(log.folder)) for path in found)


def flip(path: Path, chosen: random.Random) -> None:
    data = bytearray(path.read_bytes())
    bit = chosen.randrange(len(data) * 8)
    data[bit // 8] ^= 1 << bit % 8
    path.write_bytes(data)


def check_flipped(log: PlantedLog, names: Sequence[str], chosen: random.Random) -> None:
    """Flip one bit in each of the files, expect each to be named, and put them back."""
    before = {name: log.path(name).read_bytes() for name in names}
    for name in names:
        flip(log.path(name), chosen)
    report = log.check()
    for name, data in before.items():
        log.path(name).write_bytes(data)
    found = {one.where for one in report.findings if one.severity is Severity.FAULT}
    assert set(names) <= found, f"seed {SEED}"
    # Nothing else is accused, but events that cannot be read any more.
    assert {where for where in found if not where.startswith("event")} == set(names)


def test_the_log_is_sound(log: PlantedLog) -> None:
    assert log.check().findings == ()


def test_flipped_bits_in_tiles_and_bundles_are_found(log: PlantedLog) -> None:
    chosen = random.Random(SEED)  # noqa: S311 - no secret
    pairs = [
        (tile.path, Tile(None, tile.index, tile.width).path)
        for tile in tiles_of(EVENTS)
        if tile.level == 0
    ]
    assert len(pairs) * PASSES >= 2_000
    for _ in range(PASSES):
        check_flipped(log, [chosen.choice(pair) for pair in pairs], chosen)


@pytest.mark.parametrize("number", range(SINGLE))
def test_a_bit_flipped_in_one_file_alone_is_found(number: int, log: PlantedLog) -> None:
    chosen = random.Random(SEED + number)  # noqa: S311 - no secret
    names = files_of(log)
    few = [name for name in names if not name.startswith(("tile/0/", "tile/entries/"))]
    assert {"checkpoint", WITNESSED, "tile/1/000.p/39", "tile/1/000.p/37"} == set(few)
    for name in [*few, *(one for one in names if ".p/" in one), *chosen.sample(names, 2)]:
        check_flipped(log, [name], chosen)
