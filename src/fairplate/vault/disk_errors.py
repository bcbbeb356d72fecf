"""Errors of the operating system, told as errors of a keyring: where, at what, whether again."""

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

from fairplate.vault.errors import KeyringStorageError

_PASSING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE})


@contextlib.contextmanager
def told(directory: Path, doing: str) -> Iterator[None]:
    """Turn an error of the operating system into one that says where and at what."""
    try:
        yield
    except OSError as error:
        raise KeyringStorageError(
            str(directory),
            doing,
            expected="a disk that can be read and written",
            found=(error.strerror or type(error).__name__).lower(),
            retryable=error.errno in _PASSING,
        ) from error
