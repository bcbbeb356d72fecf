"""`fairplate watch` in a process of its own: how it ends when it is told to, and what it keeps."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from tests.alerts.channels.smtp_receiver import receive_mail
from tests.cli.alert_parts import READER, Deploy, set_up
from tests.cli.watch_parts import ROW, Camera, live_camera, tell_by_mail, wait_until
from tests.deployments import make_deployment

from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.main import run

# An engine is registered as a plug-in is; it reads the listed plate in every frame.
_PROGRAM = """
from fairplate.cli.main import main
from fairplate.reading.engines import ENGINES
from tests.cli.watch_parts import WatchedEngine
ENGINES["ppocr"] = lambda options: WatchedEngine()
main()
"""
_ROOT = Path(__file__).parents[2]


@pytest.fixture
def deploy(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Deploy:
    monkeypatch.setenv("FAIRPLATE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PYTHONPATH", str(_ROOT))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return partial(make_deployment, request, "sqlite", tmp_path / "data")


@pytest.fixture
def folder(deploy: Deploy) -> Path:
    made = deploy()
    set_up(made, ROW)
    return made


@pytest.fixture
def camera() -> Iterator[Camera]:
    with live_camera() as camera:
        yield camera


@contextmanager
def watching(camera: Camera) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", _PROGRAM, "watch", f"{READER}={camera.address}"]
    process = subprocess.Popen(
        command, cwd=_ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_what_it_has(
    folder: Path, camera: Camera, number: signal.Signals
) -> None:
    with receive_mail() as mailbox:
        tell_by_mail(folder, mailbox.port)
        with watching(camera) as process:
            wait_until(lambda: mailbox.mails, within_s=60)
            process.send_signal(number)
            out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (ExitCode.DONE, "")
    alert, ended = out.splitlines()
    assert alert.startswith("alert al-")
    assert ended == "1 reads, 1 alerts, 0 messages waiting"
    assert run(["audit", "verify"]) == ExitCode.DONE


def test_a_kill_loses_no_alert_that_was_raised(folder: Path, camera: Camera) -> None:
    with receive_mail() as mailbox:
        mailbox.at_text = "451 not now"
        tell_by_mail(folder, mailbox.port)
        with watching(camera) as process:
            assert process.stdout is not None
            alert = process.stdout.readline()
        assert alert.startswith("alert al-")
        mailbox.at_text = ""
        with watching(camera) as process:
            wait_until(lambda: mailbox.mails, within_s=90)
            process.send_signal(signal.SIGTERM)
            _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (ExitCode.DONE, "")
    assert len(mailbox.mails) == 1
    assert run(["audit", "verify"]) == ExitCode.DONE


def test_whoever_reads_along_may_go(folder: Path, camera: Camera) -> None:
    with receive_mail() as mailbox:
        tell_by_mail(folder, mailbox.port)
        with watching(camera) as process:
            assert process.stdout is not None
            process.stdout.close()
            wait_until(lambda: mailbox.mails, within_s=60)
            process.send_signal(signal.SIGINT)
            process.wait(60)
    assert process.returncode == ExitCode.DONE
