"""URLs of databases: the two forms, clear errors for all else, and passwords nowhere."""

import os
import traceback
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairplate.core.errors import StorageError
from fairplate.storage.addresses import FileAddress, ServerAddress, parse_address
from fairplate.storage.database import connect_database, open_database

SECRET = "s3cr3t/%20@:word"  # noqa: S105 - a test's
QUOTED = "s3cr3t%2F%2520%40%3Aword"


def test_a_file(tmp_path: Path) -> None:
    target = tmp_path / "other" / "fair plate%20.db"
    target.parent.mkdir()
    link = tmp_path / "link.db"
    link.symlink_to(target)
    for path in (target, link):
        address = parse_address(f"sqlite:///{quote(str(path))}")
        assert address == FileAddress(target)
        assert str(address) == f"database {target}"


@pytest.mark.parametrize("name", ["a b.db", "50%.db", "what?.db", "#1.db", "é.db", "'.db"])
def test_any_name_of_a_file_can_be_written(tmp_path: Path, name: str) -> None:
    database = connect_database(f"sqlite:///{tmp_path}/{quote(name)}")
    with database.transaction() as connection:
        connection.exec_driver_sql("CREATE TABLE kept (number INTEGER)")
        assert (tmp_path / name).exists()
    database.close()
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_links_that_lead_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "a.db").symlink_to(tmp_path / "a.db")
    with pytest.raises(StorageError):
        open_database(f"sqlite:///{tmp_path}/a.db")


def test_a_relative_path_is_settled_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert parse_address("sqlite:///sub/a.db") == FileAddress(tmp_path / "sub/a.db")


def test_the_files_of_a_database(tmp_path: Path) -> None:
    database = connect_database(f"sqlite:///{tmp_path}/a.db")
    assert database.files() == tuple(tmp_path / name for name in ("a.db", "a.db-wal", "a.db-shm"))
    assert connect_database("postgresql://db.example/fairplate").files() == ()


def test_a_server() -> None:
    address = parse_address(f"postgresql://me:{QUOTED}@db.example:5433/plates?sslmode=verify-full")
    assert isinstance(address, ServerAddress)
    assert address.secrets == {"password": SECRET}
    assert address.url.drivername == "postgresql+psycopg"
    assert str(address.url) == "postgresql+psycopg://me@db.example:5433/plates?sslmode=verify-full"
    assert str(address) == "database plates at db.example"
    assert str(parse_address("postgresql:///plates")) == "database plates at this machine"
    assert str(parse_address("postgresql:///plates?host=/run/pg")) == "database plates at /run/pg"


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://me:{QUOTED}@127.0.0.1:1/plates",
        f"postgresql://me@127.0.0.1:1/plates?password={QUOTED}",
        f"postgresql://me@127.0.0.1:1/plates?sslpassword={QUOTED}&sslcert=/none",
        f"postgresql://me:{QUOTED}@127.0.0.1:1/plates?sslmode=nonsense",
        f"postgresql://me:{QUOTED}@127.0.0.1:1/plates?nonsense=1",
        f"postgresql://me:{QUOTED}@127.0.0.1:no-number/plates",
        f"postgresql://me:{QUOTED}@127.0.0.1:99999/plates",
        f"postgresql://me:{QUOTED}@127.0.0.1/",
        f"postgresql://me:{SECRET}@127.0.0.1:1/plates",
        f"postgresql+psycopg://me:{QUOTED}@127.0.0.1/plates",
        f"mysql://me:{QUOTED}@127.0.0.1/plates",
        f"sqlite://me:{QUOTED}@host/a.db",
        f"{QUOTED}",
        f"://{QUOTED}",
    ],
)
def test_no_password_is_told(url: str) -> None:
    with pytest.raises(StorageError) as raised:
        open_database(url)
    told = "".join(traceback.format_exception(raised.value))
    assert "s3cr3t" not in told
    try:
        database = connect_database(url)
    except StorageError:
        return
    for text in (repr(database), repr(database.address), repr(database.engine), f"{database}"):
        assert "s3cr3t" not in text


@pytest.mark.parametrize(
    "url",
    [
        "",
        "sqlite",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///file:a.db",
        "sqlite:////a.db?mode=memory",
        "sqlite:////a\0.db",
        "sqlite://host/a.db",
        "sqlite+aiosqlite:////a.db",
        "postgres://host/plates",
        "postgresql://host",
        "postgresql://host:port/plates",
        "/var/lib/fairplate.db",
    ],
)
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(StorageError, match=r"^database URL: expected sqlite:////") as raised:
        connect_database(url)
    assert not raised.value.retryable


@given(st.text() | st.text().map("sqlite:///{}".format) | st.text().map("postgresql://{}".format))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        parse_address(text)
    except StorageError as error:
        assert str(error).startswith("database URL: expected ")  # noqa: PT017 - or none is raised


def test_without_the_driver_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    with pytest.raises(StorageError, match=r"extra `postgresql` \(pip install") as raised:
        connect_database("postgresql://me:s3cr3t@host/plates")
    assert "s3cr3t" not in str(raised.value)


def test_connecting_touches_nothing_yet(tmp_path: Path) -> None:
    database = connect_database(f"sqlite:///{tmp_path}/later/a.db")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(StorageError, match="that is there") as raised, database.transaction():
        pass
    assert not raised.value.retryable
    (tmp_path / "later").mkdir()
    before = os.umask(0)
    try:
        with database.transaction():
            pass
    finally:
        os.umask(before)
    modes = {file.name: file.stat().st_mode & 0o777 for file in (tmp_path / "later").iterdir()}
    assert modes["a.db"] == 0o600
    assert set(modes.values()) == {0o600}
    database.close()
