from datetime import timedelta

import pytest
from tests.alerts.matches import NOON

from fairplate.alerts.retries import LONGEST, WAITS, next_try

SECOND = timedelta(seconds=1)


def test_waits_grow_and_stay_at_the_last() -> None:
    assert list(WAITS) == sorted(set(WAITS))
    for attempts in range(1, 40):
        wait = WAITS[min(attempts, len(WAITS)) - 1]
        assert next_try(attempts, NOON, NOON) == NOON + wait


@pytest.mark.parametrize(
    ("asked", "waited"),
    [
        (None, 2 * SECOND),
        (SECOND, 2 * SECOND),
        (timedelta(0), 2 * SECOND),
        (90 * SECOND, 90 * SECOND),
    ],
)
def test_what_the_other_side_asks_for_is_waited_at_least(
    asked: timedelta | None, waited: timedelta
) -> None:
    assert next_try(1, NOON, NOON, asked) == NOON + waited


def test_after_a_day_it_is_given_up() -> None:
    last = NOON + LONGEST - WAITS[-1]
    assert next_try(50, NOON, last - SECOND) == NOON + LONGEST - SECOND
    assert next_try(50, NOON, last) is None
    assert next_try(1, NOON, NOON + 2 * LONGEST) is None


@pytest.mark.parametrize("asked", [LONGEST, timedelta(days=400), timedelta.max])
def test_who_asks_for_more_than_a_day_is_not_tried_again(asked: timedelta) -> None:
    assert next_try(1, NOON, NOON, asked) is None


def test_a_day_of_failures_is_so_many_tries() -> None:
    now, tries = NOON, 1
    while (again := next_try(tries, NOON, now)) is not None:
        now, tries = again, tries + 1
    assert tries == 31
