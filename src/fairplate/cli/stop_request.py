"""Ctrl-C and SIGTERM as a wish: the run ends after the frame it is at, with what it has.

A second Ctrl-C does not wait for that frame.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_ASKED_EVERY_S = 0.2


class StopRequest:
    """Whether somebody asked the run to end."""

    def __init__(self) -> None:
        self._asked = False

    def __call__(self) -> bool:
        """Say whether to stop."""
        return self._asked

    @contextmanager
    def listen(self) -> Iterator["StopRequest"]:
        """Take SIGINT and SIGTERM until the block ends; must be entered on the main thread."""
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        for number in before:
            signal.signal(number, self._hear)
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _hear(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - its protocol
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True


def run_until_stopped(work: Callable[[threading.Event], None]) -> None:
    """Run `work` until it ends; it is told by the event that somebody asked it to.

    What it raises comes out. It has a thread of its own: a signal's handler must not set an event
    that its own thread waits on.
    """
    stop = threading.Event()
    failed: list[BaseException] = []

    def run() -> None:
        try:
            work(stop)
        except BaseException as error:  # noqa: BLE001 - raised again below
            failed.append(error)

    worker = threading.Thread(target=run, daemon=True)
    with StopRequest().listen() as stop_asked:
        worker.start()
        while worker.is_alive() and not stop_asked():
            worker.join(_ASKED_EVERY_S)
        stop.set()
        worker.join()
    if failed:
        raise failed[0]
