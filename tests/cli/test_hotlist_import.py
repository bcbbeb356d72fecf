"""`fairplate hotlist preview` and `import` of a batch that may come into force."""

import json
import os
import pty
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
from tests.deployments import ACTOR, make_deployment

from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.main import run
from fairplate.hotlists.register import KeptList
from fairplate.wiring import opened_deployment

Capture = pytest.CaptureFixture[str]
OLD = ("AAA1111,us-ny,car,stolen-vehicle,1,,,", "BBB2222,us-ny,car,stolen-vehicle,2,,,")
NEW = ("BBB2222,us-ny,car,stolen-vehicle,2,,Ford,red", "CCC3333,de,bus,site-access,3,,,")


@pytest.fixture
def deploy(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Deploy:
    monkeypatch.setenv("FAIRPLATE_DATA", str(tmp_path / "data"))
    return partial(make_deployment, request, "sqlite", tmp_path / "data")


def kept_list(folder: Path) -> KeptList:
    with opened_deployment(folder, actor=ACTOR) as deployment:
        (kept,) = deployment.hot_lists.all()
    return kept


@contextmanager
def answering(
    monkeypatch: pytest.MonkeyPatch, answer: str, before: Callable[[], None] = lambda: None
) -> Iterator[None]:
    """Be a person at the terminal; `before` happens while they are asked."""
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    with os.fdopen(theirs) as terminal:
        read = terminal.readline

        def readline(*size: int) -> str:
            before()
            return read(*size)

        terminal.readline = readline  # type: ignore[method-assign]  # the moment of the answer
        monkeypatch.setattr(sys, "stdin", terminal)
        yield
    os.close(ours)


def test_what_changes_is_shown_first(deploy: Deploy, tmp_path: Path, capsys: Capture) -> None:
    folder = deploy()
    set_up(folder, *OLD)
    before = kept_list(folder)
    batch = write_batch(tmp_path, *NEW)
    assert run(["hotlist", "preview", LIST, batch]) == ExitCode.DONE
    out, err = capsys.readouterr()
    assert err == ""
    lines = [line.rstrip() for line in out.splitlines()]
    assert lines[:2] == [
        "list town: 2 rows, 0 left out, 2 entries",
        "1 added, 1 changed, 1 removed",
    ]
    assert [line.split() for line in lines[2:6]] == [
        "change plate where vehicle purpose reference".split(),
        "added CCC3333 de bus site-access 3".split(),
        "changed BBB2222 us-ny red Ford car stolen-vehicle 2".split(),
        "removed AAA1111 us-ny car stolen-vehicle 1".split(),
    ]
    assert lines[6] == ""
    assert lines[8].startswith(READER)
    assert kept_list(folder) == before
    assert run(["hotlist", "import", LIST, batch, "--yes"]) == ExitCode.DONE
    *shown, last = capsys.readouterr().out.splitlines()
    assert [line.rstrip() for line in shown] == lines
    assert last == "list town: 2 entries are in force; no batch is due"
    assert pass_by(folder, "AAA1111") == []
    assert len(pass_by(folder, "CCC3333")) == 1


def test_the_same_as_json_lines(deploy: Deploy, tmp_path: Path, capsys: Capture) -> None:
    folder = deploy()
    set_up(folder, *OLD)
    batch = write_batch(tmp_path, *NEW)
    assert run(["hotlist", "import", LIST, batch, "--yes", "--json"]) == ExitCode.DONE
    first, *entries, outlook, last = map(json.loads, capsys.readouterr().out.splitlines())
    assert first == {
        "what": "batch",
        "list": LIST,
        "refused": False,
        "replaces_damaged": False,
        "rows": 2,
        "bad_rows": 0,
        "left_out": 0,
        "entries": 2,
        "added": 1,
        "changed": 1,
        "removed": 1,
    }
    assert [(one["what"], one["change"], one["plate"]) for one in entries] == [
        ("entry", "added", "CCC3333"),
        ("entry", "changed", "BBB2222"),
        ("entry", "removed", "AAA1111"),
    ]
    assert (outlook["what"], outlook["reader"]) == ("outlook", READER)
    assert last == {
        "what": "imported",
        "list": LIST,
        "batch": kept_list(folder).batch_id,
        "entries": 2,
        "fresh_until": None,
        "suspended": False,
    }


def test_fifty_of_each_kind_are_shown(deploy: Deploy, tmp_path: Path, capsys: Capture) -> None:
    set_up(deploy(), *OLD)
    rows = [f"X{n:03d}YZ,us-ny,car,stolen-vehicle,{n},,," for n in range(120)]
    assert run(["hotlist", "preview", LIST, write_batch(tmp_path, *rows)]) == ExitCode.DONE
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("added ") for line in lines) == 50
    assert "and 70 more added" in lines
    assert not any("more removed" in line for line in lines)


def test_rows_that_are_left_out_are_told_and_counted(
    deploy: Deploy, tmp_path: Path, capsys: Capture
) -> None:
    set_up(deploy())
    batch = write_batch(tmp_path, *[OLD[0]] * 700)
    assert run(["hotlist", "preview", LIST, batch]) == ExitCode.DONE
    out, err = capsys.readouterr()
    *notices, more = err.splitlines()
    assert len(notices) == 500
    assert notices[0].startswith("fairplate: batch.csv:3: row: expected the same plate")
    assert more == "fairplate: and 199 more rows left out"
    assert out.startswith("list town: 700 rows, 699 left out, 1 entries\n")
    assert "AAA1111" not in err


def test_it_asks_unless_told_not_to(
    deploy: Deploy, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = deploy()
    set_up(folder, *OLD)
    before = kept_list(folder)
    arguments = ["hotlist", "import", LIST, write_batch(tmp_path, *NEW)]
    with open(os.devnull) as nobody:  # noqa: PTH123 - a device
        monkeypatch.setattr(sys, "stdin", nobody)
        assert run(arguments) == ExitCode.WRONG_USE
    assert capsys.readouterr().out == ""  # it did not read the batch in vain
    with answering(monkeypatch, "n"):
        assert run([*arguments, "--json"]) == ExitCode.FAILED
    out, err = capsys.readouterr()
    assert all(json.loads(line) for line in out.splitlines())
    assert "Put 2 entries in force on list town?" in err
    assert kept_list(folder) == before
    with answering(monkeypatch, "y"):
        assert run(arguments) == ExitCode.DONE
    assert kept_list(folder).batch_id != before.batch_id


def test_what_was_looked_at_is_what_comes_into_force(
    deploy: Deploy, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = deploy()
    set_up(folder, *OLD)
    other = write_batch(tmp_path, OLD[0], name="other.csv")

    def meanwhile() -> None:
        assert run(["hotlist", "import", LIST, other, "--yes"]) == ExitCode.DONE

    with answering(monkeypatch, "y", meanwhile):
        code = run(["hotlist", "import", LIST, write_batch(tmp_path, *NEW)])
    assert code == ExitCode.FAILED
    assert "expected the batch and definition that this one was compared with" in (
        capsys.readouterr().err
    )
    assert kept_list(folder).entries == 1


def test_a_batch_that_changes_nothing_makes_the_list_fresh(
    deploy: Deploy, tmp_path: Path, capsys: Capture
) -> None:
    folder = deploy()
    set_up(folder, *OLD, document=definition(more='refresh = "30 minutes"'))
    before = kept_list(folder)
    batch = write_batch(tmp_path, *OLD)
    assert run(["hotlist", "import", LIST, batch, "--yes"]) == ExitCode.DONE
    assert "0 added, 0 changed, 0 removed" in capsys.readouterr().out
    after = kept_list(folder)
    assert before.fresh_until is not None
    assert after.fresh_until is not None
    assert after.fresh_until > before.fresh_until


def test_names_in_a_batch_cannot_move_the_cursor(
    deploy: Deploy, tmp_path: Path, capsys: Capture
) -> None:
    set_up(deploy())
    row = f"{PLATE},us-ny,car,stolen-vehicle,\x1b[2Jgone,,\u202edrof,"
    assert run(["hotlist", "preview", LIST, write_batch(tmp_path, row)]) in ExitCode
    out, err = capsys.readouterr()
    assert "\x1b" not in out + err
    assert "\u202e" not in out + err


def test_a_file_of_any_name_is_taken(deploy: Deploy, tmp_path: Path, capsys: Capture) -> None:
    folder = deploy()
    assert run(["hotlist", "set", write_list(tmp_path)]) == ExitCode.DONE
    batch = write_batch(tmp_path, name="l\udcffst\n.csv")
    assert run(["hotlist", "import", LIST, batch, "--yes"]) == ExitCode.DONE
    assert capsys.readouterr().err == ""
    assert kept_list(folder).entries == 1
