"""A lock file by which threads and processes take turns; knows nothing of what it guards."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def locked(path: Path, *, exclusive: bool) -> Iterator[None]:
    """Hold the lock file at `path` against other threads and processes; waits without limit.

    The lock ends with the process, however that ends. Raises OSError if there is no such file.
    """
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(file, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
        try:
            yield
        finally:
            # Not by closing alone: a child that was forked meanwhile has the same file open.
            fcntl.flock(file, fcntl.LOCK_UN)
    finally:
        os.close(file)
