"""One deployment, open: its parts put together, and what commands and the worker ask of it.

Decides which part is given to which; everything else is decided below.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from fairplate.alerts.raising import AlertDesk
from fairplate.audit.exports import export_log, open_event, prove_event
from fairplate.audit.log import Recorder
from fairplate.audit.log_keys import read_log_keys
from fairplate.audit.reviews import Review, finish_review, read_reviews
from fairplate.audit.rounds import AuditLog, Round, publish_log
from fairplate.audit.status import LogStatus, read_status
from fairplate.audit.witness_register import (
    add_witness,
    parse_witness_key,
    remove_witness,
    require_outsider,
)
from fairplate.audit.witnesses import Witness
from fairplate.audit.words import Finding
from fairplate.core.clock import Clock
from fairplate.deployment.access_keys import make_access_key
from fairplate.deployment.people_key import PeopleKey
from fairplate.deployment.policy_in_force import PolicyInForce, read_policy_in_force, set_policy
from fairplate.deployment.readers import EnrolledReader, disable_reader, enrol_reader, read_readers
from fairplate.hotlists.chunks import ListsKey
from fairplate.intake import Intake, Matcher
from fairplate.settings import Settings, read_settings
from fairplate.storage.database import Database, open_database
from fairplate.vault.expiry import Expired, destroy_key, destroy_overdue, expire, prepare_keys
from fairplate.vault.health import KeyStatus, read_key_statuses
from fairplate.vault.key_names import parse_key_name
from fairplate.vault.vault import Vault
from fairplate.wiring.alert_book import AlertBook
from fairplate.wiring.alerting import Alerting
from fairplate.wiring.case_book import CaseBook
from fairplate.wiring.hot_lists import HotLists
from fairplate.wiring.keyrings import keyring_of
from fairplate.wiring.people_book import PeopleBook


def read_clock() -> datetime:
    """Return the machine's time."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Deployment:
    """One deployment, open. What its methods raise is told where the work is done."""

    settings: Settings
    vault: Vault
    log: AuditLog
    hot_lists: HotLists
    alerting: Alerting

    @property
    def alerts(self) -> AlertBook:
        """The alerts, for people."""
        return AlertBook(self.alerting)

    @property
    def cases(self) -> CaseBook:
        """The cases, for people."""
        return CaseBook(self.vault)

    @property
    def people(self) -> PeopleBook:
        """The people who may come in."""
        key = PeopleKey(self.log.keys.private_parts.secret)
        return PeopleBook(self.database, self.vault.recorder, key)

    def acting_as(self, person: str) -> "Deployment":
        """Return the same deployment for one person's acts: events name the pseudonym."""
        recorder = replace(self.vault.recorder, actor=person)
        vault = replace(self.vault, recorder=recorder)
        return replace(
            self,
            vault=vault,
            log=replace(self.log, recorder=recorder),
            hot_lists=replace(self.hot_lists, recorder=recorder),
            alerting=replace(self.alerting, vault=vault),
        )

    def now(self) -> datetime:
        """Return the time by the deployment's clock."""
        return self.vault.recorder.clock()

    @property
    def database(self) -> Database:
        """The database."""
        return self.vault.database

    def policy(self) -> PolicyInForce:
        """Return the policy in force."""
        with self.database.reading() as connection:
            return read_policy_in_force(connection)

    def set_policy(self, document: str) -> None:
        """Put the policy in `document` (TOML) in force."""
        with self.database.transaction() as connection:
            set_policy(connection, self.vault.recorder, document)

    def readers(self) -> tuple[EnrolledReader, ...]:
        """Return every reader, by id."""
        with self.database.reading() as connection:
            return tuple(read_readers(connection).values())

    def enrol_reader(self, reader_id: str, name: str) -> None:
        """Take reads from a reader from now on."""
        with self.database.transaction() as connection:
            enrol_reader(connection, self.vault.recorder, reader_id, name)

    def disable_reader(self, reader_id: str) -> None:
        """Take no more reads from a reader."""
        with self.database.transaction() as connection:
            disable_reader(connection, self.vault.recorder, reader_id)

    def make_access_key(self, reader_id: str, *, keep_old: bool) -> str:
        """Return a new key by which a reader sends reads over the network."""
        with self.database.transaction() as connection:
            return make_access_key(connection, self.vault.recorder, reader_id, keep_old=keep_old)

    def intake(self, checks: Matcher | AlertDesk) -> Intake:
        """Return an intake for one thread; only a desk raises alerts."""
        return Intake(self.vault, checks)

    def key_statuses(self) -> tuple[KeyStatus, ...]:
        """Return every key that lives, and those whose rows are not gone yet."""
        in_force = self.policy()
        return read_key_statuses(self.vault, in_force.policy, set_at=in_force.set_at)

    def expire(self) -> Expired:
        """Destroy what is due, finish what a crash left, and make the next keys."""
        try:
            in_force = self.policy()
            report = expire(self.vault, in_force.policy, set_at=in_force.set_at)
        except Exception:
            destroy_overdue(self.vault)  # whatever is wrong with the database
            raise
        report.problems += prepare_keys(self.vault, in_force.policy)
        return report

    def publish_log(self) -> Round:
        """Run one round of the audit log: sequence, sign, publish, ask witnesses."""
        return publish_log(self.log)

    def log_status(self) -> LogStatus:
        """Return how the audit log stands."""
        return read_status(self.log)

    def export_log(self, folder: Path) -> int:
        """Copy the audit log up to its last checkpoint; return how many events that are."""
        return export_log(self.log, folder)

    def prove_event(self, index: int) -> bytes:
        """Return the tlog-proof of one event."""
        return prove_event(self.log, index)

    def open_event(self, index: int, given_to: str) -> str:
        """Return one event's private part for the verifier, and put that on record."""
        return open_event(self.log, index, given_to)

    def add_witness(self, key: str, url: str, quorum: int) -> None:
        """Ask a witness from now on."""
        witness = Witness(parse_witness_key(key), url)
        require_outsider(witness.key, self.log.keys.signing.verifier)
        with self.database.transaction() as connection:
            add_witness(connection, self.log.recorder, witness, quorum)

    def remove_witness(self, key: str, quorum: int) -> None:
        """Ask a witness no more."""
        with self.database.transaction() as connection:
            remove_witness(connection, self.log.recorder, key, quorum)

    def reviews(self, month: str | None) -> tuple[Review, ...]:
        """Return the searches that were picked to be reviewed, of a month or of all."""
        with self.database.reading() as connection:
            return read_reviews(connection, month)

    def finish_review(self, index: int, finding: Finding, note: str) -> None:
        """Put a review on record."""
        with self.database.transaction() as connection:
            finish_review(connection, self.log.recorder, index, finding, note)

    def destroy_key(self, name: str) -> bool:
        """Destroy one key before its time; say whether there was one."""
        return destroy_key(self.vault, parse_key_name(name, where="keys"))


@contextmanager
def opened_deployment(
    folder: Path,
    *,
    actor: str,
    clock: Clock = read_clock,
    random_bytes: Callable[[int], bytes] = os.urandom,
) -> Iterator[Deployment]:
    """Open the deployment in `folder`, and close it afterwards."""
    settings = read_settings(folder)
    database = open_database(settings.database_url)
    try:
        kind, options = keyring_of(settings, clock, random_bytes)
        keyring = kind.open(options)
        log_keys = read_log_keys(settings.log_keys)
        recorder = Recorder(clock, random_bytes, actor, log_keys.private_parts)
        log = AuditLog(database, log_keys, settings.log_directory, recorder)
        vault, key = Vault(database, keyring, recorder), ListsKey(log_keys.private_parts.secret)
        hot_lists = HotLists(database, recorder, key)
        yield Deployment(settings, vault, log, hot_lists, Alerting(settings, vault, key))
    finally:
        database.close()
