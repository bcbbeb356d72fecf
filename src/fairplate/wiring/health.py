"""The health check: each thing that stands against a deployment's promises, one sentence each.

Decides what is checked and goes on with the rest where a part cannot be used. Leaves to
`vault/health.py` what is wrong with keys, to `places.py` what backups would copy, to
`alert_health.py` lists and messages. Changes nothing, but opening the keyring finishes what a crash
left there.
"""

import contextlib
import os
from datetime import datetime, timedelta
from pathlib import Path

from fairplate.audit.log import Recorder, latest_event_time
from fairplate.audit.log_keys import read_log_keys
from fairplate.audit.private_parts import KEY_BYTES, PrivatePartsKey
from fairplate.audit.rounds import AuditLog
from fairplate.audit.status import find_log_problems, read_status
from fairplate.core.clock import Clock
from fairplate.deployment.policy_in_force import PolicyInForce, read_policy_in_force
from fairplate.settings import Settings, read_settings
from fairplate.storage.database import Database, open_database
from fairplate.storage.rows import sum_counts
from fairplate.vault.grants import DAMAGED
from fairplate.vault.health import KeyStatus, find_key_problems, read_key_statuses
from fairplate.vault.keyring import Keyring, KeyState, RandomBytes
from fairplate.vault.register import read_unemptied_keys
from fairplate.vault.vault import Vault
from fairplate.wiring.alert_health import check_lists, check_outbox
from fairplate.wiring.check_up import Check, CheckUp
from fairplate.wiring.deployed import read_clock
from fairplate.wiring.keyrings import keyring_of
from fairplate.wiring.places import find_copied_keys

CLOCKS_AGREE = timedelta(seconds=5)
"""Clocks that differ by more are told: keys end by ours, reads are stamped by others'."""

DAMAGE_TOLD = timedelta(days=30)
"""How long rows that were found damaged are told of."""


def check_deployment(
    folder: Path, *, clock: Clock = read_clock, random_bytes: RandomBytes = os.urandom
) -> CheckUp:
    """Check the deployment in `folder`; raises InputError if its settings cannot be read."""
    settings = read_settings(folder)
    report = CheckUp()
    with report.checking(Check.PLACES):
        report.problems += map(str, find_copied_keys(settings))
    with contextlib.ExitStack() as closing:
        database: Database | None = None
        with report.checking(Check.DATABASE):
            database = open_database(settings.database_url)
            closing.callback(database.close)
        keyring = _open_keyring(report, settings, clock, random_bytes)
        if database is not None:
            nothing = PrivatePartsKey(random_bytes(KEY_BYTES))  # nothing is recorded here
            recorder = Recorder(clock, random_bytes, "system", nothing)
            in_force = _check_policy(report, database)
            _check_keys(report, database, keyring, in_force, recorder)
            _check_rows(report, database, clock())
            _check_log(report, settings, database, recorder)
            policy = None if in_force is None else in_force.policy
            check_lists(report, settings, database, policy, clock())
            check_outbox(report, settings, database, policy, clock())
            _check_clocks(report, database, clock)
    return report


def _open_keyring(
    report: CheckUp, settings: Settings, clock: Clock, random_bytes: RandomBytes
) -> Keyring | None:
    with report.checking(Check.KEYRING):
        kind, options = keyring_of(settings, clock, random_bytes)
        return kind.open(options)
    return None


def _check_policy(report: CheckUp, database: Database) -> PolicyInForce | None:
    with report.checking(Check.POLICY), database.reading() as connection:
        return read_policy_in_force(connection)
    return None


def _check_keys(
    report: CheckUp,
    database: Database,
    keyring: Keyring | None,
    in_force: PolicyInForce | None,
    recorder: Recorder,
) -> None:
    if keyring is None or in_force is None:
        return
    with report.checking(Check.KEYS):
        vault = Vault(database, keyring, recorder)
        statuses = read_key_statuses(vault, in_force.policy, set_at=in_force.set_at)
        # A key that is due is told below, once the expiry has had its time.
        due = tuple(f"key {one.name}: " for one in statuses if one.state is KeyState.DUE)
        of_keyring = tuple(told for told in keyring.problems() if not told.startswith(due))
        living = tuple(one for one in statuses if one.destroyed_at is None)
        report.problems += find_key_problems(living, of_keyring, now=recorder.clock())


def _check_rows(report: CheckUp, database: Database, now: datetime) -> None:
    with report.checking(Check.ROWS), database.reading() as connection:
        left = tuple(
            KeyStatus(key.name, None, key.made_at, key.destroy_by, key.destroyed_at)
            for key in read_unemptied_keys(connection)
        )
        report.problems += find_key_problems(left, (), now=now)
        number = sum_counts(connection, DAMAGED, since=(now - DAMAGE_TOLD).date())
        if number:
            report.problems.append(
                f"sealed rows: expected all to open, found {number} in {DAMAGE_TOLD.days} days "
                "that do not: they were altered, or the disk is failing"
            )


def _check_log(report: CheckUp, settings: Settings, database: Database, recorder: Recorder) -> None:
    with report.checking(Check.LOG):
        keys = read_log_keys(settings.log_keys)
        status = read_status(AuditLog(database, keys, settings.log_directory, recorder))
        report.problems += find_log_problems(status, recorder.clock())


def _check_clocks(report: CheckUp, database: Database, clock: Clock) -> None:
    with report.checking(Check.CLOCKS):
        with database.reading() as connection:
            latest, now = latest_event_time(connection), clock()
        if latest is not None and latest > now + CLOCKS_AGREE:
            report.problems.append(
                f"clock: expected {latest.isoformat(timespec='seconds')} or later, when the last "
                f"event was written, found {now.isoformat(timespec='seconds')}"
            )
        server_time = database.server_time()
        apart = timedelta(0) if server_time is None else abs(server_time - clock())
        if apart > CLOCKS_AGREE:
            report.problems.append(
                f"clock: expected the database server's within {CLOCKS_AGREE.seconds} s of this "
                f"machine's, found {apart.total_seconds():.0f} s"
            )
