"""A clock and a source of randomness at whose nth use the process ends, as if it was killed there.

What was begun is left as an exception leaves it: transactions are rolled back, locks are let go.
"""

import os
from dataclasses import dataclass
from datetime import datetime

from tests.worlds import SetClock


class CrashError(BaseException):
    """The process ends here: nothing may catch it."""


@dataclass(slots=True)
class Fuse(SetClock):
    """A clock, and a source of randomness, that end the process at the nth use."""

    left: int | None = None

    def __call__(self) -> datetime:
        self._burn()
        return self.now

    def random_bytes(self, number: int) -> bytes:
        self._burn()
        return os.urandom(number)

    def _burn(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise CrashError
