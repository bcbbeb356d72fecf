"""A new deployment: settings, database, keyring, and a policy in force.

Decides the order in which they are made: what can be checked is checked before anything is, and the
settings are written when database and keyring are there, so that a failed attempt binds nobody.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from fairplate.audit.log import Recorder
from fairplate.audit.log_keys import SIGNING, LogKeys, create_log_keys, read_log_keys
from fairplate.core.clock import Clock
from fairplate.core.errors import FairplateError, InputError
from fairplate.deployment.policy_in_force import read_policy_id, set_policy
from fairplate.policy.document import check_policy
from fairplate.settings import (
    FILE_NAME,
    Settings,
    compose_settings,
    parse_settings,
    read_settings,
)
from fairplate.storage.database import Database, connect_database, open_database
from fairplate.storage.migrate import migrate_database, schema_version
from fairplate.vault.expiry import record_lost_keys
from fairplate.vault.keyring import RandomBytes
from fairplate.vault.vault import Vault
from fairplate.wiring.deployed import read_clock
from fairplate.wiring.keyrings import keyring_of
from fairplate.wiring.places import find_copied_keys


def create_deployment(
    folder: Path,
    policy_document: str,
    *,
    actor: str,
    settings_document: str | None = None,
    log_name: str | None = None,
    clock: Clock = read_clock,
    random_bytes: RandomBytes = os.urandom,
) -> Settings:
    """Make a deployment in `folder` (mode 0700) and return its settings.

    `log_name` is the origin of its audit log, None for one made at random.

    Goes on where an earlier attempt stopped. `settings_document` None: those that are there, else
    the default ones. On a whole deployment it only brings an older database up to date, and raises
    InputError if it is that already. Raises what each part raises.
    """
    check_policy(policy_document, where="policy").require()
    settings, document = _choose_settings(folder, settings_document)
    keyring_of(settings, clock, random_bytes)
    for misplaced in find_copied_keys(settings):
        raise misplaced
    with _told(folder, "folder"):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _migrated(settings) as (database, upgraded):
        with database.transaction() as connection:
            if read_policy_id(connection) is not None:
                if upgraded and document is None:
                    return settings
                raise _whole(folder, database, ours=document is None)
        _ensure_keyring(settings, clock, random_bytes)
        log_keys = _ensure_log_keys(settings, log_name, random_bytes)
        if document is not None:
            with _told(folder / FILE_NAME, "settings"):
                _write_file(folder / FILE_NAME, document)
        with database.transaction() as connection:
            recorder = Recorder(clock, random_bytes, actor, log_keys.private_parts)
            set_policy(connection, recorder, policy_document)
    return settings


def replace_lost_keyring(
    folder: Path,
    *,
    actor: str,
    clock: Clock = read_clock,
    random_bytes: RandomBytes = os.urandom,
) -> Settings:
    """Make a new keyring for the deployment in `folder` and return its settings.

    Raises KeyringStorageError if there is one. Puts on record that the keys of the old one are
    gone; the next round of the expiry drops what lies under them.
    """
    settings = read_settings(folder)
    database = open_database(settings.database_url)
    try:
        kind, options = keyring_of(settings, clock, random_bytes)
        keyring = kind.create(options)
        private_parts = read_log_keys(settings.log_keys).private_parts
        recorder = Recorder(clock, random_bytes, actor, private_parts)
        record_lost_keys(Vault(database, keyring, recorder))
    finally:
        database.close()
    return settings


def _choose_settings(folder: Path, given: str | None) -> tuple[Settings, str | None]:
    """Return the settings, and the document to write, None if they are there already."""
    path = folder / FILE_NAME
    there = read_settings(folder) if path.exists() else None
    document = compose_settings() if given is None else given
    settings = parse_settings(document, folder=folder.absolute(), where=FILE_NAME)
    if there is None:
        return settings, document
    if given is not None and settings != there:
        expected = "none, or the same as are asked for"
        raise InputError(str(path), "settings", expected=expected, found="others")
    return there, None


@contextlib.contextmanager
def _migrated(settings: Settings) -> Iterator[tuple[Database, bool]]:
    """Yield the database with this version's tables, and whether it had an older version's."""
    database = connect_database(settings.database_url)
    try:
        for file in database.files()[:1]:
            with _told(file.parent, "folder of the database"):
                file.parent.mkdir(mode=0o700, exist_ok=True)
        with database.transaction() as connection:
            before = schema_version(connection)
        migrate_database(database)
        with database.reading() as connection:
            after = schema_version(connection)
        yield database, before not in {None, after}
    finally:
        database.close()


def _ensure_keyring(settings: Settings, clock: Clock, random_bytes: RandomBytes) -> None:
    kind, options = keyring_of(settings, clock, random_bytes)
    try:
        kind.open(options)  # an earlier attempt came as far as this
    except FairplateError:
        kind.create(options)


def _ensure_log_keys(settings: Settings, name: str | None, random_bytes: RandomBytes) -> LogKeys:
    if (settings.log_keys / SIGNING).exists():  # an earlier attempt came as far as this
        there = read_log_keys(settings.log_keys)
        if name not in {None, there.origin}:
            expected, found = f"{there.origin}, whose keys are there already", "another name"
            raise InputError(str(settings.log_keys), "log name", expected=expected, found=found)
        return there
    origin = name or f"fairplate-log/{random_bytes(8).hex()}"
    return create_log_keys(settings.log_keys, origin, random_bytes)


def _whole(folder: Path, database: Database, *, ours: bool) -> InputError:
    if ours:
        expected, found = "no deployment yet", "a whole one"
        return InputError(str(folder), "folder", expected=expected, found=found)
    expected, found = "one without a deployment", "that of another"
    return InputError(str(folder), str(database.address), expected=expected, found=found)


def _write_file(path: Path, text: str) -> None:
    """Put `text` at `path`, for this user alone, so that a crash leaves all of it or nothing."""
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    file = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(file, "w", encoding="utf-8") as stream:  # noqa: PTH123 - a descriptor
        stream.write(text)
        stream.flush()
        os.fsync(file)
    unfinished.replace(path)


@contextlib.contextmanager
def _told(path: Path, what: str) -> Iterator[None]:
    """Turn an error of the operating system into one that says where."""
    try:
        yield
    except OSError as error:
        found = (error.strerror or type(error).__name__).lower()
        expected = "a place that can be written"
        raise InputError(str(path), what, expected=expected, found=found) from None
