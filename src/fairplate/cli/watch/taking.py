"""The thread of `watch` that takes reads: from all sources, in batches, through the intake.

Decides that no read is lost while the database is away for a while, and what is told of each.
"""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from fairplate.cli.watch.telling import Telling, Totals
from fairplate.core.errors import FairplateError
from fairplate.intake import Arriving, Intake, Taken
from fairplate.policy.arrivals import Refused

if TYPE_CHECKING:
    from fairplate.wiring import Deployment

MOST_WAITING = 64
"""Reads with their pictures; past that the sources wait."""

MOST_AT_ONCE = 25
_LOOKED_EVERY_S = 1.0
_PUT_EVERY_S = 0.2
LAST_TRIES = 5
"""So often a batch is tried when everything is to end."""

LAST_PUTS = 50
"""So often a read is offered to an intake that is behind when everything is to end: 10 seconds."""


@dataclass(slots=True)
class Taking:
    """Takes what sources put, until `end`."""

    deployment: "Deployment"
    intake: Intake
    telling: Telling
    pause: Callable[[float], object]
    is_ending: Callable[[], bool]
    totals: Totals = field(default_factory=Totals)
    failed: bool = False
    _waiting: "queue.Queue[Arriving | None]" = field(
        default_factory=lambda: queue.Queue(MOST_WAITING)
    )
    _gone: threading.Event = field(default_factory=threading.Event)

    def put(self, arriving: Arriving) -> None:
        """Hand a read over; waits while too many do, but not for long when all is to end."""
        tries = count(1)
        while not self._hand_over(arriving):
            if self._gone.is_set() or (self.is_ending() and next(tries) >= LAST_PUTS):
                self.failed = True
                self.telling.problem("a read was lost: the intake did not take it in time")
                return

    def end(self) -> None:
        """Say that nothing more comes; what was put before is still taken."""
        while not self._gone.is_set() and not self._hand_over(None):
            pass

    def run(self) -> None:
        """Take batches until the end."""
        try:
            is_last = False
            while not is_last:
                batch, is_last = self._next_batch()
                if batch:
                    self._take(batch)
                else:
                    self.intake.let_go_of_due()
        finally:
            self._gone.set()

    def _hand_over(self, one: Arriving | None) -> bool:
        try:
            self._waiting.put(one, timeout=_PUT_EVERY_S)
        except queue.Full:
            return False
        return True

    def _next_batch(self) -> tuple[list[Arriving], bool]:
        batch: list[Arriving] = []
        while len(batch) < MOST_AT_ONCE:
            try:
                one = self._waiting.get(block=not batch, timeout=_LOOKED_EVERY_S)
            except queue.Empty:
                break
            if one is None:
                return batch, True
            batch.append(one)
        return batch, False

    def _take(self, batch: list[Arriving]) -> None:
        for tried in count(1):
            try:
                taken = self.intake.take(batch)
            except FairplateError as error:
                self.telling.problem(str(error))
                if error.retryable and not (self.is_ending() and tried >= LAST_TRIES):
                    self.pause(_LOOKED_EVERY_S)
                    continue
                self._take_apart(batch, is_hopeless=error.retryable)
            else:
                self._tell(batch, taken)
            return

    def _take_apart(self, batch: list[Arriving], *, is_hopeless: bool) -> None:
        """Take each by itself: one that cannot be taken must not cost the others."""
        if len(batch) > 1 and not is_hopeless:
            for one in batch:
                self._take([one])
            return
        self.failed = True
        self.telling.problem(
            "1 read was lost" if len(batch) == 1 else f"{len(batch)} reads were lost"
        )

    def _tell(self, batch: list[Arriving], taken: tuple[Taken, ...]) -> None:
        for arriving, one in zip(batch, taken, strict=True):
            if isinstance(one.outcome, Refused):
                self.totals.refused += 1
                self.telling.problem(f"reader {arriving.reader_id}: read refused: {one.outcome}")
            else:
                self.totals.reads += 1
            for alert_id in one.alerts:
                self.totals.alerts += 1
                try:
                    self.telling.alert(self.deployment.alerts.one(alert_id))
                except FairplateError as error:
                    self.telling.problem(f"alert {alert_id}: {error}")
