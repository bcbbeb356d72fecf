"""A whole vault with hot lists, people to tell and a clock of its own; everything in it is real."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from tests.intake.stored import make_picture
from tests.worlds import PRIVATE_PARTS, READERS, World, make_read, policy_document

from fairplate.alerts.live_lists import LiveLists
from fairplate.alerts.raising import SecondEngine
from fairplate.audit.events import read_event
from fairplate.audit.words import Decision
from fairplate.hotlists.chunks import ListsKey
from fairplate.intake import Arriving, Intake, Taken
from fairplate.settings import Settings
from fairplate.storage.schema import alerts, events, outbox
from fairplate.wiring.alert_book import AlertBook
from fairplate.wiring.alerting import Alerting
from fairplate.wiring.hot_lists import HotLists

PERSON = "cli:1000"
WANTED = "ABC1234"
MAIL = {"kind": "email", "host": "127.0.0.1", "port": 1, "sender": "alerts@example.org"}


def mail_to(name: str, **more: object) -> dict[str, object]:
    return {"channel": "mail", "address": f"{name}@example.org", **more}


def alert_document(**figures: str) -> str:
    """Return a policy as TOML with figures of alerts, each as it stands in a policy file."""
    tables = (
        f'[{name}]\nvalue = {value}\nsource = "a test"\nstatute_read = false\n'
        for name, value in figures.items()
    )
    return policy_document() + "\n" + "\n".join(tables)


@dataclass(slots=True)
class AlertWorld:
    """A world whose intake has a desk; `subscribers` and `channels` are tables of the settings."""

    world: World
    folder: Path
    subscribers: Mapping[str, Mapping[str, Any]] = field(
        default_factory=lambda: {"anna": mail_to("anna")}
    )
    channels: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: {"mail": MAIL})
    second_engine: SecondEngine | None = None
    woken: list[datetime] = field(default_factory=list)
    numbers: "count[int]" = field(default_factory=count)

    @property
    def now(self) -> datetime:
        return self.world.clock()

    def move(self, by: timedelta) -> None:
        self.world.clock.move(by)

    def settings(self) -> Settings:
        return Settings(
            folder=self.folder,
            database_url=self.world.url,
            backups=(),
            keyring_kind="file",
            keyring_directory=self.world.keys,
            log_directory=self.folder / "log",
            log_keys=self.folder / "log-keys",
            channels=self.channels,
            subscribers=self.subscribers,
        )

    def alerting(self, actor: str = "system") -> Alerting:
        vault = self.world.vault
        acting = replace(vault, recorder=replace(vault.recorder, actor=actor))
        return Alerting(self.settings(), acting, ListsKey(PRIVATE_PARTS.secret))

    def book(self, actor: str = PERSON) -> AlertBook:
        return AlertBook(self.alerting(actor))

    def hot_lists(self) -> HotLists:
        vault = self.world.vault
        key = ListsKey(PRIVATE_PARTS.secret)
        return HotLists(vault.database, replace(vault.recorder, actor=PERSON), key)

    def put_list(
        self,
        rows: Sequence[str] = (f"{WANTED},stolen-vehicle,2026/17",),
        name: str = "county",
        **definition: str,
    ) -> None:
        """Set a list and import `rows`: plate, purpose and reference; further cells as CSV has."""
        purposes = sorted({row.split(",")[1] for row in rows})
        lines = {"purposes": str(purposes).replace("'", '"'), **definition}
        text = f'name = "{name}"\ntitle = "List {name}"\nformat = "csv"\n' + "".join(
            f"{key} = {value}\n" for key, value in lines.items()
        )
        lists, path = self.hot_lists(), self.folder / f"{name}.csv"
        lists.set(text, where="test")
        header = "plate,purpose,reference,jurisdiction,vehicle,listed_on\n"
        cells = (row.split(",") for row in rows)
        full = ([*row, *["unknown", "unknown", ""][len(row) - 3 :]] for row in cells)
        path.write_text(header + "".join(",".join(row) + "\n" for row in full), encoding="utf-8")
        preview = lists.preview(name, path)
        assert not preview.problems
        assert lists.commit(preview, "a test")

    def live(self) -> LiveLists:
        return self.alerting().live_lists()

    def intake(self, lists: LiveLists | None = None) -> Intake:
        alerting = self.alerting()
        desk = alerting.desk(
            lists or alerting.live_lists(),
            second_engine=self.second_engine,
            wake=lambda: self.woken.append(self.now),
        )
        return Intake(self.world.vault, desk)

    def arriving(self, plate: str = WANTED, reader_id: str = READERS[0], **more: Any) -> Arriving:
        read = more.pop("read", None) or make_read(plate, reader_id)
        values = {"captured_at": self.now, "picture": make_picture(), **more}
        return Arriving(f"read-{next(self.numbers)}", reader_id, read=read, **values)

    def take(self, *arriving: Arriving) -> tuple[Taken, ...]:
        return self.intake().take(arriving)

    def raise_one(self, plate: str = WANTED, reader_id: str = READERS[0]) -> str:
        """Let a listed vehicle pass, and return the id of the alert that it raises."""
        (taken,) = self.take(self.arriving(plate, reader_id))
        (alert_id,) = taken.alerts
        return alert_id

    def raise_next(self, reader_id: str = READERS[0]) -> str:
        """Raise one after the window of the one before is over."""
        self.move(timedelta(minutes=11))
        return self.raise_one(reader_id=reader_id)

    def decide_many(self, decisions: Iterable[Decision], reader_id: str = READERS[0]) -> None:
        for decision in decisions:
            self.book().decide(self.raise_next(reader_id), decision)

    def rows(self, table: sa.Table) -> list[Any]:
        with self.world.database.reading() as connection:
            return list(connection.execute(sa.select(table).order_by(table.c.id)).all())

    def alerts(self) -> list[Any]:
        return self.rows(alerts)

    def outbox(self) -> list[Any]:
        return self.rows(outbox)

    def told(self) -> list[tuple[str, str]]:
        """Return who has a message in the outbox and of what it tells: an alert, or a key."""
        return [
            (row.subscriber, "alert" if row.alert_id else row.key.split("-")[0])
            for row in self.outbox()
        ]

    def events(self, prefix: str = "alert") -> list[dict[str, Any]]:
        """Return type, actor and public part of each event whose type begins so."""
        found = [read_event(row.body, where="event") for row in self.rows(events)]
        return [
            {"type": one.type.value, "actor": one.actor, **one.public}
            for one in found
            if one.type.value.startswith(prefix)
        ]

    def held_back(self) -> dict[tuple[str, str], int]:
        return self.book().held_back()
