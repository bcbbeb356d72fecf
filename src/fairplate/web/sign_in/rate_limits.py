"""How often something may be tried: token buckets in memory, as many as are given and no more.

Decides nothing about people: there is no count of failures as somebody, so nobody can be locked out
by others who fail in their name. `known_browsers.py` keeps apart whoever signed in before.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Buckets:
    """Buckets of `burst` tokens by key, which fill by one each `every_s`; for one thread.

    Where there are too many the one used longest ago goes: it is the fullest, or nearly.
    """

    clock_s: Callable[[], float]
    burst: int
    every_s: float
    most: int = 10_000
    _kept: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def take(self, key: str) -> float | None:
        """Take one token; return None, or how many seconds to wait for one."""
        now = self.clock_s()
        tokens, at = self._kept.pop(key, (float(self.burst), now))
        tokens = min(float(self.burst), tokens + max(now - at, 0.0) / self.every_s)
        wait_s = None if tokens >= 1 else (1 - tokens) * self.every_s
        self._kept[key] = (tokens - 1 if wait_s is None else tokens), now
        while len(self._kept) > self.most:
            self._kept.popitem(last=False)
        return wait_s
