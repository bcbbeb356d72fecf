"""A new deployment: whole or nothing that binds, on SQLite and PostgreSQL."""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.databases import MakeDatabase
from tests.deployments import ACTOR, change_settings, expire_at, key_files
from tests.postgresql_server import LOCKED_OUT, PostgresqlServer
from tests.worlds import policy_document

from fairplate.core.errors import FairplateError, InputError, PolicyError, StorageError
from fairplate.settings import FILE_NAME, compose_settings
from fairplate.storage.database import connect_database
from fairplate.storage.schema import events, policies
from fairplate.vault.errors import KeyringStorageError
from fairplate.wiring import create_deployment, opened_deployment, replace_lost_keyring

Create = Callable[..., object]
SERVER_ONLY = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
FILE_ONLY = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture
def settings_document(database_kind: str, make_database: MakeDatabase) -> str:
    """Return settings for an empty database."""
    if database_kind == "sqlite":
        return compose_settings()
    return compose_settings(database_url=make_database(migrated=False))


@pytest.fixture
def create(folder: Path, settings_document: str) -> Create:
    def create_in_folder(document: str = policy_document(), **changed: object) -> object:
        asked = {"actor": ACTOR, "settings_document": settings_document, **changed}
        return create_deployment(folder, document, **asked)

    return create_in_folder


def state_of(folder: Path) -> tuple[int, int, str]:
    """Return how many policies and events there are, and the name of the policy in force."""
    with opened_deployment(folder, actor=ACTOR) as deployment:
        with deployment.database.reading() as connection:
            numbers = [
                connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
                for table in (policies, events)
            ]
        return numbers[0], numbers[1], deployment.policy().policy.name


def test_it_is_whole_and_private(create: Create, folder: Path, settings_document: str) -> None:
    create()
    assert state_of(folder) == (1, 1, "trial")
    assert (folder / FILE_NAME).read_text() == settings_document
    paths = [folder, *folder.rglob("*")]
    assert {oct(stat.S_IMODE(path.stat().st_mode)) for path in paths} == {"0o700", "0o600"}
    assert sorted(path.name for path in (folder / "keyring").iterdir()) == [
        "floor",
        "keyring.id",
        "keyring.key",
        "lock",
    ]
    assert sorted(path.name for path in (folder / "log-keys").iterdir()) == [
        "lock",
        "private-parts.key",
        "signed",
        "signing.key",
    ]


def test_a_whole_one_is_left_as_it_is(create: Create, folder: Path) -> None:
    create()
    before = (state_of(folder), (folder / "keyring/keyring.key").read_bytes())
    for document in (None, policy_document(name="other")):
        with pytest.raises(InputError, match="expected no deployment yet, found a whole one"):
            create(document or policy_document(), settings_document=None)
    assert before == (state_of(folder), (folder / "keyring/keyring.key").read_bytes())


@pytest.mark.parametrize(
    ("document", "error"),
    [
        ("name = 1", InputError),
        (policy_document().replace('"30 days"', '"91 days"'), PolicyError),
    ],
)
@FILE_ONLY
def test_without_a_policy_nothing_is_made(
    create: Create, folder: Path, document: str, error: type[FairplateError]
) -> None:
    with pytest.raises(error):
        create(document)
    assert not folder.exists()


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("[database]", "keyring: expected a table"),
        (compose_settings(keyring_kind="tpm"), "kind: expected file or pkcs11"),
        (compose_settings(key_file=Path("database/key")), "key file: expected a place outside"),
        (compose_settings(database_url="sqlite:///keyring/f.db"), "keyring: expected a place out"),
        (compose_settings(database_url="sqlite:///f.db"), "log keys: expected a place outside"),
        (compose_settings(database_url="oracle://u:hunter2@h/d"), "database URL: expected sqlite"),
    ],
)
@FILE_ONLY
def test_with_settings_that_cannot_be_nothing_is_made(
    create: Create, folder: Path, settings: str, told: str
) -> None:
    with pytest.raises(FairplateError, match=told) as caught:
        create(settings_document=settings)
    assert "hunter2" not in str(caught.value)
    assert not folder.exists()


@SERVER_ONLY
@pytest.mark.parametrize("fault", ["no server", "wrong password", "no such database"])
def test_a_database_that_cannot_be_used_binds_nobody(
    create: Create, folder: Path, postgresql_server: PostgresqlServer, fault: str
) -> None:
    url = {
        "no server": "postgresql://keeper:hunter2@/x?host=/nowhere",
        "wrong password": postgresql_server.url("postgres", f"{LOCKED_OUT}:hunter2"),
        "no such database": postgresql_server.url("nothing", "postgres:hunter2"),
    }[fault]
    postgresql_server.execute(
        f"DO $$ BEGIN CREATE ROLE {LOCKED_OUT} LOGIN PASSWORD 'another';"
        " EXCEPTION WHEN duplicate_object THEN END $$"
    )
    with pytest.raises(StorageError) as caught:
        create(settings_document=compose_settings(database_url=url))
    assert "hunter2" not in str(caught.value)
    assert list(folder.iterdir()) == []
    create()
    assert state_of(folder)[0] == 1


@FILE_ONLY
def test_a_keyring_that_cannot_be_made_binds_nobody(create: Create, folder: Path) -> None:
    key_file = folder / "nowhere" / "key"
    with pytest.raises(KeyringStorageError):
        create(settings_document=compose_settings(key_file=key_file))
    assert not (folder / FILE_NAME).exists()
    create(settings_document=compose_settings(key_file=folder / "key"))
    assert state_of(folder)[0] == 1


@FILE_ONLY
def test_a_folder_that_cannot_be_written_is_told(create: Create, folder: Path) -> None:
    folder.write_text("a file")
    with pytest.raises(InputError, match=r"expected a place that can be written"):
        create()


@dataclass
class Interrupted(BaseException):
    """What stands for a crash: nothing of ours catches it."""


@pytest.mark.parametrize(
    "at",
    range(6),
    ids=["keyring", "name of the log", "signing key", "log's other key", "event", "private part"],
)
def test_it_goes_on_after_a_crash(create: Create, folder: Path, at: int) -> None:
    asked_for = 0

    def random_bytes(number: int) -> bytes:
        nonlocal asked_for
        asked_for += 1
        if asked_for > at:
            raise Interrupted
        return os.urandom(number)

    with pytest.raises(Interrupted):
        create(random_bytes=random_bytes)
    assert (folder / FILE_NAME).exists() == (at > 3)
    create()
    assert state_of(folder) == (1, 1, "trial")
    assert {path.name for path in folder.iterdir()} <= {
        "database",
        "keyring",
        "log-keys",
        FILE_NAME,
    }


@FILE_ONLY
def test_it_goes_on_from_every_half(create: Create, folder: Path, tmp_path: Path) -> None:
    create()
    whole = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    (folder / FILE_NAME).rename(tmp_path / "kept")
    (folder / f"{Path(FILE_NAME).stem}.new").write_text("[half")
    with pytest.raises(InputError, match="expected one without a deployment, found that of"):
        create()
    (folder / "database/fairplate.db").unlink()
    create()
    assert state_of(folder)[0] == 1
    assert sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file()) == whole
    (folder / "database/fairplate.db").unlink()
    create(settings_document=None)
    assert state_of(folder)[0] == 1


@FILE_ONLY
def test_settings_that_are_there_are_never_replaced(create: Create, folder: Path) -> None:
    folder.mkdir()
    (folder / FILE_NAME).write_text(compose_settings(key_file=Path("my.key")))
    with pytest.raises(InputError, match="expected none, or the same as are asked for"):
        create()
    create(settings_document=None)
    assert (folder / "my.key").exists()


@SERVER_ONLY
def test_a_database_of_another_deployment_is_refused(
    create: Create, folder: Path, tmp_path: Path, settings_document: str
) -> None:
    create()
    other = tmp_path / "other"
    with pytest.raises(InputError, match="expected one without a deployment"):
        create_deployment(
            other, policy_document(), actor=ACTOR, settings_document=settings_document
        )
    assert list(other.iterdir()) == []
    assert state_of(folder)[0] == 1


@FILE_ONLY
def test_a_database_of_something_else_is_refused(create: Create, folder: Path) -> None:
    (folder / "database").mkdir(parents=True)
    database = connect_database(f"sqlite:///{folder}/database/fairplate.db")
    with database.transaction() as connection:
        connection.execute(sa.text("CREATE TABLE readers (book TEXT)"))
    database.close()
    with pytest.raises(StorageError, match="tables of something else: readers"):
        create()
    assert not (folder / FILE_NAME).exists()


def test_a_lost_keyring_is_replaced_only_if_it_is_lost(create: Create, folder: Path) -> None:
    create()
    expire_at(folder)
    with pytest.raises(KeyringStorageError, match="expected no keyring yet, found one"):
        replace_lost_keyring(folder, actor="cli:1000")
    lost = len(key_files(folder))
    assert lost == 2
    (folder / "keyring").rename(folder / "lost")
    with (
        pytest.raises(KeyringStorageError, match="expected a keyring, found none"),
        opened_deployment(folder, actor=ACTOR),
    ):
        pass
    replace_lost_keyring(folder, actor="cli:1000")
    with opened_deployment(folder, actor=ACTOR) as deployment:
        assert {status.state for status in deployment.key_statuses()} == {None}
        did = deployment.expire()
        assert (len(did.destroyed), len(did.emptied), did.problems) == (0, 4, [])
        assert len([status for status in deployment.key_statuses() if status.exists]) == 4


def test_without_settings_no_keyring_is_replaced(folder: Path) -> None:
    with pytest.raises(InputError, match="expected the settings that `fairplate init` writes"):
        replace_lost_keyring(folder, actor="cli:1000")
    assert not folder.exists()


@FILE_ONLY
def test_settings_are_read_anew_each_time(create: Create, folder: Path) -> None:
    create()
    change_settings(folder, '"keyring"', '"elsewhere"')
    with pytest.raises(KeyringStorageError, match="elsewhere: directory: expected a keyring"):
        opened_deployment(folder, actor=ACTOR).__enter__()
