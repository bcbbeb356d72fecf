"""How many cores this process and the whole machine used, as Linux counts it.

A figure is worth little without: what others did on the machine is in it.
"""

import os
import time
from dataclasses import dataclass, field
from pathlib import Path

_STAT = Path("/proc/stat")
_IDLE = (3, 4)  # the columns idle and iowait; proc(5)
_GUEST = 8  # what guests used is in user and nice already


def _busy_s() -> float:
    first = _STAT.read_text(encoding="ascii").partition("\n")[0].split()[1:]
    ticks = sum(int(each) for at, each in enumerate(first[:_GUEST]) if at not in _IDLE)
    return ticks / os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class MachineLoad:
    """Counts from when it is made."""

    _began: float = field(default_factory=time.monotonic)
    _own_s: float = field(default_factory=time.process_time)
    _all_s: float = field(default_factory=_busy_s)

    def fields(self) -> dict[str, float]:
        """Return the cores that this process used, all processes did, and there are."""
        wall_s = max(time.monotonic() - self._began, 1e-9)
        return {
            "cores": os.cpu_count() or 1,
            "cores_used": round((time.process_time() - self._own_s) / wall_s, 2),
            "cores_busy": round((_busy_s() - self._all_s) / wall_s, 2),
        }
