"""Times of events, held against checkpoints that others have seen."""

from pathlib import Path

import pytest
from tests.verify.log_folders import TIME_S
from tests.verify.planted import KEY, SIZE, faults, notices, plant, sound_entries
from tests.verify.test_older_check import keep_of

MINUTE_S = 60
BEFORE = {("time-before-witnessed", "event 300"), ("time-before-witnessed", "event 400")}
WITNESSED = "witnessed/2026-01"


@pytest.mark.parametrize(
    ("size", "off_s", "expected"),
    [
        (300, 0, set()),
        (300, 14 * MINUTE_S, BEFORE),
        (300, -14 * MINUTE_S, set()),
        (300, -16 * MINUTE_S, {("time-after-witnessed", "event 299")}),
        (SIZE, 60 * MINUTE_S, set()),
        (0, -60 * MINUTE_S, set()),
    ],
)
def test_events_are_held_against_the_time_of_an_older_checkpoint(
    size: int, off_s: int, expected: set[tuple[str, str]], tmp_path: Path
) -> None:
    """The log's events are five minutes older than its checkpoint; ten are let pass."""
    report = plant(tmp_path).check(older=[keep_of(size, TIME_S + off_s)])
    assert faults(report) == expected


def test_events_are_held_against_witnessed_checkpoints(tmp_path: Path) -> None:
    log = plant(tmp_path)
    entries = sound_entries()[:400]
    log.sign(entries, KEY, time_s=TIME_S - 20 * MINUTE_S, name=WITNESSED)
    assert faults(log.check()) == {("time-after-witnessed", "event 399")}


def test_a_month_that_is_missing_is_told_of(tmp_path: Path) -> None:
    log = plant(tmp_path)
    log.path(WITNESSED).unlink()
    report = log.check()
    assert report.well
    assert notices(report) == {("month-missing", WITNESSED)}
