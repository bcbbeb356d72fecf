"""What raises alerts and what delivers them, put together from the settings.

Opens what is sealed for those who may see it: the person who compares, and the message to them.
"""

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from fairplate.alerts.channel import Channel
from fairplate.alerts.decisions import read_alert
from fairplate.alerts.delivery import Delivery
from fairplate.alerts.evidence import Evidence, RaisedAlert, compose_message, decode_parts
from fairplate.alerts.live_lists import LiveLists
from fairplate.alerts.message import AlertMessage
from fairplate.alerts.raising import AlertDesk, SecondEngine
from fairplate.alerts.subscribers import Subscriber
from fairplate.audit.words import Decision
from fairplate.core.purposes import Purpose
from fairplate.deployment.readers import read_readers
from fairplate.hotlists.chunks import ListsKey
from fairplate.settings import Settings
from fairplate.storage.schema import alerts
from fairplate.vault.kept_records import Part, open_kept_record
from fairplate.vault.payloads import decode_read
from fairplate.vault.vault import Vault
from fairplate.wiring.subscriptions import channels_of, subscribers_of


@dataclass(frozen=True, slots=True)
class Alerting:
    """The alerts of one deployment, apart from its other work."""

    settings: Settings
    vault: Vault
    key: ListsKey

    def subscribers(self) -> tuple[Subscriber, ...]:
        """Return who is told; InputError where the settings contradict themselves."""
        return subscribers_of(self.settings)

    def channels(self) -> dict[str, Channel]:
        """Return every channel, set up; none is connected to yet."""
        return channels_of(self.settings)

    def live_lists(self, only: frozenset[str] | None = None) -> LiveLists:
        """Return the lists in force, or `only` some of them, loaded."""
        lists = LiveLists(self.vault.database, self.key, self.vault.recorder.clock, only)
        lists.refresh()
        return lists

    def desk(
        self,
        lists: LiveLists,
        *,
        second_engine: SecondEngine | None = None,
        wake: Callable[[], None] = lambda: None,
    ) -> AlertDesk:
        """Return what an intake raises alerts by."""
        return AlertDesk(
            lists=lists,
            key=self.key,
            recorder=self.vault.recorder,
            subscribers=self.subscribers(),
            second_engine=second_engine,
            wake=wake,
        )

    def delivery(self) -> Delivery:
        """Return what delivers the messages of the outbox."""
        subscribers = {one.name: one for one in self.subscribers()}
        clock = self.vault.recorder.clock
        return Delivery(self.vault.database, self.channels(), subscribers, self.compose, clock)

    def compose(self, connection: sa.Connection, alert_id: str) -> AlertMessage | None:
        """Return what an alert tells; None if nothing of it is left.

        Raises InputError if there is no such alert or its record, VaultError if that is closed.
        """
        kept = read_alert(connection, alert_id)
        evidence = self._evidence(connection, alert_id, kept.record_id)
        if evidence is None:
            return None
        reader = read_readers(connection, [kept.reader_id]).get(kept.reader_id)
        raised = RaisedAlert(
            id=alert_id,
            list_id=kept.list_id,
            purpose=Purpose(kept.purpose),
            raised_at=kept.raised_at,
            reader_name=kept.reader_id if reader is None else reader.name,
            confirmed=kept.state == Decision.CONFIRMED,
        )
        return compose_message(raised, evidence)

    def _evidence(
        self, connection: sa.Connection, alert_id: str, record_id: str | None
    ) -> Evidence | None:
        if record_id is None:
            query = sa.select(alerts.c.told).where(alerts.c.id == alert_id)
            told = connection.execute(query).scalar_one()
            if told is None:
                return None
            encoded = decode_parts(self.key.open(alert_id, told))
            parts = {Part(name): each for name, each in encoded.items()}
        else:
            _, parts = open_kept_record(connection, self.vault.keyring, record_id)
        opened = decode_read(parts[Part.READ])
        return Evidence(
            read=opened.read,
            captured_at=opened.captured_at,
            matches=parts[Part.MATCHES],
            crop=parts.get(Part.CROP),
            blurred=parts.get(Part.BLURRED),
        )
