"""The workers: what goes on by itself in a deployment, each in a thread of its own.

Decides when to look again: for expiry when the next key is due, after a minute at most; for the log
twice a minute; for lists and drop folders every second; for messages as soon as one was put into
the outbox.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from fairplate.core.errors import FairplateError
from fairplate.wiring import (
    Delivered,
    Delivery,
    Deployment,
    Drops,
    Expired,
    LiveLists,
    Round,
    TakenDrop,
)

LONGEST_WAIT = timedelta(minutes=1)
PUBLISHED_EVERY = timedelta(seconds=30)
"""A checkpoint is promised within a minute of an event; witnesses have ten seconds of it."""

LISTS_EVERY = timedelta(seconds=1)
"""A change of a list is known to the intake so soon."""

DROPS_EVERY = timedelta(seconds=1)
ROUND_EVERY = timedelta(seconds=10)
OUTBOX_EVERY = timedelta(seconds=1)
"""How soon a message is found that another process put into the outbox."""


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


def run_lists(
    deployment: Deployment,
    lists: LiveLists,
    stop: threading.Event,
    tell: Callable[[FairplateError], None],
) -> None:
    """Keep `lists` as the database has them; look after alerts and cases too, until `stop`."""
    last_round: datetime | None = None
    while not stop.is_set():
        try:
            lists.refresh()
        except FairplateError as error:
            tell(error)  # what is known goes on, and the next round tries again
        now = deployment.now()
        # Also where the clock was set back: alerts wait for nobody's clock.
        if last_round is None or abs(now - last_round) >= ROUND_EVERY:
            last_round = now
            for act in (partial(deployment.alerts.run_round, lists), deployment.cases.close_due):
                try:
                    act()
                except FairplateError as error:
                    tell(error)  # one does not keep the other from being done
        stop.wait(LISTS_EVERY.total_seconds())


def run_drops(
    drops: Drops,
    stop: threading.Event,
    tell: Callable[[TakenDrop | FairplateError], None],
) -> None:
    """Import what is dropped into the lists' folders until `stop`."""
    while not stop.is_set():
        try:
            for told in drops.run_round():
                tell(told)
        except FairplateError as error:
            tell(error)  # the next round tries again
        stop.wait(DROPS_EVERY.total_seconds())


def run_delivery(
    delivery: Delivery,
    channel: str,
    wake: threading.Event,
    stop: threading.Event,
    tell: Callable[[Delivered | FairplateError], None],
) -> None:
    """Deliver what is due on one channel until `stop`; `wake` is set when there may be something.

    Whoever sets `stop` sets `wake` too.
    """
    while not stop.is_set():
        wake.clear()
        try:
            done = delivery.deliver_due(channel)
        except FairplateError as error:
            tell(error)  # the next round tries again
        else:
            if done.accepted or done.put_off or done.given_up:
                tell(done)
                continue  # there may be more than one round takes
        wake.wait(OUTBOX_EVERY.total_seconds())


@dataclass(slots=True)
class Workers:
    """All workers of one deployment, each in its thread, until `end`.

    `tell` is called with the name of the part and each error; `crashed` once a thread has died of
    what no worker expects.
    """

    deployment: Deployment
    lists: LiveLists
    delivery: Delivery
    tell: Callable[[str, FairplateError | str], None]
    crashed: Callable[[str], None]
    stop: threading.Event = field(default_factory=threading.Event)
    _wakes: dict[str, threading.Event] = field(default_factory=dict)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Begin."""
        self._start("keys", run_worker, self.deployment, self.stop)
        self._start("log", run_publisher, self.deployment, self.stop)
        self._start("lists", run_lists, self.deployment, self.lists, self.stop)
        drops = Drops(self.deployment.hot_lists, self.deployment.now)
        self._start("drops", run_drops, drops, self.stop)
        for name in self.delivery.channels:
            wake = self._wakes[name] = threading.Event()
            self._start("channel", run_delivery, self.delivery, name, wake, self.stop)

    def wake(self) -> None:
        """Let messages be delivered that were just put into the outbox."""
        for wake in self._wakes.values():
            wake.set()

    def end(self, within: timedelta) -> None:
        """Let every worker finish what it is at."""
        self.stop.set()
        self.wake()
        until_s = time.monotonic() + within.total_seconds()
        for thread in self._threads:
            thread.join(max(until_s - time.monotonic(), 0.0))

    def _start(self, name: str, work: Callable[..., None], *arguments: object) -> None:
        def tell(told: object) -> None:
            problems = [told] if isinstance(told, FairplateError) else getattr(told, "problems", ())
            for problem in problems:
                self.tell(name, problem if isinstance(problem, FairplateError) else str(problem))

        def run() -> None:
            try:
                work(*arguments, tell)
            except BaseException:
                self.crashed(name)
                raise

        thread = threading.Thread(target=run, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()
