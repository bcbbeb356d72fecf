"""The file keyring: one private directory, outside the database and its backups, a file a period.

Decides in which order files change, so that a crash at any moment leaves every key whole or gone.
Leaves the bytes to `records.py`, the disk to `durable.py`. In the directory, mode 0700:

    keyring.id          which wrapping key this keyring was made with; its last file to be made
    keyring.key         the wrapping key, mode 0600, unless it is kept elsewhere
    lock                held exclusively to make and destroy, shared to derive and list
    floor               no period that starts before this moment is made any more
    PERIOD.key          one period's secret, wrapped
    PERIOD.gone         a tombstone: the secret was destroyed before its time

A key is destroyed by renaming its file to `.gone`, which no crash can undo, and writing the
tombstone over it. Once its time is over the floor rises above it and the tombstone goes too, so
that a keyring of one-minute periods does not fill the disk with tombstones. The floor never falls,
also if the clock does.
"""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from fairplate.core.periods import Period
from fairplate.vault.errors import (
    PeriodDamagedError,
    PeriodDestroyedError,
    PeriodDueError,
    PeriodUnknownError,
)
from fairplate.vault.keyring import KeyringOptions, PeriodKey, PeriodState, ceiling, check_life
from fairplate.vault.keyrings.file import directory, durable, records
from fairplate.vault.keyrings.file.records import GONE, LIVING, PeriodRecord
from fairplate.vault.seal import SECRET_BYTES, ReaderKey, derive_reader_key, reader_message

_TOLD = {
    PeriodState.DUE: "the key is past its time and must be destroyed",
    PeriodState.DAMAGED: "the file is not whole; it derives nothing and can only be destroyed",
    PeriodState.HALF_DESTROYED: "the destruction was interrupted; opening the keyring finishes it",
}


class FileKeyring:
    """Period secrets in files. Made by `create`, once, and `open`."""

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

    def make_period(self, period: Period, destroy_by: datetime) -> PeriodKey:
        """Make the secret of `period` unless it exists, and return what is now in force."""
        with self._changing(f"making the key of period {period}"):
            if self._path(period, GONE).exists():
                raise PeriodDestroyedError(period)
            if self._path(period, LIVING).exists():
                return self._listed(self._read(period))
            if period.start < self._whole_floor():
                raise PeriodDestroyedError(period)
            check_life(period, destroy_by, self._clock())
            secret = self._random_bytes(SECRET_BYTES)
            record = PeriodRecord(period, destroy_by.astimezone(UTC), secret)
            nonce = self._random_bytes(records.NONCE_BYTES)
            content = records.wrap_record(self._wrapping_key, nonce, record)
            durable.write_file(self._path(period, LIVING), content)
            return self._listed(record)

    def reader_key(self, period: Period, reader_id: str) -> ReaderKey:
        """Return the key of `reader_id` in `period`."""
        reader_message(reader_id)
        with self._looking(f"using the key of period {period}"):
            if self._path(period, GONE).exists():
                raise PeriodDestroyedError(period)
            if not self._path(period, LIVING).exists():
                below = period.start < self._whole_floor()
                raise PeriodDestroyedError(period) if below else PeriodUnknownError(period)
            record = self._read(period)
        if self._listed(record).state is PeriodState.DUE:
            raise PeriodDueError(period)
        return derive_reader_key(period, record.secret, reader_id)

    def destroy_period(self, period: Period) -> bool:
        """Destroy the secret of `period` for ever and return whether there was one."""
        living, gone = self._path(period, LIVING), self._path(period, GONE)
        with self._changing(f"destroying the key of period {period}"):
            if gone.exists():
                return False
            existed = living.exists()
            if existed:
                durable.rename_file(living, gone)
                self._bury(period)
            elif not self._below_floor(period):
                durable.write_file(gone, records.tombstone(period, ceiling(period)))
            self._raise_floor()
            return existed

    def periods(self) -> tuple[PeriodKey, ...]:
        """Return what is known of each period, by start."""
        with self._looking("listing the periods"):
            return tuple(
                self._listed_gone(period) if suffix == GONE else self._listed_living(period)
                for period, suffix in self._named()
            )

    def problems(self) -> tuple[str, ...]:
        """Return one sentence for each thing in the directory that is not as it should be."""
        found = [
            f"period {key.period}: {_TOLD[key.state]}"
            for key in self.periods()
            if key.state in _TOLD
        ]
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
            directory.told(self._directory, doing),
            durable.locked(self._directory / directory.LOCK, exclusive=True),
        ):
            self._finish_interrupted()
            yield

    @contextlib.contextmanager
    def _looking(self, doing: str) -> Iterator[None]:
        with (
            directory.told(self._directory, doing),
            durable.locked(self._directory / directory.LOCK, exclusive=False),
        ):
            yield

    def _finish_interrupted(self) -> None:
        for path in sorted(self._directory.glob(f"*{durable.TEMPORARY}")):
            durable.erase_file(path)
        for period, suffix in self._named():
            if suffix != GONE:
                continue
            # Both: somebody put a destroyed key back, from a copy of the directory say.
            if self._path(period, LIVING).exists():
                durable.erase_file(self._path(period, LIVING))
            if self._tombstone(period) is None:
                self._bury(period)
        self._raise_floor()

    def _bury(self, period: Period) -> None:
        """Write the tombstone over what the `.gone` file of `period` still holds."""
        path = self._path(period, GONE)
        record = records.unwrap_record(self._wrapping_key, path.read_bytes(), period)
        destroy_by = ceiling(period) if record is None else record.destroy_by
        durable.overwrite_file(path, records.tombstone(period, destroy_by))

    def _raise_floor(self) -> None:
        """Put the floor in the place of tombstones whose time is over.

        Those say the same, so that no room for a new floor, or no whole old one, is no failure.
        """
        now, floor = self._clock(), self._floor()
        over = [
            period
            for period, suffix in self._named()
            if suffix == GONE and (self._tombstone(period) or ceiling(period)) <= now
        ]
        if not over or floor is None:
            return
        higher = max(floor, *(period.end for period in over))
        with contextlib.suppress(OSError):
            durable.write_file(self._directory / directory.FLOOR, records.write_floor(higher))
            for period in over:
                self._path(period, GONE).unlink()
            durable.sync_directory(self._directory)

    def _floor(self) -> datetime | None:
        """Return the floor, or None if it is missing or damaged."""
        try:
            return records.read_floor((self._directory / directory.FLOOR).read_bytes())
        except FileNotFoundError:
            return None

    def _whole_floor(self) -> datetime:
        floor = self._floor()
        if floor is None:
            raise directory.floor_error(self._directory)
        return floor

    def _below_floor(self, period: Period) -> bool:
        floor = self._floor()
        return floor is not None and period.start < floor

    def _named(self) -> list[tuple[Period, str]]:
        found = (records.parse_name(path.name) for path in self._directory.iterdir())
        return sorted(named for named in found if named is not None)

    def _path(self, period: Period, suffix: str) -> Path:
        return self._directory / records.file_name(period, suffix)

    def _tombstone(self, period: Period) -> datetime | None:
        return records.read_tombstone(self._path(period, GONE).read_bytes(), period)

    def _read(self, period: Period) -> PeriodRecord:
        content = self._path(period, LIVING).read_bytes()
        record = records.unwrap_record(self._wrapping_key, content, period)
        if record is None:
            raise PeriodDamagedError(period)
        return record

    def _listed(self, record: PeriodRecord) -> PeriodKey:
        state = PeriodState.LIVE if self._clock() < record.destroy_by else PeriodState.DUE
        return PeriodKey(record.period, record.destroy_by, state)

    def _listed_living(self, period: Period) -> PeriodKey:
        try:
            return self._listed(self._read(period))
        except PeriodDamagedError:
            return PeriodKey(period, ceiling(period), PeriodState.DAMAGED)

    def _listed_gone(self, period: Period) -> PeriodKey:
        destroy_by = self._tombstone(period)
        state = PeriodState.HALF_DESTROYED if destroy_by is None else PeriodState.DESTROYED
        return PeriodKey(period, destroy_by or ceiling(period), state)
