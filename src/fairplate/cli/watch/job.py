"""The run of `watch`: sources, intake, delivery and all that goes on beside, each in its thread.

Decides in which order things begin and end, and what the run ends with.
"""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.watch.sources import AlertUrgency, Reading, SharedEngine
from fairplate.cli.watch.taking import Taking
from fairplate.cli.watch.telling import Telling
from fairplate.core.errors import FairplateError, InputError
from fairplate.reading.engine import Engine
from fairplate.reading.frames import Sampling, Source, SourceKind
from fairplate.reading.second_look import SecondLook

if TYPE_CHECKING:
    from fairplate.alerts.raising import AlertDesk
    from fairplate.wiring import Delivered, Delivery, Deployment, Expired, LiveLists, Round
    from fairplate.wiring import TakenDrop as Dropped

FAREWELL_S = 30.0
"""So long messages that wait are still delivered when all sources ended; a sixth when stopped."""

_LOOKED_EVERY_S = 0.2
_STOPPED_SHARE = 1 / 6
_JOINED_FOR_S = 10.0
_ID_BYTES = 16
_LOG = "log"


@dataclass(frozen=True, slots=True)
class WatchRequest:
    """What is watched: sources with their readers; no `lists` are all of them."""

    sources: tuple[tuple[str, Source], ...]
    lists: frozenset[str] | None = None
    sampling: Sampling = field(default_factory=Sampling)
    threads: int = 1


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the run needs from the world around it."""

    build_engine: Callable[[], Engine]
    build_second_engine: Callable[[], Engine] | None
    should_stop: Callable[[], bool]
    telling: Telling
    farewell_s: float = FAREWELL_S


def watch_sources(
    deployment: "Deployment", request: WatchRequest, around: Surroundings
) -> ExitCode:
    """Watch until every source ended or somebody asks to stop; return what the command ends with.

    Raises InputError for an unknown reader or list, EngineError if there is no engine.
    """
    require_readers(deployment, {reader_id for reader_id, _ in request.sources})
    require_lists(deployment, request.lists or frozenset())
    if not deployment.settings.subscribers:
        around.telling.problem("nobody is told of alerts: the settings have no subscribers")
    engine = SharedEngine(around.build_engine())
    second = around.build_second_engine
    looker = None if second is None else SecondLook(second())
    run = _Run(deployment, request, around, engine, looker)
    with ExitStack() as stack:
        delivery = deployment.alerting.delivery()
        stack.callback(delivery.close)
        return run.go(delivery)


def require_readers(deployment: "Deployment", wanted: set[str]) -> None:
    """Raise InputError unless every reader is enrolled and not disabled."""
    known = {reader.id: reader for reader in deployment.readers()}
    for reader_id in sorted(wanted):
        reader = known.get(reader_id)
        if reader is None or reader.disabled_at is not None:
            expected = "an enrolled one (`fairplate reader add ID --name NAME`)"
            found = "none of that id" if reader is None else "a disabled one"
            raise InputError(f"reader {reader_id}", "id", expected=expected, found=found)


def require_lists(deployment: "Deployment", wanted: frozenset[str]) -> None:
    """Raise InputError unless every list is set."""
    known = {kept.id for kept in deployment.hot_lists.all()}
    for list_id in sorted(wanted - known):
        expected = "a list that is set (`fairplate hotlist set`)"
        raise InputError(f"hot list {list_id}", "id", expected=expected, found="none of that id")


@dataclass(slots=True)
class _Run:
    """One run under way."""

    deployment: "Deployment"
    request: WatchRequest
    around: Surroundings
    engine: Engine
    second: SecondLook | None
    stop: threading.Event = field(default_factory=threading.Event)
    stop_log: threading.Event = field(default_factory=threading.Event)
    wakes: dict[str, threading.Event] = field(default_factory=dict)
    threads: list[threading.Thread] = field(default_factory=list)
    failed: bool = False
    crashed: bool = False
    over: bool = False

    def go(self, delivery: "Delivery") -> ExitCode:
        lists = self.deployment.alerting.live_lists(self.request.lists)
        desk = self.deployment.alerting.desk(lists, second_engine=self.second, wake=self._wake)
        taking = Taking(
            self.deployment,
            self.deployment.intake(desk),
            self.around.telling,
            self.stop.wait,
            self._is_ending,
        )
        self._start_workers(lists, delivery)
        taker = self._start("intake", taking.run)
        sources = self._start_sources(taking, lambda reader: self._urgency(desk, reader))
        while any(one.is_alive() for one in sources) and not self._is_ending():
            time.sleep(_LOOKED_EVERY_S)
        stopped = self.around.should_stop()
        for one in sources:
            one.join()
        taking.end()
        taker.join()
        taking.totals.waiting = self._say_farewell(delivery, stopped=stopped)
        self._end_workers()
        self.around.telling.ended(taking.totals)
        bad = self.failed or self.crashed or taking.failed or taking.totals.waiting
        return ExitCode.FAILED if bad else ExitCode.DONE

    def _start_workers(self, lists: "LiveLists", delivery: "Delivery") -> None:
        # Imported here for the reason that deployment_folder.py gives.
        from fairplate import worker  # noqa: PLC0415
        from fairplate.wiring import Drops  # noqa: PLC0415

        deployment, stop = self.deployment, self.stop
        self.wakes.update({name: threading.Event() for name in delivery.channels})
        self._start("keys", worker.run_worker, deployment, stop, self._tell_expired)
        self._start(_LOG, worker.run_publisher, deployment, self.stop_log, self._tell_published)
        self._start("lists", worker.run_lists, deployment, lists, stop, self._tell_error)
        drops = Drops(deployment.hot_lists, deployment.now)
        self._start("drops", worker.run_drops, drops, stop, self._tell_dropped)
        for name, wake in self.wakes.items():
            tell = self._tell_delivered
            self._start(f"channel {name}", worker.run_delivery, delivery, name, wake, stop, tell)

    def _start_sources(
        self, taking: Taking, urgency_of: Callable[[str], AlertUrgency]
    ) -> list[threading.Thread]:
        """Start a thread for each stream, and one for all files in their order."""
        recorder, asked = self.deployment.vault.recorder, self.request
        reading = Reading(
            engine=self.engine,
            sampling=asked.sampling,
            should_stop=self._is_ending,
            clock=self.deployment.now,
            new_id=lambda: recorder.random_bytes(_ID_BYTES).hex(),
            threads=asked.threads,
        )

        def read(sources: Sequence[tuple[str, Source]]) -> None:
            for reader_id, source in sources:
                try:
                    for arriving in reading.read(source, urgency_of(reader_id)):
                        taking.put(arriving)
                except FairplateError as error:
                    self.failed = True
                    self._tell_error(error)

        streams = [one for one in asked.sources if one[1].kind is SourceKind.STREAM]
        files = [one for one in asked.sources if one[1].kind is not SourceKind.STREAM]
        groups = [[one] for one in streams] + ([files] if files else [])
        return [self._start(f"source {at}", read, group) for at, group in enumerate(groups)]

    def _urgency(self, desk: "AlertDesk", reader_id: str) -> AlertUrgency:
        deployment = self.deployment
        return AlertUrgency(desk, lambda: deployment.policy().policy, deployment.now, reader_id)

    def _say_farewell(self, delivery: "Delivery", *, stopped: bool) -> int:
        """Wait until everything is delivered, but not too long; return what waits then."""
        share = _STOPPED_SHARE if stopped else 1.0
        deadline_s = time.monotonic() + self.around.farewell_s * share
        while True:
            try:
                waiting = delivery.count_waiting()
            except FairplateError as error:
                self._tell_error(error)
                self.failed, waiting = True, 0
            if not waiting:
                return 0
            if time.monotonic() >= deadline_s or self.crashed:
                told = "1 message is" if waiting == 1 else f"{waiting} messages are"
                self.around.telling.problem(
                    f"{told} still waiting to be delivered: the next run goes on with it"
                )
                return waiting
            self._wake()
            time.sleep(_LOOKED_EVERY_S)

    def _end_workers(self) -> None:
        """End all threads, the log's last: what the others did is published."""
        self.stop.set()
        self._wake()
        deadline_s = time.monotonic() + _JOINED_FOR_S
        *others, log = sorted(self.threads, key=lambda thread: thread.name == _LOG)
        for thread in others:
            thread.join(max(0.0, deadline_s - time.monotonic()))
        self.stop_log.set()
        log.join(_JOINED_FOR_S)
        self.over = True

    def _start(self, name: str, work: Callable[..., None], *arguments: object) -> threading.Thread:
        def run() -> None:
            try:
                work(*arguments)
            except BaseException as error:
                if self.over:
                    return  # it hung, and the database was closed meanwhile
                self.crashed = True
                self.around.telling.problem(f"{name}: {type(error).__name__}: the run ends")
                raise

        thread = threading.Thread(target=run, name=name, daemon=True)
        self.threads.append(thread)
        thread.start()
        return thread

    def _is_ending(self) -> bool:
        return self.crashed or self.around.should_stop()

    def _wake(self) -> None:
        for wake in self.wakes.values():
            wake.set()

    def _tell_error(self, error: FairplateError) -> None:
        self.around.telling.problem(str(error))

    def _tell_expired(self, told: "Expired | FairplateError") -> None:
        self._tell_all([told] if isinstance(told, FairplateError) else told.problems)

    def _tell_published(self, told: "Round | FairplateError") -> None:
        self._tell_all([told] if isinstance(told, FairplateError) else told.problems)

    def _tell_delivered(self, told: "Delivered | FairplateError") -> None:
        if not isinstance(told, FairplateError) and told.given_up:
            self.failed = True
        self._tell_all([told] if isinstance(told, FairplateError) else told.problems)

    def _tell_dropped(self, told: "Dropped | FairplateError") -> None:
        if isinstance(told, FairplateError):
            self._tell_error(told)
        else:
            self.failed |= told.imported is None
            self.around.telling.dropped(told)

    def _tell_all(self, problems: Sequence[object]) -> None:
        for problem in problems:
            self.around.telling.problem(str(problem))
