"""The health check of the audit log: its keys, its folder, and what waits."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from tests.deployments import ACTOR, change_settings, clock_at, make_deployment, now, publish_at
from tests.worlds import policy_document

from fairplate.audit.status import LONGEST_UNPUBLISHED
from fairplate.core.errors import InputError
from fairplate.wiring import Check, check_deployment, create_deployment, opened_deployment

Deploy = Callable[..., Path]
FILE_ONLY = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
SECOND = timedelta(seconds=1)


def problems(folder: Path, ahead: timedelta = timedelta(0)) -> list[str]:
    at = None if ahead == timedelta(0) else now() + ahead
    return check_deployment(folder, clock=clock_at(at)).problems


@FILE_ONLY
def test_events_may_wait_so_long_and_no_longer(deploy: Deploy) -> None:
    made = now().replace(microsecond=0) - LONGEST_UNPUBLISHED
    folder = deploy(at=made)
    report = check_deployment(folder, clock=clock_at(made + LONGEST_UNPUBLISHED))
    assert report.problems == []
    (told,) = check_deployment(folder, clock=clock_at(made + LONGEST_UNPUBLISHED + SECOND)).problems
    assert told == (
        "audit log: expected every event in it within 10 min, found 1 waiting for 10 min: "
        "`fairplate audit publish --watch` must run"
    )
    publish_at(folder)
    assert problems(folder) == []


@pytest.mark.parametrize("mode", [0o755, 0o710])
@FILE_ONLY
def test_log_keys_that_others_may_use_are_told(deploy: Deploy, mode: int) -> None:
    folder = deploy()
    (folder / "log-keys").chmod(mode)
    (told,) = problems(folder)
    assert told.startswith(f"{folder}/log-keys: log keys: expected one that only this user may use")
    with (
        pytest.raises(InputError, match="one that only this user may use"),
        opened_deployment(folder, actor=ACTOR),
    ):
        pass


@pytest.mark.parametrize("name", ["signing.key", "private-parts.key", ""])
@FILE_ONLY
def test_log_keys_that_are_gone_are_told_and_the_rest_is_checked(deploy: Deploy, name: str) -> None:
    folder = deploy()
    (folder / "log-keys" / name).rename(folder / "away")
    report = check_deployment(folder)
    (told,) = report.problems
    assert f"{folder}/log-keys: reading the log's keys: expected a disk" in told
    assert report.checked == list(Check)
    (folder / "away").rename(folder / "log-keys" / name)
    assert problems(folder) == []


@FILE_ONLY
def test_the_folder_of_another_log_is_told_and_left_alone(
    deploy: Deploy, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    other = make_deployment(request, "sqlite", tmp_path / "other")
    publish_at(other)
    folder = deploy()
    shutil.copytree(other / "log", folder / "log")
    before = (folder / "log/checkpoint").read_bytes()
    (told,) = problems(folder)
    assert told.startswith(f"{folder}/log: published log: expected none, or the log fairplate-log/")
    with opened_deployment(folder, actor=ACTOR) as deployment, pytest.raises(InputError):
        deployment.publish_log()
    assert (folder / "log/checkpoint").read_bytes() == before


@FILE_ONLY
def test_log_and_keys_may_lie_elsewhere(deploy: Deploy, tmp_path: Path) -> None:
    folder = deploy()
    (folder / "log-keys").rename(tmp_path / "keys")
    change_settings(folder, 'keys = "log-keys"', f'keys = "{tmp_path}/keys"')
    change_settings(folder, 'directory = "log"', f'directory = "{tmp_path}/www/log"')
    publish_at(folder)
    assert (tmp_path / "www/log/checkpoint").exists()
    assert problems(folder) == []


def test_a_round_publishes_what_is_done(deploy: Deploy) -> None:
    folder = deploy()
    with opened_deployment(folder, actor=ACTOR) as deployment:
        assert (deployment.publish_log().sequenced, deployment.log_status().size) == (1, 1)
        deployment.enrol_reader("gate", "Gate")
        assert deployment.log_status().waiting == 1
        assert (deployment.publish_log().sequenced, deployment.log_status().waiting) == (1, 0)
        assert deployment.publish_log().signed is None
    assert problems(folder) == []


@FILE_ONLY
def test_no_second_attempt_makes_other_log_keys(deploy: Deploy) -> None:
    folder = deploy()
    before = {path.name: path.read_bytes() for path in (folder / "log-keys").iterdir()}
    with pytest.raises(InputError, match="found a whole one"):
        create_deployment(folder, policy_document(), actor=ACTOR)
    (folder / "database/fairplate.db").unlink()
    create_deployment(folder, policy_document(), actor=ACTOR)
    assert {path.name: path.read_bytes() for path in (folder / "log-keys").iterdir()} == before
