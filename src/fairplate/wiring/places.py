"""Whether a backup of the database would take keys along.

Decides from the settings and the links on the disk; looks into no file.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from fairplate.core.errors import InputError
from fairplate.settings import Settings
from fairplate.storage.addresses import FileAddress, parse_address

_CANNOT_BE_DESTROYED = "a copied key cannot be destroyed"
_WHY = {
    "keyring": _CANNOT_BE_DESTROYED,
    "key file": _CANNOT_BE_DESTROYED,
    "log keys": "they open what events seal",
}


def find_copied_keys(settings: Settings) -> Iterator[InputError]:
    """Yield an error for each place of keys that lies where backups of the database are taken.

    Raises StorageError if the database's URL is none.
    """
    address = parse_address(settings.database_url)
    copied = set(settings.backups)
    if isinstance(address, FileAddress):
        copied.add(address.path.parent)
    keys = {"log keys": settings.log_keys}
    if settings.keyring_kind == "file":  # that of another kind holds no key
        keys["keyring"] = settings.keyring_directory
    if settings.key_file is not None:
        keys["key file"] = settings.key_file
    for what, path in keys.items():
        for folder in sorted(copied):
            if _lies_in(path, folder):
                yield InputError(
                    str(path),
                    what,
                    expected="a place outside of what is backed up with the database",
                    found=f"one inside {folder}: {_WHY[what]}",
                )
                break


def _lies_in(path: Path, folder: Path) -> bool:
    """Say so too if only a link to `path` lies there: some backups follow links."""
    return any(
        place.is_relative_to(area) for place in _both_names(path) for area in _both_names(folder)
    )


def _both_names(path: Path) -> tuple[Path, Path]:
    """Return the path as it is written and where its links lead; neither needs to exist."""
    return Path(os.path.abspath(path)), Path(os.path.realpath(path))  # noqa: PTH100 - Path.resolve raises for a loop of links
