"""The keyrings by name. To add one: a file here and a line in `KEYRINGS`."""

from collections.abc import Callable
from dataclasses import dataclass

from fairplate.core.errors import InputError
from fairplate.vault.keyring import Keyring, KeyringOptions
from fairplate.vault.keyrings.file import FileKeyring
from fairplate.vault.keyrings.pkcs11 import Pkcs11Keyring

__all__ = ["DEFAULT_KEYRING", "KEYRINGS", "KeyringKind", "KeyringOptions", "keyring_kind"]


@dataclass(frozen=True, slots=True)
class KeyringKind:
    """How one kind of keyring is made, once, and opened; opening never makes one.

    Both finish what a crash left and raise KeyringStorageError where that cannot be.
    """

    create: Callable[[KeyringOptions], Keyring]
    open: Callable[[KeyringOptions], Keyring]


DEFAULT_KEYRING = "file"
KEYRINGS: dict[str, KeyringKind] = {
    "file": KeyringKind(create=FileKeyring.create, open=FileKeyring.open),
    "pkcs11": KeyringKind(create=Pkcs11Keyring.create, open=Pkcs11Keyring.open),
}


def keyring_kind(name: str) -> KeyringKind:
    """Return the kind called `name`; raise InputError for an unknown one."""
    if name not in KEYRINGS:
        raise InputError("keyring", "name", expected=" or ".join(KEYRINGS), found=repr(name[:40]))
    return KEYRINGS[name]
