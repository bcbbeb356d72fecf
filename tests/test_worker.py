"""The workers on a real deployment: when they look, what they tell, and that they go on."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.deployments import make_deployment
from tests.worlds import SetClock, policy_document

from fairplate.core.errors import FairplateError, StorageError
from fairplate.wiring import Deployment, Expired, Round, opened_deployment
from fairplate.worker import LONGEST_WAIT, PUBLISHED_EVERY, run_publisher, run_worker, wait_time

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ZERO = timedelta(0)


class Ticks(threading.Event):
    """An event that does not wait, but moves the clock by as much."""

    def __init__(self, clock: SetClock) -> None:
        super().__init__()
        self.clock = clock
        self.waited: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        if not self.is_set():
            self.waited.append(timeout or 0)
            self.clock.move(timedelta(seconds=timeout or 0))
        return self.is_set()


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOON)


@pytest.fixture
def deployment(
    request: pytest.FixtureRequest, tmp_path: Path, clock: SetClock
) -> Iterator[Deployment]:
    document = policy_document("3 minutes", "3 minutes")
    folder = make_deployment(request, "sqlite", tmp_path / "data", document, at=clock())
    with opened_deployment(folder, actor="system", clock=clock) as opened:
        yield opened


def watch(deployment: Deployment, clock: SetClock, rounds: int) -> tuple[list[object], Ticks]:
    """Let the worker run for so many rounds and return what it told."""
    told: list[object] = []
    stop = Ticks(clock)

    def tell(what: Expired | FairplateError) -> None:
        told.append(what)
        if len(told) == rounds:
            stop.set()

    run_worker(deployment, stop, tell)
    return told, stop


def test_each_key_is_destroyed_when_its_time_is_over(
    deployment: Deployment, clock: SetClock
) -> None:
    told, stop = watch(deployment, clock, 8)
    assert all(isinstance(what, Expired) and not what.problems for what in told)
    destroyed = [str(name) for what in told if isinstance(what, Expired) for name in what.destroyed]
    # At 12:07 by the clock: periods of a minute, each gone three minutes after it began.
    assert clock() == NOON + timedelta(minutes=7) == NOON + timedelta(seconds=sum(stop.waited))
    assert destroyed == [
        f"{kind}2026-11-23T12:0{minute}Z/PT1M" for minute in range(5) for kind in ("", "hits/")
    ]
    assert max(stop.waited) == 60


def test_an_error_is_told_and_the_next_round_tries_again(
    deployment: Deployment, clock: SetClock
) -> None:
    (file, *_) = deployment.database.files()
    away = file.with_name("away.db")
    deployment.database.close()
    for path in deployment.database.files()[1:]:
        path.unlink(missing_ok=True)
    file.rename(away)
    told, stop = watch(deployment, clock, 2)
    assert all(isinstance(what, StorageError) for what in told)
    assert stop.waited == [LONGEST_WAIT.total_seconds()]
    away.rename(file)
    ((did,), _) = watch(deployment, clock, 1)
    assert isinstance(did, Expired)
    assert not did.problems


def test_a_stop_before_the_start_does_nothing(deployment: Deployment) -> None:
    stop = threading.Event()
    stop.set()
    run_worker(deployment, stop, lambda told: pytest.fail(str(told)))
    assert deployment.key_statuses() == ()


@given(
    ahead=st.timedeltas(min_value=-timedelta(days=1), max_value=timedelta(days=1)) | st.none(),
)
def test_it_waits_for_the_next_key_and_a_minute_at_most(ahead: timedelta | None) -> None:
    due = None if ahead is None else NOON + ahead
    waits = wait_time(due, NOON)
    assert ZERO <= waits <= LONGEST_WAIT
    if due is not None and ZERO <= due - NOON <= LONGEST_WAIT:
        assert NOON + waits == due
    elif due is None or due > NOON:
        assert waits == LONGEST_WAIT
    else:
        assert waits == ZERO


def publish(deployment: Deployment, clock: SetClock, rounds: int) -> tuple[list[object], Ticks]:
    """Let the publisher run, ask it to stop after so many rounds, and return what it told."""
    told: list[object] = []
    stop = Ticks(clock)

    def tell(what: Round | FairplateError) -> None:
        told.append(what)
        if len(told) == rounds:
            stop.set()

    run_publisher(deployment, stop, tell)
    return told, stop


def test_the_log_is_published_twice_a_minute_and_signed_once_an_hour_at_least(
    deployment: Deployment, clock: SetClock
) -> None:
    told, stop = publish(deployment, clock, 130)
    assert set(stop.waited) == {PUBLISHED_EVERY.total_seconds()}
    signed = [what.signed.at for what in told if isinstance(what, Round) and what.signed]
    assert len(told) == 131
    assert signed[0] == NOON
    assert len(signed) == 2
    assert signed[1] - signed[0] <= timedelta(hours=1)


def test_what_happens_while_it_is_asked_to_stop_is_published_too(
    deployment: Deployment, clock: SetClock
) -> None:
    told: list[Round | FairplateError] = []
    stop = Ticks(clock)

    def tell(what: Round | FairplateError) -> None:
        told.append(what)
        if len(told) == 1:
            deployment.enrol_reader("gate", "Gate")
            stop.set()

    run_publisher(deployment, stop, tell)
    assert [what.sequenced for what in told if isinstance(what, Round)] == [1, 1]


def test_a_publisher_goes_on_after_an_error(deployment: Deployment, clock: SetClock) -> None:
    folder = deployment.log.folder
    folder.write_text("in the way")
    told, stop = publish(deployment, clock, 1)
    assert [isinstance(what, FairplateError) for what in told] == [True, True]
    assert stop.waited == []
    folder.unlink()
    (first, _), _ = publish(deployment, clock, 1)
    assert isinstance(first, Round)
    assert first.signed is not None
