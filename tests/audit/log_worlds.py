"""A whole log with a clock of its own: a real database, key directory and published folder."""

import contextlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from tests.worlds import SetClock

from fairplate.audit.event_types import EventType
from fairplate.audit.events import ParsedEvent, read_event
from fairplate.audit.log import Recorder
from fairplate.audit.log_keys import LogKeys, create_log_keys, read_log_keys
from fairplate.audit.rounds import AuditLog, Round, publish_log
from fairplate.storage.database import Database, open_database
from fairplate.storage.schema import events
from fairplate.verify.checkpoints import Checkpoint, parse_checkpoint
from fairplate.verify.log_check import Trust, check_log
from fairplate.verify.log_directory import LogDirectory
from fairplate.verify.notes import Note, VerifierKey, parse_note
from fairplate.verify.older_check import OlderCheckpoint
from fairplate.verify.report import Report
from fairplate.verify.tiles import split_entries, tiles_of

ORIGIN = "log.example.org/city"
PATIENCE = timedelta(seconds=20)
NO_PATIENCE = timedelta(milliseconds=200)
NOTED = {"temporary-file", "ahead", "log-restored"}
"""What the verifier notes, and holds against nobody: the first two until the next round."""


@dataclass(slots=True)
class LogWorld:
    """One log; `restart` is what a new process would find. `place` holds keys and folder."""

    url: str
    place: Path
    clock: SetClock = field(default_factory=SetClock)
    random_bytes: Callable[[int], bytes] = os.urandom
    database: Database = field(init=False)
    keys: LogKeys = field(init=False)
    _number: int = 0

    def __post_init__(self) -> None:
        if not self.key_folder.exists():
            create_log_keys(self.key_folder, ORIGIN, self.random_bytes)
        self.open()

    @property
    def key_folder(self) -> Path:
        return self.place / "log-keys"

    @property
    def folder(self) -> Path:
        return self.place / "log"

    @property
    def log(self) -> AuditLog:
        return AuditLog(self.database, self.keys, self.folder, self.recorder())

    def recorder(self, actor: str = "system") -> Recorder:
        return Recorder(self.clock, self.random_bytes, actor, self.keys.private_parts)

    def open(self) -> None:
        self.database = open_database(self.url)
        self.keys = read_log_keys(self.key_folder)

    def close(self) -> None:
        self.database.close()

    def restart(self) -> None:
        self.close()
        self.open()

    def act(self, number: int = 1) -> list[str]:
        """Leave so many events of one transaction each, and return what tells them apart."""
        names = []
        for _ in range(number):
            self._number += 1
            names.append(f"gate-{self._number}")
            with self.database.transaction() as connection:
                enrol(connection, self.recorder(), names[-1])
        return names

    def act_at_once(self, number: int) -> list[str]:
        """Leave so many events in one transaction."""
        names = [f"gate-{self._number + each}" for each in range(1, number + 1)]
        self._number += number
        with self.database.transaction() as connection:
            for name in names:
                enrol(connection, self.recorder(), name)
        return names

    def publish(self, *, patience: timedelta = PATIENCE) -> Round:
        return publish_log(self.log, patience=patience)

    def note(self) -> Note:
        return parse_note((self.folder / "checkpoint").read_bytes())

    def checkpoint(self) -> Checkpoint:
        return parse_checkpoint(self.note().text)

    def signed(self) -> Checkpoint:
        return parse_checkpoint((self.key_folder / "signed").read_text())

    def rows(self) -> list["sa.Row[tuple[object, ...]]"]:
        """Return id, position and body of all events, by id."""
        query = sa.select(events.c.id, events.c.position, events.c.body, events.c.private)
        with self.database.reading() as connection:
            return list(connection.execute(query.order_by(events.c.id)).all())

    def in_log(self) -> list[ParsedEvent]:
        """Return the events of the published log, in its order."""
        return [read_event(body) for body in published_entries(self.folder)]

    def names_in_log(self) -> list[str]:
        """Return what tells apart the events that `act` left, in the order of the log."""
        return [
            str(event.public["reader"])
            for event in self.in_log()
            if event.type is EventType.READER_ENROLLED
        ]

    def check(self, *earlier: Checkpoint) -> Report:
        """Return what a stranger finds who holds the published log against `earlier` ones."""
        return check_folder(self.folder, self.keys.signing.verifier, self.clock.now, *earlier)

    def require_whole(self, *earlier: Checkpoint) -> Checkpoint:
        """Fail unless the published log passes every check and begins with all `earlier` ones."""
        found = self.check(*earlier).findings
        told = [f"{each.where}: {each.code}: {each.message}" for each in found]
        assert [line for line in told if line.split(": ")[1] not in NOTED] == []
        return self.checkpoint()


def enrol(connection: sa.Connection, recorder: Recorder, reader: str) -> int:
    return recorder.record(
        connection,
        EventType.READER_ENROLLED,
        public={"reader": reader},
        private={"name": f"At {reader}"},
    )


def check_folder(folder: Path, key: VerifierKey, now: datetime, *earlier: Checkpoint) -> Report:
    older = [OlderCheckpoint(each, None) for each in earlier]
    with LogDirectory(folder) as directory:
        return check_log(directory, Trust(key), now=now, older=older)


def published_entries(folder: Path) -> list[bytes]:
    """Return the entries of the published log, as far as its checkpoint goes."""
    size = parse_checkpoint(parse_note((folder / "checkpoint").read_bytes()).text).size
    bundles = [tile for tile in tiles_of(size) if tile.level is None]
    return [entry for tile in bundles for entry in split_entries((folder / tile.path).read_bytes())]


def files_in(folder: Path) -> dict[str, bytes]:
    """Return all files of a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def tile_files(folder: Path) -> set[str]:
    return {name for name in files_in(folder) if re.match(r"tile/", name)}


def fill_disk(disk: Path, leave: int = 0) -> None:
    """Take all room on the disk but so many bytes, with a file called `filler`."""
    with (disk / "filler").open("ab") as filler:
        filler.truncate(0)
        found = os.statvfs(disk)
        filler.write(bytes(max(0, found.f_bavail * found.f_frsize - leave)))


@contextlib.contextmanager
def rolled_back(database: Database) -> Iterator[sa.Connection]:
    """Give a transaction that leaves nothing."""
    with contextlib.suppress(_LeaveNothing), database.transaction() as connection:
        yield connection
        raise _LeaveNothing


class _LeaveNothing(Exception):  # noqa: N818 - it is not an error
    pass
