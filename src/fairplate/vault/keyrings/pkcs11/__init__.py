"""The pkcs11 keyring: secrets that are made, used and destroyed inside a token and never leave it.

Decides what each operation does to the token's objects. Leaves their order to `objects.py`, their
names to `labels.py`, logging in to `access.py`. The token must speak PKCS#11 2.40, make generic
secrets, sign with HMAC-SHA256, and keep data objects. Tombstones and floors lie in it beside the
keys; the directory outside holds a lock, since a token has none that spans two calls.

A key is usable only if the token itself says that the secret was made there, was always sensitive
and was never extractable. Any other under our name is damaged: it derives nothing.
"""

import contextlib
import importlib.util
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Self

from fairplate.core.errors import InputError
from fairplate.core.periods import Period
from fairplate.storage.locks import locked
from fairplate.vault.disk_errors import told
from fairplate.vault.errors import (
    KeyDamagedError,
    KeyDestroyedError,
    KeyDueError,
    KeyringStorageError,
    KeyUnknownError,
)
from fairplate.vault.key_names import KeyName, OwnKeyName, latest_end
from fairplate.vault.keyring import KeptKey, KeyringOptions, KeyState, TokenOptions, check_life
from fairplate.vault.keyrings.pkcs11 import directory
from fairplate.vault.keyrings.pkcs11.labels import MarkKind
from fairplate.vault.keyrings.pkcs11.listing import (
    find_problems,
    kept_key,
    kept_keys,
    speak_wrong,
)
from fairplate.vault.keyrings.pkcs11.pin import require_private_file
from fairplate.vault.seal import OwnKey, ReaderKey, own_message, reader_message

if TYPE_CHECKING:
    from fairplate.vault.keyrings.pkcs11.objects import TokenObjects

_IDENTITY_BYTES = 16


class Pkcs11Keyring:
    """Secrets in a token. Made by `create`, once, and `open`."""

    name = "pkcs11"

    def __init__(self, options: KeyringOptions, token: TokenOptions, identity: str | None) -> None:
        """Take what `open` has checked; None is for a token that holds no keyring yet."""
        self._directory = options.directory
        self._clock = options.clock
        self._token = token
        self._identity = identity

    @classmethod
    def create(cls, options: KeyringOptions) -> Self:
        """Make a keyring in a token that is initialised and holds none, and its directory.

        Goes on where a crash stopped it. Raises KeyringStorageError if there already is a keyring.
        """
        where, token = options.directory, _token_of(options)
        with told(where, "making the keyring"):
            directory.make_directory(where)
        making = cls(options, token, None)
        with making._used("making the keyring", exclusive=True) as (objects, theirs):
            if theirs is not None or not objects.is_empty():
                ours = theirs is not None and theirs == directory.read_identity(where)
                raise KeyringStorageError(
                    str(where) if ours else f"token {token.label}",
                    "keyring",
                    expected="no keyring yet",
                    found="one" if ours else "one of another directory",
                )
            identity = options.random_bytes(_IDENTITY_BYTES).hex()
            directory.write_identity(where, identity)
            # Last: with it, all the rest is there.
            objects.make_mark(MarkKind.IDENTITY, value=identity.encode("ascii"))
        return cls.open(options)

    @classmethod
    def open(cls, options: KeyringOptions) -> Self:
        """Open the keyring in the token and finish what a crash left there.

        Raises KeyringStorageError if there is none, if directory and token are not of the same
        one, if others may read the PIN file, or if the token refuses the PIN.
        """
        where, token = options.directory, _token_of(options)
        with told(where, "opening the keyring"):
            identity = directory.read_identity(where)
            if identity is None:
                raise KeyringStorageError(
                    str(where), "directory", expected="a keyring", found="none"
                )
            directory.require_private(where)
        keyring = cls(options, token, identity)
        with keyring._changing("finishing what was interrupted"):
            pass
        return keyring

    def make_key(self, name: KeyName, destroy_by: datetime) -> KeptKey:
        """Make the secret called `name` in the token unless it exists; return what is in force."""
        with self._changing(f"making key {name}") as objects:
            if objects.has_mark(MarkKind.DESTROYED, name):
                raise KeyDestroyedError(name)
            key = objects.key(name)
            if key is not None:
                return self._undamaged(kept_key(key, self._clock()))
            if _is_below_floor(objects, name):
                raise KeyDestroyedError(name)
            check_life(name, destroy_by, self._clock())
            made = objects.make_key(name, destroy_by)
            if made.wrong:
                raise KeyringStorageError(
                    f"token {self._token.label}",
                    f"making key {name}",
                    expected="a secret that can only be used and destroyed",
                    found=f"another: {speak_wrong(made.wrong)}",
                )
            return kept_key(made, self._clock())

    def reader_keys(self, period: Period, reader_ids: Sequence[str]) -> tuple[ReaderKey, ...]:
        """Return the keys of `reader_ids` in `period`, in their order, each signed in the token."""
        messages = [reader_message(reader_id) for reader_id in reader_ids]
        return tuple(ReaderKey(period, secret) for secret in self._derive(period, messages))

    def own_key(self, name: OwnKeyName) -> OwnKey:
        """Return what seals under the hits or case key called `name`."""
        (secret,) = self._derive(name, [own_message(name)])
        return OwnKey(name, secret)

    def destroy_key(self, name: KeyName) -> bool:
        """Destroy the secret called `name` for ever and return whether there was one.

        Where there was none, and for a damaged one, the tombstone stays until `latest_end`.
        """
        with self._changing(f"destroying key {name}") as objects:
            if objects.has_mark(MarkKind.DESTROYED, name):
                return False
            key = objects.key(name)
            if key is not None or not _is_below_floor(objects, name):
                now = self._clock()
                end = latest_end(name, now) if key is None else kept_key(key, now).destroy_by
                objects.destroy(name, end)
                objects.remove_tombstones()
            return key is not None

    def keys(self) -> tuple[KeptKey, ...]:
        """Return what is known of each key, by spelling; destroyed ones only before their time."""
        with self._used("listing the keys", exclusive=False) as (objects, _):
            return kept_keys(objects.contents(), self._clock())

    def problems(self) -> tuple[str, ...]:
        """Return one sentence for each thing in the token that is not as it should be."""
        with self._used("listing the token", exclusive=False) as (objects, _):
            return find_problems(objects.contents(), self._clock(), f"token {self._token.label}")

    def _derive(self, name: KeyName, messages: Sequence[bytes]) -> list[bytes]:
        with self._used(f"using key {name}", exclusive=False) as (objects, _):
            if objects.has_mark(MarkKind.DESTROYED, name):
                raise KeyDestroyedError(name)
            key = objects.key(name)
            if key is None:
                below = _is_below_floor(objects, name)
                raise KeyDestroyedError(name) if below else KeyUnknownError(name)
            if self._undamaged(kept_key(key, self._clock())).state is KeyState.DUE:
                raise KeyDueError(name)
            return [objects.sign(key, message) for message in messages]

    def _undamaged(self, kept: KeptKey) -> KeptKey:
        if kept.state is KeyState.DAMAGED:
            raise KeyDamagedError(kept.name)
        return kept

    @contextlib.contextmanager
    def _changing(self, doing: str) -> "Iterator[TokenObjects]":
        """Hold the keyring alone, with nothing half-done in it when the body begins."""
        with self._used(doing, exclusive=True) as (objects, _):
            objects.finish_interrupted()
            yield objects

    @contextlib.contextmanager
    def _used(self, doing: str, *, exclusive: bool) -> "Iterator[tuple[TokenObjects, str | None]]":
        """Yield what is in the token, and the identity of the keyring there."""
        # Here, since python-pkcs11 is an extra; `_token_of` has made sure of it.
        from fairplate.vault.keyrings.pkcs11.access import logged_in  # noqa: PLC0415
        from fairplate.vault.keyrings.pkcs11.objects import TokenObjects  # noqa: PLC0415

        with (
            told(self._directory, doing),
            # The lock first, everywhere: whoever waits for it must not hold the token.
            locked(directory.lock_path(self._directory), exclusive=exclusive),
            logged_in(self._token, self._directory, doing) as (session, identity),
        ):
            if self._identity is not None and self._identity != identity:
                raise KeyringStorageError(
                    f"token {self._token.label}",
                    "identity",
                    expected=f"that of the keyring in {self._directory}",
                    found="none" if identity is None else "another",
                )
            yield TokenObjects(session, self._clock()), identity


def _is_below_floor(objects: "TokenObjects", name: KeyName) -> bool:
    floor = objects.floor(name) if isinstance(name, Period) else None
    return isinstance(name, Period) and floor is not None and name.start < floor


def _token_of(options: KeyringOptions) -> TokenOptions:
    """Return which token to use; raise an error where none can be, before anything is touched."""
    if options.token is None:
        expected = "a module, a label and a PIN file"
        raise InputError("keyring pkcs11", "token", expected=expected, found="none")
    if importlib.util.find_spec("pkcs11") is None:
        expected = "it installed: pip install fairplate[pkcs11]"
        raise KeyringStorageError(
            "keyring pkcs11", "package python-pkcs11", expected=expected, found="none"
        )
    require_private_file(options.token.pin_file)
    return options.token
