"""The health check on real deployments: each thing it must tell, and silence where all is well.

Deployments are made at other times by a clock that is set; most checks go by the machine's time,
which is also the database server's.
"""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.deployments import (
    ACTOR,
    change_settings,
    clock_at,
    expire_at,
    key_files,
    now,
    publish_at,
)
from tests.postgresql_server import PostgresqlServer
from tests.worlds import policy_document

from fairplate.audit.words import DestroyReason
from fairplate.core.errors import InputError
from fairplate.settings import FILE_NAME
from fairplate.storage.rows import add_counts
from fairplate.storage.schema import events, policies
from fairplate.vault.grants import DAMAGED
from fairplate.vault.register import read_living_keys, record_destruction
from fairplate.wiring import Check, CheckUp, check_deployment, opened_deployment
from fairplate.wiring.health import CLOCKS_AGREE

Deploy = Callable[..., Path]
FILE_ONLY = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
SERVER_ONLY = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
SHORT = policy_document("1 day", "1 day")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def check(folder: Path, at: datetime | None = None) -> CheckUp:
    return check_deployment(folder, clock=clock_at(at))


def problems(folder: Path, at: datetime | None = None) -> list[str]:
    return check(folder, at).problems


def test_nothing_is_told_where_all_is_well(deploy: Deploy) -> None:
    folder = deploy()
    found = check(folder)
    assert (found.problems, found.unchecked, found.checked) == ([], (), list(Check))
    expire_at(folder)
    assert problems(folder) == []


def test_keys_past_their_time_are_told(deploy: Deploy) -> None:
    started = now() - 3 * DAY
    folder = deploy(SHORT, at=started)
    expire_at(folder, started)
    found = check(folder)
    assert found.unchecked == ()
    assert len(found.problems) == 4
    for told in found.problems:
        assert told.startswith(("key 20", "key hits/20"))
        assert ": expected to be gone since 20" in told
    expire_at(folder)
    assert problems(folder) == []


@FILE_ONLY
def test_the_expiry_has_a_minute_before_a_key_is_told(deploy: Deploy) -> None:
    started = datetime(2026, 11, 23, 12, tzinfo=UTC)
    folder = deploy(policy_document("3 minutes", "90 days"), at=started)
    expire_at(folder, started)
    due = started + 3 * MINUTE
    assert problems(folder, due - timedelta(seconds=1)) == []
    assert problems(folder, due) == []
    assert problems(folder, due + MINUTE) == []
    late = due + MINUTE + timedelta(seconds=1)
    assert problems(folder, late) == [
        "key 2026-11-23T12:00Z/PT1M: expected to be gone since 2026-11-23T12:03:00+00:00, found it"
    ]


@FILE_ONLY
def test_a_shorter_policy_makes_keys_late(deploy: Deploy) -> None:
    started = now() - 3 * DAY
    folder = deploy(policy_document("30 days", "30 days"), at=started)
    expire_at(folder, started)
    assert problems(folder) == []
    with opened_deployment(folder, actor=ACTOR, clock=clock_at(now() - HOUR)) as deployment:
        deployment.set_policy(SHORT)
        deployment.publish_log()
    assert len(problems(folder)) == 4


def test_keys_that_the_keyring_lacks_are_told(deploy: Deploy) -> None:
    folder = deploy()
    expire_at(folder)
    key_files(folder)[0].unlink()
    (told,) = problems(folder)
    assert told.endswith(": on record as living, but not in the keyring")
    expire_at(folder)
    # The next round drops the rows, and a new key takes its place.
    assert problems(folder) == []


@FILE_ONLY
def test_keys_that_are_not_on_record_are_told(deploy: Deploy) -> None:
    folder = deploy()
    backup = folder / "database" / "old.db"
    shutil.copy(folder / "database" / "fairplate.db", backup)
    expire_at(folder)
    backup.replace(folder / "database" / "fairplate.db")
    for more in ("-wal", "-shm"):
        (folder / "database" / f"fairplate.db{more}").unlink(missing_ok=True)
    found = problems(folder)
    assert len(found) == 4
    assert all(told.endswith(": in the keyring, but not on record") for told in found)
    expire_at(folder)
    assert problems(folder) == []


@FILE_ONLY
def test_damaged_keys_are_told(deploy: Deploy) -> None:
    folder = deploy()
    expire_at(folder)
    damaged = key_files(folder)[0]
    damaged.write_bytes(damaged.read_bytes()[:100])
    (told,) = problems(folder)
    assert "the file is not whole" in told


def test_rows_that_are_left_are_told_even_without_the_keyring(deploy: Deploy) -> None:
    before = now() - 10 * MINUTE
    folder = deploy(at=before)
    expire_at(folder, before)
    with opened_deployment(folder, actor=ACTOR, clock=clock_at(before)) as deployment:
        vault = deployment.vault
        with deployment.database.transaction() as connection:
            key = read_living_keys(connection)[0]
            vault.keyring.destroy_key(key.name)
            record_destruction(connection, vault.recorder, key, DestroyReason.ASKED)
        deployment.publish_log()
    told = f"key {key.name}: destroyed, but its rows are not dropped yet"
    assert problems(folder) == [told]
    (folder / "keyring").chmod(0o755)
    assert problems(folder)[1:] == [told]
    (folder / "keyring").chmod(0o700)
    expire_at(folder)
    assert problems(folder) == []


@FILE_ONLY
@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ('backups = ["database"]', 'backups = ["."]', ["log keys", "keyring"]),
        ('directory = "keyring"', 'directory = "database/keyring"', ["keyring"]),
        ('directory = "keyring"', 'directory = "link"', ["keyring"]),
        ('backups = ["database"]', 'backups = ["all"]', ["log keys", "keyring"]),
        ("[keyring]", '[keyring]\nkey_file = "database/my.key"', ["key file"]),
        ('keys = "log-keys"', 'keys = "database/log-keys"', ["log keys"]),
    ],
)
def test_a_keyring_in_the_backups_is_told(
    deploy: Deploy, tmp_path: Path, old: str, new: str, what: list[str]
) -> None:
    folder = deploy()
    keyring = folder / "keyring"
    if "database/my.key" in new:
        shutil.move(keyring / "keyring.key", folder / "database/my.key")
    elif "database/keyring" in new or "link" in new:
        shutil.move(keyring, folder / "database/keyring")
    elif "log-keys" in new:
        shutil.move(folder / "log-keys", folder / "database/log-keys")
    (folder / "link").symlink_to(folder / "database/keyring")
    (folder / "all").symlink_to(tmp_path)
    change_settings(folder, old, new)
    told = problems(folder)
    assert len(told) == len(what)
    for name, line in zip(what, told, strict=True):
        assert f": {name}: expected a place outside of what is backed up" in line


@SERVER_ONLY
def test_a_keyring_in_the_backups_of_a_server_is_told(deploy: Deploy) -> None:
    folder = deploy()
    change_settings(folder, "backups = []", 'backups = ["."]')
    assert len(problems(folder)) == 2


def test_a_clock_that_was_set_back_is_told(deploy: Deploy) -> None:
    folder = deploy(at=now() + HOUR)
    (told,) = problems(folder)
    assert told.startswith("clock: expected 20")
    assert "when the last event was written" in told


@SERVER_ONLY
@pytest.mark.parametrize("apart", [-HOUR, -2 * CLOCKS_AGREE, 2 * CLOCKS_AGREE, HOUR])
def test_a_servers_clock_that_differs_is_told(deploy: Deploy, apart: timedelta) -> None:
    folder = deploy(at=now() - 2 * HOUR)
    publish_at(folder, now() - 2 * HOUR)
    (told,) = problems(folder, now() + apart)
    assert told.startswith("clock: expected the database server's within 5 s of this machine's")
    assert problems(folder) == []


@FILE_ONLY
def test_the_server_less_database_has_no_clock_of_its_own(deploy: Deploy) -> None:
    folder = deploy()
    publish_at(folder)
    assert problems(folder, now() + HOUR) == []


@pytest.mark.parametrize("mode", [0o750, 0o701])
def test_a_keyring_that_is_too_open_is_told_and_the_rest_checked(deploy: Deploy, mode: int) -> None:
    folder = deploy(at=now() + HOUR)
    (folder / "keyring").chmod(mode)
    found = check(folder)
    too_open, clock = found.problems
    assert too_open == (
        f"{folder}/keyring: directory: expected our own, mode 0700 or less, found mode {mode:04o}"
    )
    assert clock.startswith("clock: ")
    assert found.unchecked == (Check.KEYS,)


@FILE_ONLY
def test_a_keyring_that_is_missing_or_anothers_is_told(deploy: Deploy) -> None:
    folder = deploy()
    (folder / "keyring/keyring.key").write_bytes(bytes(32))
    (told,) = problems(folder)
    assert "expected the key this keyring was made with" in told
    shutil.rmtree(folder / "keyring")
    (told,) = problems(folder)
    assert "keyring: directory: expected a keyring, found none" in told


@FILE_ONLY
def test_a_missing_database_is_told_and_the_rest_checked(deploy: Deploy) -> None:
    folder = deploy()
    (folder / "database/fairplate.db").unlink()
    (folder / "keyring").chmod(0o755)
    found = check(folder)
    assert ["no such file" in told for told in found.problems] == [True, False]
    assert found.checked == [Check.PLACES, Check.DATABASE, Check.KEYRING]
    assert set(found.unchecked) == {
        Check.POLICY,
        Check.KEYS,
        Check.ROWS,
        Check.LOG,
        Check.LISTS,
        Check.OUTBOX,
        Check.CLOCKS,
    }


@SERVER_ONLY
def test_a_server_that_is_lost_is_told(
    deploy: Deploy, postgresql_server: PostgresqlServer, migrated_url: str
) -> None:
    folder = deploy()
    name = migrated_url.partition("@/")[2].partition("?")[0]
    postgresql_server.drop_database(name)
    found = check(folder)
    assert [f'database "{name}" does not exist' in told for told in found.problems] == [True]
    assert Check.KEYRING in found.checked


def test_a_policy_that_was_altered_is_told(deploy: Deploy) -> None:
    folder = deploy()
    with (
        opened_deployment(folder, actor=ACTOR) as deployment,
        deployment.database.transaction() as connection,
    ):
        document = policy_document().replace('"30 days"', '"400 days"')
        connection.execute(sa.update(policies).values(document=document))
    found = check(folder)
    (told,) = found.problems
    assert told.startswith("policy in force: non_hits_kept.value: expected never, or 3 minutes")
    assert found.unchecked == (Check.KEYS,)


@FILE_ONLY
def test_an_event_that_is_none_is_told(deploy: Deploy) -> None:
    folder = deploy()
    with (
        opened_deployment(folder, actor=ACTOR) as deployment,
        deployment.database.transaction() as connection,
    ):
        connection.execute(sa.update(events).values(body=b"{}"))
    told = problems(folder)
    assert [line.partition(":")[0] for line in told] == ["event 1"] * 2  # by log and by clocks


def test_rows_found_damaged_are_told_for_a_month(deploy: Deploy) -> None:
    folder = deploy()
    with (
        opened_deployment(folder, actor=ACTOR) as deployment,
        deployment.database.transaction() as connection,
    ):
        for days, number in ((29, 2), (5, 3), (32, 1000)):
            add_counts(connection, (now() - days * DAY).date(), {("", DAMAGED): number})
    (told,) = problems(folder)
    assert told.startswith("sealed rows: expected all to open, found 5 in 30 days that do not")


@FILE_ONLY
def test_files_that_do_not_belong_in_the_keyring_are_told(deploy: Deploy) -> None:
    folder = deploy()
    (folder / "keyring/notes.txt").touch()
    (told,) = problems(folder)
    assert "'notes.txt' is no file of a keyring" in told


def test_without_settings_there_is_nothing_to_check(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=FILE_NAME):
        check(tmp_path)


@FILE_ONLY
def test_it_changes_nothing(deploy: Deploy) -> None:
    started = now() - 3 * DAY
    folder = deploy(SHORT, at=started)
    expire_at(folder, started)
    before = {path: path.read_bytes() for path in folder.rglob("*.*") if path.is_file()}
    assert problems(folder)
    after = {path: path.read_bytes() for path in folder.rglob("*.*") if path.is_file()}
    assert {path: before[path] == after.get(path) for path in before} == dict.fromkeys(before, True)
