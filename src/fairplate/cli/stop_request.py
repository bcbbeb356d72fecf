"""Ctrl-C and SIGTERM as a wish: the run ends after the frame it is at, with what it has.

A second Ctrl-C does not wait for that frame.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


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
