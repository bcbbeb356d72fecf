"""The worker: what goes on by itself in a deployment. So far: the expiry, at once and every minute.

Decides when to look again: when the next key is due, after a minute at most.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from fairplate.core.errors import FairplateError
from fairplate.wiring import Deployment, Expired

LONGEST_WAIT = timedelta(minutes=1)


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
