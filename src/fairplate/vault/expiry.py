"""Expiry: destroys every key whose time is over, drops its rows, finishes what a crash left.

The order is DESIGN section 4's: key, then event, then rows. Each step can be repeated, so the next
call goes on wherever one stopped. Decides nothing about times: see `due.py`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fairplate.audit.words import DestroyReason
from fairplate.core.errors import FairplateError
from fairplate.core.periods import Period, period_at
from fairplate.policy.arrivals import hits_period, read_life, read_period
from fairplate.policy.rules import Policy, destroy_by, is_past
from fairplate.storage.partitions import list_partitions
from fairplate.storage.rows import drop_rows
from fairplate.vault.due import due_at
from fairplate.vault.errors import KeyUnusableError
from fairplate.vault.kept_records import delete_records
from fairplate.vault.key_names import CaseKeyName, HitsKeyName, KeyName
from fairplate.vault.keyring import EXISTING, KeptKey, KeyState
from fairplate.vault.register import (
    RegisteredKey,
    find_living_key,
    forget_keys_before,
    note_ending,
    read_living_keys,
    read_unemptied_keys,
    record_destruction,
    record_emptied,
    register_key,
    shorten_life,
)
from fairplate.vault.vault import Vault

REGISTER_KEPT = timedelta(days=100)
"""How long an emptied key stays on the register; longer than any period key can live."""


@dataclass(slots=True)
class Expired:
    """What one round did; `problems` are errors about single keys, the others went on."""

    destroyed: list[KeyName] = field(default_factory=list)
    emptied: list[KeyName] = field(default_factory=list)
    problems: list[FairplateError] = field(default_factory=list)
    next_due: datetime | None = None

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Note an error of ours and go on with the next key."""
        try:
            yield
        except FairplateError as error:
            self.problems.append(error)


def expire(vault: Vault, policy: Policy, *, set_at: datetime) -> Expired:
    """Destroy what is due under `policy`, in force since `set_at`, and drop what lies under it.

    Raises KeyringError or StorageError if nothing can be listed at all.
    """
    report = Expired()
    now = vault.recorder.clock()
    # The register first: a key that is on it was in the keyring before, so one that the keyring
    # then lacks is gone.
    with vault.database.reading() as connection:
        registered = {key.name: key for key in read_living_keys(connection)}
    kept_keys = vault.keyring.keys()
    existing = {key.name: key for key in kept_keys if key.state in EXISTING}
    for kept in existing.values():
        with report.noting():
            key = registered.get(kept.name) or _register(vault, kept)
            due = due_at(key.name, _promised(key, kept), key.made_at, policy, set_at=set_at)
            if key.ending is not None or is_past(due, now):
                _destroy(vault, key, _reason(kept, due))
                report.destroyed.append(key.name)
                continue
            if due < key.destroy_by:
                _shorten(vault, key, due)
            report.next_due = due if report.next_due is None else min(due, report.next_due)
    for name in registered.keys() - existing.keys():
        with report.noting():
            _record_gone(vault, registered[name], now)
            report.destroyed.append(name)
    _drop_rows(vault, report)
    _forget(vault, report, now)
    return report


def destroy_key(vault: Vault, name: KeyName, reason: DestroyReason = DestroyReason.ASKED) -> bool:
    """Destroy one key before its time, with all that lies under it; say whether there was one.

    Raises KeyringError or StorageError; what was begun is finished by the next round.
    """
    kept_keys = vault.keyring.keys()
    for kept in kept_keys:
        if kept.name == name and kept.state in EXISTING:
            _register(vault, kept)  # a crash may have left it off, and its end is to be told
    with vault.database.transaction() as connection:
        key = find_living_key(connection, name)
        if key is not None:
            note_ending(connection, vault.recorder, key, reason)
    existed = vault.keyring.destroy_key(name)
    if key is not None:
        _record(vault, key.name, reason)
    report = Expired()
    _drop_rows(vault, report)
    if report.problems:
        raise report.problems[0]
    return existed or key is not None


def destroy_overdue(vault: Vault) -> tuple[KeyName, ...]:
    """Destroy what the keyring by itself knows to be due, and return the names.

    For when register or policy cannot be read: nobody who can write to the database may keep a key
    alive. The next whole round puts the ends on record.
    """
    kept_keys = vault.keyring.keys()
    due = [key.name for key in kept_keys if key.state is KeyState.DUE]
    for name in due:
        vault.keyring.destroy_key(name)
    return tuple(due)


def record_lost_keys(vault: Vault) -> None:
    """Put on record that no key of the register is left: the keyring is a new one."""
    with vault.database.reading() as connection:
        registered = read_living_keys(connection)
    for key in registered:
        _record_gone(vault, key, vault.recorder.clock())


def prepare_keys(vault: Vault, policy: Policy) -> tuple[FairplateError, ...]:
    """Make the keys of this period and the next ahead of the first read; return what failed."""
    now = vault.recorder.clock()
    reads, hits = read_period(policy, now), hits_period(policy, now)
    problems = []
    for name_of, period, life in (
        (lambda period: period, reads, read_life(policy)),
        (HitsKeyName, hits, policy.lone_hit_kept),
    ):
        make: Callable[..., KeyName] = name_of
        for each in (period, period_at(period.end, period.length)):
            try:
                vault.ensure_key(make(each), destroy_by(each.start, life))
            except KeyUnusableError:
                continue  # destroyed before its time, by an administrator or a changed policy
            except FairplateError as error:
                problems.append(error)
    return tuple(problems)


def _register(vault: Vault, kept: KeptKey) -> RegisteredKey:
    """Put on record a key that a crash left between its making and its event."""
    with vault.database.transaction() as connection:
        return register_key(connection, vault.recorder, kept)


def _shorten(vault: Vault, key: RegisteredKey, due: datetime) -> None:
    """Hold to the policy in force for what it was taken under, also if a longer one follows."""
    with vault.database.transaction() as connection:
        shorten_life(connection, key, due)


def _promised(key: RegisteredKey, kept: KeptKey) -> datetime:
    return min(key.destroy_by, kept.destroy_by)


def _reason(kept: KeptKey, due: datetime) -> DestroyReason:
    if kept.state is KeyState.DAMAGED:
        return DestroyReason.DAMAGED
    return DestroyReason.POLICY if due < kept.destroy_by else _reason_at_end(kept.name)


def _reason_at_end(name: KeyName) -> DestroyReason:
    return DestroyReason.CASE_ENDED if isinstance(name, CaseKeyName) else DestroyReason.DUE


def _destroy(vault: Vault, key: RegisteredKey, reason: DestroyReason) -> None:
    vault.keyring.destroy_key(key.name)
    _record(vault, key.name, reason)


def _record(vault: Vault, name: KeyName, reason: DestroyReason) -> None:
    with vault.database.transaction() as connection:
        key = find_living_key(connection, name)  # as it is by now, with what was noted of its end
        if key is not None:
            record_destruction(connection, vault.recorder, key, reason)


def _record_gone(vault: Vault, key: RegisteredKey, now: datetime) -> None:
    """Record the end of a key that the keyring no longer has.

    A crash came before the event, the database is an old copy, or somebody took the key away. One
    that is put back is put on record again, and ends in its time.
    """
    over = is_past(key.destroy_by, now)
    _record(vault, key.name, _reason_at_end(key.name) if over else DestroyReason.FOUND_GONE)


def _drop_rows(vault: Vault, report: Expired) -> None:
    with vault.database.reading() as connection:
        # In this order: a key made in between has its partitions and its place in the register.
        present = list_partitions(connection)
        unemptied = read_unemptied_keys(connection)
        living = {key.id for key in read_living_keys(connection)}
    for key in unemptied:
        with report.noting():
            if isinstance(key.name, Period):
                drop_rows(vault.database, key.id)
            with vault.database.transaction() as connection:
                delete_records(connection, key.id)
                record_emptied(connection, vault.recorder, key)
            report.emptied.append(key.name)
    for key_id in set(present) - living - {key.id for key in unemptied}:
        with report.noting():
            drop_rows(vault.database, key_id)


def _forget(vault: Vault, report: Expired, now: datetime) -> None:
    with report.noting(), vault.database.transaction() as connection:
        forget_keys_before(connection, now - REGISTER_KEPT)
