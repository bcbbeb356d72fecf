"""What can go wrong in the vault. No message holds a plate, a key or a place in a ciphertext.

VaultError (of FairplateError)
├── SealedRowError               a sealed row does not open: altered, or not this key's
└── KeyringError
    ├── KeyringStorageError      the place of the keys is missing, too open, full or read-only
    └── KeyUnusableError         one key cannot be used, and trying again does not help
        ├── KeyUnknownError      no key of this name was made
        ├── KeyDueError          the key still exists, but its time is over
        ├── KeyDestroyedError    the key is gone and will not be made again
        └── KeyDamagedError      what is kept under this name is no whole key
"""

from fairplate.core.errors import FairplateError
from fairplate.vault.key_names import KeyName


class VaultError(FairplateError):
    """Something about sealed rows or their keys."""


class SealedRowError(VaultError):
    """A sealed row does not open; whoever opens it names and counts the row."""


class KeyringError(VaultError):
    """The keyring refuses, or cannot do, what was asked."""


class KeyringStorageError(KeyringError):
    """The place where keys are kept cannot be used: `where: what: expected …, found …`."""

    def __init__(
        self, where: str, what: str, *, expected: str, found: str, retryable: bool = False
    ) -> None:
        """Take the four parts of the line; `retryable` if nothing but the machine stands in it."""
        super().__init__(f"{where}: {what}: expected {expected}, found {found}")
        self.retryable = retryable


class KeyUnusableError(KeyringError):
    """One key cannot be used."""

    message = ""

    def __init__(self, name: KeyName) -> None:
        """Say it of the key called `name`."""
        super().__init__(f"key {name}: {self.message}")
        self.name = name


class KeyUnknownError(KeyUnusableError):
    """No key of this name was ever made, as far as the keyring knows."""

    message = "expected a key, found none: it was never made here"


class KeyDueError(KeyUnusableError):
    """The key's time is over; it waits for its destruction and is not used any more."""

    message = "expected a key within its time, found one that is due for destruction"


class KeyDestroyedError(KeyUnusableError):
    """The key is destroyed for ever, or its period lies before ones that are."""

    message = "expected a key, found that it is destroyed and can never be made again"


class KeyDamagedError(KeyUnusableError):
    """The stored key is not whole; it is never replaced by a new one."""

    message = "expected a whole key, found a damaged one; it can only be destroyed"
