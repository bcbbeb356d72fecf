"""The file keyring: one private directory, outside the database and its backups, a file a key.

Decides in which order files change, so that a crash at any moment leaves every key whole or gone.
Leaves the bytes to `records.py`, the disk to `durable.py`. In the directory, mode 0700:

    keyring.id          which wrapping key this keyring was made with; its last file to be made
    keyring.key         the wrapping key, mode 0600, unless it is kept elsewhere
    lock                held exclusively to make and destroy, shared to derive and list
    floor               for each length of period, the moment before which none that starts is made
    NAME.key            one key's secret, wrapped; NAME as in `records.py`
    NAME.gone           a tombstone: the secret was destroyed before its time, or never to be made

A key is destroyed by renaming its file to `.gone`, which no crash can undo, and writing the
tombstone over it. Once its time is over the tombstone goes too, so that a keyring of one-minute
periods does not fill the disk with tombstones. For a period key the floor rises above it first; it
never falls, also if the clock does, so that no period gets a second key. Hits and case keys have no
floor: after its tombstone went, one may be made again under the same name with a later end. That
is a fresh random secret and opens nothing of the one before.
"""

import contextlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from fairplate.core.periods import Period
from fairplate.storage import durable
from fairplate.storage.locks import locked
from fairplate.vault.disk_errors import told
from fairplate.vault.errors import (
    KeyDamagedError,
    KeyDestroyedError,
    KeyDueError,
    KeyUnknownError,
)
from fairplate.vault.key_names import KeyName, OwnKeyName, latest_end
from fairplate.vault.keyring import KeptKey, KeyringOptions, KeyState, check_life
from fairplate.vault.keyrings.file import directory, records
from fairplate.vault.keyrings.file.records import GONE, LIVING, KeyRecord
from fairplate.vault.seal import (
    SECRET_BYTES,
    OwnKey,
    ReaderKey,
    derive_own_key,
    derive_reader_key,
)

_TOLD = {
    KeyState.DUE: "the key is past its time and must be destroyed",
    KeyState.DAMAGED: "the file is not whole; it derives nothing and can only be destroyed",
    KeyState.HALF_DESTROYED: "the destruction was interrupted; opening the keyring finishes it",
}


class FileKeyring:
    """Secrets in files. Made by `create`, once, and `open`."""

    name = "file"

    def __init__(self, options: KeyringOptions, wrapping_key: bytes) -> None:
        """Take what `open` has checked."""
        self._directory = options.directory
        self._clock = options.clock
        self._random_bytes = options.random_bytes
        self._wrapping_key = wrapping_key

    @classmethod
    def create(cls, options: KeyringOptions) -> Self:
        """Make a keyring in `options.directory`, which is made too unless it is there and private.

        Takes the key file if there is one, else makes it. Goes on where a crash stopped it.
        Raises KeyringStorageError if there already is a keyring.
        """
        directory.create_directory(options)
        return cls.open(options)

    @classmethod
    def open(cls, options: KeyringOptions) -> Self:
        """Open the keyring in `options.directory` and finish what a crash left there.

        Raises KeyringStorageError if there is none, if others may read it, or if the key file is
        not the one it was made with.
        """
        keyring = cls(options, directory.open_directory(options))
        with keyring._changing("finishing what was interrupted"):
            pass
        return keyring

    def make_key(self, name: KeyName, destroy_by: datetime) -> KeptKey:
        """Make the secret called `name` unless it exists, and return what is now in force."""
        with self._changing(f"making key {name}"):
            if self._path(name, GONE).exists():
                raise KeyDestroyedError(name)
            if self._path(name, LIVING).exists():
                return self._listed(self._read(name))
            if self._is_below_floor(name):
                raise KeyDestroyedError(name)
            check_life(name, destroy_by, self._clock())
            record = KeyRecord(name, destroy_by.astimezone(UTC), self._random_bytes(SECRET_BYTES))
            nonce = self._random_bytes(records.NONCE_BYTES)
            content = records.wrap_record(self._wrapping_key, nonce, record)
            durable.write_file(self._path(name, LIVING), content)
            return self._listed(record)

    def reader_keys(self, period: Period, reader_ids: Sequence[str]) -> tuple[ReaderKey, ...]:
        """Return the keys of `reader_ids` in `period`, in their order; reads the file once."""
        secret = self._usable_secret(period)
        return tuple(derive_reader_key(period, secret, reader_id) for reader_id in reader_ids)

    def own_key(self, name: OwnKeyName) -> OwnKey:
        """Return what seals under the hits or case key called `name`."""
        return derive_own_key(name, self._usable_secret(name))

    def destroy_key(self, name: KeyName) -> bool:
        """Destroy the secret called `name` for ever and return whether there was one.

        Where there was none, and for a damaged one, the tombstone stays until `latest_end`.
        """
        living, gone = self._path(name, LIVING), self._path(name, GONE)
        with self._changing(f"destroying key {name}"):
            if gone.exists():
                return False
            existed = living.exists()
            if existed:
                durable.rename_file(living, gone)
                self._bury(name)
            elif not self._is_surely_below_floor(name):
                durable.write_file(gone, records.tombstone(name, latest_end(name, self._clock())))
            self._remove_tombstones()
            return existed

    def keys(self) -> tuple[KeptKey, ...]:
        """Return what is known of each key, by spelling; destroyed ones only before their time."""
        with self._looking("listing the keys"):
            listed = [
                self._listed_gone(name) if suffix == GONE else self._listed_living(name)
                for name, suffix in self._named()
            ]
        now = self._clock()
        return tuple(
            key for key in listed if key.state is not KeyState.DESTROYED or now < key.destroy_by
        )

    def problems(self) -> tuple[str, ...]:
        """Return one sentence for each thing in the directory that is not as it should be."""
        found = [f"key {key.name}: {_TOLD[key.state]}" for key in self.keys() if key.state in _TOLD]
        with self._looking("listing the directory"):
            if self._floor() is None:
                found.append(str(directory.floor_error(self._directory)))
            strangers = sorted(
                path.name
                for path in self._directory.iterdir()
                if path.name not in directory.OTHER_NAMES and records.parse_name(path.name) is None
            )
        where = self._directory
        return (*found, *(f"{where}: {name!a} is no file of a keyring" for name in strangers))

    @contextlib.contextmanager
    def _changing(self, doing: str) -> Iterator[None]:
        """Hold the keyring alone, with nothing half-done in it when the body begins."""
        with (
            told(self._directory, doing),
            locked(self._directory / directory.LOCK, exclusive=True),
        ):
            self._finish_interrupted()
            yield

    @contextlib.contextmanager
    def _looking(self, doing: str) -> Iterator[None]:
        with (
            told(self._directory, doing),
            locked(self._directory / directory.LOCK, exclusive=False),
        ):
            yield

    def _finish_interrupted(self) -> None:
        for path in sorted(self._directory.glob(f"*{durable.TEMPORARY}")):
            durable.erase_file(path)
        for name, suffix in self._named():
            if suffix != GONE:
                continue
            # Both: somebody put a destroyed key back, from a copy of the directory say.
            if self._path(name, LIVING).exists():
                durable.erase_file(self._path(name, LIVING))
            if self._tombstone(name) is None:
                self._bury(name)
        self._remove_tombstones()

    def _bury(self, name: KeyName) -> None:
        """Write the tombstone over what the `.gone` file of `name` still holds."""
        path = self._path(name, GONE)
        record = records.unwrap_record(self._wrapping_key, path.read_bytes(), name)
        destroy_by = latest_end(name, self._clock()) if record is None else record.destroy_by
        durable.overwrite_file(path, records.tombstone(name, destroy_by))

    def _remove_tombstones(self) -> None:
        """Remove those whose time is over, once the floor says the same of the periods among them.

        They say all that is needed, so that no room for a new floor, or no whole old one, is no
        failure.
        """
        now, floor = self._clock(), self._floor()
        over = [
            name
            for name, suffix in self._named()
            if suffix == GONE and (self._tombstone(name) or latest_end(name, now)) <= now
        ]
        if floor is None:
            over = [name for name in over if not isinstance(name, Period)]
        if not over:
            return
        periods = [name for name in over if isinstance(name, Period)]
        with contextlib.suppress(OSError):
            if floor is not None and periods:
                higher = records.write_floor(records.raise_floor(floor, periods))
                durable.write_file(self._directory / directory.FLOOR, higher)
            for name in over:
                self._path(name, GONE).unlink()
            durable.sync_directory(self._directory)

    def _floor(self) -> records.Floor | None:
        """Return the floor, or None if it is missing or damaged."""
        try:
            return records.read_floor((self._directory / directory.FLOOR).read_bytes())
        except FileNotFoundError:
            return None

    def _is_below_floor(self, name: KeyName) -> bool:
        """Say whether no key is made for this period any more; needs a whole floor to know."""
        if isinstance(name, Period) and self._floor() is None:
            raise directory.floor_error(self._directory)
        return self._is_surely_below_floor(name)

    def _is_surely_below_floor(self, name: KeyName) -> bool:
        floor = self._floor()
        return isinstance(name, Period) and floor is not None and records.is_below(floor, name)

    def _named(self) -> list[tuple[KeyName, str]]:
        found = (records.parse_name(path.name) for path in self._directory.iterdir())
        known = (named for named in found if named is not None)
        return sorted(known, key=lambda named: (str(named[0]), named[1]))

    def _path(self, name: KeyName, suffix: str) -> Path:
        return self._directory / records.file_name(name, suffix)

    def _tombstone(self, name: KeyName) -> datetime | None:
        return records.read_tombstone(self._path(name, GONE).read_bytes(), name)

    def _read(self, name: KeyName) -> KeyRecord:
        content = self._path(name, LIVING).read_bytes()
        record = records.unwrap_record(self._wrapping_key, content, name)
        if record is None:
            raise KeyDamagedError(name)
        return record

    def _usable_secret(self, name: KeyName) -> bytes:
        with self._looking(f"using key {name}"):
            if self._path(name, GONE).exists():
                raise KeyDestroyedError(name)
            if not self._path(name, LIVING).exists():
                below = self._is_below_floor(name)
                raise KeyDestroyedError(name) if below else KeyUnknownError(name)
            record = self._read(name)
        if self._listed(record).state is KeyState.DUE:
            raise KeyDueError(name)
        return record.secret

    def _listed(self, record: KeyRecord) -> KeptKey:
        state = KeyState.LIVE if self._clock() < record.destroy_by else KeyState.DUE
        return KeptKey(record.name, record.destroy_by, state)

    def _listed_living(self, name: KeyName) -> KeptKey:
        try:
            return self._listed(self._read(name))
        except KeyDamagedError:
            return KeptKey(name, latest_end(name, self._clock()), KeyState.DAMAGED)

    def _listed_gone(self, name: KeyName) -> KeptKey:
        destroy_by = self._tombstone(name)
        if destroy_by is None:
            return KeptKey(name, latest_end(name, self._clock()), KeyState.HALF_DESTROYED)
        return KeptKey(name, destroy_by, KeyState.DESTROYED)
