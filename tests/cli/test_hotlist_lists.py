"""`fairplate hotlist set`, `status` and `retire`: what they change, print and refuse."""

import json
import os
import pty
import sys
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from tests.cli.alert_parts import (
    LIST,
    PLATE,
    READER,
    Deploy,
    definition,
    pass_by,
    set_up,
    write_batch,
    write_list,
)
from tests.deployments import ACTOR, make_deployment, now
from tests.worlds import policy_document

from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.main import run
from fairplate.wiring import opened_deployment

Capture = pytest.CaptureFixture[str]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NO_SUCH = "expected a list that is set (`fairplate hotlist set`), found none of that id"


@pytest.fixture
def deploy(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Deploy:
    monkeypatch.setenv("FAIRPLATE_DATA", str(tmp_path / "data"))
    return partial(make_deployment, request, "sqlite", tmp_path / "data")


def fields_of(capsys: Capture, *arguments: str) -> dict[str, object]:
    capsys.readouterr()
    assert run(["hotlist", "status", "--json", *arguments]) == ExitCode.DONE
    fields: dict[str, object] = json.loads(capsys.readouterr().out)
    return fields


def test_a_list_is_set_filled_and_retired(deploy: Deploy, tmp_path: Path, capsys: Capture) -> None:
    folder = deploy()
    assert run(["hotlist", "status"]) == ExitCode.DONE
    assert capsys.readouterr().out == "no list is set yet: fairplate hotlist set FILE.toml\n"
    assert run(["hotlist", "set", write_list(tmp_path)]) == ExitCode.DONE
    assert capsys.readouterr().out.splitlines() == [
        "list town is set",
        "it has no entries yet: fairplate hotlist import town FILE",
    ]
    assert run(["hotlist", "import", LIST, write_batch(tmp_path), "--yes"]) == ExitCode.DONE
    capsys.readouterr()
    assert run(["hotlist", "status"]) == ExitCode.DONE
    head, row = capsys.readouterr().out.splitlines()
    assert head.split("  ")[0] == "list"
    assert row.split() == "town 1 less than a minute old fresh; no batch is due 0 0 of 0".split()
    assert run(["hotlist", "retire", LIST, "--note", "over", "--yes"]) == ExitCode.DONE
    assert capsys.readouterr().out == "list town is retired and its entries are deleted\n"
    assert run(["hotlist", "status", "--json"]) == ExitCode.DONE
    assert capsys.readouterr().out == ""
    assert pass_by_nothing(folder) == []


def pass_by_nothing(folder: Path) -> list[str]:
    with opened_deployment(folder, actor=ACTOR) as deployment:
        deployment.enrol_reader(READER, "Gate")
    return pass_by(folder, PLATE)


def test_one_list_is_told_in_full(deploy: Deploy, tmp_path: Path, capsys: Capture) -> None:
    folder = deploy()
    soon = (now() + 3 * DAY).strftime("%Y-%m-%d")
    rows = [f"ABC{n}234,us-ny,car,stolen-vehicle,{n},,,,{soon}" for n in range(2)]
    header = "plate,jurisdiction,vehicle,purpose,reference,call,make,colour,valid_until"
    path = write_list(tmp_path, definition(more='refresh = "12 hours"'))
    assert run(["hotlist", "set", path]) == ExitCode.DONE
    batch = write_batch(tmp_path, *rows, header=header)
    assert run(["hotlist", "import", LIST, batch, "--yes"]) == ExitCode.DONE
    with opened_deployment(folder, actor=ACTOR) as deployment:
        deployment.enrol_reader(READER, "Gate")
    pass_by(folder, "ABC0234", "ABC0234", "XYZ9876")
    capsys.readouterr()
    assert run(["hotlist", "status", LIST]) == ExitCode.DONE
    told, _, outlook = capsys.readouterr().out.partition("\n\n")
    lines = {line[:14].strip(): line[14:] for line in told.splitlines()}
    fields = fields_of(capsys, LIST)
    assert lines["purposes"] == ", ".join(fields["purposes"])  # type: ignore[arg-type]  # JSON
    assert lines["look-alikes"] == "allowed"
    assert lines["state"] == f"fresh until {fields['fresh_until']}"
    assert lines["batch"] == f"less than a minute old, {fields['imported_at']}"
    assert lines["entries"] == "2, of which 0 ended"
    assert lines["ending"] == f"2 within 14 days, the first {fields['next_end']}"
    assert lines["held back"] == "repeat 1 (last 7 days)"
    assert lines["wrong alerts"] == "none of its alerts was decided yet"
    assert fields["held_back"] == {"repeat": 1}
    assert (fields["ending"], fields["ended"], fields["stale"]) == (2, 0, False)
    head, row = outlook.splitlines()
    assert head.split("  ")[0] == "reader"
    assert row.startswith("gate-north")
    assert PLATE not in told
    assert "ABC0234" not in told


@pytest.mark.parametrize("late", [timedelta(0), HOUR])
def test_a_stale_list_says_so(deploy: Deploy, capsys: Capture, late: timedelta) -> None:
    imported = now() - 12 * HOUR - late
    folder = deploy(at=imported)
    set_up(folder, at=imported, document=definition(more='refresh = "12 hours"'))
    fields = fields_of(capsys)
    assert fields["stale"] is True
    assert run(["hotlist", "status"]) == ExitCode.DONE
    assert f"STALE since {fields['fresh_until']}: raises no alerts" in capsys.readouterr().out


def test_a_suspended_list_says_how_it_is_lifted(
    deploy: Deploy, tmp_path: Path, capsys: Capture
) -> None:
    set_up(deploy())
    assert run(["alert", "suspend", "list", LIST, "--note", "rows shifted"]) == ExitCode.DONE
    capsys.readouterr()
    lift = "fairplate alert lift list town --note TEXT"
    assert run(["hotlist", "status", LIST]) == ExitCode.DONE
    out = capsys.readouterr().out
    assert "state         SUSPENDED since 20" in out
    assert f"lift it: {lift}\n" in out
    assert fields_of(capsys)["suspend_reason"] == "asked"
    assert run(["hotlist", "set", write_list(tmp_path)]) == ExitCode.DONE
    assert f"it is SUSPENDED: {lift}\n" in capsys.readouterr().out
    assert run(["hotlist", "import", LIST, write_batch(tmp_path), "--yes"]) == ExitCode.DONE
    assert "; the list is SUSPENDED and raises no alerts\n" in capsys.readouterr().out


def test_purposes_that_the_policy_refuses_are_no_list(
    deploy: Deploy, tmp_path: Path, capsys: Capture
) -> None:
    document = policy_document()
    start, end = document.index('["stolen-vehicle"'), document.index("]", document.index('["st'))
    deploy(document[:start] + '["test", "stolen-plate"' + document[end:])
    assert run(["hotlist", "set", write_list(tmp_path)]) == ExitCode.REFUSED_BY_POLICY
    out, err = capsys.readouterr()
    assert out == ""
    assert "purposes: expected purposes that the policy permits, found stolen-vehicle" in err


BAD = {
    "immigration": (b'name = "x"\npurposes = ["immigration"]', "found 'immigration'"),
    "no TOML": (b'name = "x\n', "file: expected TOML"),
    "another encoding": (b'name = "\xff"', "encoding: expected UTF-8, found another"),
    "too large": (b"#" * (256 * 1024 + 1), "file: expected at most 256 KB, found more"),
    "an unknown key": (definition(more="x = 1").encode(), ": x: expected one of the keys name"),
    "no format": (definition().replace("csv", "xls").encode(), "found 'xls'"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_definition_is_told_in_one_line(
    deploy: Deploy, tmp_path: Path, capsys: Capture, name: str
) -> None:
    deploy()
    content, told = BAD[name]
    path = tmp_path / "list.toml"
    path.write_bytes(content)
    assert run(["hotlist", "set", str(path)]) == ExitCode.FAILED
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    assert err.startswith(f"fairplate: {path}: ")
    assert told in err


@pytest.mark.parametrize("path", ["nothing.toml", "."])
def test_a_definition_that_cannot_be_opened_is_told(
    deploy: Deploy, tmp_path: Path, capsys: Capture, path: str
) -> None:
    deploy()
    assert run(["hotlist", "set", str(tmp_path / path)]) == ExitCode.FAILED
    err = capsys.readouterr().err
    assert "file: expected a list's definition, found " in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("what", [["status"], ["retire", "--note", "x", "--yes"]])
@pytest.mark.parametrize("name", ["nothing", "\udcff", "\x1b[31m"])
def test_a_list_that_is_not_set_is_told(
    deploy: Deploy, capsys: Capture, what: list[str], name: str
) -> None:
    deploy()
    assert run(["hotlist", *what, name]) == ExitCode.FAILED
    assert capsys.readouterr().err == f"fairplate: hot list: id: {NO_SUCH}\n"


def test_retiring_asks_and_needs_somebody_to_ask(
    deploy: Deploy, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(deploy())
    retire = ["hotlist", "retire", LIST, "--note", "over"]
    assert run(["hotlist", "retire", LIST, "--yes"]) == ExitCode.WRONG_USE
    with open(os.devnull) as nobody:  # noqa: PTH123 - a device
        monkeypatch.setattr(sys, "stdin", nobody)
        assert run(retire) == ExitCode.WRONG_USE
    assert "nobody is there to be asked: give --yes" in capsys.readouterr().err
    for answer, code, left in ((b"n\n", ExitCode.FAILED, 1), (b"y\n", ExitCode.DONE, 0)):
        ours, theirs = pty.openpty()
        os.write(ours, answer)
        with os.fdopen(theirs) as terminal:
            monkeypatch.setattr(sys, "stdin", terminal)
            assert run(retire) == code
        os.close(ours)
        capsys.readouterr()
        assert run(["hotlist", "status", "--json"]) == ExitCode.DONE
        assert len(capsys.readouterr().out.splitlines()) == left
