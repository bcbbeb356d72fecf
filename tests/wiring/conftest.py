"""A deployment in a folder, on SQLite and on PostgreSQL."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from tests.deployments import make_deployment


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Name a folder that is not there yet."""
    return tmp_path / "data"


@pytest.fixture
def deploy(request: pytest.FixtureRequest, database_kind: str, folder: Path) -> Callable[..., Path]:
    """Make the deployment of a test in `folder`; takes a policy's document and a time."""
    return partial(make_deployment, request, database_kind, folder)
