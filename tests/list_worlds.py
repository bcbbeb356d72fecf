"""Hot lists of a deployment with a clock of its own: a real database, real keys and a real log."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from tests.audit.log_worlds import LogWorld
from tests.worlds import SetClock, policy_document

from fairplate.alerts.live_lists import LiveLists
from fairplate.audit.log import Recorder
from fairplate.core.purposes import Purpose
from fairplate.deployment.policy_in_force import set_policy
from fairplate.hotlists.chunks import ListsKey
from fairplate.hotlists.kept_batches import Imported
from fairplate.hotlists.register import KeptList, read_lists
from fairplate.storage.database import Database
from fairplate.storage.schema import hot_lists, list_chunks
from fairplate.wiring.hot_lists import HotLists, Preview

COLUMNS = ("plate", "jurisdiction", "vehicle", "purpose", "reference", "valid_until")
STOLEN = "stolen-vehicle"


def list_document(
    name: str = "stolen", purposes: Sequence[str] = (STOLEN,), **figures: object
) -> str:
    """Return a list's definition; figures are TOML already, such as `refresh='"1 hour"'`."""
    lines = [f'name = "{name}"', f'title = "List {name}"', 'format = "csv"']
    lines.append(f"purposes = {list(purposes)}".replace("'", '"'))
    return "\n".join([*lines, *(f"{key} = {value}" for key, value in figures.items())])


def list_policy(
    *, refreshed: str | None = None, jurisdiction: str = "none", without: Purpose | None = None
) -> str:
    """Return a policy that permits every purpose but one, as TOML."""
    document = policy_document().replace('"none"', f'"{jurisdiction}"', 1)
    if without is not None:
        first, last = f'"{without}", ', f', "{without}"'
        document = document.replace(first, "") if first in document else document.replace(last, "")
        assert without not in document
    if refreshed is not None:
        document += f'[hot_lists_refreshed]\nvalue = "{refreshed}"\nsource = "a test"\n'
        document += "statute_read = false\n"
    return document


def row_of(
    plate: str, reference: str = "2026-1", purpose: str = STOLEN, valid_until: str = ""
) -> tuple[str, ...]:
    return (plate, "unknown", "car", purpose, reference, valid_until)


@dataclass(slots=True)
class ListWorld:
    """The lists of one deployment; `restart` is what a new process would find."""

    url: str
    place: Path
    clock: SetClock = field(default_factory=SetClock)
    log: LogWorld = field(init=False)
    _files: int = 0

    def __post_init__(self) -> None:
        self.log = LogWorld(self.url, self.place, self.clock)
        self.set_policy(list_policy())

    @property
    def database(self) -> Database:
        return self.log.database

    @property
    def recorder(self) -> Recorder:
        return self.log.recorder("cli:1000")

    @property
    def key(self) -> ListsKey:
        return ListsKey(self.log.keys.private_parts.secret)

    @property
    def lists(self) -> HotLists:
        return HotLists(self.database, self.recorder, self.key)

    def live(self, only: frozenset[str] | None = None) -> LiveLists:
        """Return the lists in force, loaded."""
        lists = LiveLists(self.database, self.key, self.clock, only)
        lists.refresh()
        return lists

    def set_policy(self, document: str) -> None:
        with self.database.transaction() as connection:
            set_policy(connection, self.recorder, document)

    def set(
        self, name: str = "stolen", purposes: Sequence[str] = (STOLEN,), **figures: object
    ) -> str:
        return self.lists.set(list_document(name, purposes, **figures), where="test")

    def file(self, rows: Iterable[Sequence[str]]) -> Path:
        self._files += 1
        path = self.place / f"batch-{self._files}.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([COLUMNS, *rows])
        return path

    def preview(self, rows: Iterable[Sequence[str]], name: str = "stolen") -> Preview:
        return self.lists.preview(name, self.file(rows))

    def bring(self, rows: Iterable[Sequence[str]], name: str = "stolen") -> Imported | None:
        """Look at a batch and commit it."""
        return self.lists.commit(self.preview(rows, name), "batch.csv")

    def kept(self, name: str = "stolen") -> KeptList:
        with self.database.reading() as connection:
            return read_lists(connection)[name]

    def chunks(self) -> list[tuple[str, int, bytes]]:
        """Return every chunk that the database holds."""
        query = sa.select(list_chunks).order_by(list_chunks.c.batch_id, list_chunks.c.number)
        with self.database.reading() as connection:
            return [tuple(row) for row in connection.execute(query)]

    def alter(self, **values: object) -> None:
        """Change the rows of all lists by hand, as whoever can write to the database may."""
        with self.database.transaction() as connection:
            connection.execute(sa.update(hot_lists).values(**values))

    def alter_chunk(self, number: int = 0, **values: object) -> None:
        with self.database.transaction() as connection:
            connection.execute(
                sa.update(list_chunks).where(list_chunks.c.number == number).values(**values)
            )

    def move(self, **by: float) -> None:
        self.clock.move(timedelta(**by))

    def require_sound_log(self) -> list[str]:
        """Publish the log, fail unless the verifier accepts it, and return its types."""
        assert not self.log.publish().problems
        self.log.require_whole()
        return [event.type.value for event in self.log.in_log()]

    def close(self) -> None:
        self.log.close()
