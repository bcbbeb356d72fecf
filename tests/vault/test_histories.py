"""No random history of a vault leaves a read that opens past its time, or loses one before."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.postgresql_server import PostgresqlServer
from tests.vault.histories import History

QUIET = settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    stateful_step_count=25,
    print_blob=True,
)


def run(make_url: Callable[[Path], str], examples: int) -> None:
    # Any factory will do, though only a class is declared.
    machine: Any = partial(History, make_url)
    run_state_machine_as_test(machine, settings=settings(QUIET, max_examples=examples))


def test_no_history_leaves_an_openable_read_past_its_time_on_sqlite(migrated_file: Path) -> None:
    def make_url(file: Path) -> str:
        shutil.copy(migrated_file, file)
        return f"sqlite:///{file}"

    run(make_url, 25)


def test_no_history_leaves_an_openable_read_past_its_time_on_postgresql(
    postgresql_server: PostgresqlServer,
) -> None:
    def make_url(_file: Path) -> str:
        return postgresql_server.url(postgresql_server.make_database(migrated=True))

    run(make_url, 6)
