"""Measures alerts: from the read to the SMTP server, and lists of a million entries.

One JSON line a figure. Everything is real: a deployment on SQLite or on a PostgreSQL server of the
benchmark's own, an SMTP server in a process of its own, the threads that `fairplate watch` has. Run
it as `python -m bench.alerts FIGURE …`.
"""

import argparse
import json
import multiprocessing
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import quantiles

import cv2
from bench.listed_deployment import (
    ACTOR,
    READER,
    import_list,
    make_plates,
    opened_new,
    set_list,
    write_list,
)
from bench.machine_load import MachineLoad
from bench.process_memory import peak_mb, resident_mb
from bench.smtp_process import receive_ids, smtp_server
from bench.vault import DATABASES
from tests.worlds import make_read

from fairplate.alerts.live_lists import LiveLists
from fairplate.cli.demo.clip import draw_frames
from fairplate.intake import Arriving
from fairplate.wiring import Deployment, opened_deployment
from fairplate.worker import run_delivery, run_lists, run_publisher, run_worker

LISTS = 12
"""One subscriber is told at most 30 alerts a minute one by one: so many share five a second."""

BATCH_EVERY_S = 0.1
CHANGED = 100
"""One entry in so many is another one in the batch that is imported second."""


def tell(figure: str, **fields: object) -> None:
    """Print one figure."""
    print(json.dumps({"bench": "alerts", "figure": figure, **fields}), flush=True)


def mail_settings(port: int) -> str:
    """Return a channel, and a subscriber for each list."""
    desks = "".join(
        f'[subscribers.desk-{number}]\nchannel = "mail"\naddress = "desk-{number}@example.org"\n'
        f'lists = ["list-{number}"]\nnotices = false\n'
        for number in range(LISTS)
    )
    return (
        '[channels.mail]\nkind = "email"\nhost = "127.0.0.1"\n'
        f'port = {port}\nsecurity = "none"\nsender = "alerts@example.org"\n{desks}'
    )


@dataclass(slots=True)
class _Times:
    """When reads were handed over and accepted, by the alert they raised."""

    handed: dict[str, float] = field(default_factory=dict)
    accepted: dict[str, float] = field(default_factory=dict)
    took: list[float] = field(default_factory=list)
    late_s: float = 0.0


def measure_delivery(kind: str, seconds: float, reads_s: int, alerts_s: int) -> None:
    """Take reads at a steady rate, some of which match, and time their messages."""
    with smtp_server() as (port, received), opened_new(kind, mail_settings(port)) as deployment:
        plates = make_plates(int(seconds * alerts_s), seed=1)
        for at in range(min(LISTS, len(plates))):
            path = deployment.settings.folder / "list.csv"
            write_list(path, plates[at::LISTS])
            set_list(deployment, f"list-{at}")
            import_list(deployment, f"list-{at}", path)
        problems: list[object] = []
        with _working(deployment, problems.append) as take:
            load = MachineLoad()
            times = _take(deployment, take, plates, seconds, reads_s)
            busy = load.fields()
            arrived = receive_ids(received, len(times.handed))
    from_handed = sorted((at - times.handed[one]) * 1000 for one, at in arrived.items())
    from_accepted = sorted((at - times.accepted[one]) * 1000 for one, at in arrived.items())
    tell(
        "delivery",
        database=kind,
        **busy,
        seconds=seconds,
        reads_s=round(reads_s * seconds / (seconds + times.late_s)),
        alerts=len(times.handed),
        delivered=len(arrived),
        problems=len(problems),
        accepted_p50_ms=_at(from_accepted, 50),
        accepted_p99_ms=_at(from_accepted, 99),
        accepted_max_ms=round(from_accepted[-1], 1),
        handed_p50_ms=_at(from_handed, 50),
        handed_p99_ms=_at(from_handed, 99),
        handed_max_ms=round(from_handed[-1], 1),
        batch_p50_ms=_at([one * 1000 for one in times.took], 50),
        batch_p99_ms=_at([one * 1000 for one in times.took], 99),
    )


@contextmanager
def _working(
    deployment: Deployment, tell_problem: Callable[[object], None]
) -> Iterator[Callable[[Sequence[Arriving]], Sequence[object]]]:
    """Run the threads of `fairplate watch`; yield what takes reads."""
    stop, wake = threading.Event(), threading.Event()
    lists, delivery = deployment.alerting.live_lists(), deployment.alerting.delivery()
    desk = deployment.alerting.desk(lists, wake=wake.set)
    threads = [
        threading.Thread(target=work, args=arguments)
        for work, arguments in (
            (run_worker, (deployment, stop, lambda _: None)),
            (run_publisher, (deployment, stop, lambda _: None)),
            (run_lists, (deployment, lists, stop, tell_problem)),
            (run_delivery, (delivery, "mail", wake, stop, lambda _: None)),
        )
    ]
    for thread in threads:
        thread.start()
    try:
        yield deployment.intake(desk).take
    finally:
        stop.set()
        wake.set()
        for thread in threads:
            thread.join()
        delivery.close()


def _at(values: list[float], percent: int) -> float:
    return round(quantiles(values, n=100, method="inclusive")[percent - 1], 1)


def _take(
    deployment: Deployment,
    take: Callable[[Sequence[Arriving]], Sequence[object]],
    plates: Sequence[str],
    seconds: float,
    reads_s: int,
) -> _Times:
    """Hand a batch over ten times a second; those that match lie evenly among the others."""
    picture = cv2.imencode(".jpg", next(iter(draw_frames()))[:, :, ::-1])[1].tobytes()
    others = make_plates(20_000, seed=2)
    rounds, size = round(seconds / BATCH_EVERY_S), round(reads_s * BATCH_EVERY_S)
    times, listed, begin = _Times(), iter(plates), time.monotonic()
    for at in range(rounds):
        due = begin + at * BATCH_EVERY_S
        time.sleep(max(due - time.monotonic(), 0))
        now = deployment.now()
        batch = [
            Arriving(f"{at}-{n}", READER, now, make_read(others[(at * size + n) % len(others)]))
            for n in range(size)
        ]
        matching = len(plates) * (at + 1) // rounds - len(plates) * at // rounds
        for n in range(matching):
            batch[n] = Arriving(f"{at}-{n}", READER, now, make_read(next(listed)), picture)
        handed = time.monotonic()
        taken = take(batch)
        accepted = time.monotonic()
        times.took.append(accepted - handed)
        for one in taken:
            for alert_id in getattr(one, "alerts", ()):
                times.handed[alert_id], times.accepted[alert_id] = handed, accepted
    times.late_s = max(time.monotonic() - begin - rounds * BATCH_EVERY_S, 0)
    return times


def measure_import(kind: str, entries: int) -> None:
    """Import a list, and again with a few changes; another process loads it each time."""
    with opened_new(kind) as deployment:
        set_list(deployment, "large", most=entries)
        first, second = (deployment.settings.folder / f"{name}.csv" for name in ("first", "second"))
        run_apart(write_batches, first, second, entries)
        load, before = MachineLoad(), resident_mb()
        first_s = _seconds(lambda: import_list(deployment, "large", first))
        busy, first_peak = load.fields(), peak_mb()
        with _loading(deployment.settings.folder) as loading:
            first_load = loading.recv()
            again_s = _seconds(lambda: import_list(deployment, "large", second))
            again_peak = peak_mb()
            loading.send(None)
            second_load = loading.recv()
        about = {"database": kind, "entries": entries}
        tell(
            "import",
            **about,
            **busy,
            file_mb=round(first.stat().st_size / 1e6, 1),
            resident_before_mb=before,
            import_s=round(first_s, 2),
            peak_mb=first_peak,
            import_again_s=round(again_s, 2),
            peak_again_mb=again_peak,
        )
        tell("refresh", **about, at="start", **first_load)
        tell("refresh", **about, at="next batch", **second_load)


def write_batches(first: Path, second: Path, entries: int) -> None:
    """Write two batches of a list, some entries of which are others in the second."""
    others = entries // CHANGED
    plates = make_plates(entries + others, seed=3)
    write_list(first, plates[:entries])
    write_list(second, plates[others:])


def run_apart(work: Callable[..., None], *given: object) -> int | None:
    """Run it in a process of its own: memory is counted for it alone. Return how it ended."""
    process = multiprocessing.get_context("spawn").Process(target=work, args=given)
    process.start()
    process.join()
    return process.exitcode


@contextmanager
def _loading(folder: Path) -> Iterator[Connection]:
    """Run a process that loads the lists, and refreshes them whenever it is sent something."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=load_lists, args=(folder, theirs), daemon=True)
    process.start()
    try:
        yield ours
    finally:
        process.kill()
        process.join()


def load_lists(folder: Path, asking: Connection) -> None:
    """Load the lists of a deployment and tell of it, again each time that something comes."""
    with opened_deployment(folder, actor=ACTOR) as deployment:
        alerting = deployment.alerting
        lists = LiveLists(alerting.vault.database, alerting.key, deployment.now)
        while True:
            before, load = resident_mb(), MachineLoad()
            took_s = _seconds(lists.refresh)
            asking.send(
                {
                    **load.fields(),
                    "refresh_s": round(took_s, 2),
                    "resident_before_mb": before,
                    "resident_mb": resident_mb(),
                    "peak_mb": peak_mb(),
                }
            )
            asking.recv()


def _seconds(act: Callable[[], object]) -> float:
    begin = time.perf_counter()
    act()
    return time.perf_counter() - begin


def main(arguments: list[str] | None = None) -> int:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("figure", choices=("delivery", "import"), nargs="+")
    parser.add_argument("--database", choices=DATABASES, action="append")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--reads", type=int, default=500, help="a second")
    parser.add_argument("--alerts", type=int, default=5, help="a second")
    parser.add_argument("--entries", type=int, default=1_000_000)
    asked = parser.parse_args(arguments)
    codes = []
    for kind in asked.database or DATABASES[:1]:
        for figure in asked.figure:
            work, given = (
                (measure_delivery, (kind, asked.seconds, asked.reads, asked.alerts))
                if figure == "delivery"
                else (measure_import, (kind, asked.entries))
            )
            codes.append(run_apart(work, *given))
    return int(any(codes))


if __name__ == "__main__":
    sys.exit(main())
