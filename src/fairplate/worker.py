"""The workers: what goes on by itself in a deployment, the expiry and the audit log's publisher.

Decides when to look again: when the next key is due, after a minute at most; for the log, twice a
minute.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from fairplate.core.errors import FairplateError
from fairplate.wiring import Deployment, Expired, Round

LONGEST_WAIT = timedelta(minutes=1)
PUBLISHED_EVERY = timedelta(seconds=30)
"""A checkpoint is promised within a minute of an event; witnesses have ten seconds of it."""


def run_worker(
    deployment: Deployment,
    stop: threading.Event,
    tell: Callable[[Expired | FairplateError], None],
) -> None:
    """Expire until `stop` is set; `tell` each round, or the error that it ended with."""
    while not stop.is_set():
        next_due: datetime | None = None
        try:
            report = deployment.expire()
            next_due = report.next_due
            tell(report)
        except FairplateError as error:
            tell(error)  # the next round tries again
        stop.wait(wait_time(next_due, deployment.now()).total_seconds())


def wait_time(next_due: datetime | None, now: datetime) -> timedelta:
    """Return how long to wait at `now` for a key that is due at `next_due` (both aware)."""
    if next_due is None:
        return LONGEST_WAIT
    return min(max(next_due - now, timedelta(0)), LONGEST_WAIT)


def run_publisher(
    deployment: Deployment,
    stop: threading.Event,
    tell: Callable[[Round | FairplateError], None],
) -> None:
    """Publish the log until `stop` is set, and once more then; `tell` as `run_worker` does."""
    while True:
        last = stop.is_set()
        try:
            tell(deployment.publish_log())
        except FairplateError as error:
            tell(error)  # the next round tries again
        if last:
            return
        stop.wait(PUBLISHED_EVERY.total_seconds())
