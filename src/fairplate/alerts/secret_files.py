"""Secrets of channels: each in a private file of its own, never in the settings.

Decides who else may read such a file: nobody. Never shows what is in it.
"""

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from fairplate.core.errors import InputError

MAX_SECRET_BYTES = 64 * 1024
_OTHERS_MAY = 0o077
_CREDENTIAL_MODE = 0o440
"""How systemd hands a credential to a service: it belongs to root and its group."""


def read_secret(path: Path, *, where: str, field: str) -> bytes:
    """Return what the file holds, without one line end at its end.

    Raises InputError if others may read the file, or nothing or too much is in it.
    """
    with _opened(path, where, field) as file, os.fdopen(os.dup(file), "rb") as stream:
        content = stream.read(MAX_SECRET_BYTES + 1).removesuffix(b"\n").removesuffix(b"\r")
    if not content or len(content) > MAX_SECRET_BYTES:
        found = "more" if content else "none"
        expected = f"a file of 1 to {MAX_SECRET_BYTES} bytes"
        raise InputError(where, field, expected=expected, found=found)
    return content


@contextlib.contextmanager
def _opened(path: Path, where: str, field: str) -> Iterator[int]:
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (OSError, ValueError) as error:
        found = (getattr(error, "strerror", None) or type(error).__name__).lower()
        expected = "a file that can be read"
        raise InputError(where, field, expected=expected, found=found) from None
    try:
        status = os.fstat(file)
        mode = stat.S_IMODE(status.st_mode)
        is_credential = mode == _CREDENTIAL_MODE and status.st_uid == status.st_gid == 0
        if not stat.S_ISREG(status.st_mode):
            found = "no file"
        elif status.st_uid not in {os.geteuid(), 0}:
            found = f"owner {status.st_uid}"
        elif mode & _OTHERS_MAY and not is_credential:
            found = f"mode {mode:04o}"
        else:
            yield file
            return
        expected = "a file of our own, mode 0600 or less"
        raise InputError(where, field, expected=expected, found=found)
    finally:
        os.close(file)
