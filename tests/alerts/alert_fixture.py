"""A fixture for folders whose tests raise alerts, on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.alerts.alert_worlds import AlertWorld
from tests.databases import MakeDatabase
from tests.worlds import World


@pytest.fixture
def alert_world(make_database: MakeDatabase, tmp_path: Path) -> Iterator[AlertWorld]:
    """Return a vault with a policy in force, two readers, one list and one person to tell."""
    made = World(make_database(migrated=True), tmp_path / "keys")
    made.set_up()
    world = AlertWorld(made, tmp_path)
    world.put_list()
    yield world
    made.close()
