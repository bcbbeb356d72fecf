"""The directory of a file keyring as such: made once, opened only if it is ours and whole.

Decides what a keyring needs before any key: privacy, the key file, its identity. Leaves the keys
to the keyring.
"""

from pathlib import Path

from fairplate.storage import durable
from fairplate.storage.locks import locked
from fairplate.vault.disk_errors import told
from fairplate.vault.errors import KeyringStorageError
from fairplate.vault.keyring import KeyringOptions
from fairplate.vault.keyrings.file import records

IDENTITY, KEY, LOCK, FLOOR = "keyring.id", "keyring.key", "lock", "floor"
OTHER_NAMES = frozenset({IDENTITY, KEY, LOCK, FLOOR, "lost+found"})
"""What may lie beside the keys; lost+found where the directory is a volume of its own."""


def create_directory(options: KeyringOptions) -> None:
    """Make the directory, unless it is there, and in it all that a keyring needs.

    Takes the key file if there is one, else makes it. Goes on where a crash stopped it. Raises
    KeyringStorageError if there already is a keyring.
    """
    directory, key_file = options.directory, _key_file(options)
    with told(directory, "making the keyring"):
        directory.mkdir(mode=0o700, exist_ok=True)
        _require_private(directory, "directory")
        durable.sync_directory(directory.parent)
        (directory / LOCK).touch(mode=0o600)
        with locked(directory / LOCK, exclusive=True):
            keys = (records.parse_name(path.name) for path in directory.iterdir())
            if (directory / IDENTITY).exists() or any(keys):
                raise KeyringStorageError(
                    str(directory), "directory", expected="no keyring yet", found="one"
                )
            # What a crash left of an earlier attempt would stand in the way of writing.
            for path in (directory / FLOOR, directory / IDENTITY, key_file):
                durable.erase_temporary(path)
            if not key_file.exists():
                durable.write_file(key_file, options.random_bytes(records.WRAPPING_KEY_BYTES))
            key = _read_key_file(key_file)
            durable.write_file(directory / FLOOR, records.write_floor(records.LOWEST_FLOOR))
            # Last: with it, all the rest is there.
            durable.write_file(directory / IDENTITY, records.key_identity(key))


def open_directory(options: KeyringOptions) -> bytes:
    """Return the wrapping key of the keyring in the directory.

    Raises KeyringStorageError if there is none, if others may read it, or if the key file is not
    the one it was made with.
    """
    directory, key_file = options.directory, _key_file(options)
    with told(directory, "opening the keyring"):
        if not (directory / IDENTITY).is_file():
            raise KeyringStorageError(
                str(directory), "directory", expected="a keyring", found="none"
            )
        _require_private(directory, "directory")
        key = _read_key_file(key_file)
        if (directory / IDENTITY).read_bytes() != records.key_identity(key):
            raise KeyringStorageError(
                str(key_file),
                "key file",
                expected="the key this keyring was made with",
                found=f"another, or a damaged {IDENTITY}",
            )
    return key


def floor_error(directory: Path) -> KeyringStorageError:
    """Return the error about a floor that is missing or damaged: no period's key can be made."""
    expected = "a whole file, without which no period's key can be made"
    return KeyringStorageError(
        str(directory), FLOOR, expected=expected, found="none or a damaged one"
    )


def _key_file(options: KeyringOptions) -> Path:
    return options.key_file or options.directory / KEY


def _read_key_file(path: Path) -> bytes:
    _require_private(path, "key file")
    key = path.read_bytes()
    if len(key) != records.WRAPPING_KEY_BYTES:
        expected = f"{records.WRAPPING_KEY_BYTES} bytes"
        raise KeyringStorageError(str(path), "key file", expected=expected, found=f"{len(key)}")
    return key


def _require_private(path: Path, what: str) -> None:
    wrong = durable.openness(path)
    if wrong is not None:
        mode = "0700" if path.is_dir() else "0600"
        expected = f"our own, mode {mode} or less"
        raise KeyringStorageError(str(path), what, expected=expected, found=wrong)
