"""Deployments behind the application, on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.deployments import make_deployment
from tests.web.served import Served, served


@pytest.fixture
def site(request: pytest.FixtureRequest, database_kind: str, tmp_path: Path) -> Iterator[Served]:
    """Serve a new deployment with one reader."""
    with served(make_deployment(request, database_kind, tmp_path / "data")) as running:
        yield running
