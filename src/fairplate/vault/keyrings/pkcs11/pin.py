"""The PIN's file, and the memory of a PIN that the token refused.

Decides that the PIN comes from a private file and from nowhere else, and that a refused one is not
tried again: a real token locks itself after a few wrong ones. Never shows the PIN.
"""

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from fairplate.vault.errors import KeyringStorageError

MAX_PIN_BYTES = 255
_OTHERS_MAY = 0o077
_CREDENTIAL_MODE = 0o440
"""How systemd hands a credential to a service that is not root's: it belongs to root and its group,
and the group's bit stands for the service's user, who is named in an access control list."""


def read_pin(path: Path) -> str:
    """Return the PIN in the file at `path`; one newline at its end does not belong to it.

    Raises KeyringStorageError if others may read the file or no PIN is in it.
    """
    with _opened(path) as file:
        content = os.read(file, MAX_PIN_BYTES + 2).removesuffix(b"\n")
    try:
        pin = content.decode()
    except UnicodeDecodeError:
        pin = ""
    # A second line, or a line end of Windows, would cost one of the token's few tries.
    if not pin or len(content) > MAX_PIN_BYTES or not pin.isprintable():
        expected = f"1 to {MAX_PIN_BYTES} bytes of printable UTF-8"
        raise KeyringStorageError(str(path), "PIN file", expected=expected, found="another content")
    return pin


def require_private_file(path: Path) -> None:
    """Raise KeyringStorageError unless we, and nobody else but root, can read the file."""
    with _opened(path):
        pass


def remember_refused(path: Path, pin_file: Path) -> None:
    """Note at `path` that the token refused what `pin_file` now holds."""
    with contextlib.suppress(OSError):  # the refusal itself is what must be told
        path.write_text(_state(pin_file), encoding="ascii")


def was_refused(path: Path, pin_file: Path) -> bool:
    """Say whether the token refused this PIN, as noted at `path`, and the file is still as then."""
    return path.exists() and path.read_text(encoding="ascii", errors="replace") == _state(pin_file)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int]:
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        found = (error.strerror or type(error).__name__).lower()
        raise KeyringStorageError(
            str(path), "PIN file", expected="a file that can be read", found=found
        ) from error
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
        raise KeyringStorageError(str(path), "PIN file", expected=expected, found=found)
    finally:
        os.close(file)


def _state(pin_file: Path) -> str:
    """Tell one state of the file from later ones, without a word about its content."""
    status = pin_file.stat()
    return f"{status.st_ino} {status.st_mtime_ns} {status.st_ctime_ns}\n"
