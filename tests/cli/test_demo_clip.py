import csv
from datetime import UTC, datetime
from itertools import islice, pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from fairplate.cli.demo.clip import (
    DEMO_CARS,
    DURATION_S,
    FPS,
    DemoCar,
    draw_frames,
    render_clip,
)
from fairplate.cli.demo.hot_list import COLUMNS, write_hot_list
from fairplate.cli.demo.plates import PAINTERS
from fairplate.core.errors import InputError
from fairplate.core.plates import is_plate
from fairplate.core.purposes import Purpose
from fairplate.core.regions import REGIONS
from fairplate.hotlists.files import load_hot_list
from fairplate.hotlists.match import fits

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[DemoCar]]:
    path = tmp_path_factory.mktemp("demo") / "street.mp4"
    return path, render_clip(path)


def test_the_file_is_a_video_of_the_promised_size_and_length(
    rendered: tuple[Path, list[DemoCar]],
) -> None:
    with av.open(str(rendered[0])) as file:
        stream = file.streams.video[0]
        assert (stream.width, stream.height) == (1280, 720)
        assert stream.average_rate == FPS
        pictures = [frame.to_ndarray(format="gray") for frame in file.decode(stream)]
    assert len(pictures) == DURATION_S * FPS
    seconds = [picture[::4, ::4].astype(int) for picture in pictures[::FPS]]
    changes = [float(np.abs(a - b).mean()) for a, b in pairwise(seconds)]
    assert min(changes) > 1  # something moves all the time


def test_the_cars_are_those_of_the_clip_in_order_of_passing(
    rendered: tuple[Path, list[DemoCar]],
) -> None:
    cars = rendered[1]
    assert cars == list(DEMO_CARS)
    times = [car.passes_at_s for car in cars]
    assert times == sorted(times)
    assert 0 < times[0] < times[-1] < DURATION_S
    assert len({car.plate for car in cars}) == len({car.region for car in cars}) == len(cars) >= 5
    assert all(is_plate(car.plate) and car.region in REGIONS for car in cars)


def test_the_same_seed_draws_the_same_frames_and_another_seed_others() -> None:
    first, again, other = (next(draw_frames(seed=seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_frames_are_noisy_as_from_a_sensor() -> None:
    one, two = islice(draw_frames(), 2)
    sky = slice(0, 60), slice(560, 720)
    assert 1 < np.std(one[sky].astype(int) - two[sky]) < 10


@pytest.mark.parametrize("car", DEMO_CARS, ids=lambda car: car.region)
def test_every_plate_is_drawn_in_its_format(car: DemoCar) -> None:
    face = PAINTERS[car.region](car.plate)
    height, width, _ = face.pixels.shape
    assert width / height == pytest.approx(face.width_m / face.height_m, rel=0.01)
    bright = face.pixels.astype(int).sum(axis=2)
    assert np.ptp(bright) > 500  # dark letters on a light ground
    changed = PAINTERS[car.region]("8" * len(car.plate)).pixels
    assert not np.array_equal(changed, face.pixels)


def demo_list(tmp_path: Path) -> list[dict[str, str]]:
    path = tmp_path / "list.csv"
    write_hot_list(path, now=NOW)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_list_names_one_car_exactly_and_one_by_a_look_alike(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    write_hot_list(path, now=NOW)
    batch = load_hot_list(path, now=NOW)
    assert batch.problems == ()
    fitting = [
        (car.plate == entry.plate, car.region == entry.jurisdiction)
        for entry in batch.entries
        for car in DEMO_CARS
        if fits(car.plate, entry.plate)
    ]
    assert sorted(fitting) == [(False, True), (True, True)]
    assert len(batch.entries) > 4


def test_every_row_of_the_list_is_complete_and_in_force(tmp_path: Path) -> None:
    for row in demo_list(tmp_path):
        assert tuple(row) == COLUMNS
        assert is_plate(row["plate"])
        assert row["jurisdiction"] in REGIONS
        assert row["purpose"] in set(Purpose)
        assert row["reference"].startswith("DEMO-")
        assert row["call"]
        from_, until = (datetime.fromisoformat(row[k]) for k in ("valid_from", "valid_until"))
        assert from_ < NOW < until


def test_a_naive_time_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="UTC offset"):
        write_hot_list(tmp_path / "list.csv", now=NOW.replace(tzinfo=None))
