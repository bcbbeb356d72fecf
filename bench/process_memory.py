"""How much memory this process holds and held, as Linux counts it."""

import re
from pathlib import Path

_STATUS = Path("/proc/self/status")


def resident_mb() -> float:
    """Return what is in memory now, in MB of 10^6 bytes."""
    return _status_mb("VmRSS")


def peak_mb() -> float:
    """Return the most that was ever in memory.

    getrusage's ru_maxrss will not do: a child process starts with its parent's.
    """
    return _status_mb("VmHWM")


def _status_mb(field: str) -> float:
    found = re.search(rf"^{field}:\s+(\d+) kB$", _STATUS.read_text(encoding="ascii"), re.MULTILINE)
    if found is None:
        raise OSError(f"{_STATUS} has no line {field}")
    return round(int(found[1]) * 1024 / 1e6, 1)
