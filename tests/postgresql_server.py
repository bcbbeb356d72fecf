"""A real PostgreSQL server of the tests' own, from Debian's package, and databases in it.

One server a test session, on a socket in a folder of its own; nothing is left of it afterwards.
"""

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from fairplate.storage.database import connect_database
from fairplate.storage.migrate import migrate_database

PATIENCE_S = 60
LOCKED_OUT = "stranger"  # a role that needs a password


class PostgresqlServer:
    """A server whose data lies in `folder`, which must not exist; it listens on a socket there."""

    def __init__(self, folder: Path, *, fsync: bool = False) -> None:
        self.folder = folder
        self.fsync = fsync
        self.template: str | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)
        folder.mkdir(mode=0o700)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        self._run("initdb", "--no-sync", "--auth=trust", "--username=postgres",
                  "--encoding=UTF8", "--locale=C.UTF-8", f"--pgdata={folder}/data")  # fmt: skip
        access = folder / "data/pg_hba.conf"
        access.write_text(f"local all {LOCKED_OUT} scram-sha-256\n{access.read_text()}")

    def start(self) -> None:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "fsync": "on" if self.fsync else "off",
            "shared_buffers": "64MB",
            "timezone": "Asia/Kathmandu",  # whoever mistakes it for UTC is 5:45 hours wrong
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                _as_postgres("postgres", "-D", f"{self.folder}/data", *options),
                stdout=log,
                stderr=log,
                cwd=self.folder,
            )
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                self.execute("SELECT 1")
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    self.stop()
                    raise RuntimeError((self.folder / "log").read_text()) from None
                time.sleep(0.02)
            else:
                return

    def stop(self) -> None:
        """Stop at once, as `pg_ctl stop -m immediate` does: it recovers when started again."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(PATIENCE_S)
            self._process = None

    def url(self, name: str, user: str = "postgres") -> str:
        return f"postgresql://{user}@/{name}?host={self.folder}"

    def execute(self, statement: str, name: str = "postgres") -> list[tuple[object, ...]]:
        """Run one statement outside any transaction, as the server's administrator."""
        given = {"host": str(self.folder), "user": "postgres", "dbname": name}
        with psycopg.connect(**given, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def make_database(self, *, migrated: bool) -> str:
        """Return the name of a new database, with all tables or with none."""
        name = f"test_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {self._template(migrated)}")
        return name

    def drop_database(self, name: str) -> None:
        self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _template(self, migrated: bool) -> str:  # noqa: FBT001
        if not migrated:
            return "template0"
        if self.template is None:
            self.execute("CREATE DATABASE migrated TEMPLATE template0")
            database = connect_database(self.url("migrated"))
            migrate_database(database)
            database.close()
            self.template = "migrated"
        return self.template

    def _run(self, *command: str) -> None:
        done = subprocess.run(
            _as_postgres(*command), check=False, capture_output=True, cwd=self.folder
        )
        if done.returncode:
            raise RuntimeError(done.stderr.decode())


def find_binaries() -> Path | None:
    """Return the folder of the newest server's programs, None if none is installed."""
    found = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    newest = max(found, key=lambda path: float(path.parts[-3]), default=None)
    return newest and newest.parent


def _as_postgres(program: str, *arguments: str) -> list[str]:
    # PostgreSQL refuses root. It stops (SIGQUIT) if the tests are killed and cannot stop it.
    binaries = find_binaries()
    assert binaries is not None
    rights = ["--reuid=postgres", "--regid=postgres", "--init-groups"]
    return [
        "setpriv",
        "--pdeathsig=QUIT",
        *(rights if os.geteuid() == 0 else []),
        str(binaries / program),
        *arguments,
    ]


def require_binaries() -> None:
    """Skip the test where PostgreSQL is not installed, but not in CI."""
    if find_binaries() is None:
        missing = "PostgreSQL is not installed: apt-get install postgresql, or make setup-ci"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    """Run a server for all tests; fsync is off: it is never the machine that crashes."""
    require_binaries()
    # Not below pytest's folder: others may not look into that, and a socket's path is short.
    folder = Path(tempfile.mkdtemp(prefix="fairplate-"))
    folder.chmod(0o711)
    try:
        server = PostgresqlServer(folder / "pg")
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)
