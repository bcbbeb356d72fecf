"""A run of `watch` on live cameras: what it does while they go on, and how it ends.

The run is the real one, in threads of this process; it is asked to stop by the test.
"""

import io
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from tests.alerts.channels.smtp_receiver import Mailbox, receive_mail
from tests.cli.alert_parts import LIST, PLATE, READER, Deploy, definition, set_up, write_batch
from tests.cli.watch_parts import (
    ROW,
    Camera,
    WatchedEngine,
    live_camera,
    make_clip,
    tell_by_mail,
    wait_until,
)
from tests.deployments import ACTOR, make_deployment

from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.main import run as run_command
from fairplate.cli.watch.job import Surroundings, WatchRequest, watch_sources
from fairplate.cli.watch.telling import Telling
from fairplate.reading.engine import Engine
from fairplate.reading.frames import find_sources
from fairplate.wiring import opened_deployment

SOUTH = "gate-south"


@pytest.fixture(autouse=True)
def no_proxy_for_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def deploy(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Deploy:
    monkeypatch.setenv("FAIRPLATE_DATA", str(tmp_path / "data"))
    return partial(make_deployment, request, "sqlite", tmp_path / "data")


@pytest.fixture
def folder(deploy: Deploy, tmp_path: Path) -> Path:
    """Return a deployment with two readers and a list with a drop folder."""
    made = deploy()
    (tmp_path / "drop").mkdir()
    document = definition(more=f'folder = "{tmp_path / "drop"}"\n')
    set_up(made, ROW, readers=(READER, SOUTH), document=document)
    return made


@pytest.fixture
def mailbox(folder: Path) -> Iterator[Mailbox]:
    with receive_mail() as mailbox:
        tell_by_mail(folder, mailbox.port)
        yield mailbox


@pytest.fixture
def camera() -> Iterator[Camera]:
    with live_camera() as camera:
        yield camera


@dataclass
class Running:
    """A run under way."""

    engine: WatchedEngine
    second: Engine | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    out: io.StringIO = field(default_factory=io.StringIO)
    err: io.StringIO = field(default_factory=io.StringIO)
    codes: list[ExitCode] = field(default_factory=list)

    def go(self, folder: Path, sources: tuple[tuple[str, str], ...]) -> None:
        found = [(reader, one) for reader, place in sources for one in find_sources(place)]
        second = self.second
        around = Surroundings(
            build_engine=lambda: self.engine,
            build_second_engine=None if second is None else lambda: second,
            should_stop=self.stop.is_set,
            telling=Telling(self.out, self.err),
            farewell_s=3.0,
        )
        with opened_deployment(folder, actor="system") as deployment:
            self.codes.append(watch_sources(deployment, WatchRequest(tuple(found)), around))

    def told(self) -> str:
        return self.err.getvalue()


@contextmanager
def running(
    folder: Path, *sources: tuple[str, str], engine: WatchedEngine, second: Engine | None = None
) -> Iterator[Running]:
    """Run until the block ends, and ask to stop then; the run must end by itself."""
    run = Running(engine, second)
    thread = threading.Thread(target=run.go, args=(folder, sources))
    thread.start()
    try:
        yield run
    finally:
        run.stop.set()
        thread.join(60)
    assert not thread.is_alive()


def test_a_car_that_stays_in_view_is_told_of_while_it_stays(
    folder: Path, mailbox: Mailbox, camera: Camera
) -> None:
    with running(folder, (READER, camera.address), engine=WatchedEngine()) as run:
        wait_until(lambda: mailbox.mails)
        assert camera.frames > 0
        seen = camera.frames
        wait_until(lambda: camera.frames > seen + 20)  # and it goes on
        assert run.codes == []
    assert run.codes == [ExitCode.DONE]
    assert len(mailbox.mails) == 1  # its end is no second alert
    assert run.out.getvalue().endswith("1 reads, 1 alerts, 0 messages waiting\n")
    assert run_command(["audit", "verify"]) == ExitCode.DONE


def test_what_is_in_view_when_it_is_to_end_is_kept(
    folder: Path, mailbox: Mailbox, camera: Camera
) -> None:
    engine = WatchedEngine({"": ["XYZ9876"]})
    with running(folder, (READER, camera.address), engine=engine) as run:
        wait_until(lambda: engine.frames > 5)
        assert run.out.getvalue() == ""
    assert run.out.getvalue() == "1 reads, 0 alerts, 0 messages waiting\n"
    assert mailbox.mails == []


def test_what_is_dropped_comes_in_or_is_refused_while_it_runs(
    folder: Path, mailbox: Mailbox, camera: Camera, tmp_path: Path
) -> None:
    engine, drop = WatchedEngine({"": ["XYZ9876"]}), tmp_path / "drop"
    with running(folder, (READER, camera.address), engine=engine) as run:
        for name, plate in (("bad.csv.part", "*"), ("new.csv.part", "XYZ9876")):
            write_batch(drop, ROW.replace(PLATE, plate), name=name)
        wait_until(lambda: engine.frames > 5)
        assert mailbox.mails == []
        time.sleep(2.5)  # seen while partial they are taken at once, and else half a minute later
        for part in drop.glob("*.part"):
            part.rename(part.with_suffix(""))
        wait_until(lambda: mailbox.mails, within_s=90)
        wait_until(lambda: f"list {LIST}: refused: bad.csv:2: plate" in run.told(), within_s=90)
        assert f"list {LIST}: 1 entry" in run.out.getvalue()
    assert run.codes == [ExitCode.FAILED]
    assert {path.parent.name: path.name[-7:] for path in drop.glob("*/*.csv")} == {
        "done": "new.csv",
        "refused": "bad.csv",
    }


def test_a_mail_server_that_is_down_does_not_stop_the_reading(
    folder: Path, mailbox: Mailbox, camera: Camera
) -> None:
    mailbox.at_text = "451 try again later"
    engine = WatchedEngine()
    with running(folder, (READER, camera.address), engine=engine) as run:
        wait_until(lambda: "451" in run.told())
        seen = engine.frames
        wait_until(lambda: engine.frames > seen + 10)
        engine.plates = {"": ["XYZ9876"]}
        wait_until(lambda: "alert al-" in run.out.getvalue())
    assert run.codes == [ExitCode.FAILED]
    assert "1 message is still waiting to be delivered: the next run goes on with it" in run.told()
    assert run.out.getvalue().endswith("1 messages waiting\n")
    mailbox.at_text = ""
    with opened_deployment(folder, actor=ACTOR) as deployment:
        (alert,) = deployment.alerts.all()
    assert alert.list_id == LIST


def test_an_address_that_is_refused_for_good_makes_the_run_fail(
    folder: Path, mailbox: Mailbox, tmp_path: Path
) -> None:
    mailbox.at_recipient = "550 no such user"
    clip = make_clip(tmp_path / "gate.mp4")
    with running(folder, (READER, clip), engine=WatchedEngine()) as run:
        wait_until(lambda: run.codes)
    assert run.codes == [ExitCode.FAILED]
    assert "550" in run.told()
    assert "desk@example.org" not in run.told()
    assert run.out.getvalue().endswith("0 messages waiting\n")


def test_one_camera_that_fails_does_not_end_the_other(
    folder: Path, mailbox: Mailbox, camera: Camera
) -> None:
    engine = WatchedEngine({"": []})
    with live_camera() as broken:
        broken.breaks.set()
        sources = ((READER, broken.address), (SOUTH, camera.address))
        with running(folder, *sources, engine=engine) as run:
            wait_until(lambda: "404" in run.told())
            engine.plates = {"": [PLATE]}
            wait_until(lambda: mailbox.mails)
            assert f"reader {SOUTH}" in run.out.getvalue()
    assert run.codes == [ExitCode.FAILED]


def test_an_engine_that_breaks_ends_the_run_loudly(
    folder: Path, camera: Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    crashed: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", crashed.append)
    engine = BreakingEngine({"": [PLATE]})
    with running(folder, (READER, camera.address), engine=engine) as run:
        wait_until(lambda: run.codes)
    assert run.codes == [ExitCode.FAILED]
    assert "ValueError: the run ends" in run.told()
    assert [each.exc_type for each in crashed] == [ValueError]


class BreakingEngine(WatchedEngine):
    """Works for some frames."""

    def read(self, frame):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201 - as its base
        if self.frames > 3:
            raise ValueError("broken")
        return super().read(frame)


def test_a_reader_that_is_disabled_meanwhile_is_told(
    folder: Path, mailbox: Mailbox, camera: Camera
) -> None:
    engine = WatchedEngine({"": []})
    with running(folder, (READER, camera.address), engine=engine) as run:
        wait_until(lambda: engine.frames)
        with opened_deployment(folder, actor=ACTOR) as deployment:
            deployment.disable_reader(READER)
        engine.plates = {"": [PLATE]}
        wait_until(lambda: f"reader {READER}: read refused: disabled-reader" in run.told())
    assert run.out.getvalue() == "0 reads (1 more refused), 0 alerts, 0 messages waiting\n"
    assert mailbox.mails == []
