"""A fixture for folders whose tests need a whole vault, on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.databases import MakeDatabase
from tests.worlds import World


@pytest.fixture
def world(make_database: MakeDatabase, tmp_path: Path) -> Iterator[World]:
    """Return a new vault with a policy in force and two readers."""
    made = World(make_database(migrated=True), tmp_path / "keys")
    made.set_up()
    yield made
    made.close()
