"""`fairplate watch` as a command: from files with vehicles to a mail that was received."""

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.alerts.channels.smtp_receiver import Mailbox, receive_mail
from tests.cli.alert_parts import LIST, PLATE, READER, Deploy, set_up, write_batch
from tests.cli.watch_parts import (
    ROW,
    WatchedEngine,
    make_clip,
    make_picture,
    read_mail,
    tell_by_mail,
)
from tests.deployments import ACTOR, make_deployment

from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.main import run
from fairplate.cli.watch.file_lists import list_id_of
from fairplate.core.errors import InputError
from fairplate.core.reads import Box
from fairplate.reading.engines import DEFAULT_ENGINE, ENGINES
from fairplate.wiring import opened_deployment

Capture = pytest.CaptureFixture[str]
Watch = Callable[..., int]
IN_CROP = Box(30, 30, 130, 60)


@pytest.fixture
def deploy(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Deploy:
    monkeypatch.setenv("FAIRPLATE_DATA", str(tmp_path / "data"))
    return partial(make_deployment, request, "sqlite", tmp_path / "data")


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with receive_mail() as mailbox:
        yield mailbox


@pytest.fixture
def folder(deploy: Deploy, mailbox: Mailbox) -> Path:
    """Return a deployment with a reader and somebody who is told, without a list."""
    made = deploy()
    with opened_deployment(made, actor=ACTOR) as deployment:
        deployment.enrol_reader(READER, "Gate north, inbound")
        deployment.publish_log()
    tell_by_mail(made, mailbox.port)
    return made


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> WatchedEngine:
    """Put an engine where engines are registered; it reads the listed plate in every frame."""
    made = WatchedEngine()
    monkeypatch.setitem(ENGINES, DEFAULT_ENGINE, lambda _: made)
    return made


@pytest.fixture
def clip(tmp_path: Path) -> str:
    return make_clip(tmp_path / "gate.mp4")


@pytest.fixture
def world(engine: WatchedEngine, clip: str, capsys: Capture) -> tuple[WatchedEngine, str, Capture]:
    return engine, clip, capsys


@pytest.fixture
def closed_reader(folder: Path) -> None:
    with opened_deployment(folder, actor=ACTOR) as deployment:
        deployment.enrol_reader("off", "Gate off")
        deployment.disable_reader("off")


@pytest.fixture
def second_engine(monkeypatch: pytest.MonkeyPatch) -> WatchedEngine:
    """Put a second engine beside the first, which is shown a crop."""
    made = WatchedEngine(box=IN_CROP)
    monkeypatch.setitem(ENGINES, "fast-alpr", lambda _: made)
    return made


def alerted(folder: Path) -> list[str]:
    with opened_deployment(folder, actor=ACTOR) as deployment:
        return [alert.list_id for alert in deployment.alerts.all()]


def lines(capsys: Capture) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.usefixtures("engine", "folder")
def test_a_clip_and_a_list_become_a_mail(
    clip: str, mailbox: Mailbox, tmp_path: Path, capsys: Capture
) -> None:
    listed = write_batch(tmp_path, ROW, name="Missing persons.csv")
    assert run(["watch", clip, "--reader", READER, "--hotlist", listed]) == ExitCode.DONE
    mail = read_mail(mailbox)
    assert PLATE not in str(mail["Subject"])
    assert "unconfirmed" in str(mail["Subject"]).lower()
    assert mail["To"] == "desk@example.org"
    text = mail.get_body(("plain",))
    assert text is not None
    for told in (PLATE, "2026-00417", "desk 555 0100", "Gate north, inbound", "Missing persons"):
        assert told in text.get_content()
    pictures = [part for part in mail.walk() if part.get_content_type() == "image/jpeg"]
    assert [part.get_content_disposition() for part in pictures] == ["inline", "inline"]
    out, err = capsys.readouterr()
    assert err == ""
    assert PLATE not in out
    assert "list missing-persons: 1 entry" in out
    assert f"reader {READER}, missing-or-endangered-person, chance" in out
    assert out.endswith("1 reads, 1 alerts, 0 messages waiting\n")
    assert run(["audit", "verify"]) == ExitCode.DONE


@pytest.mark.usefixtures("engine")
def test_the_json_lines(folder: Path, clip: str, tmp_path: Path, capsys: Capture) -> None:
    listed = write_batch(tmp_path, ROW, name="persons.csv")
    asked = ["watch", f"{READER}={clip}", "--hotlist", listed, "--json"]
    assert run(asked) == ExitCode.DONE
    imported, alert, ended = lines(capsys)
    assert imported == {"what": "imported", "list": "persons", "entries": 1}
    assert list(alert) == ["what", "alert", "list", "reader", "purpose", "chance", "raised_at"]
    assert (alert["what"], alert["list"], alert["reader"]) == ("alert", "persons", READER)
    assert 0 < alert["chance"] <= 1
    assert ended == {"what": "ended", "reads": 1, "alerts": 1, "refused": 0, "waiting": 0}
    assert run(asked) == ExitCode.DONE
    unchanged, ended = lines(capsys)
    assert unchanged == {"what": "unchanged", "list": "persons"}
    assert ended["alerts"] == 0  # a repeat
    assert alerted(folder) == ["persons"]


@pytest.mark.usefixtures("engine")
def test_only_the_lists_that_were_named_raise_alerts(
    folder: Path, clip: str, mailbox: Mailbox, tmp_path: Path
) -> None:
    set_up(folder, ROW, readers=())
    other = write_batch(tmp_path, ROW, name="other.csv")
    empty = write_batch(tmp_path, "ZZZ9999,us-ny,car,stolen-vehicle,1,,,", name="empty.csv")
    asked = ["watch", f"{READER}={clip}", "--hotlist", empty]
    assert run([*asked, "--list", "empty"]) == ExitCode.DONE
    assert alerted(folder) == []
    assert mailbox.mails == []
    assert run([*asked, "--list", LIST]) == ExitCode.DONE
    assert alerted(folder) == [LIST]
    # Without --list every list does, that of the file too; the first is a repeat by now.
    assert run(["watch", f"{READER}={clip}", "--hotlist", other]) == ExitCode.DONE
    assert sorted(alerted(folder)) == ["other", LIST]


@pytest.mark.usefixtures("engine")
def test_a_picture_needs_no_second_frame(folder: Path, tmp_path: Path, mailbox: Mailbox) -> None:
    set_up(folder, ROW, readers=())
    picture = make_picture(tmp_path / "gate.png")
    assert run(["watch", picture, "--reader", READER]) == ExitCode.DONE
    assert len(mailbox.mails) == 1


def test_each_source_has_its_reader(
    folder: Path, engine: WatchedEngine, tmp_path: Path, capsys: Capture
) -> None:
    set_up(folder, ROW, readers=("gate-south",))
    north, south = (make_clip(tmp_path / f"{name}.mp4") for name in ("north", "south"))
    engine.plates = {"north.mp4": ["XYZ9876"], "south.mp4": [PLATE]}
    assert run(["watch", f"{READER}={north}", f"gate-south={south}", "--json"]) == ExitCode.DONE
    alert, ended = lines(capsys)
    assert (alert["reader"], ended["reads"]) == ("gate-south", 2)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ("CLIP", ExitCode.WRONG_USE, r"whose reads are these\? Give --reader ID, or ID=SOURCE"),
        ("", ExitCode.WRONG_USE, "SOURCE"),
        ("gate-north=CLIP --engine none", ExitCode.WRONG_USE, "--engine"),
        ("none=CLIP", ExitCode.FAILED, "reader none: id: expected an enrolled one"),
        ("off=CLIP", ExitCode.FAILED, "reader off: id: .* found a disabled one"),
        ("CLIP --reader gate-north --list none", ExitCode.FAILED, "hot list none: id"),
        ("gate-north=missing.mp4", ExitCode.FAILED, "missing.mp4: .*[Nn]o such file"),
        ("gate-north=CLIP --hotlist no.csv", ExitCode.FAILED, "no.csv: .* no such file"),
        ("gate-north=CLIP --hotlist CLIP", ExitCode.FAILED, "suffix: expected one of"),
        ("gate-north=CLIP --hotlist 12.csv", ExitCode.FAILED, "name: expected a letter"),
    ],
)
@pytest.mark.usefixtures("closed_reader")
def test_what_cannot_be_watched_is_told_and_nothing_is_read(
    world: tuple[WatchedEngine, str, Capture], arguments: str, code: ExitCode, told: str
) -> None:
    engine, clip, capsys = world
    assert run(["watch", *arguments.replace("CLIP", clip).split()]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("fairplate: ")
    assert re.search(told, err), err
    assert engine.frames == 0


def test_that_nobody_is_told_is_said(
    deploy: Deploy, engine: WatchedEngine, clip: str, capsys: Capture
) -> None:
    set_up(deploy(), ROW)
    assert run(["watch", clip, "--reader", READER]) == ExitCode.DONE
    out, err = capsys.readouterr()
    assert err == "fairplate: nobody is told of alerts: the settings have no subscribers\n"
    assert "1 alerts" in out
    assert engine.frames == 6


def test_one_source_that_cannot_be_read_does_not_end_the_others(
    folder: Path, engine: WatchedEngine, clip: str, tmp_path: Path, capsys: Capture
) -> None:
    set_up(folder, ROW, readers=())
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(Path(clip).read_bytes()[:300])
    assert run(["watch", f"{READER}={broken}", f"{READER}={clip}"]) == ExitCode.FAILED
    out, err = capsys.readouterr()
    assert "broken.mp4" in err
    assert "1 alerts, 0 messages waiting" in out
    assert engine.frames >= 6


@pytest.mark.usefixtures("engine", "folder")
def test_a_file_with_a_bad_row_is_not_watched_with(
    clip: str, tmp_path: Path, capsys: Capture
) -> None:
    listed = write_batch(tmp_path, ROW, "AB?*?9,us-ny,car,stolen-vehicle,1,,,", name="bad.csv")
    assert run(["watch", f"{READER}={clip}", "--hotlist", listed]) == ExitCode.FAILED
    out, err = capsys.readouterr()
    assert out == ""
    assert "bad.csv:3: plate: " in err
    assert "list refused: nothing is watched" in err
    assert "AB?*?9" not in err


@pytest.mark.usefixtures("engine")
def test_a_file_is_never_another_list(
    folder: Path, clip: str, tmp_path: Path, capsys: Capture
) -> None:
    set_up(folder, ROW, readers=())
    listed = write_batch(tmp_path, ROW, name=f"{LIST}.csv")
    assert run(["watch", f"{READER}={clip}", "--hotlist", listed]) == ExitCode.FAILED
    assert "which was set up otherwise" in capsys.readouterr().err
    (tmp_path / "again").mkdir()
    twice = [write_batch(each, ROW, name="a b.csv") for each in (tmp_path, tmp_path / "again")]
    asked = ["watch", f"{READER}={clip}", "--hotlist", twice[0], "--hotlist", twice[1]]
    assert run(asked) == ExitCode.FAILED
    assert "two of one name" in capsys.readouterr().err


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("second", [PLATE, "ABC1284"])
def test_what_a_second_engine_reads_otherwise_is_a_doubt(
    folder: Path, clip: str, mailbox: Mailbox, second_engine: WatchedEngine, second: str
) -> None:
    set_up(folder, ROW, readers=())
    second_engine.plates = {"": [second]}
    asked = ["watch", f"{READER}={clip}", "--second-engine", "fast-alpr"]
    assert run(asked) == ExitCode.DONE
    text = read_mail(mailbox).get_body(("plain",))
    assert text is not None
    assert (f"reads {second}" in text.get_content()) is (second != PLATE)
    assert second_engine.frames > 0


@pytest.mark.parametrize(
    ("name", "list_id"),
    [
        ("Missing persons.csv", "missing-persons"),
        ("_Ä 7b_.jsonl", "7b"),
        ("x" * 80 + ".csv", "x" * 64),
        ("a" * 63 + "--b.csv", "a" * 63),
    ],
)
def test_the_name_of_a_file_is_its_lists(name: str, list_id: str) -> None:
    assert list_id_of(Path(name)) == list_id


@pytest.mark.parametrize("name", ["12.csv", "Ä.csv", "--.csv", "7"])
def test_a_name_without_letters_is_no_lists(name: str) -> None:
    with pytest.raises(InputError, match="a letter of a to z"):
        list_id_of(Path(name))
