"""The directory of a pkcs11 keyring: a lock, and the identity of the keyring in the token.

Decides that directory and token belong together, so that two keyrings never share a token. Holds no
key. In the directory, mode 0700:

    keyring.id     32 hexadecimal digits, the same as in the token
    lock           held exclusively to make and destroy, shared to derive and list
    login.lock     held to log in
    pin.refused    which state of the PIN file the token refused, if it did
"""

import os
import stat
from pathlib import Path

from fairplate.vault.errors import KeyringStorageError

_IDENTITY, _LOCK, _LOGIN_LOCK = "keyring.id", "lock", "login.lock"
_REFUSED = "pin.refused"
_OTHERS_MAY = 0o077


def make_directory(directory: Path) -> None:
    """Make the directory, unless it is there and private, and the locks in it. Raises OSError."""
    directory.mkdir(mode=0o700, exist_ok=True)
    require_private(directory)
    for path in (lock_path(directory), login_lock_path(directory)):
        path.touch(mode=0o600)
    _sync(directory.parent)


def require_private(directory: Path) -> None:
    """Raise KeyringStorageError if anybody but us and root may look into the directory."""
    status = directory.stat()
    mode = stat.S_IMODE(status.st_mode)
    if status.st_uid not in {os.geteuid(), 0}:
        found = f"owner {status.st_uid}"
    elif mode & _OTHERS_MAY:
        found = f"mode {mode:04o}"
    else:
        return
    expected = "our own, mode 0700 or less"
    raise KeyringStorageError(str(directory), "directory", expected=expected, found=found)


def read_identity(directory: Path) -> str | None:
    """Return the identity of the keyring that the directory is for, or None if it is for none."""
    try:
        return (directory / _IDENTITY).read_text(encoding="ascii", errors="replace").strip()
    except (FileNotFoundError, NotADirectoryError):
        return None


def write_identity(directory: Path, identity: str) -> None:
    """Note the identity in the directory. Raises OSError."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    file = os.open(directory / _IDENTITY, flags, 0o600)
    try:
        os.write(file, f"{identity}\n".encode("ascii"))
        os.fsync(file)
    finally:
        os.close(file)
    _sync(directory)


def lock_path(directory: Path) -> Path:
    """Return the path of the lock file."""
    return directory / _LOCK


def login_lock_path(directory: Path) -> Path:
    """Return the path of the lock file for logging in."""
    return directory / _LOGIN_LOCK


def refused_path(directory: Path) -> Path:
    """Return the path at which a refused PIN is noted."""
    return directory / _REFUSED


def _sync(directory: Path) -> None:
    file = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
