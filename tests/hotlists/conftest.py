"""Lists of a deployment, on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.databases import MakeDatabase
from tests.list_worlds import ListWorld


@pytest.fixture
def lists_world(make_database: MakeDatabase, tmp_path: Path) -> Iterator[ListWorld]:
    """Return a deployment whose policy permits every purpose, without lists."""
    world = ListWorld(make_database(migrated=True), tmp_path)
    yield world
    world.close()
