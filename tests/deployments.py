"""Whole deployments in a folder, as `fairplate init` makes them, for tests of what uses them."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.worlds import SetClock, policy_document

from fairplate.settings import FILE_NAME, compose_settings
from fairplate.wiring import create_deployment, opened_deployment

ACTOR = "cli:1000"


def now() -> datetime:
    """Return the machine's time, which commands go by."""
    return datetime.now(UTC)


def prepare_folder(request: pytest.FixtureRequest, kind: str, folder: Path) -> str:
    """Return settings for `folder` whose database, on SQLite in it, has its tables already."""
    if kind == "postgresql":
        return compose_settings(database_url=request.getfixturevalue("migrated_url"))
    folder.mkdir()
    (folder / "database").mkdir()
    shutil.copy(request.getfixturevalue("migrated_file"), folder / "database" / "fairplate.db")
    return compose_settings()


def make_deployment(
    request: pytest.FixtureRequest,
    kind: str,
    folder: Path,
    document: str | None = None,
    *,
    at: datetime | None = None,
) -> Path:
    """Make a deployment in `folder`, at another time if asked, and return the folder."""
    create_deployment(
        folder,
        document or policy_document(),
        actor=ACTOR,
        settings_document=prepare_folder(request, kind, folder),
        clock=clock_at(at),
    )
    return folder


def clock_at(at: datetime | None) -> Callable[[], datetime]:
    return now if at is None else SetClock(at)


def expire_at(folder: Path, at: datetime | None = None) -> None:
    """Run one round of the workers at another time: it makes the keys of that time."""
    with opened_deployment(folder, actor=ACTOR, clock=clock_at(at)) as deployment:
        assert not deployment.expire().problems
        deployment.publish_log()


def publish_at(folder: Path, at: datetime | None = None) -> None:
    """Publish the audit log at another time; a health check tells of events that wait."""
    with opened_deployment(folder, actor=ACTOR, clock=clock_at(at)) as deployment:
        assert not deployment.publish_log().problems


def change_settings(folder: Path, old: str, new: str) -> None:
    path = folder / FILE_NAME
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def key_files(folder: Path) -> list[Path]:
    return sorted((folder / "keyring").glob("2*.key"))
