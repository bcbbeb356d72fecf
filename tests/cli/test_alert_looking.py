"""`fairplate alert list` and `show`: who sees what, and that a plate is shown by `show` alone."""

import json
import stat
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.cli.alert_parts import LIST, PLATE, READER, Deploy, pass_by, set_up
from tests.deployments import clock_at, make_deployment, now
from tests.worlds import make_read, policy_document

from fairplate.cli.alert.alert_text import NOTHING_LEFT
from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.main import run
from fairplate.core.reads import PlateRead
from fairplate.storage.schema import kept_records
from fairplate.wiring import opened_deployment

Capture = pytest.CaptureFixture[str]
DAY = timedelta(days=1)
OTHER = "XYZ9876"
ROWS = tuple(f"{plate},us-ny,car,stolen-vehicle,1,desk,," for plate in (PLATE, OTHER))


@pytest.fixture
def deploy(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Deploy:
    monkeypatch.setenv("FAIRPLATE_DATA", str(tmp_path / "data"))
    return partial(make_deployment, request, "sqlite", tmp_path / "data")


@pytest.fixture
def folder(deploy: Deploy) -> Path:
    made = deploy()
    set_up(made, *ROWS)
    return made


@pytest.mark.usefixtures("folder")
def test_without_alerts_it_says_so(capsys: Capture) -> None:
    nothing = "held back in the last 7 days: nothing"
    assert run(["alert", "list"]) == ExitCode.DONE
    assert capsys.readouterr().out.splitlines() == ["no alert waits for a decision", nothing]
    assert run(["alert", "list", "--all"]) == ExitCode.DONE
    assert capsys.readouterr().out.splitlines() == ["no alert", nothing]
    assert run(["alert", "list", "--json"]) == ExitCode.DONE
    assert capsys.readouterr().out == ""


def test_an_alert_is_two_lines_without_the_plate(folder: Path, capsys: Capture) -> None:
    (alert_id,) = pass_by(folder, PLATE, PLATE, PLATE)
    assert run(["alert", "list"]) == ExitCode.DONE
    out = capsys.readouterr().out
    first, second, held_back = out.splitlines()
    assert first.startswith(f"{alert_id}  20")
    assert first.split("  ")[2:] == ["chance 89 %", "unconfirmed"]
    assert second.strip() == (f"reader {READER}, list {LIST} (stolen-vehicle), seen again 2 times")
    assert held_back == "held back in the last 7 days: town: repeat 2"
    assert PLATE not in out
    assert max(map(len, out.splitlines())) <= 80
    assert run(["alert", "list", "--json"]) == ExitCode.DONE
    out = capsys.readouterr().out
    fields = json.loads(out)
    assert fields["id"] == alert_id
    assert (fields["state"], fields["repeats"], fields["outcome"]) == ("unconfirmed", 2, None)
    assert PLATE not in out


def test_undecided_ones_come_first_the_oldest_first(folder: Path, capsys: Capture) -> None:
    first = pass_by(folder, PLATE, at=now() - timedelta(minutes=3))
    second = pass_by(folder, OTHER)
    assert run(["alert", "decide", *first, "wrong-plate"]) == ExitCode.DONE
    third = pass_by(folder, PLATE, at=now() + timedelta(minutes=30))
    capsys.readouterr()

    def ids(*arguments: str) -> list[str]:
        assert run(["alert", "list", "--json", *arguments]) == ExitCode.DONE
        return [json.loads(line)["id"] for line in capsys.readouterr().out.splitlines()]

    assert ids() == [*second, *third]
    assert ids("--all") == [*second, *third, *first]
    assert ids("--most", "1") == second
    assert run(["alert", "list", "--most", "1"]) == ExitCode.DONE
    assert "and more: --most N lists more than 1\n" in capsys.readouterr().out
    assert run(["alert", "list", "--most", "2"]) == ExitCode.DONE
    assert "and more" not in capsys.readouterr().out


@pytest.mark.parametrize("most", ["0", "100001", "all"])
def test_a_number_that_is_none_is_wrong_use(most: str) -> None:
    assert run(["alert", "list", "--most", most]) == ExitCode.WRONG_USE


def doubtful(plate: str) -> PlateRead:
    read = make_read(plate)
    characters = list(read.characters)
    characters[2] = type(characters[2])(characters[2].char, 0.6, "G", 0.3)
    return type(read)(
        source=read.source,
        plate=plate,
        confidence=read.confidence,
        characters=tuple(characters),
        box=read.box,
        frames=read.frames,
    )


def test_everything_there_is_to_compare_is_shown(
    folder: Path, tmp_path: Path, capsys: Capture
) -> None:
    (alert_id,) = pass_by(folder, PLATE, read=doubtful)
    pictures = tmp_path / "pictures"
    assert run(["alert", "show", alert_id, "--pictures", str(pictures)]) == ExitCode.DONE
    out, err = capsys.readouterr()
    assert err == ""
    lines = out.splitlines()
    assert lines[0] == f"alert    {alert_id}"
    assert lines[1].startswith("state    undecided, raised less than a minute ago; expires 20")
    assert lines[2] == "repeats  0"
    written = [Path(line.removeprefix("picture  ")) for line in lines[3:5]]
    assert written == [pictures / "crop.jpg", pictures / "blurred.jpg"]
    assert lines[5] == ""
    assert lines[6].startswith("UNCONFIRMED")
    assert "Read:   AB[C]1234" in lines
    assert f"Entry:  {PLATE}" in lines
    assert "- character 3 reads C (60 %), runner-up G (30 %)" in lines
    assert "What not to conclude:" in lines
    for path in written:
        assert path.read_bytes().startswith(b"\xff\xd8")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(pictures.stat().st_mode) == 0o700


def test_the_same_as_one_line_of_json(folder: Path, tmp_path: Path, capsys: Capture) -> None:
    (alert_id,) = pass_by(folder, PLATE)
    assert run(["alert", "show", alert_id, "--json"]) == ExitCode.DONE
    fields = json.loads(capsys.readouterr().out)
    assert (fields["id"], fields["pictures"]) == (alert_id, [])
    assert fields["message"]["read"]["plate"] == PLATE
    assert "crop_jpeg" not in fields["message"]
    arguments = ["--json", "--pictures", str(tmp_path / "p")]
    assert run(["alert", "show", alert_id, *arguments]) == ExitCode.DONE
    written = json.loads(capsys.readouterr().out)["pictures"]
    assert [Path(each).name for each in written] == ["crop.jpg", "blurred.jpg"]


def test_pictures_replace_nothing(folder: Path, tmp_path: Path, capsys: Capture) -> None:
    (alert_id,) = pass_by(folder, PLATE)
    (tmp_path / "crop.jpg").write_text("mine")
    assert run(["alert", "show", alert_id, "--pictures", str(tmp_path)]) == ExitCode.FAILED
    out, err = capsys.readouterr()
    assert out == ""
    assert "--pictures: expected pictures that are not there yet" in err
    assert (tmp_path / "crop.jpg").read_text() == "mine"
    (tmp_path / "file").touch()
    arguments = ["--pictures", str(tmp_path / "file" / "x")]
    assert run(["alert", "show", alert_id, *arguments]) == ExitCode.FAILED


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("alert_id", ["al-00", "", "\udcff", "\x1b[2J"])
def test_an_alert_that_was_not_raised_is_told(capsys: Capture, alert_id: str) -> None:
    assert run(["alert", "show", alert_id]) == ExitCode.FAILED
    told = "alert: id: expected one that was raised, found none of that id"
    assert capsys.readouterr().err == f"fairplate: {told}\n"


def test_what_is_destroyed_is_said_to_be(deploy: Deploy, tmp_path: Path, capsys: Capture) -> None:
    raised = now() - 3 * DAY
    folder = deploy(policy_document("1 day", "1 day"), at=raised)
    set_up(folder, *ROWS, at=raised)
    (alert_id,) = pass_by(folder, PLATE, at=raised)
    with opened_deployment(folder, actor="system", clock=clock_at(raised + 2 * DAY)) as deployment:
        deployment.expire()
        deployment.alerts.run_round(deployment.alerting.live_lists())
    pictures = ["--pictures", str(tmp_path / "pictures")]
    assert run(["alert", "show", alert_id, *pictures]) == ExitCode.DONE
    out, err = capsys.readouterr()
    assert err == ""
    assert "state    expired; decided 20" in out
    assert out.endswith(f"picture  there is none\n\n{NOTHING_LEFT}\n")
    assert PLATE not in out
    assert run(["alert", "show", alert_id, "--json"]) == ExitCode.DONE
    fields = json.loads(capsys.readouterr().out)
    assert (fields["message"], fields["pictures"]) == (None, [])


def test_what_was_altered_is_told_beside_the_state(folder: Path, capsys: Capture) -> None:
    (alert_id,) = pass_by(folder, PLATE)
    with (
        opened_deployment(folder, actor="system") as deployment,
        deployment.database.transaction() as connection,
    ):
        connection.execute(sa.update(kept_records).values(ciphertext=bytes(300)))
    assert run(["alert", "show", alert_id]) == ExitCode.FAILED
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == f"alert    {alert_id}"
    assert len(out.splitlines()) == 3
    assert err.startswith("fairplate: ")
    assert PLATE not in out + err
